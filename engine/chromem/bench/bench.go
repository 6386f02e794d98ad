// Package bench defines how Kindred's index is measured: the same questions, in
// turn, to our index and to others over the same vectors, with their answers
// compared. `kindred bench` runs it; README.md holds results.
//
//	vectors.go   what is searched in: synthetic vectors with the structure of real ones
//	bench.go     Run: the turns, the medians, the report
//	same.go      whether two answers are one
//	peers.go     the peers in this process: chromem-go's own query, a plain loop
//	python.go    the peers in Python (peers.py): numpy, faiss, sqlite-vec
//	shapes.go    our index against itself: several queries in a pass, filters, the floor
//
// The Python peers are no dependency: whoever measures installs them, as `make
// bench` does.
package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/chromem"
)

// Options of Run. The zero value is recommended.
type Options struct {
	Peers  []string // names of Names; nil is none
	K      int      // papers asked for; 0 means 50
	Rounds int      // times that each query is asked of each peer; 0 means 3
	Python string   // the interpreter of the Python peers; "" means python3
	Temp   string   // folder for the vectors that other processes read; "" means the system's
	Say    func(string)
}

// A Report is what Run measured. Times are in milliseconds: medians over all
// queries and rounds.
type Report struct {
	N         int      `json:"n"`
	Dim       int      `json:"dim"`
	K         int      `json:"k"`
	Vectors   string   `json:"vectors"`
	Identical bool     `json:"identical"` // every exact peer's answers are ours; see same
	MedianMS  float64  `json:"median_ms"` // of our index
	CPUMS     float64  `json:"cpu_ms"`
	FillS     float64  `json:"fill_s"` // to fill our index, in seconds
	Peers     []Result `json:"peers"`
	Shapes    []Shape  `json:"shapes"`
	Machine   Machine  `json:"machine"`
}

// A Result is how a peer did.
type Result struct {
	Name      string  `json:"name"`
	MedianMS  float64 `json:"median_ms"`
	CPUMS     float64 `json:"cpu_ms"`
	Ratio     float64 `json:"ratio"`     // its median over ours
	CPURatio  float64 `json:"cpu_ratio"` //
	FillS     float64 `json:"fill_s"`    // to fill it, in seconds
	Exact     bool    `json:"exact"`     // it promises the true nearest
	Identical bool    `json:"identical"` // its answers are ours; see same
	Ties      int     `json:"ties"`      // ranks where two papers with scores closer than tolerance stand the other way round
	Apart     float64 `json:"apart"`     // the largest difference between its score of a row and ours
	Recall    float64 `json:"recall"`    // the share of ours that it finds
}

// A peer answers what our index answers.
type peer interface {
	name() string
	exact() bool
	// ask returns the k rows nearest to query i of the set, and how long that
	// took.
	ask(ctx context.Context, i int) (answer, error)
	close() error
}

// An answer is rows in rank order, and what they cost.
type answer struct {
	rows   []int
	scores []float32
	cost
}

// A cost is what a call took, in this process or another: time on the clock,
// and of all processors.
type cost struct{ wall, cpu time.Duration }

// turn is how many queries a peer is asked in a row, so that not every one finds
// the caches full of another's data.
const turn = 5

