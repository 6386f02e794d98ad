package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// maxAhead is how far in the future an event may be dated: clocks differ.
const maxAhead = 24 * time.Hour

// Act records that user did act to the paper that id names, counting from at
// (zero: now). What stands already with the same time is not recorded again.
// When Act returns, the event is on disk.
func (e *Engine) Act(ctx context.Context, user string, act Act, id string, at time.Time) (Mark, error) {
	return e.act(ctx, user, act, id, at, "")
}

// Dislike is Act for a Dislike that says more: of what, and until when. Said
// again with another detail, the newer one counts.
func (e *Engine) Dislike(ctx context.Context, user, id string, d DislikeDetail, at time.Time) (Mark, error) {
	switch {
	case d.Scope != "" && d.Scope != ScopePaper && d.Scope != ScopeTopic:
		return Mark{}, fmt.Errorf("%w: scope %q: want paper or topic", ErrInvalid, d.Scope)
	case !d.Until.IsZero() && !d.Until.After(e.now()):
		return Mark{}, fmt.Errorf("%w: until %s: that is over", ErrInvalid, d.Until.Format(time.RFC3339))
	}
	if d.Scope == ScopeTopic {
		d.Scope = ""
	}
	d.Until = d.Until.UTC()
	return e.act(ctx, user, Dislike, id, at, encoded(d))
}

func (e *Engine) act(ctx context.Context, user string, act Act, id string, at time.Time, detail string) (Mark, error) {
	if err := cmp.Or(CheckUser(user), act.Check()); err != nil {
		return Mark{}, err
	}
	if act.OnSubject() {
		return Mark{}, fmt.Errorf("%w: %s is not done to a paper", ErrInvalid, act)
	}
	now := e.now()
	if at.After(now.Add(maxAhead)) || !at.IsZero() && at.Year() < 1900 {
		return Mark{}, fmt.Errorf("%w: time %s: want one from 1900 to now", ErrInvalid, at.Format(time.RFC3339))
	}
	p, err := e.Paper(ctx, id) // nobody likes what is not there
	if err != nil {
		return Mark{}, err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return Mark{}, err
	}
	if m, ok := state.Has(act, p.Key); ok && m.Detail == detail && (at.IsZero() || at.Equal(m.At)) && act != Opened && act != Seen {
		return m, nil
	}
	if at.IsZero() {
		at = now
	}
	ev, err := e.append(ctx, user, []Event{{User: user, Act: act, Key: p.Key, Detail: detail, At: at}})
	if err != nil {
		return Mark{}, err
	}
	return Mark{Key: p.Key, Act: act, Detail: detail, At: ev[0].At, Change: ev[0].Change}, nil
}

// Undo takes act on a paper back. If it does not stand, nothing happens.
func (e *Engine) Undo(ctx context.Context, user string, act Act, id string) error {
	if err := cmp.Or(CheckUser(user), act.Check()); err != nil {
		return err
	}
	key, err := e.key(ctx, id)
	if err != nil {
		return err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return err
	}
	if _, ok := state.Has(act, key); !ok {
		return nil
	}
	_, err = e.append(ctx, user, []Event{{User: user, Act: act, Undo: true, Key: key, At: e.now()}})
	return err
}

// UndoLast takes back the newest act that stands, other than Seen and Opened:
// of all papers, or of the one that id names if id is not "". ErrNotFound if
// there is none.
func (e *Engine) UndoLast(ctx context.Context, user, id string) (Mark, error) {
	if err := CheckUser(user); err != nil {
		return Mark{}, err
	}
	var only Key
	if id != "" {
		var err error
		if only, err = e.key(ctx, id); err != nil {
			return Mark{}, err
		}
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return Mark{}, err
	}
	var last Mark
	for _, set := range []map[Key]Mark{state.Opinion, state.Saved} {
		for key, m := range set {
			if m.Change > last.Change && (only == "" || key == only) {
				last = m
			}
		}
	}
	if last.Change == 0 {
		return Mark{}, fmt.Errorf("undo: %w: user %s has done nothing that could be undone", ErrNotFound, user)
	}
	_, err = e.append(ctx, user, []Event{{User: user, Act: last.Act, Undo: true, Key: last.Key, At: e.now()}})
	return last, err
}

