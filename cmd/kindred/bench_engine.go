package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"kindred/engine"
)

// engine fills in what a feed of "me", with 200 likes, takes beside similar papers in
// this process, less the time of reading the store: what ranking costs.
func (p *child) engine(ctx context.Context, templates []engine.Paper, r *systemReport) (err error) {
	c := Config{Data: p.data, Embedder: "auto"}
	opened, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	store := &clockedStore{Store: opened}
	e, err := openEngine(ctx, c, store, slog.New(slog.DiscardHandler), func(string) {})
	if err != nil {
		return err
	}
	if err := e.CatchUp(ctx); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(benchSeed, 3))
	id := func() string { return "arxiv:" + madePaper(templates, random.IntN(r.N), r.N).ID }
	feed := func(o engine.FeedOptions) error {
		_, err := e.Feed(ctx, "me", o)
		return err
	}
	var similar, known, liked []time.Duration
	clocked := func(to *[]time.Duration, do func() error) error {
		store.spent = 0
		begun := time.Now()
		err := do()
		*to = append(*to, time.Since(begun)-store.spent)
		return err
	}
	if err := feed(engine.FeedOptions{}); err != nil {
		return err
	}
	begun := time.Now()
	for i := range asked {
		if i >= 5 && time.Since(begun) > askedFor {
			break
		}
		fresh := 0.05 + float64(i+1)*1e-6 // another list, of the same profile
		like := id()
		err := errors.Join(
			clocked(&similar, func() error { _, err := e.Similar(ctx, engine.Subject{ID: id()}, 20); return err }),
			clocked(&known, func() error { return feed(engine.FeedOptions{Dials: engine.Dials{Freshness: &fresh}}) }),
		)
		if err != nil {
			return err
		}
		if _, err := e.Act(ctx, "me", engine.Like, like, time.Time{}); err != nil {
			return err
		}
		if err := clocked(&liked, func() error { return feed(engine.FeedOptions{}) }); err != nil {
			return err
		}
		if err := errors.Join(e.Undo(ctx, "me", engine.Like, like), feed(engine.FeedOptions{})); err != nil {
			return err
		}
	}
	r.EngineSimilarMS = quantile(similar, .5)
	r.EngineFeedOver, r.EngineLikedOver = quantile(known, .5)/r.EngineSimilarMS, quantile(liked, .5)/r.EngineSimilarMS
	return nil
}

// A clockedStore says how long reading what answers are made of took. It is for one
// goroutine.
type clockedStore struct {
	engine.Store
	spent time.Duration
}

func (s *clockedStore) clock(begun time.Time) { s.spent += time.Since(begun) }

func (s *clockedStore) GetPapers(ctx context.Context, keys []engine.Key) (map[engine.Key]engine.Paper, error) {
	defer s.clock(time.Now())
	return s.Store.GetPapers(ctx, keys)
}

func (s *clockedStore) Resolve(ctx context.Context, ids []engine.ID) ([]engine.Key, error) {
	defer s.clock(time.Now())
	return s.Store.Resolve(ctx, ids)
}

func (s *clockedStore) Log(ctx context.Context, user string, since, upTo int64) ([]engine.Event, error) {
	defer s.clock(time.Now())
	return s.Store.Log(ctx, user, since, upTo)
}
