package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// Unseen says what becomes of papers that a person saw on an earlier day and
// did not like.
type Unseen string

// The ways. Papers seen today keep their place, so that a page can be read
// again.
const (
	UnseenPrefer Unseen = "prefer" // they sink, and return with time; the default
	UnseenOnly   Unseen = "only"   // they are left out
	UnseenOff    Unseen = "off"    // nothing
)

// FeedOptions narrows a feed. The zero value is recommended.
type FeedOptions struct {
	Limit    int    // see checkLimit; may differ from page to page
	Cursor   string // List.Next of the page before
	Unseen   Unseen // "" is UnseenPrefer
	Category string // papers with this category; "" is all
	Since    Date   // papers from its first day on; zero is all
}

// Strategies of a feed.
const (
	StrategyNewest  = "newest"  // by date: nothing is known of the person's taste
	StrategyProfile = "profile" // by likes and dislikes
)

// A Feed is a page of what to read next.
type Feed struct {
	List
	Strategy       string
	Note           string // what the person should know about this list, or ""
	ProfileVersion int64  // number of the last event that counts; 0 for none
}

const ( // not tuned
	seenDepth   = 0.5                 // a paper seen yesterday loses about this share of its relevance
	seenReturns = 14 * 24 * time.Hour // half of the loss is back after this long
	seenDays    = 30.0                // in a feed by date, days that a paper seen yesterday sinks by
)

// Feed returns a page of what user should read next. It never holds what the
// user likes, dislikes or hides. With likes it is ranked by them: see rank;
// without, it is by date, and says so. The first page fixes the clock, the
// events and the papers that count; the pages after it continue the same list,
// whatever their size, to MaxDepth items, less what was acted on meanwhile.
func (e *Engine) Feed(ctx context.Context, user string, o FeedOptions) (Feed, error) {
	return e.current.Load().page(ctx, user, o)
}

func (e *serving) page(ctx context.Context, user string, o FeedOptions) (Feed, error) {
	limit, err := checkLimit(o.Limit)
	if err != nil {
		return Feed{}, err
	}
	if err := CheckUser(user); err != nil {
		return Feed{}, err
	}
	o.Unseen = cmp.Or(o.Unseen, UnseenPrefer)
	if o.Unseen != UnseenPrefer && o.Unseen != UnseenOnly && o.Unseen != UnseenOff {
		return Feed{}, fmt.Errorf("%w: unseen %q: want only, prefer or off", ErrInvalid, o.Unseen)
	}
	events, err := e.store.Log(ctx, user, 0)
	if err != nil {
		return Feed{}, fmt.Errorf("feed of %s: %w", user, err)
	}
	now := Standing(events)
	c := cursor{
		Of: "feed", User: user, Options: fmt.Sprintf("%s %s %s", o.Unseen, o.Since, o.Category), Space: e.space,
		Clock: e.now().Unix(), Event: now.Change, Change: e.index.Version(),
	}
	if o.Cursor != "" {
		if c, err = e.openCursor(o.Cursor, c); err != nil {
			return Feed{}, err
		}
		if err := e.reach(ctx, c.Change); err != nil { // a cursor of another process
			return Feed{}, fmt.Errorf("feed of %s: %w", user, err)
		}
	}
	then := Standing(upTo(events, c.Event))
	acted := func(key Key) bool { // since the first page
		_, before := then.Opinion[key]
		_, after := now.Opinion[key]
		return after && !before
	}
	depth := c.Position + limit + 1
	for key := range now.Opinion {
		if acted(key) {
			depth++
		}
	}
	f, ranked, err := e.feed(ctx, then, o, c, min(depth, MaxDepth))
	if err != nil {
		return Feed{}, fmt.Errorf("feed of %s: %w", user, err)
	}
	page := ranked[:0:0]
	for ; c.Position < len(ranked); c.Position++ {
		r := ranked[c.Position]
		if acted(r.Key) {
			continue
		}
		if len(page) == limit {
			f.Next = e.sealCursor(c)
			break
		}
		page = append(page, r)
	}
	next := f.Next
	if f.List, err = e.explained(ctx, page); err != nil {
		return Feed{}, fmt.Errorf("feed of %s: %w", user, err)
	}
	f.Next = next
	f.ProfileVersion = then.Change
	return f, nil
}

