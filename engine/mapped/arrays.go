package mapped

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"unsafe"
)

// A file is 8 bytes that tell what is in it, and the order of bytes in numbers; how
// many arrays; the length of each in bytes; and then the arrays, each at a multiple
// of alignment, which is a cache line.
const alignment = 64

// An Array is what is to be written as one, in parts.
type Array [][]byte

func (a Array) size() (n uint64) {
	for _, part := range a {
		n += uint64(len(part))
	}
	return n
}

func padded(n uint64) uint64 { return (n + alignment - 1) &^ (alignment - 1) }

func writeArrays(w io.Writer, magic uint64, arrays []Array) error {
	head := binary.NativeEndian.AppendUint64(nil, magic)
	head = binary.NativeEndian.AppendUint64(head, uint64(len(arrays)))
	for _, a := range arrays {
		head = binary.NativeEndian.AppendUint64(head, a.size())
	}
	out := bufio.NewWriterSize(w, 1<<20)
	var zeros [alignment]byte
	for _, a := range append([]Array{{head}}, arrays...) {
		size := a.size()
		for _, part := range append(a, zeros[:padded(size)-size]) {
			if _, err := out.Write(part); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

// Arrays returns the n arrays of a file that Writer.Write made. They are parts of
// data.
func Arrays(data []byte, magic uint64, n int) ([][]byte, error) {
	header := uint64(8 * (2 + n))
	if uint64(len(data)) < header || binary.NativeEndian.Uint64(data) != magic || binary.NativeEndian.Uint64(data[8:]) != uint64(n) {
		return nil, ErrDamaged
	}
	size := uint64(len(data))
	at, total := padded(header), padded(header)
	arrays := make([][]byte, n)
	for i := range arrays {
		length := binary.NativeEndian.Uint64(data[8*(2+i):])
		if length > size {
			return nil, ErrDamaged
		}
		if total += padded(length); total > size {
			return nil, ErrDamaged
		}
		arrays[i] = data[at : at+length : at+length]
		at = total
	}
	if total != size {
		return nil, ErrDamaged
	}
	return arrays, nil
}

// Bytes returns the bytes of a slice of numbers, or of structs and arrays of them.
func Bytes[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	var t T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(t)))
}

// Slice returns a slice of numbers, or of structs and arrays of them, that lie in b,
// whose length must be a whole number of them.
func Slice[T any](b []byte) ([]T, error) {
	var t T
	size := int(unsafe.Sizeof(t))
	if len(b)%size != 0 {
		return nil, fmt.Errorf("%w: %d bytes of numbers of %d", ErrDamaged, len(b), size)
	}
	if len(b) == 0 {
		return nil, nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/size), nil
}
