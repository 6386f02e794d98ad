package enginetest

import (
	"math"
	"reflect"
	"slices"

	"kindred/embed"
	"kindred/engine"
)

// axis is the unit vector of dim dimensions along axis i.
func axis(dim, i int) embed.Vector {
	v := make(embed.Vector, dim)
	v[i%dim] = 1
	return v
}

// storeUnembedded checks the order in which papers get their vectors.
func storeUnembedded(s *shelf) {
	space := s.space(4)
	day := func(i, day int) engine.Paper {
		p := testPaper(i)
		p.Published = engine.DateOf(engine.Day(day).Time())
		return p
	}
	undated := day(5, 0)
	undated.Published = engine.Date{} // orders by the day it is added, which is the newest
	s.want(engine.Added, day(3, 100), day(1, 100), day(2, 200), day(4, 50), undated)
	order := func(limit int, want ...int) {
		s.Helper()
		var got []int
		for _, p := range s.pending(space, limit) {
			paper := s.get(p.Key)
			if p.Title != paper.Title || p.Abstract != paper.Abstract || p.Text == "" {
				s.Errorf("pending %+v of %+v", p, paper)
			}
			got = append(got, slices.IndexFunc([]int{0, 1, 2, 3, 4, 5}, func(i int) bool { return testKey(i) == p.Key }))
		}
		if !slices.Equal(got, want) {
			s.Errorf("at most %d pending: %v, want %v", limit, got, want)
		}
	}
	order(10, 5, 2, 1, 3, 4)
	order(2, 5, 2)
	order(0)
	s.counts(space, 5, 0, 5, 0)
	asked := func(keys []engine.Key, want ...engine.Pending) {
		s.Helper()
		got, err := s.Waiting(s.ctx, space, keys)
		s.no(err)
		if !slices.Equal(got, want) {
			s.Errorf("of %v wait %v, want %v", keys, got, want)
		}
	}
	all := s.pending(space, 10)
	asked([]engine.Key{testKey(4), testKey(2), "never:1", testKey(2)}, all[1], all[4])
	asked(nil)
	s.no(s.PutFailure(s.ctx, space, all[4], "blank"))
	asked([]engine.Key{testKey(4)})
	s.no(s.PutVectors(s.ctx, space, []engine.Embedded{{Key: all[4].Key, Text: all[4].Text, Vector: axis(4, 0)}}))
	asked([]engine.Key{testKey(4)})
	changed := day(4, 50)
	changed.Abstract = "Another abstract." // its vector is stale
	s.want(engine.Updated, changed)
	all = s.pending(space, 10)
	asked([]engine.Key{testKey(4)}, all[4])
	s.want(engine.Updated, day(4, 50))
	asked([]engine.Key{testKey(4)})
	s.no(s.RemovePaper(s.ctx, testKey(4)))
	s.want(engine.Added, day(4, 50))
	s.want(engine.Updated, day(4, 150)) // another day, the same text
	order(10, 5, 2, 4, 1, 3)
	s.no(s.RemovePaper(s.ctx, testKey(2)))
	order(10, 5, 4, 1, 3)
	s.reopen()
	order(10, 5, 4, 1, 3)
	s.counts(space, 4, 0, 4, 0)
}

// storeStale follows a paper whose text changes under its vector.
func storeStale(s *shelf) {
	space := s.space(4)
	v, w := axis(4, 0), axis(4, 1)
	s.want(engine.Added, testPaper(1))
	first := s.pending(space, 1)[0]
	put := func(p engine.Pending, v embed.Vector) {
		s.Helper()
		s.no(s.PutVectors(s.ctx, space, []engine.Embedded{{Key: p.Key, Text: p.Text, Vector: v}}))
	}
	has := func(want embed.Vector) {
		s.Helper()
		c, _ := s.changes(space, 0, 10)
		if len(c) != 1 || !slices.Equal(c[0].Vector, want) {
			s.Errorf("changes %v, want the vector %v", c, want)
		}
	}
	put(first, v)
	has(v)
	s.counts(space, 1, 1, 0, 0)

	changed := testPaper(1)
	changed.Abstract = "Another abstract."
	s.want(engine.Updated, changed)
	has(v) // the old one serves until it is replaced
	s.counts(space, 1, 1, 1, 0)
	second := s.pending(space, 1)
	if len(second) != 1 || second[0].Text == first.Text || second[0].Abstract != changed.Abstract {
		s.Fatalf("pending %+v, first %+v", second, first)
	}
	put(first, w) // comes too late
	has(v)
	s.counts(space, 1, 1, 1, 0)
	put(second[0], w)
	has(w)
	s.counts(space, 1, 1, 0, 0)

	// What is embedded is the same text: the vector stays.
	blank := changed
	blank.Authors, blank.Categories = []string{"Nobody"}, []string{"x.Y"}
	s.want(engine.Updated, blank)
	s.counts(space, 1, 1, 0, 0)
	// There and back again before anybody looked: it is not stale either.
	s.want(engine.Updated, testPaper(1))
	s.counts(space, 1, 1, 1, 0)
	s.want(engine.Updated, blank)
	s.counts(space, 1, 1, 0, 0)

	// A vector for a paper that is gone, or never was, is dropped.
	s.no(s.RemovePaper(s.ctx, testKey(1)))
	put(second[0], w)
	put(engine.Pending{Key: testKey(1)}, w)
	put(engine.Pending{Key: "never:1", Text: second[0].Text}, w)
	s.counts(space, 0, 0, 0, 0)
	has(nil)
	// Back with its old text, it needs its vector again.
	s.want(engine.Added, blank)
	s.counts(space, 1, 0, 1, 0)
	has(nil)
	put(s.pending(space, 1)[0], w)
	has(w)
	s.counts(space, 1, 1, 0, 0)
}

