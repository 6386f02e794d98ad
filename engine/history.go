package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// A history is what a person did, and what stands of it. Nobody writes to it.
type history struct {
	user   string
	events []Event // ascending
	now    State
}

// then returns what stood after event number n.
func (h history) then(n int64) State {
	if n == h.now.Change {
		return h.now
	}
	return Standing(upTo(h.events, n))
}

// histories keeps those of the people who were here last: of thousands of events a
// question reads those that are new. A log only grows.
type histories struct {
	mu   sync.Mutex
	kept []history // the last used first; at most memoSize
}

// take returns the history of user that is kept, or an empty one.
func (k *histories) take(user string) history {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.IndexFunc(k.kept, func(h history) bool { return h.user == user }); i >= 0 {
		return k.kept[i]
	}
	return history{user: user, now: Standing(nil)}
}

// keep puts h in the place of what was kept of the same person, unless that goes on
// longer.
func (k *histories) keep(h history) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.IndexFunc(k.kept, func(o history) bool { return o.user == h.user }); i >= 0 {
		if k.kept[i].now.Change > h.now.Change {
			h = k.kept[i]
		}
		k.kept = slices.Delete(k.kept, i, i+1)
	}
	k.kept = slices.Insert(k.kept, 0, h)
	k.kept = k.kept[:min(len(k.kept), memoSize)]
}

// history reads what a person did.
func (e *Engine) history(ctx context.Context, user string) (history, error) {
	h := e.past.take(user)
	more, err := e.store.Log(ctx, user, h.now.Change, 0)
	if err != nil {
		return history{}, fmt.Errorf("log of %s: %w", user, err)
	}
	if len(more) > 0 {
		h.events = append(slices.Clip(h.events), more...)
		h.now = Standing(h.events)
	}
	e.past.keep(h)
	return h, nil
}
