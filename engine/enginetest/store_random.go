package enginetest

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"

	"kindred/embed"
	"kindred/engine"
)

// A model is what a store should hold, kept the simple way: a map.
type model struct {
	papers  map[engine.Key]*modelPaper
	vectors []embed.Vector
}

// A modelPaper is one paper, with its state in two spaces.
type modelPaper struct {
	engine.Paper
	vector [2]embed.Vector // nil: none
	of     [2]string       // the text it is of
	failed [2]string       // the text that failed
}

func (p *modelPaper) pending(space int) bool {
	return p.vector[space] == nil || p.of[space] != p.Text()
}

// A follower has seen the changes of a space up to a number, as an index does.
type follower struct {
	space int
	since int64
	seen  map[engine.Key]engine.Change
}

// storeRandom does random things to a store and to a model, and compares all
// that can be asked. Followers ask for changes now and then, in pages of any
// size, from wherever they are; what they have gathered must be what a new
// one gathers from 0, and what the model holds.
func storeRandom(s *shelf) {
	for seed := range uint64(2) {
		s.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 7))
		if seed > 0 {
			s.no(s.Store.Close())
			s.dir = s.TempDir()
			s.Store = s.open(s.T, s.dir)
		}
		m := &model{map[engine.Key]*modelPaper{}, Vectors(50, 4, seed)}
		spaces := []string{s.space(4), ""}
		followers := []*follower{newFollower(0), newFollower(0), newFollower(1)}
		for step := range 300 {
			if step == 100 { // the second space comes when there are papers
				second := testSpace(4)
				second.Model = "second"
				s.no(s.PutSpace(s.ctx, second))
				spaces[1] = second.ID()
			}
			n := 1 + min(step/100, 1) // spaces there are
			switch k := r.IntN(20); {
			case k < 8:
				m.putSome(s, r)
			case k < 10:
				m.remove(s, r)
			case k < 16:
				i := r.IntN(n)
				m.embedSome(s, r, i, spaces[i])
			case k < 17:
				i := r.IntN(n)
				m.failOne(s, r, i, spaces[i])
			case k < 18 && step%7 == 0:
				s.reopen()
			default:
				f := followers[r.IntN(len(followers))]
				if spaces[f.space] != "" {
					f.follow(s, spaces[f.space], 1+r.IntN(12), 1+r.IntN(4))
				}
			}
			if step%40 == 39 {
				m.check(s, spaces[:n])
				for _, f := range append(followers, newFollower(0), newFollower(1)) {
					if f.space < n {
						f.follow(s, spaces[f.space], 1+r.IntN(30), 1<<30)
						m.compare(s, f)
					}
				}
			}
			if s.Failed() {
				s.Fatalf("seed %d, step %d", seed, step)
			}
		}
	}
}

func newFollower(space int) *follower {
	return &follower{space, 0, map[engine.Key]engine.Change{}}
}

// follow asks for at most so many pages of changes.
func (f *follower) follow(s *shelf, space string, limit, pages int) {
	s.Helper()
	for range pages {
		head := s.head()
		changes, upTo := s.changes(space, f.since, limit)
		last := f.since
		keys := map[engine.Key]bool{}
		for _, c := range changes {
			if c.Seq <= last || c.Seq > upTo || keys[c.Key] {
				s.Fatalf("since %d, limit %d: change %d of %s after %d, up to %d", f.since, limit, c.Seq, c.Key, last, upTo)
			}
			last = c.Seq
			keys[c.Key] = true
			f.seen[c.Key] = c
			if c.Vector == nil {
				delete(f.seen, c.Key)
			}
		}
		if len(changes) > limit || upTo > head || len(changes) < limit && upTo != head {
			s.Fatalf("since %d, limit %d: %d changes up to %d, head %d", f.since, limit, len(changes), upTo, head)
		}
		f.since = upTo
		if len(changes) == 0 {
			return
		}
	}
}

// compare checks what a follower that is up to date has seen.
func (m *model) compare(s *shelf, f *follower) {
	s.Helper()
	want := map[engine.Key]engine.Change{}
	for key, p := range m.papers {
		if p.vector[f.space] != nil {
			want[key] = engine.Change{Seq: f.seen[key].Seq, Key: key, Vector: p.vector[f.space], Published: p.Order(), Categories: p.Categories}
		}
	}
	if !reflect.DeepEqual(f.seen, want) {
		s.Errorf("follower in space %d: %d papers, want %d\ngot  %v\nwant %v", f.space, len(f.seen), len(want), f.seen, want)
	}
}

