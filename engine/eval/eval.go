// Package eval measures how good recommendations are, on data whose answers
// are known: libraries of real readers, papers that authors went on to write,
// judgements of experts.
//
//	protocol.go  the protocols by name, and what each asks
//	load.go      their files; the layout is that of the folder given to Load
//	engine.go    ranks the cases through engine.Ranker, as the program does
//	me.go        one reader's own likes, replayed through time
//	mean.go      the baseline: the mean of the likes' vectors
//	vectors.go   embeddings of a task's papers, cached in a file for each space
//	metrics.go   recall@k, nDCG@k, MRR, MAP, loss
//	calibration.go  how true stated confidences are
//	report.go    means with bootstrap intervals, paired comparison
//
// A [Task] is a protocol's data: papers, and cases of the form "somebody liked
// these; rank those; these were right". A [Ranker] answers cases. [Run] puts
// the two together.
package eval

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Task is the data of one protocol.
type Task struct {
	Protocol string
	Papers   []Paper
	Pool     []int // candidates of every case that has none of its own; positions in Papers, ascending
	Cases    []Case
	Metrics  []Metric
	Depth    int // ranks that the metrics look at; 0 is all
	// Alike says that papers like one paper are asked for, not what suits a reader.
	Alike bool
	// Now is when it is asked: likes age. Zero: they do not.
	Now time.Time
	// Calibrated says that stated confidences are measured too.
	Calibrated bool
}

// A Paper of a task.
type Paper struct {
	ID, Title, Abstract string
	Date                time.Time // zero if unknown
}

// A Case is one ranking to be made and judged. Several cases may be of one
// user: draws of the same library.
type Case struct {
	User  string
	Likes []int // positions in Papers; what is known of the user, oldest first where dates are known
	Pool  []int // candidates; nil for the task's
	// Gain is how relevant candidates are; absent is 0. A key that is no
	// candidate counts as a miss.
	Gain map[int]float64
	// SkipLikes leaves likes out of the ranking: they cannot be recommended.
	SkipLikes bool
	// At is when it is asked, and Since when each of Likes was given; zero and nil:
	// Task.Now, and the dates of the papers.
	At    time.Time
	Since []time.Time
	// Until leaves out papers that appeared later; zero: none.
	Until time.Time
	// Rated says that each candidate is judged by what the user said of the others,
	// too: those with a gain of at least Rated.Liked are liked, those of at most
	// Rated.Disliked disliked.
	Rated *Rated
	// Known is for which numbers of likes the case stands, where that is what is
	// measured. A reader with fewer has them all in it.
	Known []int
}

// Rated is which gains are likes, and which dislikes; 0 is none.
type Rated struct{ Liked, Disliked float64 }

// A Scored is a candidate in a ranking: position in Papers, score, and the
// probability stated that it is right, 0 if none is.
type Scored struct {
	Paper      int
	Score      float64
	Confidence float64
}

// A Ranker answers cases of the task it was made for. It is called from
// several goroutines.
type Ranker interface {
	// Rank scores candidates of c, best first, ties by the order of pool; at
	// most depth of them (0: all). skip says which candidates to leave out.
	Rank(ctx context.Context, c Case, pool []int, depth int) ([]Scored, error)
}

// Options of a run.
type Options struct {
	Workers  int                   // 0: one for each core
	Progress func(done, total int) // called now and then, from one goroutine at a time
	// Each, if not nil, gets every ranking, in the order of the cases.
	Each func(c Case, ranking []Scored) error
}

// Run ranks every case and returns what each metric gives for each.
func Run(ctx context.Context, t Task, r Ranker, o Options) (Outcome, error) {
	begun := time.Now()
	out := Outcome{Protocol: t.Protocol, users: make([]string, len(t.Cases)), values: make([][]weighted, len(t.Cases)), metrics: t.Metrics}
	if t.Calibrated {
		out.judged = make([][]judged, len(t.Cases))
	}
	rankings := make([][]Scored, len(t.Cases))
	workers := cmp.Or(o.Workers, runtime.GOMAXPROCS(0))
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next, done atomic.Int64
	var wg sync.WaitGroup
	var telling sync.Mutex
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(t.Cases) {
					return
				}
				ranking, err := rankCase(ctx, t, r, t.Cases[i])
				if err != nil {
					cancel(fmt.Errorf("%s, user %s: %w", t.Protocol, t.Cases[i].User, err))
					return
				}
				out.users[i] = t.Cases[i].User
				for _, m := range t.Metrics {
					out.values[i] = append(out.values[i], m.of(t.Cases[i], ranking))
				}
				if t.Calibrated {
					out.judged[i] = judge(t.Cases[i], ranking)
				}
				if o.Each != nil {
					rankings[i] = ranking
				}
				if n := int(done.Add(1)); o.Progress != nil {
					telling.Lock()
					o.Progress(n, len(t.Cases))
					telling.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return Outcome{}, context.Cause(ctx)
	}
	if !slices.ContainsFunc(out.judged, func(js []judged) bool {
		return slices.ContainsFunc(js, func(j judged) bool { return j.confidence > 0 })
	}) {
		out.judged = nil // the ranker states none
	}
	out.PerCase = time.Since(begun) * time.Duration(workers) / time.Duration(max(len(t.Cases), 1))
	for i, ranking := range rankings {
		if o.Each == nil {
			break
		}
		if err := o.Each(t.Cases[i], ranking); err != nil {
			return Outcome{}, err
		}
	}
	return out, nil
}

// rankCase ranks one case. Somebody of whom nothing is known gets nothing.
func rankCase(ctx context.Context, t Task, r Ranker, c Case) ([]Scored, error) {
	pool := c.Pool
	if pool == nil {
		pool = t.Pool
	}
	if len(c.Likes) == 0 {
		return nil, nil
	}
	if c.SkipLikes {
		pool = slices.DeleteFunc(slices.Clone(pool), func(p int) bool { return slices.Contains(c.Likes, p) })
	}
	if !c.Until.IsZero() {
		pool = slices.DeleteFunc(slices.Clone(pool), func(p int) bool { return t.Papers[p].Date.After(c.Until) })
	}
	return r.Rank(ctx, c, pool, t.Depth)
}

// Best sorts candidates by score, ties by position, and keeps the first depth
// (0: all).
func Best(all []Scored, depth int) []Scored {
	slices.SortFunc(all, func(a, b Scored) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Paper, b.Paper)) })
	if depth > 0 && len(all) > depth {
		all = all[:depth]
	}
	return all
}
