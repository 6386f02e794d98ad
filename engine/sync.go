package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kindred/embed"
)

// followEvery is how often Follow looks for changes made by other processes.
// They are to be seen within a second.
const followEvery = 250 * time.Millisecond

// changesPage is how many changes move to the index in one step: 5,000 vectors
// of 384 dimensions are 8 MB.
const changesPage = 5000

// Follow keeps index and lexicon up to date with the store, and the index in
// its active space, until ctx ends, and returns ctx's error. A round that fails
// is logged and tried again. Vectors never wait for texts.
func (e *Engine) Follow(ctx context.Context) error {
	var beside sync.WaitGroup
	defer beside.Wait()
	var reading atomic.Bool
	var finished *serving
	for {
		if !e.read.Load() && reading.CompareAndSwap(false, true) { // later texts are read with the vectors
			beside.Go(func() {
				defer reading.Store(false)
				if err := e.readTexts(ctx); err != nil && ctx.Err() == nil {
					e.log.Error("follow texts", "err", err)
				}
			})
		}
		if err := e.CatchUpIndex(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("follow changes", "err", err)
		}
		if s := e.current.Load(); s != finished && (e.lexicon == nil || e.read.Load()) { // answers come first
			finished = s
			beside.Go(func() { s.finish(ctx) })
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.poked:
		case <-time.After(followEvery):
		}
	}
}

// finish lets the index do what it left for later.
func (e *serving) finish(ctx context.Context) {
	if x, ok := e.index.(Finisher); ok {
		if err := x.Finish(ctx); err != nil && ctx.Err() == nil {
			e.log.Error("finish index", "space", e.space, "err", err)
		}
	}
}

// poke makes Follow look now.
func (e *Engine) poke() {
	select {
	case e.poked <- struct{}{}:
	default:
	}
}

// CatchUp brings index and lexicon to the present state of the store, and
// changes to the store's active space if that is another one now. It costs a few
// small reads when nothing has changed.
func (e *Engine) CatchUp(ctx context.Context) error {
	texts := make(chan error, 1)
	go func() { texts <- e.readTexts(ctx) }() // beside the vectors: a start has much of both
	err := e.CatchUpIndex(ctx)
	return errors.Join(err, <-texts)
}

// readTexts brings the lexicon, if there is one, to the present state of the
// store.
func (e *Engine) readTexts(ctx context.Context) error {
	if e.lexicon == nil {
		return nil
	}
	head, err := e.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	if err := e.readTo(ctx, head); err != nil {
		return err
	}
	if e.read.Swap(true) {
		return nil
	}
	e.jobs.end("words", nil)
	e.catchUp.Lock()
	defer e.catchUp.Unlock()
	return e.current.Load().see(ctx)
}

// readTo brings the lexicon to at least the given version.
func (e *Engine) readTo(ctx context.Context, version int64) error {
	if e.lexicon.Version() >= version {
		return nil
	}
	e.reading.Lock()
	defer e.reading.Unlock()
	for e.lexicon.Version() < version {
		since := e.lexicon.Version()
		changes, upTo, err := e.store.Texts(ctx, since, changesPage)
		if err != nil {
			return fmt.Errorf("read texts since %d: %w", since, err)
		}
		if upTo <= since {
			return fmt.Errorf("%w: lexicon: version %d is not of this store, whose head is %d", ErrInvalid, version, since)
		}
		if len(changes) > 0 {
			e.touch(upTo)
		}
		if err := e.lexicon.Apply(changes, upTo); err != nil {
			e.log.Error("lexicon refused a text", "err", err)
		}
		if !e.read.Load() {
			e.jobs.step("words", upTo, version, e.now())
		}
	}
	return nil
}

// words returns the lexicon to answer with: nil if there is none, or while it
// has not caught up with the store for the first time.
func (e *Engine) words() Lexicon {
	if !e.read.Load() {
		return nil
	}
	return e.lexicon
}

// CatchUpIndex is CatchUp without the lexicon.
func (e *Engine) CatchUpIndex(ctx context.Context) error {
	head, err := e.store.Head(ctx)
	if err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	s := e.current.Load()
	if err := s.reach(ctx, head); err != nil {
		return err
	}
	all, active, err := e.store.Spaces(ctx)
	if err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	if e.open == nil || active == "" || active == s.space {
		return nil
	}
	for _, space := range all {
		if space.ID() == active {
			return e.change(ctx, space, head)
		}
	}
	return nil
}

