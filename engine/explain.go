package engine

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"kindred/embed"
)

// A Reason says why a paper is where it is in an answer.
//
//	liked     it is near in meaning to a liked (or positive) paper: Key, Similarity
//	term      it has a word, or two, of what is liked: Text
//	meaning   of similar papers and searches: it is near in meaning to what was asked
//	author, keyword, category   of a followed subject: Text
//	fresh     it is new
//	disliked  it is nearer to a disliked paper than to any liked one: Key; pushes down
//	seen      it was seen on an earlier day; pushes down
//	known     it is near to a liked paper, and novelty is wanted: Key; pushes down
//	explore   it has a place that is kept for papers the profile says little of
//	id, title what was asked for names it
//
// The Contributions of all reasons of an item sum to its Score, but for rounding
// to float32: relevance is a sum over likes, terms and what is adjusted. An
// answer names the strongest; Explain all.
type Reason struct {
	Type         string
	Key          Key     // a paper; "" where there is none
	Title        string  // of that paper
	Text         string  // a term or subject; "" where there is none
	Similarity   float32 // cosine with that paper, or with what was asked
	Contribution float32 // to Score; below 0 for what pushes down
	Share        float32 // Contribution over the sum of all that are above 0
}

// How many reasons of each type an answer names.
const (
	maxReasons = 3 // of liked papers, and of terms
)

// explainer makes reasons by one model.
type explainer struct {
	*model
	back *background
	sum  float64 // Σ weight of those with a vector
	by   map[Term]float32
	kind string // of reasons by examples: "liked" or "meaning"
}

func (m *model) explainer(b *background, kind string) *explainer {
	x := &explainer{model: m, back: b, by: make(map[Term]float32, len(m.terms)), kind: kind}
	for _, ex := range m.examples {
		if ex.vector != nil {
			x.sum += ex.weight
		}
	}
	for _, t := range m.terms {
		x.by[t.Term] = t.Weight
	}
	return x
}

// reasons returns everything that makes the relevance of a paper at v with the
// given terms, the strongest first. spelled may be nil: terms then have no Text.
//
// The dense part is scale·u·(x − μ), and u·‖…‖ = A·(Σ w_i·v_i/W − ½μ), so with
// y = A·(x − μ) the example i gives scale·w_i/W·(v_i − ½μ)·y/‖…‖.
func (x *explainer) reasons(v embed.Vector, bag Bag, spelled map[Term]string) []Reason {
	out := make([]Reason, 0, len(x.examples)+min(len(bag.Terms), len(x.by)))
	if x.query != nil && v != nil {
		y := make([]float64, len(v))
		for d, f := range v {
			y[d] = float64(f)
			if x.back.mean != nil {
				y[d] -= x.back.mean[d]
			}
		}
		if x.model.kind.even {
			y = x.back.metric.times(y)
		}
		var off float64
		for d, f := range x.back.mean {
			off += float64(centring * f * y[d])
		}
		short := make(embed.Vector, len(y))
		for d, f := range y {
			short[d] = float32(f)
		}
		for _, ex := range x.examples {
			if ex.vector == nil {
				continue
			}
			by := x.scale * ex.weight / x.sum * (float64(embed.Dot(ex.vector, short)) - off) / x.norm
			out = append(out, Reason{Type: x.kind, Key: ex.key, Similarity: embed.Dot(ex.vector, v), Contribution: float32(by)})
		}
	}
	for _, c := range bag.Terms {
		if w, ok := x.by[c.Term]; ok {
			out = append(out, Reason{Type: "term", Text: spelled[c.Term], Contribution: w * Saturation(int(c.N), bag.Length, x.length)})
		}
	}
	return out
}

// finish adds what was adjusted, sorts the strongest first and sets shares.
func finish(out []Reason, adjusted []adjustment, explored bool) []Reason {
	for _, a := range adjusted {
		out = append(out, Reason{Type: a.kind, Key: a.key, Text: a.text, Contribution: a.by})
	}
	var sum float64
	for _, r := range out {
		sum += max(float64(r.Contribution), 0)
	}
	for i := range out {
		if sum > 0 {
			out[i].Share = float32(float64(out[i].Contribution) / sum)
		}
	}
	slices.SortFunc(out, func(a, b Reason) int {
		if a.Contribution != b.Contribution { // mostly
			return cmp.Compare(b.Contribution, a.Contribution)
		}
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Text, b.Text))
	})
	if explored {
		out = slices.Insert(out, 0, Reason{Type: "explore"})
	}
	return out
}