// check compares papers, counts and the order of the queue.
func (m *model) check(s *shelf, spaces []string) {
	s.Helper()
	got, err := s.GetPapers(s.ctx, slices.Collect(maps.Keys(m.papers)))
	s.no(err)
	if len(got) != len(m.papers) {
		s.Errorf("%d papers, want %d", len(got), len(m.papers))
	}
	for key, p := range m.papers {
		want := p.Paper
		want.Added, want.Sources, want.Change = got[key].Added, got[key].Sources, got[key].Change
		if !reflect.DeepEqual(got[key], want) {
			s.Errorf("got  %+v\nwant %+v", got[key], want)
		}
	}
	for i, space := range spaces {
		var embedded, pending, failed int
		var queue []*modelPaper
		for _, p := range m.papers {
			if p.vector[i] != nil {
				embedded++
			}
			if p.pending(i) {
				pending++
				if p.failed[i] == p.Text() {
					failed++
				} else {
					queue = append(queue, p)
				}
			}
		}
		s.counts(space, len(m.papers), embedded, pending, failed)
		slices.SortFunc(queue, func(a, b *modelPaper) int {
			return cmp.Or(cmp.Compare(b.Order(), a.Order()), cmp.Compare(a.Key, b.Key))
		})
		waiting := s.pending(space, 1000)
		if len(waiting) != len(queue) {
			s.Errorf("%d papers wait, want %d", len(waiting), len(queue))
			continue
		}
		for j, p := range queue {
			if waiting[j].Key != p.Key {
				s.Errorf("number %d of the queue is %s, want %s", j, waiting[j].Key, p.Key)
			}
		}
	}
}

// putSome puts a batch of new, changed and unchanged papers.
func (m *model) putSome(s *shelf, r *rand.Rand) {
	s.Helper()
	var batch []engine.Paper
	for range 1 + r.IntN(5) {
		p := testPaper(r.IntN(60))
		p.Abstract = fmt.Sprintf("Version %d.", r.IntN(3))
		p.Categories = []string{fmt.Sprintf("c%d", r.IntN(2))}
		p.Published = engine.DateOf(engine.Day(r.IntN(3)).Time())
		batch = append(batch, p)
	}
	for i, o := range s.put(batch...) {
		p := batch[i]
		key := engine.Key(p.IDs[0])
		p.Key = key
		old := m.papers[key]
		want := engine.Updated
		switch {
		case old == nil:
			want = engine.Added
			m.papers[key] = &modelPaper{Paper: p}
		case old.Abstract == p.Abstract && old.Published == p.Published && slices.Equal(old.Categories, p.Categories):
			want = engine.Unchanged
		default:
			old.Paper = p
		}
		if o.Key != key || o.Result != want {
			s.Errorf("%s: outcome %+v, want %d", key, o, want)
		}
	}
}

func (m *model) remove(s *shelf, r *rand.Rand) {
	s.Helper()
	key := testKey(r.IntN(60))
	err := s.RemovePaper(s.ctx, key)
	if m.papers[key] == nil {
		s.is(err, engine.ErrNotFound)
		return
	}
	s.no(err)
	delete(m.papers, key)
}

// embedSome gives some of the papers that wait a vector, some of them too
// late: their text has changed since.
func (m *model) embedSome(s *shelf, r *rand.Rand, i int, space string) {
	s.Helper()
	waiting := s.pending(space, 1+r.IntN(20))
	if r.IntN(3) == 0 {
		m.putSome(s, r)
		m.remove(s, r)
	}
	var batch []engine.Embedded
	for _, w := range waiting {
		v := m.vectors[r.IntN(len(m.vectors))]
		batch = append(batch, engine.Embedded{Key: w.Key, Text: w.Text, Vector: v})
		if p := m.papers[w.Key]; p != nil && p.Abstract == w.Abstract {
			p.vector[i], p.of[i] = v, p.Text()
			p.failed[i] = ""
		}
	}
	s.no(s.PutVectors(s.ctx, space, batch))
}

func (m *model) failOne(s *shelf, r *rand.Rand, i int, space string) {
	s.Helper()
	waiting := s.pending(space, 5)
	if len(waiting) == 0 {
		return
	}
	w := waiting[r.IntN(len(waiting))]
	s.no(s.PutFailure(s.ctx, space, w, "random"))
	m.papers[w.Key].failed[i] = m.papers[w.Key].Text()
}
