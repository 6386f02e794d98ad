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

// storeSpaces records spaces and makes one active.
func storeSpaces(s *shelf) {
	s.want(engine.Added, testPaper(1))
	a, b := testSpace(4), testSpace(8)
	b.Template = "query: 'quoted' "
	for _, sp := range []embed.Space{b, a, b} {
		s.no(s.PutSpace(s.ctx, sp))
	}
	s.is(s.PutSpace(s.ctx, embed.Space{}), engine.ErrInvalid)
	s.is(s.SetActive(s.ctx, "not/there"), engine.ErrNotFound)
	s.no(s.SetActive(s.ctx, a.ID()))
	s.no(s.SetActive(s.ctx, b.ID()))
	want := []embed.Space{a, b}
	slices.SortFunc(want, func(x, y embed.Space) int {
		if x.ID() < y.ID() {
			return -1
		}
		return 1
	})
	for range 2 {
		all, active, err := s.Spaces(s.ctx)
		s.no(err)
		if !slices.Equal(all, want) || active != b.ID() {
			s.Errorf("spaces %+v, active %q; want %+v, %q", all, active, want, b.ID())
		}
		s.reopen()
	}

	// Papers wait in every space, whichever came first; spaces are independent.
	s.want(engine.Added, testPaper(2))
	s.embed(a.ID(), axis(4, 1))
	s.counts(a.ID(), 2, 2, 0, 0)
	s.counts(b.ID(), 2, 0, 2, 0)
	if c, upTo := s.changes(b.ID(), 0, 10); len(c) != 0 || upTo != s.head() {
		s.Errorf("changes %v up to %d in a space without vectors", c, upTo)
	}

	// A space that was not recorded does not exist.
	_, err := s.Unembedded(s.ctx, "not/there", 1)
	s.is(err, engine.ErrNotFound)
	_, err = s.Counts(s.ctx, "not/there")
	s.is(err, engine.ErrNotFound)
	_, _, err = s.Changes(s.ctx, "not/there", 0, 1)
	s.is(err, engine.ErrNotFound)
	s.is(s.PutVectors(s.ctx, "not/there", nil), engine.ErrNotFound)
	s.is(s.PutFailure(s.ctx, "not/there", engine.Pending{Key: testKey(1)}, "why"), engine.ErrNotFound)
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

// storeChanges walks through the cases that an index must hear of.
func storeChanges(s *shelf) {
	space := s.space(4)
	v := axis(4, 2)
	s.want(engine.Added, testPaper(1), testPaper(2), testPaper(3))
	if c, upTo := s.changes(space, 0, 10); len(c) != 0 || upTo != s.head() {
		s.Errorf("without vectors: %v up to %d, head %d", c, upTo, s.head())
	}
	before := s.head()
	s.embed(space, v)
	all, upTo := s.changes(space, before, 10)
	if len(all) != 3 || upTo != s.head() {
		s.Fatalf("three vectors: %v up to %d, head %d", all, upTo, s.head())
	}
	for i, c := range all { // newest first
		p := testPaper(3 - i)
		want := engine.Change{Seq: c.Seq, Key: testKey(3 - i), Vector: v, Published: p.Order(), Categories: p.Categories}
		if !reflect.DeepEqual(c, want) || c.Seq <= before || c.Seq > upTo || i > 0 && c.Seq <= all[i-1].Seq {
			s.Errorf("change %d: %+v, want %+v", i, c, want)
		}
	}
	// One page after the other gives the same.
	var paged []engine.Change
	for since := before; ; {
		page, upTo := s.changes(space, since, 1)
		if len(page) == 0 {
			if upTo != s.head() {
				s.Errorf("nothing is missing, but up to %d, head %d", upTo, s.head())
			}
			break
		}
		if len(page) > 1 || page[0].Seq > upTo || upTo <= since {
			s.Fatalf("since %d: %v up to %d", since, page, upTo)
		}
		paged = append(paged, page...)
		since = upTo
	}
	if !reflect.DeepEqual(paged, all) {
		s.Errorf("paged %v\nwant  %v", paged, all)
	}

	one := func(since int64, key engine.Key, check func(engine.Change) bool) {
		s.Helper()
		c, upTo := s.changes(space, since, 10)
		if len(c) != 1 || c[0].Key != key || upTo != s.head() || !check(c[0]) {
			s.Errorf("since %d: %+v up to %d, head %d", since, c, upTo, s.head())
		}
	}
	head := s.head()
	p := testPaper(2)
	p.Categories, p.Published = []string{"new"}, engine.Date{Year: 1999}
	s.want(engine.Updated, p)
	one(head, testKey(2), func(c engine.Change) bool {
		return slices.Equal(c.Vector, v) && slices.Equal(c.Categories, p.Categories) && c.Published == p.Order()
	})
	head = s.head()
	s.no(s.RemovePaper(s.ctx, testKey(2)))
	gone := func(c engine.Change) bool { return c.Vector == nil && c.Seq == head+1 }
	one(head, testKey(2), gone)
	s.reopen()
	one(head, testKey(2), gone)
	// Gone in one number: the others are not touched.
	if c, _ := s.changes(space, 0, 10); len(c) != 3 {
		s.Errorf("from 0: %v", c)
	}

	// Events take numbers, and are no changes of a vector.
	head = s.head()
	_, err := s.Append(s.ctx, []engine.Event{{User: "me", Act: engine.Like, Key: testKey(1)}}, s.now)
	s.no(err)
	if c, upTo := s.changes(space, head, 10); len(c) != 0 || upTo != head+1 {
		s.Errorf("after an event: %v up to %d, head was %d", c, upTo, head)
	}
	// From beyond the head, and with no room.
	if c, upTo := s.changes(space, head+100, 10); len(c) != 0 || upTo != s.head() {
		s.Errorf("from beyond the head: %v up to %d", c, upTo)
	}
	_, _, err = s.Changes(s.ctx, space, 0, 0)
	s.is(err, engine.ErrInvalid)
}
