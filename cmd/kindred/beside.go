package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"kindred/engine"
)

// An embedding embeds what waits for its vector while an import stores more. It
// is slower or quicker than storing as it likes: what waits, waits in the store.
type embedding struct {
	e      *engine.Engine
	sys    env
	cancel context.CancelFunc
	stored chan struct{} // closed when nothing more is stored
	ended  chan struct{} // closed when run has returned
	done   atomic.Int64  // papers embedded here
	total  int           // that have got their vector, here or in another process
	err    error
}

// besidePause is how long an embedding waits when nothing does, and after a
// failure while papers are still being stored.
const besidePause = 200 * time.Millisecond

// embedBeside starts to embed, unless wanted is false. The caller calls finish,
// or stop, or both.
func embedBeside(ctx context.Context, e *engine.Engine, sys env, wanted bool) *embedding {
	ctx, cancel := context.WithCancel(ctx)
	b := &embedding{e: e, sys: sys, cancel: cancel, stored: make(chan struct{}), ended: make(chan struct{})}
	if !wanted {
		close(b.ended)
		return b
	}
	go func() {
		defer close(b.ended)
		b.total, b.err = b.run(ctx)
	}()
	return b
}

// finish says that nothing more will be stored, and returns when no stored paper
// waits for its vector, and how many got theirs since embedBeside. If another
// process has the right to embed, it waits for that, and takes over if that stops.
func (b *embedding) finish() (int, error) {
	close(b.stored)
	<-b.ended
	return b.total, b.err
}

// stop ends it early, if it has not ended, and returns when it has.
func (b *embedding) stop() {
	b.cancel()
	<-b.ended
}

// detail is what a line of progress says of it; "" for nothing.
func (b *embedding) detail() string {
	if n := b.done.Load(); n > 0 {
		return fmt.Sprintf(" (%s embedded)", thousands(n))
	}
	return ""
}

func (b *embedding) run(ctx context.Context) (int, error) {
	first, err := b.e.Status(ctx)
	if err != nil {
		return 0, err
	}
	var bar *meter // once all is stored
	var total int64
	show := func(left int64) {
		select {
		case <-b.stored:
		default:
			return
		}
		if bar == nil {
			bar = newMeter(b.sys.stderr, "Embedding", true)
		}
		total = max(total, left)
		bar.set(total-left, total, fmt.Sprintf("%s of %s papers", thousands(total-left), thousands(total)), total-left)
	}
	defer func() {
		if bar != nil {
			bar.end()
		}
	}()
	for {
		last := false // all was stored before this round began
		select {
		case <-b.stored:
			last = true
		default:
		}
		before := b.done.Load()
		n, err := b.e.Sync(ctx, func(done, left int) { b.done.Store(before + int64(done)); show(int64(left)) })
		b.done.Store(before + int64(n))
		s, statusErr := b.e.Status(ctx)
		if err == nil {
			err = statusErr
		}
		if err != nil && (last || ctx.Err() != nil) {
			return int(b.done.Load()), err
		}
		left := int64(s.Pending - s.Failed)
		show(left)
		if last && left <= 0 {
			return max(int(b.done.Load()), s.Embedded-first.Embedded), nil
		}
		wake := b.stored
		if last {
			wake = nil
		}
		select {
		case <-ctx.Done():
			return int(b.done.Load()), ctx.Err()
		case <-wake:
		case <-time.After(besidePause):
		}
	}
}
