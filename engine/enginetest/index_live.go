package enginetest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"kindred/embed"
	"kindred/engine"
)

// remembered is how many changes an index must be able to look back.
const remembered = 500

// testRandom compares random searches after random changes, over many sizes
// and dimensions. Some papers share their vector, so that scores are equal.
func testRandom(t *testing.T, open opener) {
	for _, size := range []struct{ dim, papers, rounds int }{
		{1, 30, 20}, {2, 300, 10}, {7, 100, 30}, {8, 1024, 4}, {9, 2100, 3}, {64, 1500, 3}, {384, 700, 3}, {1025, 60, 5},
	} {
		t.Run(fmt.Sprintf("dim=%d papers=%d", size.dim, size.papers), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(size.dim), uint64(size.papers)))
			p := newPair(t, open, size.dim)
			vectors := Vectors(size.papers/2+1, size.dim, 13)
			for range size.rounds {
				changes := make([]engine.Change, r.IntN(size.papers))
				for i := range changes {
					changes[i] = randomChange(r, size.papers, vectors)
				}
				p.apply(changes...)
				queries := make([]engine.Query, r.IntN(12))
				for i := range queries {
					queries[i] = randomQuery(r, size.papers, vectors)
					if r.IntN(3) == 0 {
						queries[i].AsOf = max(0, p.flat.Version()+10-r.Int64N(remembered+10))
					}
				}
				p.search(queries...)
			}
		})
	}
}

// testLive searches while a writer changes nearly everything again and again.
// Every answer must be the oracle's at the version that the search says it saw.
func testLive(t *testing.T, open opener) {
	const dim, papers, steps, readers = 12, 500, 400, 3
	p := newPair(t, open, dim)
	vectors := Vectors(papers, dim, 14)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for reader := range readers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(reader), 14))
			var last int64
			for running := true; running; {
				select {
				case <-done:
					running = false // one more, at rest
				default:
				}
				last = checkLive(t, p, r, last, papers, vectors)
			}
		})
	}
	r := rand.New(rand.NewPCG(14, 14))
	for range steps {
		changes := make([]engine.Change, 1+r.IntN(60))
		for i := range changes {
			changes[i] = randomChange(r, papers, vectors)
		}
		p.number(changes...)
		upTo := changes[len(changes)-1].Seq
		if err := p.flat.Apply(changes, upTo); err != nil { // the oracle first: it remembers
			t.Error(err)
		}
		if err := p.index.Apply(changes, upTo); err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
	p.sameState()
}

// checkLive makes one search of a reader and returns the version it saw, which
// must not be below last.
func checkLive(t *testing.T, p *pair, r *rand.Rand, last int64, papers int, vectors []embed.Vector) int64 {
	queries := []engine.Query{randomQuery(r, papers, vectors), randomQuery(r, papers, vectors)}
	got, version, err := p.index.Search(t.Context(), queries)
	if err != nil {
		t.Error(err)
		return last
	}
	if version < last {
		t.Errorf("version went back from %d to %d", last, version)
	}
	for _, v := range p.index.Vectors([]engine.Key{testKey(r.IntN(papers)), "unknown"}, r.Int64N(last+1)) {
		if v != nil && math.Abs(v.Norm()-1) > 1e-6 {
			t.Errorf("a vector of norm %v", v.Norm())
		}
	}
	if n := p.index.Len(); n < 0 || n > papers {
		t.Errorf("Len() = %d of %d papers", n, papers)
	}
	if version == 0 { // AsOf 0 would be now
		return version
	}
	for i := range queries {
		queries[i].AsOf = version
	}
	want, _, err := p.flat.Search(t.Context(), queries)
	if err != nil {
		t.Error(err)
		return version
	}
	for i := range want {
		if fmt.Sprint(got[i]) != fmt.Sprint(want[i]) {
			t.Errorf("at version %d %+v gave\n%v, want\n%v", version, queries[i], got[i], want[i])
		}
	}
	return version
}

// randomChange removes a paper, or gives it one of the vectors.
func randomChange(r *rand.Rand, papers int, vectors []embed.Vector) engine.Change {
	key := testKey(r.IntN(papers))
	if r.IntN(5) == 0 {
		return remove(key)
	}
	var categories []string
	for range r.IntN(3) {
		categories = append(categories, fmt.Sprintf("c%d", r.IntN(6)))
	}
	return add(key, vectors[r.IntN(len(vectors))], engine.Day(r.IntN(21)-10), categories...)
}

// randomQuery returns a query for now, with each filter half of the time.
func randomQuery(r *rand.Rand, papers int, vectors []embed.Vector) engine.Query {
	q := engine.Query{Vector: vectors[r.IntN(len(vectors))], K: 1 + r.IntN(20)}
	if r.IntN(4) == 0 {
		q.K = 1 + r.IntN(2*papers)
	}
	if r.IntN(2) == 0 {
		q.Categories = []string{fmt.Sprintf("c%d", r.IntN(7)), fmt.Sprintf("c%d", r.IntN(7))}
	}
	if r.IntN(2) == 0 {
		q.From = engine.Day(r.IntN(21) - 10)
	}
	if r.IntN(2) == 0 {
		q.To = engine.Day(r.IntN(21) - 10)
	}
	if r.IntN(2) == 0 {
		for range r.IntN(papers) {
			q.Exclude = append(q.Exclude, testKey(r.IntN(papers+5)))
		}
	}
	return q
}
