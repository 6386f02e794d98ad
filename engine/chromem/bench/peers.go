package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	chromemgo "github.com/philippgille/chromem-go"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/chromem"
)

// Names lists the peers.
func Names() []string {
	return []string{"chromem", "go", "numpy", "faiss-flat", "faiss-hnsw", "sqlite-vec"}
}

// open fills a peer.
func open(ctx context.Context, name string, set *Set, o Options) (peer, error) {
	switch name {
	case "chromem":
		return openChromem(ctx, set, o.K)
	case "go":
		return &loop{set, o.K}, nil
	case "numpy", "faiss-flat", "faiss-hnsw", "sqlite-vec":
		return openPython(ctx, name, set, o)
	}
	return nil, fmt.Errorf("%w: no such peer; want some of %s", engine.ErrInvalid, strings.Join(Names(), ","))
}

// ours is our index as a peer of itself.
type ours struct {
	index *chromem.Index
	set   *Set
	k     int
}

func (*ours) name() string { return "kindred" }
func (*ours) exact() bool  { return true }
func (*ours) close() error { return nil }

func (p *ours) ask(ctx context.Context, i int) (a answer, err error) {
	var hits [][]engine.Hit
	a.cost, err = timed(func() (err error) {
		hits, _, err = p.index.Search(ctx, []engine.Query{{Vector: p.set.Queries[i], K: p.k}})
		return err
	})
	if err != nil {
		return a, err
	}
	for _, h := range hits[0] {
		row, err := strconv.Atoi(engine.ID(h.Key).Local())
		if err != nil {
			return a, err
		}
		a.rows, a.scores = append(a.rows, row), append(a.scores, h.Score)
	}
	return a, nil
}

// loop is what a few lines of Go do: one dot product after the other.
type loop struct {
	set *Set
	k   int
}

func (*loop) name() string { return "go" }
func (*loop) exact() bool  { return true }
func (*loop) close() error { return nil }

func (p *loop) ask(ctx context.Context, i int) (a answer, err error) {
	type hit struct {
		row   int
		score float32
	}
	byScore := func(a, b hit) int { return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.row, b.row)) }
	var best []hit
	a.cost, err = timed(func() error {
		q := p.set.Queries[i]
		for row := range p.set.Len() {
			if row%65536 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			score := embed.Dot(q, p.set.row(row))
			if len(best) == p.k && score <= best[p.k-1].score {
				continue
			}
			h := hit{row, score}
			at, _ := slices.BinarySearchFunc(best, h, byScore)
			best = slices.Insert(best, at, h)
			best = best[:min(len(best), p.k)]
		}
		return nil
	})
	for _, h := range best {
		a.rows, a.scores = append(a.rows, h.row), append(a.scores, h.score)
	}
	return a, err
}

// own is chromem-go's own query.
type own struct {
	docs *chromemgo.Collection
	set  *Set
	k    int
}

func openChromem(ctx context.Context, set *Set, k int) (peer, error) {
	never := func(context.Context, string) ([]float32, error) {
		return nil, errors.New("nothing is embedded") // unreachable: all have vectors
	}
	docs, err := chromemgo.NewDB().CreateCollection("bench", nil, never)
	if err != nil {
		return nil, err
	}
	for i := range set.Len() {
		if err := docs.AddDocument(ctx, chromemgo.Document{ID: strconv.Itoa(i), Embedding: set.row(i)}); err != nil {
			return nil, err
		}
	}
	return &own{docs, set, k}, nil
}

func (*own) name() string { return "chromem" }
func (*own) exact() bool  { return true }
func (*own) close() error { return nil }

func (p *own) ask(ctx context.Context, i int) (a answer, err error) {
	var found []chromemgo.Result
	a.cost, err = timed(func() (err error) {
		found, err = p.docs.QueryEmbedding(ctx, p.set.Queries[i], p.k, nil, nil)
		return err
	})
	if err != nil {
		return a, err
	}
	for _, r := range found {
		row, err := strconv.Atoi(r.ID)
		if err != nil {
			return a, err
		}
		a.rows, a.scores = append(a.rows, row), append(a.scores, r.Similarity)
	}
	return a, nil
}
