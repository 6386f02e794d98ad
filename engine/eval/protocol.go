package eval

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"time"
)

// A Protocol is a way to measure, by name.
type Protocol struct {
	Name, Doc string
	// Tune says that settings may be chosen on it; what is chosen is reported
	// on others.
	Tune bool
	load func(files) (Task, error)
}

// Protocols lists the protocols. The data of each and what they mean:
// README.md of the folder they are loaded from.
func Protocols() []Protocol {
	return []Protocol{
		{Name: "citeulike-a-cold", Doc: "5,410 readers' libraries; new papers to be recommended (DropoutNet split)", load: coldOf("dropoutnet-cold", "test.tsv")},
		{Name: "citeulike-a-few", Doc: "the same when only 1, 3, 5, 10, 20 likes are known", load: few},
		{Name: "citeulike-a-warm", Doc: "readers' libraries; all papers to be recommended (DropoutNet split)", load: warm},
		{Name: "citeulike-t-cold", Doc: "7,947 readers' libraries, texts as bags of words; fold 0 is new", load: coldT},
		{Name: "authorfeed", Doc: "authors' later papers recommended from their earlier ones", load: authors(everyone, true)},
		{Name: "authorfeed-odd", Doc: "the half of the authors that no setting was chosen on", load: authors(odd, true)},
		{Name: "authorfeed-odd-pool", Doc: "the same without the papers that are neither liked nor candidates: for slow embedders", load: authors(odd, false)},
		{Name: "csfcube", Doc: "related papers by expert judgement, 50 queries", load: csfcube},
		{Name: "goldreviewer", Doc: "researchers' expertise on papers, by their own word", load: goldreviewer},
		{Name: "goldreviewer-rated", Doc: "the same, each paper by what the researcher said of the others too: 4 and more are likes, 2 and less dislikes", load: rated},
		{Name: "citeulike-a-related", Doc: "papers that cite each other", load: related},
		{Name: "authorfeed-even", Doc: "the half of the authors to choose settings on", Tune: true, load: authors(even, true)},
		{Name: "citeulike-a-tune", Doc: "libraries to choose settings on (Heater split, validation part)", Tune: true, load: coldOf("heater-cold", "vali.tsv")},
	}
}

// Load reads the protocol's task from a folder laid out as its README says.
func (p Protocol) Load(dir string) (Task, error) {
	t, err := p.load(files(dir))
	if err != nil {
		return Task{}, fmt.Errorf("protocol %s: %w", p.Name, err)
	}
	t.Protocol = p.Name
	return t, nil
}

// feedDepth is how deep the rankings of feeds are: as the deepest metric looks.
const feedDepth = 300

func feedMetrics() []Metric {
	return []Metric{Recall(20), Recall(50), Recall(100), Recall(300), NDCG(20), MRR()}
}

// cases makes one case for each user with a relevant paper.
func cases(l library, users []string, likes, relevant map[string][]string) ([]Case, error) {
	var out []Case
	for _, u := range users {
		liked, err := l.positions(likes[u])
		if err != nil {
			return nil, err
		}
		right, err := l.positions(relevant[u])
		if err != nil {
			return nil, err
		}
		c := Case{User: u, Likes: liked, Gain: map[int]float64{}}
		for _, p := range right {
			c.Gain[p] = 1
		}
		out = append(out, c)
	}
	return out, nil
}

// pool returns the positions of all ids, ascending.
func pool(l library, ids []string) ([]int, error) {
	out, err := l.positions(ids)
	slices.Sort(out)
	return slices.Compact(out), err
}

