package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// sampleSize is how many papers scores are measured by. With 500 a standard
// deviation is right to 3 %, a share of .97 to .015 (two standard errors).
const sampleSize = 500

// ranker returns what ranks papers as they were at a change number. It is the
// same one until a paper changes.
func (e *serving) ranker(ctx context.Context, asOf int64) (*Ranker, error) {
	if v := e.seen.Load(); v != nil && v.version == asOf && (v.ranker.Lexicon == nil) == (e.words() == nil) {
		return v.ranker, nil
	}
	asOf = e.since(asOf)
	if s := e.sampled.Load(); s != nil && s.AsOf == asOf && (s.Lexicon == nil) == (e.words() == nil) {
		return s, nil
	}
	if s := e.sampled.Load(); s != nil && s.AsOf == asOf && s.Lexicon == nil { // words have been read since
		r := &Ranker{Index: e.index, Lexicon: e.words(), Sample: s.Sample, AsOf: asOf, wordless: s}
		e.sampled.Store(r)
		return r, nil
	}
	sample, err := e.store.Sample(ctx, sampleSize, asOf)
	if err != nil {
		return nil, fmt.Errorf("sample of the corpus: %w", err)
	}
	r := &Ranker{Index: e.index, Lexicon: e.words(), Sample: sample, AsOf: asOf}
	e.sampled.Store(r)
	return r, nil
}

// A DislikeDetail is what a Dislike says besides.
type DislikeDetail struct {
	// Scope is ScopePaper or ScopeTopic; "" is ScopeTopic.
	Scope string `json:"scope,omitempty"`
	// Until is when the dislike ends; zero: never.
	Until time.Time `json:"until,omitzero"`
}

// The scopes of a dislike.
const (
	ScopePaper = "paper" // says nothing of other papers
	ScopeTopic = "topic" // papers that are nearer to it than to anything liked are pushed down
)

// detail reads what a mark says besides. What cannot be read says nothing.
func detail[T any](m Mark) (d T) {
	if m.Detail != "" && json.Unmarshal([]byte(m.Detail), &d) != nil {
		var none T
		return none
	}
	return d
}

// at returns the state without the dislikes that have ended.
func (s State) at(clock time.Time) State {
	over := func(m Mark) bool {
		until := detail[DislikeDetail](m).Until
		return m.Act == Dislike && m.Detail != "" && !until.IsZero() && !clock.Before(until)
	}
	var left map[Key]Mark
	for key, m := range s.Opinion {
		if !over(m) {
			continue
		}
		if left == nil {
			left = make(map[Key]Mark, len(s.Opinion))
			for k, m := range s.Opinion {
				if !over(m) {
					left[k] = m
				}
			}
		}
		delete(left, key)
	}
	if left != nil {
		s.Opinion = left
	}
	return s
}

// tastes returns what a profile is made of, at a time. Likes count less with
// the whole days that have passed, so that the order of a feed does not hang on
// the seconds between two of them.
func (s State) tastes(clock time.Time) tastes {
	weight := func(m Mark) float64 {
		return likeWeight(time.Duration(DayOf(clock)-DayOf(m.At)) * 24 * time.Hour)
	}
	var likes, dislikes, undone []Liked
	for _, key := range sortedKeys(s.Opinion) {
		switch m := s.Opinion[key]; {
		case m.Act == Like:
			likes = append(likes, Liked{key, weight(m), s.First[key]})
		case m.Act == Dislike && detail[DislikeDetail](m).Scope != ScopePaper:
			dislikes = append(dislikes, Liked{key, weight(m), 0})
		}
	}
	for _, key := range sortedKeys(s.First) {
		if m, ok := s.Opinion[key]; !ok || m.Act != Like {
			undone = append(undone, Liked{key, 1, s.First[key]})
		}
	}
	return tastes{likes, dislikes, undone, s.shapings()}
}

// LikeWeight is what a like of an age counts: e^(−age/36 months), in (0, 1].
func LikeWeight(age time.Duration) float64 { return likeWeight(age) }
