// Package lexicon is an engine.Lexicon: an inverted index and a forward index
// of weighted terms, exact, deterministic, and searched without locks while it
// is written.
//
// Papers lie in segments of up to 65,536, in the order in which they came. A
// segment never changes but when its papers die: every Apply adds a small one,
// and small ones are merged into larger ones, as in a log-structured merge tree
// (O'Neil et al., Acta Informatica 33, 1996). A snapshot is a list of segments.
//
//	lexicon.go  Lexicon: one writer, and the snapshot that readers take
//	segment.go  what a segment holds
//	build.go    texts become a segment
//	merge.go    segments become one; which do
//	moments.go  the counts that weights are made of
//	search.go   term at a time over dense scores; filter.go, top.go
//	scores.go   papers that are given, by their own terms
//	files.go    segments kept in files
//
// SQLite's FTS5 takes 32 times as long for a feed and 250 times for similar
// papers, bleve 96 and 460 times (bench/README.md).
//
// As in package chromem a paper that changes gets a new row, and the old one is
// marked dead with the number of the change; a row is seen as of change number
// a if born ≤ a < died.
package lexicon

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"kindred/engine"
	"kindred/engine/mapped"
)

// Lexicon is an engine.Lexicon. Use New to make one.
type Lexicon struct {
	writing sync.Mutex  // held by Apply, and guards what follows
	deaths  []int64     // change numbers of the last deaths, ascending
	fresh   int         // deaths since the last look for rows to forget
	horizon int64       // rows that died at or before it may be gone
	files   *mapped.Dir // nil: it is kept in memory only

	now atomic.Pointer[snapshot]

	counting sync.Mutex // guards
	moments  []*moment  // the last one asked for last
}

// A snapshot is what a search sees. It is immutable, but for deaths after its
// version, which it cannot see.
type snapshot struct {
	segments []*segment
	live     int
	version  int64
}

var _ engine.Lexicon = (*Lexicon)(nil)

// New returns an empty lexicon at version 0.
func New() *Lexicon {
	x := &Lexicon{}
	x.now.Store(&snapshot{})
	return x
}

// Len implements engine.Lexicon.
func (x *Lexicon) Len() int { return x.now.Load().live }

// Version implements engine.Lexicon.
func (x *Lexicon) Version() int64 { return x.now.Load().version }

// number returns the change number that asOf means.
func (s *snapshot) number(asOf int64) int64 {
	if asOf == 0 {
		return s.version
	}
	return min(asOf, s.version)
}

// Apply implements engine.Lexicon. Besides, a change numbered above upTo is
// refused, to be made when its turn has come. Once in a while it takes as long
// as merging segments; searches go on meanwhile.
func (x *Lexicon) Apply(changes []engine.TextChange, upTo int64) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	old := x.now.Load()
	next := &snapshot{segments: old.segments, live: old.live, version: max(old.version, upTo)}
	docs := prepare(changes, old.version)
	b := batch{x: x, s: next, at: map[engine.Key]int{}}
	var errs []error
	for i, c := range changes {
		switch {
		case c.Seq <= old.version: // made before
		case c.Key == "":
			errs = append(errs, fmt.Errorf("lexicon: change %d: %w: empty key", c.Seq, engine.ErrInvalid))
		case c.Seq > next.version:
			errs = append(errs, fmt.Errorf("lexicon %q: change %d is above %d", c.Key, c.Seq, next.version))
		default:
			b.change(c, &docs[i])
		}
	}
	next.segments = tidy(append(slices.Clip(old.segments), b.segments()...), x.horizon)
	x.forget(next)
	x.now.Store(next)
	if kept := x.keep(next); kept != next {
		x.now.Store(kept)
	}
	return errors.Join(errs...)
}

// prepare takes the terms of the texts that came after version, side by side, but on no
// more than half of the processors: others are asking meanwhile.
func prepare(changes []engine.TextChange, version int64) []doc {
	docs := make([]doc, len(changes))
	var next atomic.Int64
	work := func() {
		for {
			i := int(next.Add(1)) - 1
			if i >= len(changes) {
				return
			}
			if c := changes[i]; c.Seq > version && !c.Gone {
				docs[i] = newDoc(c)
			}
			runtime.Gosched()
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0)/2, len(changes)/64) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return docs
}

// A batch is the new rows of one Apply.
type batch struct {
	x    *Lexicon
	s    *snapshot
	docs []doc
	at   map[engine.Key]int // the last of docs of a key
}

// change makes one change.
func (b *batch) change(c engine.TextChange, d *doc) {
	if i, ok := b.at[c.Key]; ok && b.docs[i].died == 0 {
		b.docs[i].died = c.Seq
		b.died(c.Seq)
	} else if s, row := b.s.current(c.Key); s != nil {
		if !c.Gone && d.sameAs(s, row) {
			return // something changed that we do not hold
		}
		s.die(row, c.Seq)
		b.died(c.Seq)
	}
	if !c.Gone {
		b.at[c.Key] = len(b.docs)
		b.docs = append(b.docs, *d)
		b.s.live++
	}
}

func (b *batch) died(at int64) {
	b.s.live--
	b.x.deaths = append(b.x.deaths, at)
	b.x.fresh++
}

// current returns where the living row of a key is. Only the writer calls it.
func (s *snapshot) current(key engine.Key) (*segment, int) {
	hash := hashKey(key)
	for _, seg := range s.segments {
		found := -1
		seg.eachRow(key, hash, func(row int) {
			if seg.diedAt(row) == 0 {
				found = row
			}
		})
		if found >= 0 {
			return seg, found
		}
	}
	return nil, 0
}

// segments makes segments of the new rows.
func (b *batch) segments() []*segment {
	var out []*segment
	for from := 0; from < len(b.docs); {
		to, postings := from, 0
		for to < len(b.docs) && (to == from || to-from < batchRows && postings+len(b.docs[to].terms) <= batchPostings) {
			postings += len(b.docs[to].terms)
			to++
		}
		out = append(out, build(b.docs[from:to]))
		from = to
	}
	return out
}

// forget leaves dead rows behind when many have died: all but the last
// sixteenth of as many as live, and more than engine.Query promises. Of a
// segment of which little would go nothing goes yet.
func (x *Lexicon) forget(s *snapshot) {
	keep := 1024 + s.live/16
	if x.fresh < keep || len(x.deaths) <= keep {
		return
	}
	x.fresh = 0
	x.deaths = slices.Clone(x.deaths[len(x.deaths)-keep:])
	x.horizon = x.deaths[0] - 1
	var out []*segment
	for _, seg := range s.segments {
		gone := 0
		for row := range seg.size() {
			if died := seg.diedAt(row); died != 0 && died <= x.horizon {
				gone++
			}
		}
		if gone > seg.size()/8 {
			out = append(out, merge([]*segment{seg}, x.horizon)...)
		} else {
			out = append(out, seg)
		}
	}
	s.segments = tidy(out, x.horizon)
}