// coldOf is a split of citeulike-a by paper: train.tsv names the likes, test
// those of papers that are new. All papers of the DropoutNet split's
// test_item_ids.tsv are candidates, or, for another split, all papers of test.
func coldOf(split, test string) func(files) (Task, error) {
	return func(f files) (Task, error) {
		l, err := f.papers(nil, "citeulike-a/papers.jsonl")
		if err != nil {
			return Task{}, err
		}
		_, likes, err := f.pairs("citeulike-a/" + split + "/train.tsv")
		if err != nil {
			return Task{}, err
		}
		users, relevant, err := f.pairs("citeulike-a/" + split + "/" + test)
		if err != nil {
			return Task{}, err
		}
		var ids []string
		if split == "dropoutnet-cold" {
			err = f.lines("citeulike-a/dropoutnet-cold/test_item_ids.tsv", 1, func(x []string) error {
				ids = append(ids, x[0])
				return nil
			})
		} else {
			for _, u := range users {
				ids = append(ids, relevant[u]...)
			}
		}
		if err != nil {
			return Task{}, err
		}
		candidates, err := pool(l, ids)
		if err != nil {
			return Task{}, err
		}
		cs, err := cases(l, users, likes, relevant)
		return Task{Papers: l.papers, Pool: candidates, Cases: cs, Metrics: feedMetrics(), Depth: feedDepth}, err
	}
}

// fewLikes are the sizes of libraries of citeulike-a-few, fewDraws how often
// each is drawn.
var fewLikes = []int{1, 3, 5, 10, 20}

const fewDraws = 5

// few is citeulike-a-cold with the first n likes of a shuffle. Every draw of
// every n is a case; the metrics are of one n each.
func few(f files) (Task, error) {
	t, err := coldOf("dropoutnet-cold", "test.tsv")(f)
	if err != nil {
		return Task{}, err
	}
	t.Metrics, t.Depth = nil, 100
	for _, n := range fewLikes {
		for _, m := range []Metric{Recall(20), Recall(100)} {
			t.Metrics = append(t.Metrics, Metric{Name: fmt.Sprintf("%s/%d-likes", m.Name, n), of: func(c Case, ranking []Scored) weighted {
				if !slices.Contains(c.Known, n) {
					return weighted{}
				}
				return m.of(c, ranking)
			}})
		}
	}
	rng := rand.New(rand.NewPCG(1, 0))
	full := t.Cases
	t.Cases = nil
	for range fewDraws {
		for _, c := range full {
			likes := slices.Clone(c.Likes)
			rng.Shuffle(len(likes), func(i, j int) { likes[i], likes[j] = likes[j], likes[i] })
			for i, n := range fewLikes {
				d := c
				d.Likes, d.Known = likes[:min(n, len(likes))], []int{n}
				if len(likes) <= n { // nor does a larger number know more
					d.Known = fewLikes[i:]
				}
				t.Cases = append(t.Cases, d)
				if len(likes) <= n {
					break
				}
			}
		}
	}
	return t, nil
}

// warm: every paper but the reader's own is a candidate.
func warm(f files) (Task, error) {
	l, err := f.papers(nil, "citeulike-a/papers.jsonl")
	if err != nil {
		return Task{}, err
	}
	_, likes, err := f.pairs("citeulike-a/dropoutnet-warm/train.tsv")
	if err != nil {
		return Task{}, err
	}
	users, relevant, err := f.pairs("citeulike-a/dropoutnet-warm/test.tsv")
	if err != nil {
		return Task{}, err
	}
	cs, err := cases(l, users, likes, relevant)
	for i := range cs {
		cs[i].SkipLikes = true
	}
	return Task{Papers: l.papers, Pool: everything(l), Cases: cs, Metrics: feedMetrics(), Depth: feedDepth}, err
}

func everything(l library) []int {
	out := make([]int, len(l.papers))
	for i := range out {
		out[i] = i
	}
	return out
}

