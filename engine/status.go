package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kindred/embed"
)

// Status says how the engine is doing.
type Status struct {
	Papers, Embedded, Pending, Failed int
	Space                             string
	Embedder                          EmbedderState
	Jobs                              []Job // by kind
	Version                           int64 // of the index
}

// EmbedderState says whether new texts can be embedded.
type EmbedderState struct {
	Name  string // embedder and model, such as "ollama:all-minilm"
	State string // "ready" or "unavailable", as of the last attempt
	Hint  string // what to do if it is unavailable; else ""
}

// A Job is long work in progress, or the error that ended it.
type Job struct {
	Kind        string // "embed", "reembed", or "words": the lexicon is read, until then papers are ranked by meaning alone
	Done, Total int64
	Rate        float64       // per second, over the last minute
	ETA         time.Duration // 0 if unknown
	Err         string
}

// Status reads the counts and the state of the work of this process.
func (e *Engine) Status(ctx context.Context) (Status, error) {
	return e.current.Load().status(ctx)
}

func (e *serving) status(ctx context.Context) (Status, error) {
	c, err := e.store.Counts(ctx, e.space)
	if err != nil {
		return Status{}, fmt.Errorf("status: %w", err)
	}
	space := e.embedder.Space()
	s := Status{
		Papers: c.Papers, Embedded: c.Embedded, Pending: c.Pending, Failed: c.Failed,
		Space: e.space, Version: e.index.Version(),
		Embedder: EmbedderState{Name: space.Embedder + ":" + space.Model, State: "ready"},
		Jobs:     []Job{},
	}
	e.jobs.mu.Lock()
	defer e.jobs.mu.Unlock()
	if err := e.jobs.embedErr; err != nil {
		s.Embedder.State, s.Embedder.Hint = "unavailable", err.Error()
	}
	for kind, r := range e.jobs.running {
		j := Job{Kind: kind, Done: r.done, Total: r.total, Err: r.err}
		if n := len(r.marks); n > 1 {
			first, last := r.marks[0], r.marks[n-1]
			if secs := last.at.Sub(first.at).Seconds(); secs > 0 && last.done > first.done {
				j.Rate = float64(last.done-first.done) / secs
				j.ETA = time.Duration(float64(r.total-r.done) / j.Rate * float64(time.Second)).Round(time.Second)
			}
		}
		s.Jobs = append(s.Jobs, j)
	}
	slices.SortFunc(s.Jobs, func(a, b Job) int { return cmp.Compare(a.Kind, b.Kind) })
	return s, nil
}

// Starting makes Ready refuse, with what as the reason, until it is called
// with "".
func (e *Engine) Starting(what string) {
	e.jobs.mu.Lock()
	defer e.jobs.mu.Unlock()
	e.jobs.starting = what
}

// Ready returns nil when the work of starting is over and every vector that
// was in the store at the time of the call is searchable, and every word once
// the lexicon has been read. Until then it
// returns an error wrapping embed.ErrUnavailable.
func (e *Engine) Ready(ctx context.Context) error {
	e.jobs.mu.Lock()
	what := e.jobs.starting
	e.jobs.mu.Unlock()
	if what != "" {
		return fmt.Errorf("%w: %s", embed.ErrUnavailable, what)
	}
	head, err := e.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("ready: %w", err)
	}
	e.poke()
	for e.lexicon != nil && e.words() == nil {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: the words of the papers are being read", embed.ErrUnavailable)
		case <-time.After(10 * time.Millisecond):
		}
	}
	for e.current.Load().version() < head { // Follow is bringing it; a readiness probe may wait a little
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		if e.current.Load().version() == 0 {
			return fmt.Errorf("%w: the index is loading", embed.ErrUnavailable)
		}
	}
	return nil
}
