package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Subject of a Follow or Mute, and how a paper is known to be of it.
type subject struct {
	Mark
	kind, name string // "author", "keyword" or "category", and what follows the colon
	terms      []Term // a paper is of it if it has all of them
}

// The kinds of subjects that can be followed and muted.
var subjectKinds = []string{"author", "keyword", "category"}

// parseSubject reads "kind:name". Anything but a known kind with a name that
// leaves something to look for wraps ErrInvalid.
func parseSubject(about string) (subject, error) {
	kind, name, ok := strings.Cut(about, ":")
	name = squeeze(name)
	s := subject{kind: kind, name: name}
	switch {
	case !ok || !slices.Contains(subjectKinds, kind):
		return s, fmt.Errorf("%w: subject %q: want author:NAME, keyword:WORDS or category:NAME", ErrInvalid, about)
	case len(about) > MaxAbout:
		return s, fmt.Errorf("%w: subject of %d bytes, at most %d", ErrInvalid, len(about), MaxAbout)
	case kind == "keyword":
		bag := BagOf(name, "")
		for _, c := range bag.Terms {
			s.terms = append(s.terms, c.Term)
		}
	case NormalTitle(name) != "":
		s.terms = []Term{FacetOf(kind, name)}
	}
	if len(s.terms) == 0 {
		return s, fmt.Errorf("%w: subject %q has no word that could be looked for", ErrInvalid, about)
	}
	s.About = kind + ":" + name
	return s, nil
}

// subjects returns what stands on subjects by one act, by name.
func (s State) subjects(act Act) []subject {
	var out []subject
	for about, m := range s.Subjects {
		if x, err := parseSubject(about); err == nil && m.Act == act {
			x.Mark = m
			out = append(out, x)
		}
	}
	slices.SortFunc(out, func(a, b subject) int { return cmp.Compare(a.About, b.About) })
	return out
}

// shapings returns what was said about interests, in the order in which it
// was.
func (s State) shapings() []shaping {
	var marks []Mark
	for about, m := range s.Subjects {
		if m.Act == Shape && strings.HasPrefix(about, interestPrefix) {
			marks = append(marks, m)
		}
	}
	slices.SortFunc(marks, func(a, b Mark) int { return cmp.Compare(a.Change, b.Change) })
	out := make([]shaping, len(marks))
	for i, m := range marks {
		out[i] = detail[shaping](m)
		out[i].ID = strings.TrimPrefix(m.About, interestPrefix)
	}
	return out
}

const interestPrefix = "interest:"

const (
	// followed is what a paper gains for each followed subject that it is of, in
	// units of relevance. Not tuned: nobody's data say.
	followed = 0.5
	// followPool is how many papers of each followed subject may come in, and
	// followDays how old they may be.
	followPool = 50
	followDays = 365
	// maxSubjects is how many subjects of each act count, the first by name.
	maxSubjects = 50
)

