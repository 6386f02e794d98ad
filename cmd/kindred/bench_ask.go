package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"kindred/engine"
)

// asked is how often each question is asked; those that take long not oftener
// than askedFor allows, but 5 times.
const (
	asked    = 200
	askedFor = 15 * time.Second
)

// ask starts the server, asks it, and fills the rest of the report in.
func (p *child) ask(ctx context.Context, templates []engine.Paper, r *systemReport) (err error) {
	var pid int
	var stop func() error
	for _, seconds := range []*float64{&r.FirstStartS, &r.StartS} {
		begun := time.Now()
		if pid, stop, err = p.serve(ctx); err != nil {
			return err
		}
		*seconds = time.Since(begun).Seconds()
		if seconds == &r.FirstStartS {
			if err := errors.Join(p.idle(ctx), stop()); err != nil {
				return err
			}
		}
	}
	defer func() { err = errors.Join(err, stop()) }()
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	r.AnonMB = anonymous(pid)

	index, err := p.index(ctx)
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(benchSeed, 1))
	id := func() string { return "arxiv:" + madePaper(templates, random.IntN(r.N), r.N).ID }
	similar := func() string { return "/v1/papers/" + url.PathEscape(id()) + "/similar?limit=10" }
	get := func(path func() string) func() (time.Duration, error) {
		return func() (time.Duration, error) { return p.request(ctx, http.MethodGet, path()) }
	}
	fixed := func(path string) func() string { return func() string { return path } }
	alone := func() (time.Duration, error) {
		key := engine.Key(id())
		v := index.Vectors([]engine.Key{key}, 0)[0]
		if v == nil {
			return 0, fmt.Errorf("paper %s is not in the index", key)
		}
		begun := time.Now()
		_, _, err := index.Search(ctx, []engine.Query{{Vector: v, K: 10, Exclude: []engine.Key{key}}})
		return time.Since(begun), err
	}
	ways := []struct {
		to *float64
		do func() (time.Duration, error)
	}{
		{&r.LikeMS, func() (time.Duration, error) { // first: the feed needs them
			return p.request(ctx, http.MethodPut, "/v1/users/me/likes/"+url.PathEscape(id()))
		}},
		{&r.IndexMS, alone},
		{&r.SimilarMS, get(similar)},
		{&r.FeedMS, func() (time.Duration, error) {
			like := "/v1/users/me/likes/" + url.PathEscape(id())
			if _, err := p.request(ctx, http.MethodPut, like); err != nil {
				return 0, err
			}
			d, err := get(fixed("/v1/users/me/feed"))()
			if err != nil {
				return d, err
			}
			_, err = p.request(ctx, http.MethodDelete, like)
			return d, err
		}},
		{&r.AgainMS, func() (time.Duration, error) {
			again := get(fixed("/v1/users/me/feed"))
			if _, err := again(); err != nil {
				return 0, err
			}
			return again()
		}},
		{&r.FewMS, get(func() string { return "/v1/users/" + benchUser(random.IntN(r.Users)) + "/feed" })},
		{&r.LatestMS, get(fixed("/v1/latest"))},
		{&r.StatusMS, get(fixed("/v1/status"))},
		{&r.SearchMS, get(func() string { return "/v1/search?q=" + url.QueryEscape(templates[random.IntN(len(templates))].Title) })},
		{&r.ByIDMS, get(func() string { return "/v1/papers/" + url.PathEscape(id()) })},
	}
	took := make([][]time.Duration, len(ways))
	spent := make([]time.Duration, len(ways))
	once := func(i int) error {
		if spent[i] > askedFor && len(took[i]) >= 5 {
			return nil
		}
		d, err := ways[i].do()
		took[i], spent[i] = append(took[i], d), spent[i]+d
		return err
	}
	for range asked {
		if err := once(0); err != nil {
			return err
		}
	}
	for range asked {
		for i := 1; i < len(ways); i++ {
			if err := once(i); err != nil {
				return err
			}
		}
	}
	for i, w := range ways {
		*w.to = quantile(took[i], .5)
	}

	paths := make([]string, min(20*asked, max(r.N/5, asked)))
	for i := range paths {
		paths[i] = similar()
	}
	all, seconds, err := p.crowd(ctx, r.Clients, paths)
	if err != nil {
		return err
	}
	r.Rate = float64(len(all)) / seconds
	r.P50MS, r.P99MS = quantile(all, .5), quantile(all, .99)
	r.OverIndex, r.RateOver = r.SimilarMS/r.IndexMS, r.Rate*r.IndexMS/1000
	r.FeedOver, r.AgainOver = r.FeedMS/r.SimilarMS, r.AgainMS/r.SimilarMS

	if all, _, err = p.crowd(ctx, 1, paths[:min(5*asked, len(paths))]); err != nil {
		return err
	}
	r.IdleP99MS = quantile(all, .99)
	if all, err = p.meanwhile(ctx, templates, r.N, paths); err != nil {
		return err
	}
	r.BusyP50MS, r.BusyP99MS = quantile(all, .5), quantile(all, .99)
	return nil
}

// meanwhile imports a twentieth of n papers more, at least 2,000, and asks for
// paths, one after the other, as long as that takes.
func (p *child) meanwhile(ctx context.Context, templates []engine.Paper, n int, paths []string) (took []time.Duration, err error) {
	name := filepath.Join(filepath.Dir(p.data), "more.jsonl")
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	enc := json.NewEncoder(f)
	for i := range max(n/20, 2000) {
		if err := enc.Encode(madeOf(templates, i%months, perMonth(n)+i/months)); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() {
		_, err := p.run(ctx, "import", name)
		ended <- err
	}()
	for i := 0; ; i++ {
		select {
		case err := <-ended:
			return took, err
		default:
		}
		d, err := p.request(ctx, http.MethodGet, paths[i%len(paths)])
		if err != nil {
			return nil, errors.Join(err, <-ended)
		}
		took = append(took, d)
	}
}

func benchUser(i int) string { return fmt.Sprintf("reader-%d", i) }

// populate lets each of users like five of n papers.
func (p *child) populate(ctx context.Context, templates []engine.Paper, n, users int) error {
	store, err := openStore(ctx, Config{Data: p.data})
	if err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(benchSeed, 2))
	var events []engine.Event
	for i := range users {
		for range 5 {
			key := engine.Key("arxiv:" + madePaper(templates, random.IntN(n), n).ID)
			events = append(events, engine.Event{User: benchUser(i), Act: engine.Like, Key: key})
		}
		if len(events) >= 5000 || i == users-1 {
			if _, err := store.Append(ctx, events, time.Now()); err != nil {
				return errors.Join(err, store.Close())
			}
			events = nil
		}
	}
	return store.Close()
}
