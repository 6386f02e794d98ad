package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kindred/embed"
)

// A ScoreState says whether a paper could be scored, and if not, why.
type ScoreState string

// The states, in the order in which they are looked for.
const (
	ScoreNoProfile   ScoreState = "no_profile"  // nothing is known of the person's taste
	ScoreUnknown     ScoreState = "unknown"     // not stored, and no title to go by
	ScorePending     ScoreState = "pending"     // stored, but not embedded yet, and no title to go by
	ScoreUnavailable ScoreState = "unavailable" // the embedder is needed and cannot be reached
	Scored           ScoreState = "scored"
)

// A Score says how well one paper suits a person.
type Score struct {
	Paper *Paper // the stored paper that it is; nil if there is none
	State ScoreState
	// Score is the relevance that a feed ranks by, less what dislikes push it
	// down by; see Item. That the person saw the paper before does not lower it,
	// nor does a new one gain, as in a feed.
	Score float32
	// Confidence is that of Item.
	Confidence float64
	// Fit is the share, in [0, 1], of Sample papers that suit the person less:
	// a fixed sample of the corpus, without what they have an opinion on.
	Fit     float64
	Sample  int      // 0: there was nothing to compare with
	Reasons []Reason // for Score, strongest first
	Marks   []Mark   // what the person did to the paper: an opinion, then a save
	Note    string   // what they should know about this score, or ""
}

// Scores is an answer: a Score for each paper asked about, in that order.
type Scores struct {
	Items          []Score
	Space          string // ID of the space the scores are from
	ProfileVersion int64  // number of the last event that counts; 0 for none
}

// MaxScores is how many papers can be scored at once.
const MaxScores = 100

// Scores says how well papers suit user, by the code that ranks feeds. A
// stored paper is judged by its vector, others by title and abstract, embedded
// as if they were stored, in one call for all. A liked paper is judged without
// its own like, and without likes of the same paper under another id: the other
// likes of its interest stay together.
func (e *Engine) Scores(ctx context.Context, user string, papers []Described) (Scores, error) {
	s, err := e.current.Load().scores(ctx, user, papers)
	if err != nil {
		return Scores{}, fmt.Errorf("scores for %s: %w", user, err)
	}
	return s, nil
}

func (e *serving) scores(ctx context.Context, user string, papers []Described) (Scores, error) {
	if err := CheckUser(user); err != nil {
		return Scores{}, err
	}
	if len(papers) == 0 || len(papers) > MaxScores {
		return Scores{}, fmt.Errorf("%w: %d papers: want 1 to %d", ErrInvalid, len(papers), MaxScores)
	}
	for i, d := range papers {
		if len(d.IDs) == 0 && strings.TrimSpace(d.Title) == "" {
			return Scores{}, fmt.Errorf("%w: paper %d of %d: give an id or a title", ErrInvalid, i+1, len(papers))
		}
	}
	found, err := e.match(ctx, papers)
	if err != nil {
		return Scores{}, err
	}
	state, err := e.state(ctx, user)
	if err != nil {
		return Scores{}, err
	}
	j, err := e.judge(ctx, state)
	if err != nil {
		return Scores{}, err
	}
	todo := make([]scoring, len(found))
	for i, m := range found {
		todo[i] = j.begin(m, state)
	}
	if err := e.place(ctx, todo, j.asOf); err != nil {
		return Scores{}, err
	}
	out := Scores{Space: e.space, ProfileVersion: state.Change}
	var reasons [][]Reason
	for i := range todo {
		if s := &todo[i]; s.out.State == Scored {
			j.score(s)
		}
		reasons = append(reasons, todo[i].out.Reasons)
		out.Items = append(out.Items, todo[i].out)
	}
	return out, e.entitle(ctx, reasons)
}

// A judge scores papers for one person.
type judge struct {
	profile  *profile
	note     string          // why there is no profile; "" if there is one
	sample   map[Key]float32 // the relevance of what Fit compares with
	measures []float32       // the same, ascending
	asOf     int64           // version of the index
}

// judge measures the sample by the whole profile, once for all papers.
func (e *serving) judge(ctx context.Context, s State) (*judge, error) {
	j := &judge{asOf: e.version(), sample: map[Key]float32{}}
	r, err := e.ranker(ctx, j.asOf)
	if err != nil {
		return nil, err
	}
	clock := e.now()
	s = s.at(clock)
	if j.profile = r.profile(s.tastes(clock)); j.profile == nil {
		j.note = "No likes yet. Like a few papers, and others are compared with them."
		for _, m := range s.Opinion {
			if m.Act == Like {
				j.note = "Your likes are still being embedded. Ask again soon."
			}
		}
		return j, nil
	}
	keys := slices.DeleteFunc(slices.Clone(r.Sample), func(k Key) bool { _, ok := s.Opinion[k]; return ok })
	scored, err := r.score(ctx, &j.profile.whole, keys, true)
	if err != nil {
		return nil, err
	}
	j.profile.pushDown(scored)
	for _, c := range scored {
		j.sample[c.Key] = c.Score
	}
	j.measures = slices.Sorted(maps.Values(j.sample))
	return j, nil
}