// strongest returns the reasons that an answer names: of likes and terms at
// most maxReasons each, of those that speak for the paper, and one like in any
// case; of the others all. A
// word is left out beside a pair of words that holds it.
func strongest(all []Reason) []Reason {
	count := map[string]int{}
	out := []Reason{}
	var pairs []string
	for _, r := range all {
		if r.Type == "term" && strings.Contains(r.Text, " ") {
			pairs = append(pairs, " "+r.Text+" ")
		}
		if len(pairs) == maxReasons {
			break
		}
	}
	for _, r := range all {
		switch r.Type {
		case "liked", "term", "meaning":
			inPair := r.Type == "term" && slices.ContainsFunc(pairs, func(p string) bool { return strings.Contains(p, " "+r.Text+" ") && p != " "+r.Text+" " })
			first := count[r.Type] == 0 && r.Type != "term" // one is named even if it speaks against
			if r.Contribution <= 0 && !first || inPair || r.Type == "term" && r.Text == "" || count[r.Type] == maxReasons {
				continue
			}
		}
		count[r.Type]++
		out = append(out, r)
	}
	return out
}

// explained makes a list of candidates with their reasons. p is nil where there
// is no profile.
func (e *serving) explained(ctx context.Context, p *profile, page []candidate) (List, error) {
	l, err := e.list(ctx, hitsOf(page))
	if err != nil || p == nil {
		return l, err
	}
	at := map[Key]candidate{}
	for _, c := range page {
		at[c.Key] = c
	}
	x := p.whole.explainer(&p.back, "liked")
	lists := make([][]Reason, len(l.Items))
	each(len(l.Items), func(i int) {
		it := &l.Items[i]
		it.Reasons = strongest(p.why(x, at[it.Paper.Key], &it.Paper))
		it.Confidence = p.confidence(at[it.Paper.Key].Score)
		lists[i] = it.Reasons
	})
	return l, e.entitle(ctx, lists)
}

// why returns all reasons of a candidate.
func (p *profile) why(x *explainer, c candidate, paper *Paper) []Reason {
	var spelled map[Term]string
	var bag Bag
	if len(x.terms) > 0 {
		bag, spelled = spelledBag(x.by, paper.Title, paper.Abstract)
	}
	return finish(x.reasons(c.vector, bag, spelled), c.adjusted, c.explored)
}

// entitle puts the titles of the papers that reasons name into them.
func (e *Engine) entitle(ctx context.Context, lists [][]Reason) error {
	named := map[Key]bool{}
	for _, reasons := range lists {
		for _, r := range reasons {
			if r.Key != "" {
				named[r.Key] = true
			}
		}
	}
	papers, err := e.store.GetPapers(ctx, sortedKeys(named))
	if err != nil {
		return fmt.Errorf("titles of reasons: %w", err)
	}
	for _, reasons := range lists {
		for i := range reasons {
			reasons[i].Title = papers[reasons[i].Key].Title
		}
	}
	return nil
}

// An Explanation says everything about one paper in somebody's feed.
type Explanation struct {
	Item            // Score, all Reasons: their contributions sum to it
	Rank    int     // by relevance, before diversity and the rest; from 1; 0: past the depth that is looked at
	Of      int     // how many papers were ranked
	Without []Doubt // what if a liked paper were not
	Version int64   // number of the last event that counts
	Space   string
}

// A Doubt is the place a paper would have without one like.
type Doubt struct {
	Key   Key
	Title string
	Rank  int // as in Explanation; 0 also where nothing would be left to rank by
}

// maxDoubts is for how many likes Explain says what would be without them.
const maxDoubts = 5

// Explain says why a paper is where it is in the feed that o describes, limit
// and cursor aside: everything that makes its relevance, and for the likes that
// count most its rank if they were taken back. A paper that the feed cannot hold
// because of o or of what the person did is ErrNotFound.
func (e *Engine) Explain(ctx context.Context, user, id string, o FeedOptions) (Explanation, error) {
	x, err := e.current.Load().explain(ctx, user, id, o)
	if err != nil {
		return x, fmt.Errorf("explain %s to %s: %w", id, user, err)
	}
	return x, nil
}