// storeBadVectors stores none of a batch with a bad one in it.
func storeBadVectors(s *shelf) {
	space := s.space(4)
	s.want(engine.Added, testPaper(1), testPaper(2))
	head := s.head()
	p := s.pending(space, 2)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, bad := range map[string]embed.Vector{
		"none": nil, "short": axis(3, 0), "long": axis(5, 0), "zero": make(embed.Vector, 4),
		"NaN": {nan, 0, 0, 1}, "infinite": {inf, 0, 0, 0}, "norm 2": {2, 0, 0, 0},
	} {
		err := s.PutVectors(s.ctx, space, []engine.Embedded{
			{Key: p[0].Key, Text: p[0].Text, Vector: axis(4, 0)}, {Key: p[1].Key, Text: p[1].Text, Vector: bad},
		})
		if err == nil {
			s.Errorf("%s: no error", name)
		}
		s.is(err, embed.ErrVector)
	}
	s.counts(space, 2, 0, 2, 0)
	if s.head() != head {
		s.Errorf("head %d, want %d", s.head(), head)
	}
	// One paper twice in a batch: the last counts.
	s.no(s.PutVectors(s.ctx, space, []engine.Embedded{
		{Key: p[0].Key, Text: p[0].Text, Vector: axis(4, 0)}, {Key: p[0].Key, Text: p[0].Text, Vector: axis(4, 3)},
	}))
	s.counts(space, 2, 1, 1, 0)
	if c, _ := s.changes(space, 0, 10); len(c) != 1 || !slices.Equal(c[0].Vector, axis(4, 3)) {
		s.Errorf("changes %v", c)
	}
	// Bits come back as they were.
	v := embed.Vector{0.1, -0.7, 0.3, -math.SmallestNonzeroFloat32}.Unit()
	v[3] = -math.SmallestNonzeroFloat32
	s.no(s.PutVectors(s.ctx, space, []engine.Embedded{{Key: p[1].Key, Text: p[1].Text, Vector: v}}))
	s.reopen()
	if c, _ := s.changes(space, 0, 10); len(c) != 2 || !reflect.DeepEqual(c[1].Vector, v) {
		s.Errorf("changes %v, want %v", c, v)
	}
}

// storeFailures records texts that cannot be embedded.
func storeFailures(s *shelf) {
	space := s.space(4)
	s.want(engine.Added, testPaper(1), testPaper(2))
	p := s.pending(space, 2)
	head := s.head()
	for range 2 {
		s.no(s.PutFailure(s.ctx, space, p[0], "it's blank"))
	}
	if s.head() != head {
		s.Errorf("a failure is no change of a paper: head %d, want %d", s.head(), head)
	}
	s.counts(space, 2, 0, 2, 1)
	if q := s.pending(space, 2); len(q) != 1 || q[0].Key != p[1].Key {
		s.Errorf("pending %v", q)
	}
	s.reopen()
	s.counts(space, 2, 0, 2, 1)

	// Another text is another chance; a failure of the old one comes too late.
	i := 2
	if p[0].Key == testKey(1) {
		i = 1
	}
	changed := testPaper(i)
	changed.Title = "Changed"
	s.want(engine.Updated, changed)
	s.no(s.PutFailure(s.ctx, space, p[0], "late"))
	s.counts(space, 2, 0, 2, 0)
	q := s.pending(space, 2)
	if len(q) != 2 {
		s.Fatalf("pending %v", q)
	}
	j := slices.IndexFunc(q, func(x engine.Pending) bool { return x.Key == p[0].Key })
	s.no(s.PutFailure(s.ctx, space, q[j], "again"))
	s.counts(space, 2, 0, 2, 1)
	// A vector after all: it did not fail.
	s.no(s.PutVectors(s.ctx, space, []engine.Embedded{{Key: q[j].Key, Text: q[j].Text, Vector: axis(4, 0)}}))
	s.counts(space, 2, 1, 1, 0)
	// Its vector is stale, and the new text impossible.
	s.want(engine.Updated, testPaper(i))
	s.no(s.PutFailure(s.ctx, space, p[0], "once more"))
	s.counts(space, 2, 1, 2, 1)
	s.no(s.RemovePaper(s.ctx, p[0].Key))
	s.counts(space, 1, 0, 1, 0)
	s.no(s.PutFailure(s.ctx, space, p[0], "gone"))
	s.no(s.PutFailure(s.ctx, space, engine.Pending{Key: testKey(i)}, "gone, and without a text"))
	s.no(s.PutFailure(s.ctx, space, engine.Pending{Key: "never:1"}, "never was"))
	s.counts(space, 1, 0, 1, 0)
	s.want(engine.Added, testPaper(i)) // with the text that failed: it starts anew
	s.counts(space, 2, 0, 2, 0)
}