// coldT: the papers of fold 0 are new; readers with likes on both sides.
func coldT(f files) (Task, error) {
	l, err := f.papers(nil, "citeulike-t/papers_bow.jsonl")
	if err != nil {
		return Task{}, err
	}
	isNew := map[string]bool{}
	var ids []string
	err = f.lines("citeulike-t/cold5_item_fold.tsv", 2, func(x []string) error {
		if x[1] == "0" {
			isNew[x[0]] = true
			ids = append(ids, x[0])
		}
		return nil
	})
	if err != nil {
		return Task{}, err
	}
	all, items, err := f.pairs("citeulike-t/likes.tsv")
	if err != nil {
		return Task{}, err
	}
	candidates, err := pool(l, ids)
	if err != nil {
		return Task{}, err
	}
	likes, relevant := map[string][]string{}, map[string][]string{}
	var users []string
	for _, u := range all {
		for _, i := range items[u] {
			if isNew[i] {
				relevant[u] = append(relevant[u], i)
			} else {
				likes[u] = append(likes[u], i)
			}
		}
		if len(likes[u]) > 0 && len(relevant[u]) > 0 {
			users = append(users, u)
		}
	}
	cs, err := cases(l, users, likes, relevant)
	return Task{Papers: l.papers, Pool: candidates, Cases: cs, Metrics: feedMetrics(), Depth: feedDepth}, err
}

func everyone(int) bool { return true }
func odd(n int) bool    { return n%2 == 1 }
func even(n int) bool   { return n%2 == 0 }

// authors: of the users d0, d1, … those whose number is wanted. whole says that the
// whole corpus is there, as it is with a reader: the pool is a part of it. Else there
// are only the pool and what these users like.
func authors(wanted func(n int) bool, whole bool) func(files) (Task, error) {
	return func(f files) (Task, error) {
		_, likes, err := f.pairs("authorfeed/likes_dev.tsv")
		if err != nil {
			return Task{}, err
		}
		all, relevant, err := f.pairs("authorfeed/test_dev.tsv")
		if err != nil {
			return Task{}, err
		}
		var ids, users []string
		err = f.lines("authorfeed/pool_ids.txt", 1, func(x []string) error {
			ids = append(ids, x[0])
			return nil
		})
		if err != nil {
			return Task{}, err
		}
		for _, u := range all {
			n, err := strconv.Atoi(u[1:])
			if err != nil {
				return Task{}, fmt.Errorf("user %q: want a letter and a number", u)
			}
			if wanted(n) {
				users = append(users, u)
			}
		}
		var want map[string]bool // everything
		if !whole {
			want = map[string]bool{}
			for _, id := range ids {
				want[id] = true
			}
			for _, u := range users {
				for _, id := range likes[u] {
					want[id] = true
				}
			}
		}
		l, err := f.papers(want, "corpus/arxiv-2025-2026.jsonl.gz", "corpus/acl-anthology.jsonl.gz", "corpus/ml-cv-robotics-conferences.jsonl.gz")
		if err != nil {
			return Task{}, err
		}
		candidates, err := pool(l, ids)
		if err != nil {
			return Task{}, err
		}
		cs, err := cases(l, users, likes, relevant)
		for _, c := range cs { // oldest first
			slices.SortStableFunc(c.Likes, func(a, b int) int { return l.papers[a].Date.Compare(l.papers[b].Date) })
		}
		return Task{Papers: l.papers, Pool: candidates, Cases: cs, Metrics: feedMetrics(), Depth: feedDepth, Now: authorsSplit, Calibrated: true}, err
	}
}

// authorsSplit is the day from which on papers of authorfeed are to be found.
var authorsSplit = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)

// csfcube: each case is a query and a facet, with the candidates judged for it.
func csfcube(f files) (Task, error) {
	l, err := f.papers(nil, "csfcube/papers.jsonl")
	if err != nil {
		return Task{}, err
	}
	t := Task{Papers: l.papers, Metrics: []Metric{MAP(2), NDCGShare(.2)}, Alike: true}
	for _, facet := range []string{"background", "method", "result"} {
		name := "csfcube/anns-" + facet + ".json"
		b, err := os.ReadFile(f.path(name))
		if err != nil {
			return Task{}, err
		}
		var judged map[string]struct {
			Cands         []string  `json:"cands"`
			RelevanceAdju []float64 `json:"relevance_adju"`
		}
		if err := json.Unmarshal(b, &judged); err != nil {
			return Task{}, fmt.Errorf("%s: %w", f.path(name), err)
		}
		for _, query := range sorted(judged) {
			j := judged[query]
			if len(j.Cands) != len(j.RelevanceAdju) {
				return Task{}, fmt.Errorf("%s, query %s: %d candidates, %d judgements", f.path(name), query, len(j.Cands), len(j.RelevanceAdju))
			}
			like, err := l.positions([]string{query})
			if err != nil {
				return Task{}, err
			}
			candidates, err := l.positions(j.Cands)
			if err != nil {
				return Task{}, err
			}
			c := Case{User: query + "_" + facet, Likes: like, Pool: candidates, Gain: map[int]float64{}}
			for i, p := range candidates {
				c.Gain[p] = j.RelevanceAdju[i]
			}
			t.Cases = append(t.Cases, c)
		}
	}
	return t, nil
}