// change begins to serve another space, once its index has reached version.
// Until then the old one serves.
func (e *Engine) change(ctx context.Context, space embed.Space, version int64) error {
	index, embedder, err := e.open(ctx, space)
	if err != nil {
		return fmt.Errorf("change to space %s: %w", space.ID(), err)
	}
	next := &serving{Engine: e, index: index, embedder: embedder, space: space.ID()}
	if err := next.reach(ctx, version); err != nil {
		return fmt.Errorf("change to space %s: %w", space.ID(), err)
	}
	e.jobs.embedder(nil)
	e.current.Store(next)
	e.log.Info("embedding space changed", "space", space.ID(), "papers", index.Len())
	return nil
}

// reach brings the index to at least the given version, and the lexicon, if it
// is in use, and lets questions see it.
func (e *serving) reach(ctx context.Context, version int64) error {
	if words := e.words(); words != nil {
		if err := e.readTo(ctx, version); err != nil {
			return err
		}
	}
	if v := e.seen.Load(); v != nil && v.version >= version {
		return nil
	}
	e.catchUp.Lock()
	defer e.catchUp.Unlock()
	for e.index.Version() < version {
		since := e.index.Version()
		changes, upTo, err := e.store.Changes(ctx, e.space, since, changesPage)
		if err != nil {
			return fmt.Errorf("changes of space %s since %d: %w", e.space, since, err)
		}
		if upTo <= since {
			return fmt.Errorf("%w: version %d is not of this store, whose head is %d", ErrInvalid, version, since)
		}
		if len(changes) > 0 || since == 0 {
			e.touch(upTo)
		}
		if err := e.index.Apply(changes, upTo); err != nil {
			e.log.Error("index refused a vector", "err", err)
		}
	}
	return e.see(ctx)
}

// A view is what questions are asked of: a version, and what the corpus was measured to
// be like then.
type view struct {
	version int64
	ranker  *Ranker
}

// see lets questions see what the index holds by now. It measures the corpus before,
// which takes some 50 ms, so that nobody who asks has to. e.catchUp is held.
func (e *serving) see(ctx context.Context) error {
	v := e.index.Version()
	r, err := e.ranker(ctx, v)
	if err != nil {
		return err
	}
	b := r.background()
	b.metric.ready()
	e.seen.Store(&view{v, r})
	return nil
}

// version is the change number that a question is asked as of.
func (e *serving) version() int64 {
	if v := e.seen.Load(); v != nil {
		return v.version
	}
	return e.index.Version()
}

// touch notes, before they are applied, that there were changes of papers up to
// a change number.
func (e *Engine) touch(upTo int64) {
	for {
		old := e.touched.Load()
		if upTo <= old || e.touched.CompareAndSwap(old, upTo) {
			return
		}
	}
}

// since returns the least change number known since which no paper has changed
// up to asOf: what is asked as of either is answered alike. Likes move the change
// number too, so it says when what was measured by papers is good still.
func (e *serving) since(asOf int64) int64 {
	if v := e.seen.Load(); v != nil && v.version == asOf {
		return v.ranker.AsOf
	}
	if t := e.touched.Load(); t > 0 && t < asOf {
		return t
	}
	return asOf
}

const (
	leaseTTL   = 10 * time.Second       // of the right to embed, once its holder has died
	leaseEvery = leaseTTL / 4           // between renewals
	batchFirst = 32                     // texts in the first batch of a Sync
	batchMax   = 1024                   // texts in any batch
	batchFast  = 500 * time.Millisecond // a batch quicker than this doubles the next
	batchSlow  = 4 * time.Second        // one slower halves it
)

// Sync embeds the papers that lack a vector, newest first, until none is left
// or ctx ends, and returns how many it embedded. It works under a lease, so
// that of all processes one does it: if another does, Sync returns at once with
// 0 and no error. After each batch it calls progress, if given, with the papers
// embedded so far and the number still waiting.
func (e *Engine) Sync(ctx context.Context, progress func(done, left int)) (embedded int, err error) {
	return e.current.Load().sync(ctx, "embed", progress)
}

// Fill embeds all papers in the space of another embedder, as Sync does in the
// space that is served, and returns how many it embedded. It may be interrupted
// and called again. Store.SetActive then makes every process change to it.
func (e *Engine) Fill(ctx context.Context, with embed.Embedder, progress func(done, left int)) (embedded int, err error) {
	space := with.Space()
	if err := e.store.PutSpace(ctx, space); err != nil {
		return 0, fmt.Errorf("record space %s: %w", space.ID(), err)
	}
	return (&serving{Engine: e, embedder: with, space: space.ID()}).sync(ctx, "reembed", progress)
}