func (e *serving) explain(ctx context.Context, user, id string, o FeedOptions) (Explanation, error) {
	o.Limit, o.Cursor = 0, ""
	a, err := o.check()
	if err := cmp.Or(err, CheckUser(user)); err != nil {
		return Explanation{}, err
	}
	paper, err := e.Paper(ctx, id)
	if err != nil {
		return Explanation{}, err
	}
	s, err := e.state(ctx, user)
	if err != nil {
		return Explanation{}, err
	}
	c := cursor{Clock: e.now().Unix(), Change: e.version(), User: user}
	if m, ok := s.Opinion[paper.Key]; ok {
		return Explanation{}, fmt.Errorf("%w: the feed does not hold what you %s", ErrNotFound, m.Act)
	}
	p, all, err := e.suited(ctx, s, a, c, MaxDepth)
	if err != nil {
		return Explanation{}, err
	}
	if p == nil {
		return Explanation{}, fmt.Errorf("%w: there are no likes to explain it by", ErrNotFound)
	}
	out := Explanation{Of: len(all), Version: s.Change, Space: e.space}
	at := slices.IndexFunc(all, func(c candidate) bool { return c.Key == paper.Key })
	var mine candidate
	if at >= 0 {
		out.Rank, mine = at+1, all[at]
	} else {
		r, err := e.ranker(ctx, c.Change)
		if err != nil {
			return Explanation{}, err
		}
		one, err := r.score(ctx, &p.whole, []Key{paper.Key}, true)
		if err != nil {
			return Explanation{}, err
		}
		if len(one) == 0 {
			return Explanation{}, fmt.Errorf("%w: it has not been embedded yet", ErrNotFound)
		}
		p.pushDown(one)
		p.adjust(r, one, a, s, e.now())
		mine = one[0]
	}
	reasons := p.why(p.whole.explainer(&p.back, "liked"), mine, &paper)
	out.Item = Item{Paper: paper, Score: mine.Score, Reasons: reasons, Confidence: p.confidence(mine.Score)}
	for _, r := range reasons {
		if r.Type != "liked" || len(out.Without) == maxDoubts {
			continue
		}
		rank, err := e.rankWithout(ctx, s, a, c, r.Key, paper.Key)
		if err != nil {
			return Explanation{}, err
		}
		out.Without = append(out.Without, Doubt{Key: r.Key, Rank: rank})
	}
	if err := e.entitle(ctx, [][]Reason{reasons}); err != nil {
		return Explanation{}, err
	}
	for i := range out.Without {
		for _, r := range reasons {
			if r.Key == out.Without[i].Key {
				out.Without[i].Title = r.Title
			}
		}
	}
	return out, nil
}

// rankWithout returns the rank of a paper by relevance if one like were taken
// back: the rank it then really has.
func (e *serving) rankWithout(ctx context.Context, s State, a asked, c cursor, like, of Key) (int, error) {
	without := s
	without.Opinion = make(map[Key]Mark, len(s.Opinion))
	for k, m := range s.Opinion {
		if k != like {
			without.Opinion[k] = m
		}
	}
	_, all, err := e.suited(ctx, without, a, c, MaxDepth)
	if err != nil {
		return 0, fmt.Errorf("without %s: %w", like, err)
	}
	return slices.IndexFunc(all, func(c candidate) bool { return c.Key == of }) + 1, nil
}

// The probability that a paper of a relevance is one that the person goes on to
// like is that of a logistic regression on ln(1+z), z the relevance in standard
// deviations, and on ln of the number of likes: fitted on the first 100 of every
// authorfeed-even list, of authors with 5 to 60 likes; fewer count as 5, more as 60.
// kindred eval authorfeed-odd prints its expected calibration error (15 bins of equal
// mass). The pool there has 20,720 papers of four months.
var calibration = [3]float64{-15.671, 3.788, 1.741}

// confidence returns the probability, in [0, 1], that a paper of a relevance is
// one that the person would pick themselves; 0 in a corpus too small to say.
func (p *profile) confidence(relevance float32) float64 {
	if len(p.back.keys) < sampleSize {
		return 0
	}
	z := max(float64(relevance)*p.whole.self, 0)
	likes := min(max(len(p.whole.examples), 5), 60)
	l := calibration[0] + calibration[1]*math.Log1p(z) + calibration[2]*math.Log(float64(likes))
	return 1 / (1 + math.Exp(-l))
}

// doubtful is the confidence below which the best of a list is said to be
// nothing that stands out: a typical best on authorfeed has .05 to .5, and the
// mean of the first hundred .012.
const doubtful = 0.012

// note says what a person should know of a list ranked by the profile.
func (p *profile) note(list []candidate, depth int) string {
	best := float32(math.Inf(-1))
	for _, c := range list {
		best = max(best, c.Score)
	}
	switch {
	case len(list) == 0:
		return "No paper is left that could be here."
	case p.confidence(best) < doubtful && len(p.back.keys) >= sampleSize:
		return "Nothing here stands out today: these are the least far from what you like."
	}
	return ""
}
