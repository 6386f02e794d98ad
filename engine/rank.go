package engine

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"kindred/embed"
)

// A ranking is a question to rank: which papers, other than exclude, suit
// somebody who likes likes and dislikes dislikes?
type ranking struct {
	likes    []example // at least one
	dislikes []example
	exclude  []Key
	sink     map[Key]float64 // what a paper's relevance is multiplied by; 1 where absent
	category string
	from     Day
	asOf     int64 // 0 is now
	depth    int   // papers wanted
	pool     int   // papers looked at for each interest; fixed for all pages of a list
}

// ranked is a paper in its place, with the interest that brought it there.
type ranked struct {
	Hit
	vector   embed.Vector
	interest *interest
}

// poolSlack is how many more papers than wanted are looked at for every
// interest, so that near-duplicates and papers pushed down leave enough.
const poolSlack = 200

// rank finds for every interest the papers nearest to its centroid, in one
// pass of the index, orders them by relevance and mixes the interests.
func (e *serving) rank(ctx context.Context, r ranking) ([]ranked, error) {
	p, err := e.profile(ctx, r.likes, r.dislikes, r.asOf)
	if err != nil {
		return nil, err
	}
	queries := make([]Query, len(p.interests))
	for i, x := range p.interests {
		queries[i] = Query{Vector: x.centroid, K: r.pool, Exclude: r.exclude, From: r.from, AsOf: r.asOf}
		if r.category != "" {
			queries[i].Categories = []string{r.category}
		}
	}
	hits, _, err := e.index.Search(ctx, queries)
	if err != nil {
		return nil, fmt.Errorf("search %d interests: %w", len(queries), err)
	}
	best := map[Key]int{} // the interest a paper suits best; the heavier one if equal
	score := map[Key]float32{}
	for i := range hits {
		for _, h := range hits[i] {
			if s, ok := score[h.Key]; !ok || h.Score > s {
				best[h.Key], score[h.Key] = i, h.Score
			}
		}
	}
	keys := sortedKeys(best)
	vectors := e.index.Vectors(keys, r.asOf)
	queues := make([][]ranked, len(p.interests))
	for n, key := range keys {
		if vectors[n] == nil { // removed since the search
			continue
		}
		i := best[key]
		s := p.relevance(i, score[key], vectors[n])
		if f, ok := r.sink[key]; ok && s > 0 {
			s *= float32(f)
		}
		queues[i] = append(queues[i], ranked{Hit{key, s}, vectors[n], &p.interests[i]})
	}
	weights := make([]float64, len(p.interests))
	for i := range queues {
		slices.SortFunc(queues[i], func(a, b ranked) int { return a.Hit.Compare(b.Hit) })
		weights[i] = p.interests[i].weight
	}
	return mix(queues, weights, r.depth), nil
}

// sameInterest returns the mean cosine from which two groups of papers are one
// interest in this space, by the newest papers as of a change number.
func (e *serving) sameInterest(ctx context.Context, asOf int64) (float64, error) {
	dated, err := e.store.Newest(ctx, NewestQuery{Limit: backgroundSample, AsOf: asOf})
	if err != nil {
		return 0, fmt.Errorf("sample of the corpus: %w", err)
	}
	keys := make([]Key, len(dated))
	for i, d := range dated {
		keys[i] = d.Key
	}
	b := background(e.index.Vectors(keys, asOf))
	return b + sameInterest*(1-b), nil
}

// sameText is the cosine from which two papers are one text in two records: a
// preprint and its publication, a version and the next. Not tuned.
const sameText = 0.97

// mix takes papers from the queues, each best first, until there are n. The
// turn goes to the queue with the highest weight^½ ÷ (papers taken + 1), the
// earlier queue if equal: highest averages (D'Hondt) over the square roots, so
// that an interest with one like is heard beside one with twenty. A paper that
// repeats one already taken is left out. What is taken does not depend on n, so
// a longer list begins with the shorter one.
func mix(queues [][]ranked, weights []float64, n int) []ranked {
	taken := make([]int, len(queues))
	queues = slices.Clone(queues)
	var out []ranked
	for len(out) < n {
		turn, top := -1, 0.0
		for i := range queues {
			if v := math.Sqrt(weights[i]) / float64(taken[i]+1); len(queues[i]) > 0 && v > top {
				turn, top = i, v
			}
		}
		if turn < 0 {
			break
		}
		next := queues[turn][0]
		queues[turn] = queues[turn][1:]
		if repeats(next, out) {
			continue
		}
		out = append(out, next)
		taken[turn]++
	}
	return out
}

func repeats(x ranked, before []ranked) bool {
	for i := range before {
		if embed.Dot(x.vector, before[i].vector) >= sameText {
			return true
		}
	}
	return false
}

// explained makes a list of ranked papers, with the reasons for each.
func (e *serving) explained(ctx context.Context, rs []ranked) (List, error) {
	hits := make([]Hit, len(rs))
	why := map[Key][]Reason{}
	for i, r := range rs {
		hits[i] = r.Hit
		if r.interest == nil {
			continue
		}
		why[r.Key] = r.interest.reasons(r.vector)
	}
	l, err := e.list(ctx, hits)
	if err != nil {
		return List{}, err
	}
	for i := range l.Items {
		if reasons := why[l.Items[i].Paper.Key]; reasons != nil {
			l.Items[i].Reasons = reasons
		}
	}
	return l, e.entitle(ctx, slices.Collect(maps.Values(why)))
}

// entitle puts the titles of the papers that reasons name into them.
func (e *Engine) entitle(ctx context.Context, lists [][]Reason) error {
	named := map[Key]bool{}
	for _, reasons := range lists {
		for _, r := range reasons {
			named[r.Key] = true
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
