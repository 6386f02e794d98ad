package lexicon

import (
	"cmp"
	"fmt"
	"math/bits"
	"runtime"
	"slices"

	"kindred/engine"
)

// A doc is a row to be.
type doc struct {
	key        engine.Key
	born, died int64
	published  engine.Day
	categories []string
	length     int
	terms      []entry // each term once, in no order
}

// An entry is a term of a doc: its hash times spread, and how often it occurs;
// 0 for a facet.
type entry struct {
	term uint64
	n    uint8
}

// newDoc takes the terms of a text. A facet that is a word of the text too is
// that word.
func newDoc(c engine.TextChange) doc {
	bag := engine.BagOf(c.Title, c.Abstract)
	d := doc{key: c.Key, born: c.Seq, published: c.Published, categories: c.Categories, length: bag.Length,
		terms: make([]entry, 0, len(bag.Terms)+len(c.Facets))}
	for _, t := range bag.Terms {
		d.terms = append(d.terms, entry{uint64(t.Term) * spread, t.N})
	}
	for i, f := range c.Facets {
		if bag.N(f) == 0 && !slices.Contains(c.Facets[:i], f) {
			d.terms = append(d.terms, entry{uint64(f) * spread, 0})
		}
	}
	return d
}

// sameAs says whether row of s holds what d does.
func (d *doc) sameAs(s *segment, row int) bool {
	forward := s.forward[s.forwardAt[row]:s.forwardAt[row+1]]
	if d.published != s.published[row] || len(d.terms) != len(forward) || d.length != int(s.length[row]) ||
		!slices.Equal(d.categories, s.sets[s.set[row]]) {
		return false
	}
	slices.SortFunc(d.terms, func(a, b entry) int { return cmp.Compare(a.term, b.term) })
	for i, f := range forward {
		if d.terms[i] != (entry{s.terms[f>>8], uint8(f)}) {
			return false
		}
	}
	return true
}

// breath is after how many postings whoever makes a segment lets others go first.
const breath = 1 << 12

// build makes a segment of docs, at most segmentRows.
func build(docs []doc) *segment {
	total := 0
	for i := range docs {
		total += len(docs[i].terms)
	}
	b := newBuilder(len(docs), total)
	all := make([]posting, 0, total)
	for i := range docs {
		d := &docs[i]
		b.row(d.key, d.born, d.died, d.published, uint16(d.length), d.categories, len(d.terms))
		for _, t := range d.terms {
			all = append(all, posting{t.term, uint16(i), t.n})
		}
	}
	for i, p := range inOrder(all) {
		if i%breath == 0 {
			runtime.Gosched()
		}
		if i == 0 || p.term != b.s.terms[len(b.s.terms)-1] {
			b.term(p.term)
		}
		b.posting(p.row, p.n)
	}
	return b.finish()
}

// A posting is a term of a row.
type posting struct {
	term uint64
	row  uint16
	n    uint8
}

// inOrder returns postings, which come by row, by term and then row. First bits
// of terms are even, so that of as many drawers as there are postings few hold
// many.
func inOrder(all []posting) []posting {
	shift := 65 - bits.Len(uint(2*len(all)+1))
	ends := make([]uint32, 1<<(64-shift)+1)
	for _, p := range all {
		ends[p.term>>shift+1]++
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	out := make([]posting, len(all))
	for n, p := range all {
		if n%breath == 0 {
			runtime.Gosched()
		}
		at := &ends[p.term>>shift]
		i := int(*at)
		*at++
		for ; i > 0 && out[i-1].term > p.term && out[i-1].term>>shift == p.term>>shift; i-- {
			out[i] = out[i-1]
		}
		out[i] = p
	}
	return out
}

// A builder makes a segment: first its rows, then its terms, ascending, each
// followed by its postings.
type builder struct {
	s      *segment
	setIDs map[string]uint16
	at     []uint32 // where the next term of each row goes in forward
	dead   []death
}

// A death is a row of a segment that died.
type death struct {
	row int
	at  int64
}

func newBuilder(rows, postings int) *builder {
	s := &segment{grave: &grave{}}
	s.born = make([]int64, 0, rows)
	s.published = make([]engine.Day, 0, rows)
	s.length = make([]uint16, 0, rows)
	s.set = make([]uint16, 0, rows)
	s.keyAt = append(make([]uint32, 0, rows+1), 0)
	s.forwardAt = append(make([]uint32, 0, rows+1), 0)
	s.forward = make([]uint32, postings)
	s.rows = make([]uint16, 0, postings)
	s.counts = make([]uint8, 0, postings)
	return &builder{s: s, setIDs: map[string]uint16{}, at: make([]uint32, 0, rows)}
}

// row adds a row that has so many terms.
func (b *builder) row(key engine.Key, born, died int64, published engine.Day, length uint16, categories []string, terms int) {
	s := b.s
	name := fmt.Sprintf("%q", categories)
	id, ok := b.setIDs[name]
	if !ok {
		id = uint16(len(s.sets))
		b.setIDs[name] = id
		s.sets = append(s.sets, slices.Clone(categories))
	}
	s.born = append(s.born, born)
	s.published = append(s.published, published)
	s.length = append(s.length, length)
	s.set = append(s.set, id)
	s.keys = append(s.keys, key...)
	s.keyAt = append(s.keyAt, uint32(len(s.keys)))
	at := s.forwardAt[len(s.forwardAt)-1]
	b.at = append(b.at, at)
	s.forwardAt = append(s.forwardAt, at+uint32(terms))
	if died != 0 {
		b.dead = append(b.dead, death{len(s.born) - 1, died})
	}
}

func (b *builder) term(t uint64) {
	b.s.terms = append(b.s.terms, t)
	b.s.with1 = append(b.s.with1, 0xFFFF) // the first posting makes it 0
}

func (b *builder) posting(row uint16, n uint8) {
	s := b.s
	local := len(s.terms) - 1
	s.with1[local]++
	s.rows = append(s.rows, row)
	s.counts = append(s.counts, n)
	s.forward[b.at[row]] = uint32(local)<<8 | uint32(n)
	b.at[row]++
}

// finish makes the buckets and the slots of keys.
func (b *builder) finish() *segment {
	s := b.s
	slices.SortStableFunc(b.dead, func(a, b death) int { return cmp.Compare(a.at, b.at) })
	for _, d := range b.dead {
		s.die(d.row, d.at)
	}
	s.ready()
	s.keySlots = make([]uint32, 1<<bits.Len(uint(2*s.size()-1)))
	shift := 65 - bits.Len(uint(len(s.keySlots)))
	for row := range s.size() {
		hash := hashKey(s.key(row))
		i := int(hash >> shift)
		for s.keySlots[i] != 0 {
			i = (i + 1) & (len(s.keySlots) - 1)
		}
		s.keySlots[i] = fingerprint(hash)<<16 | uint32(row)
	}
	n := 1 << bits.Len(uint(len(s.terms)/8)) // 4 to 8 terms in each
	s.bucketTerm, s.bucketPost = make([]uint32, n+1), make([]uint32, n+1)
	shift = 65 - bits.Len(uint(n))
	at, next := uint32(0), 0
	for i, t := range s.terms {
		for ; next <= int(t>>shift); next++ {
			s.bucketTerm[next], s.bucketPost[next] = uint32(i), at
		}
		at += uint32(s.with1[i]) + 1
	}
	for ; next <= n; next++ {
		s.bucketTerm[next], s.bucketPost[next] = uint32(len(s.terms)), at
	}
	return s
}