// See records that papers were shown to user, once a day for each.
func (e *Engine) See(ctx context.Context, user string, ids []string) error {
	if err := CheckUser(user); err != nil {
		return err
	}
	if len(ids) == 0 || len(ids) > MaxDepth {
		return fmt.Errorf("%w: %d ids: want 1 to %d", ErrInvalid, len(ids), MaxDepth)
	}
	keys, err := e.keys(ctx, ids)
	if err != nil {
		return err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return err
	}
	now := e.now()
	slices.Sort(keys)
	var events []Event
	for _, k := range slices.Compact(keys) {
		if m, ok := state.Seen[k]; ok && DayOf(m.At) == DayOf(now) {
			continue
		}
		events = append(events, Event{User: user, Act: Seen, Key: k, At: now})
	}
	if len(events) == 0 {
		return nil
	}
	_, err = e.append(ctx, user, events)
	return err
}

func (e *Engine) append(ctx context.Context, user string, events []Event) ([]Event, error) {
	for i := range events { // what is returned is what a later read gives
		events[i].At = events[i].At.UTC().Truncate(time.Millisecond)
	}
	out, err := e.store.Append(ctx, events, e.now())
	if err != nil {
		return nil, fmt.Errorf("%s %s of %s: %w", events[0].Act, events[0].Key, user, err)
	}
	return out, nil
}

func (e *Engine) state(ctx context.Context, user string) (State, error) {
	h, err := e.history(ctx, user)
	return h.now, err
}

// Marked is a paper and what a person did to it.
type Marked struct {
	Paper Paper
	Mark  Mark
}

// Marks lists the papers on which act stands, newest first by Mark.At, then
// by key, and the cursor of the next page ("" at the end). What is done after
// the first page does not disturb the pages that follow, but what is undone
// is left out. Removed papers are left out.
func (e *Engine) Marks(ctx context.Context, user string, act Act, limit int, page string) ([]Marked, string, error) {
	limit, err := checkLimit(limit)
	if err := cmp.Or(err, CheckUser(user), act.Check()); err != nil {
		return nil, "", err
	}
	h, err := e.history(ctx, user)
	if err != nil {
		return nil, "", err
	}
	now, then := h.now, h.now
	c := cursor{Of: "marks", User: user, Options: string(act), Event: now.Change}
	if page != "" {
		if c, err = e.openCursor(page, c); err != nil {
			return nil, "", err
		}
		then = h.then(c.Event)
	}
	var marks []Mark
	for _, m := range then.of(act) {
		if m.Act == act {
			marks = append(marks, m)
		}
	}
	slices.SortFunc(marks, func(a, b Mark) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Key, b.Key)) })
	keys := []Key{}
	for _, m := range marks {
		keys = append(keys, m.Key)
	}
	papers, err := e.store.GetPapers(ctx, keys)
	if err != nil {
		return nil, "", fmt.Errorf("%ss of %s: %w", act, user, err)
	}
	out := []Marked{}
	for ; c.Position < len(marks); c.Position++ {
		m := marks[c.Position]
		p, there := papers[m.Key]
		if _, stands := now.Has(act, m.Key); !there || !stands {
			continue
		}
		if len(out) == limit {
			return out, e.sealCursor(c), nil
		}
		out = append(out, Marked{p, m})
	}
	return out, "", nil
}

// upTo returns the events numbered at most n; events ascend.
func upTo(events []Event, n int64) []Event {
	i, _ := slices.BinarySearchFunc(events, n+1, func(e Event, n int64) int { return cmp.Compare(e.Change, n) })
	return events[:i]
}

// MarksOn returns what of user's acts stands on each of the papers, by key: at
// most one opinion, then Save. Traces are left out.
func (e *Engine) MarksOn(ctx context.Context, user string, keys []Key) (map[Key][]Mark, error) {
	if err := CheckUser(user); err != nil {
		return nil, err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return nil, err
	}
	out := map[Key][]Mark{}
	for _, set := range []map[Key]Mark{state.Opinion, state.Saved} {
		for _, k := range keys {
			if m, ok := set[k]; ok && !slices.Contains(out[k], m) {
				out[k] = append(out[k], m)
			}
		}
	}
	return out, nil
}