// subjects drops candidates of muted subjects, lifts those of followed ones,
// and adds recent papers of the latter.
func (r *Ranker) subjects(ctx context.Context, p *profile, all []candidate, s State, among Among, today Day) ([]candidate, error) {
	follow, mute := s.subjects(Follow), s.subjects(Mute)
	follow, mute = follow[:min(len(follow), maxSubjects)], mute[:min(len(mute), maxSubjects)]
	if r.Lexicon == nil || len(follow)+len(mute) == 0 {
		return all, nil
	}
	if len(follow) > 0 {
		more, err := r.recent(ctx, p, all, follow, among, today)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	keys := make([]Key, len(all))
	for i := range all {
		keys[i] = all[i].Key
	}
	muted := make([]bool, len(all))
	for _, x := range mute {
		of, err := r.of(ctx, x, keys)
		if err != nil {
			return nil, err
		}
		for i := range of {
			muted[i] = muted[i] || of[i]
		}
	}
	for _, x := range follow {
		of, err := r.of(ctx, x, keys)
		if err != nil {
			return nil, err
		}
		for i := range of {
			if of[i] {
				all[i].add(x.kind, x.name, "", followed)
			}
		}
	}
	out := all[:0]
	for i, c := range all {
		if !muted[i] {
			out = append(out, c)
		}
	}
	return out, nil
}

// recent returns candidates of followed subjects that are not among all.
func (r *Ranker) recent(ctx context.Context, p *profile, all []candidate, follow []subject, among Among, today Day) ([]candidate, error) {
	among.From = max(among.From, today-followDays)
	f := filter{among, r.AsOf}
	var queries []TermQuery
	for _, x := range follow {
		terms := make([]TermWeight, len(x.terms))
		for i, t := range x.terms {
			terms[i] = TermWeight{t, 1}
		}
		queries = append(queries, f.terms(terms, followPool))
	}
	lists, _, err := r.Lexicon.Search(ctx, queries)
	if err != nil {
		return nil, fmt.Errorf("search for %d followed subjects: %w", len(follow), err)
	}
	have := map[Key]bool{}
	for _, c := range all {
		have[c.Key] = true
	}
	found := map[Key]bool{}
	for _, hits := range lists {
		for _, h := range hits {
			if !have[h.Key] {
				found[h.Key] = true
			}
		}
	}
	more, err := r.score(ctx, &p.whole, sortedKeys(found), true)
	if err != nil {
		return nil, err
	}
	more = p.assign(more)
	p.pushDown(more)
	return more, nil
}

// of says which papers are of a subject.
func (r *Ranker) of(ctx context.Context, x subject, keys []Key) ([]bool, error) {
	queries := make([]TermQuery, len(x.terms))
	for i, t := range x.terms {
		queries[i] = TermQuery{Terms: []TermWeight{{t, 1}}, K: 1, AsOf: r.AsOf}
	}
	scores, err := r.Lexicon.Scores(ctx, queries, keys)
	if err != nil {
		return nil, fmt.Errorf("papers of %s: %w", x.About, err)
	}
	out := make([]bool, len(keys))
	for i := range out {
		out[i] = true
		for _, s := range scores {
			out[i] = out[i] && s[i] > 0
		}
	}
	return out, nil
}

// FollowSubject records that user follows, or mutes, a subject: "author:NAME",
// "keyword:WORDS" or "category:NAME". Papers of a followed one rise and come in,
// those of a muted one are left out. The one act replaces the other. What stands
// already is not recorded again.
func (e *Engine) FollowSubject(ctx context.Context, user string, act Act, about string) (Mark, error) {
	if act != Follow && act != Mute {
		return Mark{}, fmt.Errorf("%w: %s a subject: want follow or mute", ErrInvalid, act)
	}
	x, err := parseSubject(about)
	if err := cmp.Or(CheckUser(user), err); err != nil {
		return Mark{}, err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return Mark{}, err
	}
	if m, ok := state.Subjects[x.About]; ok && m.Act == act {
		return m, nil
	}
	if len(state.subjects(act)) >= maxSubjects {
		return Mark{}, fmt.Errorf("%w: %d subjects are enough", ErrInvalid, maxSubjects)
	}
	return e.say(ctx, Event{User: user, Act: act, About: x.About})
}

// UnfollowSubject takes FollowSubject back. If it does not stand, nothing happens.
func (e *Engine) UnfollowSubject(ctx context.Context, user string, act Act, about string) error {
	x, err := parseSubject(about)
	if err := cmp.Or(CheckUser(user), err); err != nil {
		return err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return err
	}
	if m, ok := state.Subjects[x.About]; !ok || m.Act != act {
		return nil
	}
	_, err = e.say(ctx, Event{User: user, Act: act, Undo: true, About: x.About})
	return err
}

// Subjects lists what user follows and mutes, by act and name.
func (e *Engine) Subjects(ctx context.Context, user string) ([]Mark, error) {
	if err := CheckUser(user); err != nil {
		return nil, err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return nil, err
	}
	var out []Mark
	for _, act := range []Act{Follow, Mute} {
		for _, x := range state.subjects(act) {
			out = append(out, x.Mark)
		}
	}
	return out, nil
}

// say records one event now.
func (e *Engine) say(ctx context.Context, ev Event) (Mark, error) {
	ev.At = e.now()
	out, err := e.append(ctx, ev.User, []Event{ev})
	if err != nil {
		return Mark{}, err
	}
	ev = out[0]
	return Mark{ev.Key, ev.Act, ev.About, ev.Detail, ev.At, ev.Change}, nil
}

// encoded is d as Event.Detail holds it.
func encoded(d any) string {
	b, err := json.Marshal(d)
	if err != nil { // unreachable: strings, numbers and times
		panic(err)
	}
	if string(b) == "{}" {
		return ""
	}
	return string(b)
}
