package enginetest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"kindred/engine"
)

// storeNewest compares pages of papers by date with a sorted list, while
// papers change their day and their categories, go and come back.
func storeNewest(s *shelf) {
	const seed = 4
	s.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	type entry struct {
		engine.Dated
		categories []string
		added      int64
	}
	model := map[engine.Key]entry{}
	for step := range 300 {
		i := r.IntN(120)
		p := testPaper(i)
		p.Published = engine.DateOf(engine.Day(-3 + r.IntN(9)).Time()) // around day 0, which is a date like any other
		p.Categories = []string{fmt.Sprintf("c%d", r.IntN(3)), fmt.Sprintf("d%d", r.IntN(3))}
		if old, there := model[testKey(i)]; there && r.IntN(4) == 0 {
			s.no(s.RemovePaper(s.ctx, old.Key))
			delete(model, old.Key)
		} else {
			s.put(p)
			if !there {
				old.added = s.head()
			}
			model[testKey(i)] = entry{engine.Dated{Key: testKey(i), Order: p.Order()}, p.Categories, old.added}
		}
		if step%10 != 9 {
			continue
		}
		q := engine.NewestQuery{Limit: 1 + r.IntN(20)}
		if r.IntN(2) == 0 {
			q.Category = fmt.Sprintf("c%d", r.IntN(4))
		}
		if r.IntN(2) == 0 {
			q.From = engine.Day(-4 + r.IntN(9))
		}
		if r.IntN(2) == 0 {
			q.To = engine.Day(-2 + r.IntN(9))
		}
		if r.IntN(2) == 0 {
			q.AsOf = 1 + r.Int64N(s.head())
		}
		var want []engine.Dated
		for _, e := range model {
			if (q.Category == "" || slices.Contains(e.categories, q.Category)) && (q.From == 0 || e.Order >= q.From) &&
				(q.To == 0 || e.Order <= q.To) && (q.AsOf == 0 || e.added <= q.AsOf) {
				want = append(want, e.Dated)
			}
		}
		slices.SortFunc(want, func(a, b engine.Dated) int {
			return cmp.Or(cmp.Compare(b.Order, a.Order), cmp.Compare(a.Key, b.Key))
		})
		for got := []engine.Dated(nil); ; {
			page, err := s.Newest(s.ctx, q)
			s.no(err)
			if len(page) > q.Limit {
				s.Fatalf("%+v: %d papers", q, len(page))
			}
			got = append(got, page...)
			if len(page) < q.Limit || len(got) > len(want) {
				if !slices.Equal(got, want) {
					s.Fatalf("step %d: %+v:\ngot  %v\nwant %v", step, q, got, want)
				}
				break
			}
			q.After = &page[len(page)-1]
		}
	}
	if got, err := s.Newest(s.ctx, engine.NewestQuery{}); err != nil || len(got) != 0 {
		s.Errorf("limit 0: %v, %v", got, err)
	}
	// After need not be a paper that is there.
	got, err := s.Newest(s.ctx, engine.NewestQuery{Limit: 1, After: &engine.Dated{Key: "x", Order: 100}})
	s.no(err)
	all, err := s.Newest(s.ctx, engine.NewestQuery{Limit: 1})
	s.no(err)
	if !slices.Equal(got, all) {
		s.Errorf("after one that is not there: %v, want %v", got, all)
	}
}