// feed returns the first depth papers of the list that the cursor fixes.
func (e *serving) feed(ctx context.Context, s State, o FeedOptions, c cursor, depth int) (Feed, []ranked, error) {
	clock := time.Unix(c.Clock, 0)
	r := ranking{category: o.Category, asOf: c.Change, depth: depth, pool: MaxDepth + poolSlack}
	if o.Since.Precision() != 0 {
		r.from = o.Since.Day()
	}
	r.exclude = sortedKeys(s.Opinion)
	sink := sunk(s.Seen, clock)
	switch o.Unseen {
	case UnseenPrefer:
		r.sink = sink
	case UnseenOnly:
		r.exclude = append(r.exclude, sortedKeys(sink)...)
	}
	r.likes = e.taste(s, Like, clock, c.Change)
	r.dislikes = e.taste(s, Dislike, clock, c.Change)
	if len(r.likes) > 0 {
		out, err := e.rank(ctx, r)
		return Feed{Strategy: StrategyProfile}, out, err
	}
	f := Feed{Strategy: StrategyNewest, Note: "No likes yet, so this is the newest first. Like a few papers and the feed becomes yours."}
	for _, m := range s.Opinion {
		if m.Act == Like {
			f.Note = "Your likes are still being embedded, so this is the newest first. Ask again soon."
		}
	}
	out, err := e.newest(ctx, r)
	return f, out, err
}

// taste returns the papers on which act stands and that have a vector, with
// their weight at clock.
func (e *serving) taste(s State, act Act, clock time.Time, asOf int64) []example {
	var keys []Key
	for _, key := range sortedKeys(s.Opinion) {
		if s.Opinion[key].Act == act {
			keys = append(keys, key)
		}
	}
	var out []example
	for i, v := range e.index.Vectors(keys, asOf) {
		if v != nil {
			// By whole days, so that the order of a feed does not hang on the seconds between two likes.
			days := DayOf(clock) - DayOf(s.Opinion[keys[i]].At)
			out = append(out, example{keys[i], v, likeWeight(time.Duration(days) * 24 * time.Hour)})
		}
	}
	return out
}

// newest returns the papers by date, those in r.sink as if they were up to
// seenDays older, then by key.
func (e *serving) newest(ctx context.Context, r ranking) ([]ranked, error) {
	dated, err := e.store.Newest(ctx, NewestQuery{
		Limit: r.pool + len(r.exclude) + len(r.sink), Category: r.category, From: r.from, AsOf: r.asOf,
	})
	if err != nil {
		return nil, fmt.Errorf("newest papers: %w", err)
	}
	skip := map[Key]bool{}
	for _, k := range r.exclude {
		skip[k] = true
	}
	dated = slices.DeleteFunc(dated, func(d Dated) bool { return skip[d.Key] })
	day := func(d Dated) Day {
		if f, ok := r.sink[d.Key]; ok {
			return d.Order - Day(math.Ceil((1-f)/seenDepth*seenDays))
		}
		return d.Order
	}
	slices.SortFunc(dated, func(a, b Dated) int { return cmp.Or(cmp.Compare(day(b), day(a)), cmp.Compare(a.Key, b.Key)) })
	out := make([]ranked, 0, min(len(dated), r.depth))
	for _, d := range dated[:min(len(dated), r.depth)] {
		out = append(out, ranked{Hit: Hit{Key: d.Key}})
	}
	return out, nil
}

// sunk returns what the relevance of papers seen on an earlier day is
// multiplied by: 1 − seenDepth·2^(−time/seenReturns).
func sunk(seen map[Key]Mark, clock time.Time) map[Key]float64 {
	out := map[Key]float64{}
	for key, m := range seen {
		if DayOf(m.At) < DayOf(clock) {
			out[key] = 1 - seenDepth*math.Exp2(-clock.Sub(m.At).Hours()/seenReturns.Hours())
		}
	}
	return out
}