// without returns the profile less the likes of some papers; nil if nothing is
// left.
func (p *profile) without(keys []Key) *profile {
	gone := func(x example) bool { return slices.Contains(keys, x.key) }
	if !slices.ContainsFunc(p.whole.examples, gone) {
		return p
	}
	left := slices.DeleteFunc(slices.Clone(p.whole.examples), gone)
	if len(left) == 0 {
		return nil
	}
	return &profile{whole: p.back.model(p.back.ofPerson(), left), dislikes: p.dislikes, back: p.back}
}

// A scoring is a Score in the making.
type scoring struct {
	match
	out     Score
	profile *profile // without the paper's own like
	vector  embed.Vector
}

// begin says what is known of a paper before its vector is.
func (j *judge) begin(m match, s State) scoring {
	out := Score{Paper: m.paper, State: Scored}
	if m.paper != nil {
		for _, set := range []map[Key]Mark{s.Opinion, s.Saved} {
			if mark, ok := set[m.paper.Key]; ok {
				out.Marks = append(out.Marks, mark)
			}
		}
	}
	if j.note != "" {
		out.State, out.Note = ScoreNoProfile, j.note
		return scoring{match: m, out: out}
	}
	profile := j.profile.without(m.self)
	if profile == nil {
		out.State, out.Note = ScoreNoProfile, "This paper is all that you like. Like others, and it is compared with them."
	}
	return scoring{match: m, out: out, profile: profile}
}

// place finds the vectors: those of the index, and, in one call of the
// embedder, those of papers that are not there.
func (e *serving) place(ctx context.Context, todo []scoring, asOf int64) error {
	var texts []string
	var of []*scoring // the paper of each text
	for i := range todo {
		s := &todo[i]
		if s.out.State != Scored {
			continue
		}
		if s.paper != nil {
			s.vector = e.index.Vectors([]Key{s.paper.Key}, asOf)[0]
			if s.vector == nil {
				e.want(s.paper.Key)
			}
		}
		switch {
		case s.vector != nil:
		case s.text != "":
			texts, of = append(texts, s.text), append(of, s)
		case s.paper != nil:
			s.out.State, s.out.Note = ScorePending, "This paper has not been embedded yet. Ask again soon."
		case s.bad != nil:
			s.out.State, s.out.Note = ScoreUnknown, s.bad.Error()
		default:
			s.out.State, s.out.Note = ScoreUnknown, "This paper is not here. Give its title and abstract, and it is scored by them."
		}
	}
	for len(texts) > 0 {
		vectors, err := e.embed(ctx, embed.Document, texts)
		var bad *embed.TextError
		switch {
		case errors.As(err, &bad) && bad.Index >= 0 && bad.Index < len(texts): // it, and not the others
			s := of[bad.Index]
			s.out.State, s.out.Note = ScoreUnknown, "This text cannot be embedded: "+bad.Err.Error()
			texts, of = slices.Delete(texts, bad.Index, bad.Index+1), slices.Delete(of, bad.Index, bad.Index+1)
			continue
		case errors.Is(err, embed.ErrUnavailable), errors.Is(err, embed.ErrSpace):
			for _, s := range of {
				s.out.State, s.out.Note = ScoreUnavailable, err.Error()
			}
		case err != nil:
			return fmt.Errorf("embed %d papers: %w", len(texts), err)
		}
		for i, v := range vectors {
			of[i].vector = v.Unit()
			if !strings.Contains(texts[i], "\n") {
				of[i].out.Note = "Scored by its title alone."
			}
		}
		return nil
	}
	return nil
}

// score completes s, which has a vector.
func (j *judge) score(s *scoring) {
	title, abstract := s.title, s.abstract
	if s.paper != nil {
		title, abstract = s.paper.Title, s.paper.Abstract
	}
	m := &s.profile.whole
	c := []candidate{{Hit: Hit{Score: m.relevance(s.vector, m.words(BagOf(title, abstract)))}, vector: s.vector}}
	s.profile.pushDown(c)
	relevance := c[0].Score
	s.out.Score, s.out.Confidence = relevance, s.profile.confidence(relevance)
	s.out.Reasons = strongest(s.profile.why(m.explainer(&s.profile.back, "liked"), c[0], &Paper{Title: title, Abstract: abstract}))
	less, _ := slices.BinarySearch(j.measures, relevance)
	of := len(j.measures)
	for _, k := range s.self { // is not compared with itself
		if r, ok := j.sample[k]; ok {
			of--
			if r < relevance {
				less--
			}
		}
	}
	if s.out.Sample = of; of > 0 {
		s.out.Fit = float64(less) / float64(of)
	}
}
