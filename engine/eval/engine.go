package eval

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kindred/embed"
	"kindred/engine"
)

// A Strategy is a way to rank, by name.
type Strategy struct{ Name, Doc string }

// Strategies lists the ways to rank. Kindred's own is the first.
var Strategies = []Strategy{
	{"kindred", "what the program ranks by: meaning and words, before a feed is composed"},
	{"focused", "a feed of that preset"},
	{"balanced", "a feed as it is by default"},
	{"adventurous", "a feed of that preset"},
	{"meaning", "as kindred, without words"},
	{"mean", "the cosine with the mean of the likes, for comparison"},
}

// Engine ranks as the program does, by the profile, index, lexicon and rank
// code that serves the API. The whole collection of a task is in the index and
// the lexicon; what may be answered is a category of it.
type Engine struct {
	task     Task
	strategy string
	ranker   *engine.Ranker
}

// inPool is the category of the papers that may be answered.
const inPool = "pool"

// applied is how many papers go into the index in one step.
const applied = 5000

// NewEngine fills an empty index and lexicon, which are not touched afterwards,
// with the papers of a task. vectors are those of the papers; strategy is one of
// Strategies but mean.
func NewEngine(t Task, vectors []embed.Vector, x engine.Index, l engine.Lexicon, strategy string) (*Engine, error) {
	pool := make([]bool, len(t.Papers))
	for _, p := range t.Pool {
		pool[p] = true
	}
	var changes []engine.Change
	var texts []engine.TextChange
	flush := func(upTo int64) error {
		if err := x.Apply(changes, upTo); err != nil {
			return fmt.Errorf("fill the index: %w", err)
		}
		if err := l.Apply(texts, upTo); err != nil {
			return fmt.Errorf("fill the lexicon: %w", err)
		}
		changes, texts = changes[:0], texts[:0]
		return nil
	}
	for i, p := range t.Papers {
		var categories []string
		if pool[i] {
			categories = []string{inPool}
		}
		seq := int64(i + 1)
		if vectors[i] != nil {
			changes = append(changes, engine.Change{Seq: seq, Key: keyOf(i), Vector: vectors[i], Published: dayOf(p.Date), Categories: categories})
		}
		texts = append(texts, engine.TextChange{Seq: seq, Key: keyOf(i), Title: p.Title, Abstract: p.Abstract, Published: dayOf(p.Date), Categories: categories})
		if len(texts) == applied || i == len(t.Papers)-1 {
			if err := flush(seq); err != nil {
				return nil, err
			}
		}
	}
	r := &engine.Ranker{Index: x, Lexicon: l, Sample: sample(len(t.Papers))}
	if strategy == "meaning" {
		r.Lexicon = nil
	}
	return &Engine{t, strategy, r}, nil
}

// sampled is how many papers scores are measured by, as in the program.
const sampled = 500

// sample returns keys of papers from all over the task, ascending.
func sample(n int) []engine.Key {
	var out []engine.Key
	for i := range min(n, sampled) {
		out = append(out, keyOf(i*n/min(n, sampled)))
	}
	return out
}

// dayOf is the day that filters look at; 0 if the date is unknown.
func dayOf(date time.Time) engine.Day {
	if date.IsZero() {
		return 0
	}
	return engine.DayOf(date)
}

func keyOf(paper int) engine.Key { return engine.Key(fmt.Sprintf("%08d", paper)) }

// Rank implements Ranker.
func (e *Engine) Rank(ctx context.Context, c Case, pool []int, depth int) ([]Scored, error) {
	var hits []engine.Hit
	var err error
	among := engine.Among{Category: inPool}
	if c.SkipLikes {
		for _, p := range c.Likes {
			among.Exclude = append(among.Exclude, keyOf(p))
		}
		slices.Sort(among.Exclude)
	}
	if !c.Until.IsZero() {
		among.To = engine.DayOf(c.Until)
	}
	given := c.Pool != nil
	var confidence []float64
	switch {
	case e.task.Alike && given:
		hits, err = e.ranker.Alike(ctx, keyOf(c.Likes[0]), keysOf(pool))
	case e.task.Alike:
		hits, err = e.ranker.Similar(ctx, keyOf(c.Likes[0]), among, depth)
	case c.Rated != nil:
		hits, err = e.judgeEach(ctx, c, pool)
	case given:
		hits, err = e.ranker.Judge(ctx, e.liked(c), nil, keysOf(pool))
	case e.strategy == "kindred" || e.strategy == "meaning":
		hits, err = e.ranker.Relevant(ctx, e.liked(c), among, depth)
		if err == nil && e.task.Calibrated {
			confidence = e.ranker.Confidence(e.liked(c), hits)
		}
	default:
		hits, err = e.ranker.Feed(ctx, e.liked(c), among, depth, engine.Dials{Preset: engine.Preset(e.strategy)})
	}
	if err != nil {
		return nil, err
	}
	out := make([]Scored, len(hits))
	for i, h := range hits {
		p, err := strconv.Atoi(string(h.Key))
		if err != nil { // unreachable: keys are ours
			return nil, fmt.Errorf("key %q: %w", h.Key, err)
		}
		out[i] = Scored{Paper: p, Score: float64(h.Score)}
		if confidence != nil {
			out[i].Confidence = confidence[i]
		}
	}
	if given {
		return Best(out, depth), nil
	}
	return out, nil
}

// judgeEach judges each candidate by what the user said of the others.
func (e *Engine) judgeEach(ctx context.Context, c Case, pool []int) ([]engine.Hit, error) {
	var out []engine.Hit
	for _, p := range pool {
		liked := e.liked(c)
		var disliked []engine.Liked
		for _, other := range pool {
			switch l := (engine.Liked{Key: keyOf(other), Weight: 1}); {
			case other == p:
			case c.Rated.Liked > 0 && c.Gain[other] >= c.Rated.Liked:
				liked = append(liked, l)
			case c.Gain[other] <= c.Rated.Disliked:
				disliked = append(disliked, l)
			}
		}
		hits, err := e.ranker.Judge(ctx, liked, disliked, keysOf([]int{p}))
		if err != nil {
			return nil, err
		}
		out = append(out, hits...)
	}
	return out, nil
}

func keysOf(papers []int) []engine.Key {
	out := make([]engine.Key, len(papers))
	for i, p := range papers {
		out[i] = keyOf(p)
	}
	return out
}

// liked returns the likes of a case with the weight of their age.
func (e *Engine) liked(c Case) []engine.Liked {
	out := make([]engine.Liked, len(c.Likes))
	for i, p := range c.Likes {
		weight, at, now := 1.0, e.task.Papers[p].Date, e.task.Now
		if c.Since != nil {
			at, now = c.Since[i], c.At
		}
		if !now.IsZero() && !at.IsZero() {
			weight = engine.LikeWeight(now.Sub(at).Truncate(24 * time.Hour))
		}
		out[i] = engine.Liked{Key: keyOf(p), Weight: weight}
	}
	return out
}