// goldreviewer: each case is a researcher with one of ten draws of their papers.
func goldreviewer(f files) (Task, error) {
	l, err := f.papers(nil, "goldreviewer/papers.jsonl")
	if err != nil {
		return Task{}, err
	}
	var users []string
	gain := map[string]map[int]float64{}
	err = f.lines("goldreviewer/ratings.tsv", 3, func(x []string) error {
		rating, err := strconv.ParseFloat(x[2], 64)
		if err != nil {
			return err
		}
		at, err := l.positions(x[1:2])
		if err != nil {
			return err
		}
		if gain[x[0]] == nil {
			users = append(users, x[0])
			gain[x[0]] = map[int]float64{}
		}
		gain[x[0]][at[0]] = rating
		return nil
	})
	if err != nil {
		return Task{}, err
	}
	t := Task{Papers: l.papers, Metrics: []Metric{Loss()}}
	for draw := 1; draw <= 10; draw++ {
		_, profile, err := f.pairs(fmt.Sprintf("goldreviewer/profiles_%d.tsv", draw))
		if err != nil {
			return Task{}, err
		}
		for _, u := range users {
			likes, err := l.positions(profile[u])
			if err != nil {
				return Task{}, err
			}
			t.Cases = append(t.Cases, Case{User: u, Likes: likes, Pool: sorted(gain[u]), Gain: gain[u]})
		}
	}
	return t, nil
}

// rated is goldreviewer three times: by the profile alone, with the likes among the
// ratings, and with the dislikes too.
func rated(f files) (Task, error) {
	t, err := goldreviewer(f)
	if err != nil {
		return Task{}, err
	}
	plain := t.Cases
	t.Cases, t.Metrics = nil, nil
	for _, by := range []struct {
		name string
		Rated
	}{{"profile", Rated{}}, {"likes", Rated{Liked: 4}}, {"dislikes", Rated{Liked: 4, Disliked: 2}}} {
		of := Loss().of
		t.Metrics = append(t.Metrics, Metric{Name: "loss/" + by.name, lower: true, of: func(c Case, ranking []Scored) weighted {
			if *c.Rated != by.Rated {
				return weighted{}
			}
			return of(c, ranking)
		}})
		for _, c := range plain {
			c.Rated = &by.Rated
			t.Cases = append(t.Cases, c)
		}
	}
	return t, nil
}

// related: each case is a paper; its neighbours in the citation graph are right.
func related(f files) (Task, error) {
	l, err := f.papers(nil, "citeulike-a/papers.jsonl")
	if err != nil {
		return Task{}, err
	}
	queries, relevant, err := f.pairs("citeulike-a/related_citation_dev.tsv")
	if err != nil {
		return Task{}, err
	}
	likes := map[string][]string{}
	for _, q := range queries {
		likes[q] = []string{q}
	}
	cs, err := cases(l, queries, likes, relevant)
	for i := range cs {
		cs[i].SkipLikes = true
	}
	return Task{Papers: l.papers, Pool: everything(l), Cases: cs, Metrics: []Metric{Recall(20), Recall(100), NDCG(20), MRR()}, Depth: feedDepth, Alike: true}, err
}

// sorted returns the keys of m, ascending.
func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