// Run measures our index and the peers over a set.
func Run(ctx context.Context, set *Set, o Options) (_ Report, err error) {
	if o.K == 0 {
		o.K = 50
	}
	if o.Rounds == 0 {
		o.Rounds = 3
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	if set.Len() == 0 || len(set.Queries) == 0 || o.K < 1 || o.K > set.Len() {
		return Report{}, fmt.Errorf("%w: the nearest %d of %d rows for %d queries", engine.ErrInvalid, o.K, set.Len(), len(set.Queries))
	}
	report := Report{N: set.Len(), Dim: set.Dim, K: o.K, Vectors: set.Name, Identical: true, Peers: []Result{}}
	if report.Machine, err = thisMachine(); err != nil {
		return Report{}, err
	}
	o.Say(fmt.Sprintf("filling our index with %d vectors", set.Len()))
	begun := time.Now()
	index, err := fill(ctx, set)
	if err != nil {
		return Report{}, err
	}
	report.FillS = time.Since(begun).Seconds()
	asked := []peer{&ours{index, set, o.K}}
	defer func() {
		for _, p := range asked {
			err = errors.Join(err, p.close())
		}
	}()
	fills := []float64{report.FillS}
	for _, name := range o.Peers {
		o.Say("filling " + name)
		begun := time.Now()
		p, err := open(ctx, name, set, o)
		if err != nil {
			return Report{}, fmt.Errorf("peer %s: %w", name, err)
		}
		asked = append(asked, p)
		fills = append(fills, time.Since(begun).Seconds())
	}
	o.Say("asking in turn")
	answers, err := turns(ctx, asked, len(set.Queries), o.Rounds)
	if err != nil {
		return Report{}, err
	}
	own := medians(answers[0])
	report.MedianMS, report.CPUMS = ms(own.wall), ms(own.cpu)
	for i, p := range asked[1:] {
		r := Result{Name: p.name(), Exact: p.exact(), Identical: true, FillS: fills[i+1]}
		c := medians(answers[i+1])
		r.MedianMS, r.CPUMS = ms(c.wall), ms(c.cpu)
		r.Ratio, r.CPURatio = r.MedianMS/report.MedianMS, r.CPUMS/report.CPUMS
		for q := range set.Queries {
			same, ties, recall, apart := set.same(set.Queries[q], answers[0][q], answers[i+1][q])
			r.Identical = r.Identical && same
			r.Ties += ties
			r.Apart = max(r.Apart, apart)
			r.Recall += recall / float64(len(set.Queries))
		}
		report.Identical = report.Identical && (r.Identical || !r.Exact)
		report.Peers = append(report.Peers, r)
	}
	report.Shapes, err = shapes(ctx, index, set, o)
	return report, err
}

// turns asks every peer every query, rounds times. The answers of a peer are in
// the order of queries, then those of the next round. The first answers of all,
// which pay for what is done once, are not kept.
func turns(ctx context.Context, peers []peer, queries, rounds int) ([][]answer, error) {
	out := make([][]answer, len(peers))
	for _, p := range peers {
		if _, err := p.ask(ctx, 0); err != nil {
			return nil, fmt.Errorf("ask %s: %w", p.name(), err)
		}
	}
	runtime.GC()
	for range rounds {
		for from := 0; from < queries; from += turn {
			for i, p := range peers {
				for q := from; q < min(from+turn, queries); q++ {
					a, err := p.ask(ctx, q)
					if err != nil {
						return nil, fmt.Errorf("ask %s: %w", p.name(), err)
					}
					out[i] = append(out[i], a)
				}
			}
		}
	}
	return out, nil
}

// medians returns the median of each cost.
func medians(answers []answer) cost {
	var costs []cost
	for _, a := range answers {
		costs = append(costs, a.cost)
	}
	return median(costs)
}

func median(costs []cost) cost {
	var wall, cpu []time.Duration
	for _, c := range costs {
		wall, cpu = append(wall, c.wall), append(cpu, c.cpu)
	}
	slices.Sort(wall)
	slices.Sort(cpu)
	return cost{wall[len(wall)/2], cpu[len(cpu)/2]}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// timed calls f and returns what it cost.
func timed(f func() error) (cost, error) {
	cpu := cpuTime()
	begun := time.Now()
	err := f()
	return cost{time.Since(begun), cpuTime() - cpu}, err
}

// fill returns our index with the rows of the set.
func fill(ctx context.Context, set *Set) (*chromem.Index, error) {
	index, err := chromem.New(embed.Space{Embedder: "bench", Model: set.Name, Dim: set.Dim})
	if err != nil {
		return nil, err
	}
	const page = 5000
	for from := 0; from < set.Len(); from += page {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		to := min(from+page, set.Len())
		var changes []engine.Change
		for i := from; i < to; i++ {
			changes = append(changes, set.change(i))
		}
		if err := index.Apply(changes, int64(to)); err != nil {
			return nil, err
		}
	}
	return index, nil
}
