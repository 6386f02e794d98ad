package engine

import (
	"cmp"
	"context"
	"errors"
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
	Interest string // id of the one interest that counts; "" is all
	Dials           // how it is composed
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
// user likes, dislikes or hides. With likes it is ranked by them, see model, and
// composed, see compose; without, it is by date, and says so. The first page
// fixes the clock, the
// events and the papers that count; the pages after it continue the same list,
// whatever their size, to MaxDepth items, less what was acted on meanwhile.
func (e *Engine) Feed(ctx context.Context, user string, o FeedOptions) (Feed, error) {
	f, err := e.current.Load().page(ctx, user, o)
	if err != nil {
		return Feed{}, fmt.Errorf("feed of %s: %w", user, err)
	}
	return f, nil
}

// feedClock is how exact the clock of a feed is: one read again within it, or
// the next page of one, is the same list and costs next to nothing.
const feedClock = time.Minute

// A suitedList is what suited returned, before it is composed. Nobody writes to
// it.
type suitedList struct {
	profile *profile
	all     []candidate
}

// asked is FeedOptions checked.
type asked struct {
	FeedOptions
	dials
}

func (o FeedOptions) check() (asked, error) {
	var err error
	if o.Limit, err = checkLimit(o.Limit); err != nil {
		return asked{}, err
	}
	o.Unseen = cmp.Or(o.Unseen, UnseenPrefer)
	if o.Unseen != UnseenPrefer && o.Unseen != UnseenOnly && o.Unseen != UnseenOff {
		return asked{}, fmt.Errorf("%w: unseen %q: want only, prefer or off", ErrInvalid, o.Unseen)
	}
	d, err := o.Dials.resolve()
	return asked{o, d}, err
}

// String is what fixes the list that is asked for, apart from page and person.
func (a asked) String() string {
	return fmt.Sprintf("%s %s %q %q %v", a.Unseen, a.Since, a.Category, a.Interest, a.dials)
}

func (e *serving) page(ctx context.Context, user string, o FeedOptions) (Feed, error) {
	a, err := o.check()
	if err != nil {
		return Feed{}, err
	}
	if err := CheckUser(user); err != nil {
		return Feed{}, err
	}
	h, err := e.history(ctx, user)
	if err != nil {
		return Feed{}, err
	}
	now := h.now
	c := cursor{
		Of: "feed", User: user, Options: a.String(), Space: e.space,
		Clock: e.now().Truncate(feedClock).Unix(), Event: now.Change, Change: e.version(),
	}
	if o.Cursor != "" {
		if c, err = e.openCursor(o.Cursor, c); err != nil {
			return Feed{}, err
		}
		if err := errors.Join(e.reach(ctx, c.Change), e.readTexts(ctx)); err != nil { // a cursor of another process
			return Feed{}, err
		}
	}
	then := h.then(c.Event)
	acted := func(key Key) bool { // since the first page
		_, before := then.Opinion[key]
		_, after := now.Opinion[key]
		return after && !before
	}
	depth := c.Position + a.Limit + 1
	for key := range now.Opinion {
		if acted(key) {
			depth++
		}
	}
	f, p, ranked, err := e.feed(ctx, then, a, c, min(depth, MaxDepth))
	if err != nil {
		return Feed{}, err
	}
	page := ranked[:0:0]
	for ; c.Position < len(ranked); c.Position++ {
		r := ranked[c.Position]
		if acted(r.Key) {
			continue
		}
		if len(page) == a.Limit {
			f.Next = e.sealCursor(c)
			break
		}
		page = append(page, r)
	}
	next := f.Next
	if f.List, err = e.explained(ctx, p, page); err != nil {
		return Feed{}, err
	}
	f.Next = next
	f.ProfileVersion = then.Change
	return f, nil
}

// feed returns the first depth papers of the list that the cursor fixes, and
// the profile they are ranked by, nil if they are by date.
func (e *serving) feed(ctx context.Context, s State, a asked, c cursor, depth int) (Feed, *profile, []candidate, error) {
	same := c
	same.Change = e.since(c.Change)
	var p *profile
	var list []candidate
	for _, tier := range tiers {
		l, err := e.lists.get(fmt.Sprint(same.list(), tier, e.words() == nil), func() (l suitedList, err error) {
			l.profile, l.all, err = e.suited(ctx, s, a, c, tier)
			return l, err
		})
		if err != nil {
			return Feed{}, nil, nil, err
		}
		if p = l.profile; p == nil {
			break
		}
		list = p.compose(list, l.all, a.dials, min(depth, tier), hashOn(uint64(DayOf(time.Unix(c.Clock, 0)))^fnvOffset, c.User))
		if len(list) == depth {
			break
		}
	}
	if p != nil {
		f := Feed{Strategy: StrategyProfile}
		f.Note = p.note(list, depth)
		return f, p, list, nil
	}
	f := Feed{Strategy: StrategyNewest, Note: "No likes yet, so this is the newest first. Like a few papers and the feed becomes yours."}
	for _, m := range s.Opinion {
		if m.Act == Like {
			f.Note = "Your likes are still being embedded, or all of their interests are muted, so this is the newest first."
		}
	}
	list, err := e.newest(ctx, s, a, c, depth)
	return f, nil, list, err
}

// tiers are the depths to which a list goes before more candidates are looked
// for. Few read on past the first, and of 100 places none goes to a paper past
// the 300 that are most relevant but by a quota.
var tiers = [...]int{100, MaxDepth}

// suited returns everything that may be in a feed of a depth, by relevance, with what is
// added to it and taken off it; and the profile, nil if nothing is known of the
// person.
func (e *serving) suited(ctx context.Context, s State, a asked, c cursor, depth int) (*profile, []candidate, error) {
	clock := time.Unix(c.Clock, 0)
	s = s.at(clock)
	r, err := e.ranker(ctx, c.Change)
	if err != nil {
		return nil, nil, err
	}
	p := r.profile(s.tastes(clock))
	if a.Interest != "" {
		if p, err = p.only(a.Interest); err != nil {
			return nil, nil, err
		}
	}
	if p == nil {
		return nil, nil, nil
	}
	among := a.among(s, clock)
	all, err := r.candidates(ctx, p, among, depth+poolSlack)
	if err != nil {
		return nil, nil, err
	}
	if all, err = r.subjects(ctx, p, all, s, among, DayOf(clock)); err != nil {
		return nil, nil, err
	}
	p.adjust(r, all, a, s, clock)
	return p, byRelevance(all), nil
}

// among is which papers a feed may hold.
func (a asked) among(s State, clock time.Time) Among {
	m := Among{Exclude: sortedKeys(s.Opinion), Category: a.Category}
	if a.Since.Precision() != 0 {
		m.From = a.Since.Day()
	}
	if a.Unseen == UnseenOnly {
		m.Exclude = append(m.Exclude, sortedKeys(sunk(s.Seen, clock))...)
	}
	return m
}

// An adjustment is what is added to a relevance, or taken off it, besides what
// the profile gives.
type adjustment struct {
	kind string // the Reason.Type
	text string
	key  Key
	by   float32
}

func (c *candidate) add(kind, text string, key Key, by float32) {
	if by != 0 {
		c.adjusted = append(c.adjusted, adjustment{kind, text, key, by})
		c.Score += by
		c.fit += by
	}
}

const freshReturns = 30.0 // days after which freshness is half

// adjust applies what does not depend on taste: papers seen sink, fresh ones
// rise, and near copies of what is liked fall if novelty is wanted.
func (p *profile) adjust(r *Ranker, all []candidate, a asked, s State, clock time.Time) {
	sink := map[Key]float64{}
	if a.Unseen == UnseenPrefer {
		sink = sunk(s.Seen, clock)
	}
	keys := make([]Key, len(all))
	for i := range all {
		keys[i] = all[i].Key
	}
	days := r.Index.Days(keys, r.AsOf)
	today := DayOf(clock)
	for i := range all {
		x := &all[i]
		if f, ok := sink[x.Key]; ok && x.Score > 0 {
			x.add("seen", "", "", float32(float64(x.Score)*(f-1)))
		}
		if a.freshness > 0 && days[i] != 0 {
			age := max(float64(today-days[i]), 0)
			if by := a.freshness * math.Exp2(-age/freshReturns); by > 0.001 {
				x.add("fresh", "", "", float32(by))
			}
		}
		if a.novelty > 0 && x.Score > 0 {
			nearest, key := closest(p.whole.examples, x.vector, 1)
			near := (float64(nearest) - p.back.cosine) / (1 - p.back.cosine)
			x.add("known", "", key, -float32(a.novelty*max(near, 0)*float64(x.Score)))
		}
	}
}

// newest returns the papers by date, those seen as if they were up to seenDays
// older, then by key.
func (e *serving) newest(ctx context.Context, s State, a asked, c cursor, depth int) ([]candidate, error) {
	clock := time.Unix(c.Clock, 0)
	s = s.at(clock)
	among := a.among(s, clock)
	sink := map[Key]float64{}
	if a.Unseen == UnseenPrefer {
		sink = sunk(s.Seen, clock)
	}
	dated, err := e.store.Newest(ctx, NewestQuery{
		Limit: MaxDepth + poolSlack + len(among.Exclude) + len(sink), Category: among.Category, From: among.From, AsOf: c.Change,
	})
	if err != nil {
		return nil, fmt.Errorf("newest papers: %w", err)
	}
	skip := map[Key]bool{}
	for _, k := range among.Exclude {
		skip[k] = true
	}
	dated = slices.DeleteFunc(dated, func(d Dated) bool { return skip[d.Key] })
	day := func(d Dated) Day {
		if f, ok := sink[d.Key]; ok {
			return d.Order - Day(math.Ceil((1-f)/seenDepth*seenDays))
		}
		return d.Order
	}
	slices.SortFunc(dated, func(a, b Dated) int { return cmp.Or(cmp.Compare(day(b), day(a)), cmp.Compare(a.Key, b.Key)) })
	out := make([]candidate, 0, min(len(dated), depth))
	for _, d := range dated[:min(len(dated), depth)] {
		out = append(out, candidate{Hit: Hit{Key: d.Key}, interest: -1})
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
