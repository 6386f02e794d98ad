package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kindred/embed"
)

// Options is what an Engine is made of.
type Options struct {
	Store    Store          // required
	Index    Index          // required; empty, Follow fills it
	Lexicon  Lexicon        // Follow fills it too; nil: words are not looked at
	Embedder embed.Embedder // required; of the index's space. One that cannot be reached wraps embed.ErrUnavailable
	Now      func() time.Time
	Log      *slog.Logger
	Owner    string // names this process in leases; required
	// Open makes an empty index and an embedder for another space, when that
	// becomes the active one of the store. Nil: the engine stays with the space
	// it began with.
	Open func(context.Context, embed.Space) (Index, embed.Embedder, error)
}

// An Engine answers the two questions, "what is like this?" and "what should I
// read next?", and takes what must be known to answer them. It is safe for
// concurrent use. It starts no goroutine
// that outlives a call: its owner runs Follow, Sync and Attend.
type Engine struct {
	store   Store
	now     func() time.Time
	log     *slog.Logger
	owner   string
	open    func(context.Context, embed.Space) (Index, embed.Embedder, error)
	lexicon Lexicon      // may be nil, and behind the index: see words
	read    atomic.Bool  // the lexicon has caught up with the store once
	touched atomic.Int64 // see since
	reading sync.Mutex   // held while texts move from store to lexicon

	current atomic.Pointer[serving]
	catchUp sync.Mutex    // held while changes move from store to index
	poked   chan struct{} // capacity 1: a write was made in this process
	wanted  chan Key      // papers without a vector that somebody looked at; see Attend
	secret  []byte        // signs cursors
	jobs    jobs
	past    histories // of the people who were here last
}

// serving is the engine in one space. A request takes the current one and
// stays with it, so no answer mixes two.
type serving struct {
	*Engine
	index    Index
	embedder embed.Embedder
	space    string                 // ID of both
	sampled  atomic.Pointer[Ranker] // the last one made
	seen     atomic.Pointer[view]   // nil before the first look
	lists    memo[suitedList]       // of feeds, before they are composed
}

// New checks the options, records the embedder's space in the store and makes
// an Engine. It does not read papers: call CatchUp or Follow.
func New(ctx context.Context, o Options) (*Engine, error) {
	switch {
	case o.Store == nil || o.Index == nil || o.Embedder == nil || o.Owner == "":
		return nil, errors.New("engine: store, index, embedder and owner are required")
	case o.Index.Space() != o.Embedder.Space():
		return nil, fmt.Errorf("engine: index is of space %s, embedder of %s", o.Index.Space().ID(), o.Embedder.Space().ID())
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	space := o.Embedder.Space()
	if err := o.Store.PutSpace(ctx, space); err != nil {
		return nil, fmt.Errorf("record space %s: %w", space.ID(), err)
	}
	secret, err := o.Store.Secret(ctx, "cursor")
	if err != nil {
		return nil, fmt.Errorf("cursor secret: %w", err)
	}
	e := &Engine{store: o.Store, now: o.Now, log: o.Log, owner: o.Owner, open: o.Open, lexicon: o.Lexicon, secret: secret, poked: make(chan struct{}, 1), wanted: make(chan Key, maxWanted)}
	e.current.Store(&serving{Engine: e, index: o.Index, embedder: o.Embedder, space: space.ID()})
	return e, nil
}

// Limits of what can be asked for at once.
const (
	DefaultLimit = 20
	MaxLimit     = 200
	MaxDepth     = 1000 // how far a feed goes
)

// checkLimit returns the number of items wanted: DefaultLimit for 0. Others
// than 1 to MaxLimit are refused, not clamped.
func checkLimit(limit int) (int, error) {
	if limit == 0 {
		return DefaultLimit, nil
	}
	if limit < 1 || limit > MaxLimit {
		return 0, fmt.Errorf("%w: limit %d: want 1 to %d", ErrInvalid, limit, MaxLimit)
	}
	return limit, nil
}

// A List is an answer: items in rank order.
type List struct {
	Items []Item
	Next  string // cursor of the next page; "" at the end
	Space string // ID of the space the scores are from
}

// An Item is one paper of an answer.
type Item struct {
	Paper Paper
	// Score is what ranks it: its relevance, where 0 is a paper like any other, 1
	// one as near in meaning as what was asked by, or is liked, is to itself, and
	// words add to that; 0 where the order is by date. See model.
	Score   float32
	Reasons []Reason // why it is here, strongest first; may be empty
	// Confidence is the probability that the person would pick it themselves, in
	// [0, 1]; 0 where nothing is known of their taste.
	Confidence float64
}