func (e *serving) sync(ctx context.Context, job string, progress func(done, left int)) (embedded int, err error) {
	pending, err := e.store.Unembedded(ctx, e.space, 1)
	if err != nil {
		return 0, err
	}
	if len(pending) == 0 {
		e.jobs.end(job, nil)
		return 0, nil
	}
	ctx, release, err := e.hold(ctx, "embed:"+e.space)
	if err != nil {
		return 0, err
	}
	if release == nil { // another process embeds; Status is to tell of it
		c, err := e.store.Counts(ctx, e.space)
		if err == nil {
			e.jobs.watch(job, int64(c.Pending-c.Failed), e.now())
		}
		return 0, err
	}
	defer func() {
		err = errors.Join(err, release())
		e.jobs.end(job, err)
	}()
	for size := batchFirst; ; {
		pending, err := e.store.Unembedded(ctx, e.space, size)
		if err != nil {
			return embedded, fmt.Errorf("papers without a vector: %w", err)
		}
		if len(pending) == 0 {
			return embedded, nil
		}
		begun := time.Now()
		n, err := e.embedBatch(ctx, pending)
		embedded += n
		if err != nil {
			return embedded, err
		}
		e.poke()
		counts, err := e.store.Counts(ctx, e.space)
		if err != nil {
			return embedded, err
		}
		left := counts.Pending - counts.Failed
		e.jobs.step(job, int64(embedded), int64(embedded+left), e.now())
		if progress != nil {
			progress(embedded, left)
		}
		switch took := time.Since(begun); {
		case took < batchFast:
			size = min(2*size, batchMax)
		case took > batchSlow:
			size = max(size/2, 1)
		}
	}
}

// hold takes the named lease and keeps it: the context it returns ends if the
// lease is lost, and with ctx. release gives it back, and must be called; it is
// nil if another process holds the lease.
func (e *Engine) hold(ctx context.Context, name string) (_ context.Context, release func() error, _ error) {
	ok, err := e.store.Lease(ctx, name, e.owner, "", e.now(), leaseTTL)
	if err != nil || !ok {
		return ctx, nil, err
	}
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-held.Done():
				return
			case <-time.After(leaseEvery):
			}
			if ok, err := e.store.Lease(held, name, e.owner, "", e.now(), leaseTTL); err != nil || !ok {
				cancel(errors.Join(fmt.Errorf("lease %s lost", name), err))
				return
			}
		}
	}()
	return held, func() error {
		cancel(nil)
		<-done
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return e.store.Release(last, name, e.owner)
	}, nil
}

// embedBatch embeds and stores one batch. A text that can never be embedded is
// recorded with its reason, and the others go on without it.
func (e *serving) embedBatch(ctx context.Context, batch []Pending) (int, error) {
	batch = slices.Clone(batch)
	texts := make([]string, len(batch))
	for i, p := range batch {
		texts[i] = embed.Join(p.Title, p.Abstract)
	}
	for len(batch) > 0 {
		vectors, err := e.embed(ctx, embed.Document, texts)
		var bad *embed.TextError
		if errors.As(err, &bad) && bad.Index >= 0 && bad.Index < len(batch) {
			p := batch[bad.Index]
			e.log.Warn("paper cannot be embedded", "paper", p.Key, "err", bad.Err)
			if err := e.store.PutFailure(ctx, e.space, p, bad.Err.Error()); err != nil {
				return 0, fmt.Errorf("record failure of %s: %w", p.Key, err)
			}
			batch = slices.Delete(batch, bad.Index, bad.Index+1)
			texts = slices.Delete(texts, bad.Index, bad.Index+1)
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("embed %d papers from %s on: %w", len(batch), batch[0].Key, err)
		}
		out := make([]Embedded, len(batch))
		for i, p := range batch {
			out[i] = Embedded{Key: p.Key, Text: p.Text, Vector: vectors[i]}
		}
		if err := e.store.PutVectors(ctx, e.space, out); err != nil {
			return 0, fmt.Errorf("store %d vectors: %w", len(out), err)
		}
		return len(out), nil
	}
	return 0, nil
}

// embed calls the embedder, checks that it kept its contract, and remembers
// how it went for Status.
func (e *serving) embed(ctx context.Context, kind embed.Kind, texts []string) ([]embed.Vector, error) {
	vectors, err := e.embedder.Embed(ctx, kind, texts)
	if err == nil && len(vectors) != len(texts) {
		err = fmt.Errorf("embedder %s returned %d vectors for %d texts", e.space, len(vectors), len(texts))
	}
	for i := 0; err == nil && i < len(vectors); i++ {
		if bad := vectors[i].Check(e.embedder.Space().Dim); bad != nil {
			err = fmt.Errorf("embedder %s, text %d: %w", e.space, i, bad)
		}
	}
	if ctx.Err() == nil {
		e.jobs.embedder(err)
	}
	if err != nil {
		return nil, err
	}
	return vectors, nil
}
