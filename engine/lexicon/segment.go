package lexicon

import (
	"cmp"
	"math/bits"
	"runtime"
	"slices"
	"sync/atomic"
	"unsafe"

	"kindred/engine"
	"kindred/engine/mapped"
)

const (
	segmentRows = 1 << 16 // a row fits in 16 bits
	localBits   = 24      // so does the number of a term, in 24
	maxTerms    = 1 << localBits
)

// spread and its inverse modulo 2^64 turn a hash into one whose high bits are
// even, and back: FNV-1a puts the last letter of a word into the low ones.
const (
	spread   = 0x9E3779B97F4A7C15
	unspread = 0xF1DE83E19937733D
)

// A segment is up to segmentRows rows, a row being what one paper was between
// two changes, in the order in which they came. Nothing of it ever changes but
// when its rows died. The slices may lie in a mapped file.
type segment struct {
	columns
	sets []categorySet
	with map[string][]uint16 // by category, which sets hold it

	total int64 // Σ length

	died  atomic.Pointer[[]atomic.Int64] // change number of each row's death; 0 while alive; nil while all are
	grave *grave                         // its dead rows
	dead  int                            // how many are dead; the writer's

	sealed bool        // it is merged no more; the writer's
	file   mapped.File // where it is kept, without a name if nowhere; the writer's
}

// columns are the slices of a segment.
type columns struct {
	// Of each row.
	born      []int64      // change number
	published []engine.Day //
	length    []uint16     // Bag.Length
	set       []uint16     // in sets
	keyAt     []uint32     // where its key begins in keys; one more than rows
	keys      []byte
	forwardAt []uint32 // where its terms begin in forward; one more than rows
	forward   []uint32 // number of the term << 8 | count, ascending; count 0 is a facet

	// Of each key, at its hash and after: 16 bits of the hash, not 0, and the row.
	keySlots []uint32

	// Of each term: they are numbered from 0 in the order of their hash times
	// spread. Each bucket holds those whose first bits are alike.
	terms      []uint64 // hash times spread
	with1      []uint16 // rows that have it, less 1
	bucketTerm []uint32 // first term of the bucket; one more than buckets
	bucketPost []uint32 // where its postings begin in rows and counts

	// Postings, term by term, rows ascending.
	rows   []uint16
	counts []uint8 // 0 is a facet
}

// A categorySet is a list of categories that rows have.
type categorySet []string

func (s *segment) size() int { return len(s.born) }

// key returns the key of a row. It lies in the segment: clone what is to
// outlive it.
func (s *segment) key(row int) engine.Key {
	b := s.keys[s.keyAt[row]:s.keyAt[row+1]]
	return engine.Key(unsafe.String(unsafe.SliceData(b), len(b)))
}

// hashKey is FNV-1a, spread.
func hashKey(key engine.Key) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return h * spread
}

// fingerprint is what a slot keeps of a hash.
func fingerprint(hash uint64) uint32 { return uint32(hash>>32)&0xFFFF | 1 }

// eachRow calls f with every row of a key whose hash is given, dead or alive.
func (s *segment) eachRow(key engine.Key, hash uint64, f func(row int)) {
	n := len(s.keySlots)
	if n == 0 {
		return
	}
	shift := 65 - bits.Len(uint(n))
	print := fingerprint(hash)
	for i := int(hash >> shift); ; i = (i + 1) & (n - 1) {
		slot := s.keySlots[i]
		if slot == 0 {
			return
		}
		if slot>>16 == print {
			if row := int(slot & 0xFFFF); s.key(row) == key {
				f(row)
			}
		}
	}
}

// rowAt returns the row that a key had as of a change number.
func (s *segment) rowAt(key engine.Key, hash uint64, asOf int64) (int, bool) {
	found := -1
	s.eachRow(key, hash, func(row int) {
		if s.alive(row, asOf) {
			found = row
		}
	})
	return found, found >= 0
}

// alive says whether a row is part of the state as of a change number. Readers
// may ask while the writer lets the row die: the number of its death is above
// theirs.
func (s *segment) alive(row int, asOf int64) bool {
	if s.born[row] > asOf {
		return false
	}
	died := s.diedAt(row)
	return died == 0 || asOf < died
}

func (s *segment) diedAt(row int) int64 {
	if d := s.died.Load(); d != nil {
		return (*d)[row].Load()
	}
	return 0
}

// die marks a row. Only the writer calls it.
func (s *segment) die(row int, at int64) {
	d := s.died.Load()
	if d == nil {
		fresh := make([]atomic.Int64, s.size())
		d = &fresh
		s.died.Store(d)
	}
	(*d)[row].Store(at)
	s.grave.add(row)
	s.dead++
}

// find returns the number of a term and where its postings are.
func (s *segment) find(spreadTerm uint64) (local, from, to int, ok bool) {
	n := len(s.bucketTerm) - 1
	if n < 1 {
		return 0, 0, 0, false
	}
	b := spreadTerm >> (65 - bits.Len(uint(n)))
	from = int(s.bucketPost[b])
	for i := int(s.bucketTerm[b]); i < int(s.bucketTerm[b+1]); i++ {
		to = from + int(s.with1[i]) + 1
		if s.terms[i] >= spreadTerm {
			return i, from, to, s.terms[i] == spreadTerm
		}
		from = to
	}
	return 0, 0, 0, false
}

// warm asks for what find reads of terms, all at once: each term lies in memory of its
// own that nobody has read lately, and one that waits for it after the other takes
// several times as long.
func (s *segment) warm(terms []engine.TermWeight) {
	n := len(s.bucketTerm) - 1
	if n < 1 {
		return
	}
	shift := 65 - bits.Len(uint(n))
	var sum uint64
	for _, t := range terms {
		b := uint64(t.Term) * spread >> shift
		sum += uint64(s.bucketTerm[b]) + uint64(s.bucketPost[b])
	}
	for _, t := range terms {
		if first := int(s.bucketTerm[uint64(t.Term)*spread>>shift]); first < len(s.terms) {
			sum += s.terms[first] + uint64(s.with1[first])
		}
	}
	runtime.KeepAlive(sum)
}

// bag returns the terms of a row.
func (s *segment) bag(row int) engine.Bag {
	b := engine.Bag{Length: int(s.length[row])}
	for _, f := range s.forward[s.forwardAt[row]:s.forwardAt[row+1]] {
		if n := uint8(f); n > 0 {
			b.Terms = append(b.Terms, engine.Count{Term: engine.Term(s.terms[f>>8] * unspread), N: n})
		}
	}
	slices.SortFunc(b.Terms, func(a, b engine.Count) int { return cmp.Compare(a.Term, b.Term) })
	return b
}

// ready fills what follows from the columns and sets.
func (s *segment) ready() {
	for _, n := range s.length {
		s.total += int64(n)
	}
	s.with = map[string][]uint16{}
	for i, set := range s.sets {
		for _, c := range set {
			s.with[c] = append(s.with[c], uint16(i))
		}
	}
}
