package lexicon

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"runtime"
	"unsafe"
)

// A file of a segment is a header and then the arrays of columns, in their
// order in arrays, each at a multiple of 8, and the categories as JSON.
type header struct {
	Magic [8]byte // tells also the order of bytes in numbers
	Size  uint64  // of the file
	Len   [arrays]uint64
}

const (
	arrays = 16                    // those of columns, and one of categories
	magic  = 0x3173_6d72_6574_646b // "kdterms1" where the low byte comes first
)

// each calls f with each array of the columns: its bytes, and how to set it to
// others.
func (c *columns) each(f func(i int, bytes []byte, set func([]byte))) {
	n := 0
	next := func(b []byte, set func([]byte)) { f(n, b, set); n++ }
	one(next, &c.born)
	one(next, &c.published)
	one(next, &c.length)
	one(next, &c.set)
	one(next, &c.keyAt)
	one(next, &c.keys)
	one(next, &c.forwardAt)
	one(next, &c.forward)
	one(next, &c.keySlots)
	one(next, &c.terms)
	one(next, &c.with1)
	one(next, &c.bucketTerm)
	one(next, &c.bucketPost)
	one(next, &c.rows)
	one(next, &c.counts)
}

// one calls next with the bytes of a slice of numbers.
func one[T any](next func([]byte, func([]byte)), slice *[]T) {
	var t T
	size := int(unsafe.Sizeof(t))
	var b []byte
	if len(*slice) > 0 {
		b = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(*slice))), len(*slice)*size)
	}
	next(b, func(b []byte) {
		*slice = nil
		if len(b) > 0 {
			*slice = unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/size)
		}
	})
}

// write writes the segment and returns the checksum of the file.
func (s *segment) write(w io.Writer) (uint32, error) {
	sets, err := json.Marshal(s.sets)
	if err != nil {
		return 0, err
	}
	h := header{}
	*(*uint64)(unsafe.Pointer(&h.Magic)) = magic
	at := padded(uint64(unsafe.Sizeof(h)))
	s.each(func(i int, b []byte, _ func([]byte)) {
		h.Len[i] = uint64(len(b))
		at += padded(h.Len[i])
	})
	h.Len[arrays-1] = uint64(len(sets))
	h.Size = at + padded(h.Len[arrays-1])
	sum := uint32(0)
	buffered := bufio.NewWriterSize(w, 1<<20)
	put := func(b []byte) {
		if err != nil {
			return
		}
		for _, b := range [][]byte{b, make([]byte, padded(uint64(len(b)))-uint64(len(b)))} {
			sum = crc32.Update(sum, castagnoli, b)
			if _, e := buffered.Write(b); e != nil {
				err = e
			}
		}
	}
	put(unsafe.Slice((*byte)(unsafe.Pointer(&h)), unsafe.Sizeof(h)))
	s.each(func(_ int, b []byte, _ func([]byte)) { put(b) })
	put(sets)
	return sum, errors.Join(err, buffered.Flush())
}

func padded(n uint64) uint64 { return (n + 7) &^ 7 }

// openSegment maps a file that write made. It is unmapped when nothing uses
// the segment any more.
func openSegment(name string, sum uint32) (*segment, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := mapFile(f)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", name, err)
	}
	s, err := readSegment(data, sum)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, err), unmap(data))
	}
	s.sum = sum
	runtime.AddCleanup(s, func(data []byte) { _ = unmap(data) }, data)
	return s, nil
}

var errDamaged = errors.New("the file is damaged")

// readSegment returns the segment whose file is data. Its slices are parts of
// data.
func readSegment(data []byte, sum uint32) (*segment, error) {
	var h header
	if len(data) < int(unsafe.Sizeof(h)) || crc32.Checksum(data, castagnoli) != sum {
		return nil, errDamaged
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&h)), unsafe.Sizeof(h)), data)
	if *(*uint64)(unsafe.Pointer(&h.Magic)) != magic || h.Size != uint64(len(data)) {
		return nil, errDamaged
	}
	at := padded(uint64(unsafe.Sizeof(h)))
	total := at
	for _, n := range h.Len {
		total += padded(min(n, h.Size))
	}
	if total != h.Size {
		return nil, errDamaged
	}
	s := &segment{grave: &grave{}}
	s.each(func(i int, _ []byte, set func([]byte)) {
		set(data[at : at+h.Len[i] : at+h.Len[i]])
		at += padded(h.Len[i])
	})
	if err := json.Unmarshal(data[at:at+h.Len[arrays-1]], &s.sets); err != nil {
		return nil, err
	}
	s.ready()
	return s, nil
}
