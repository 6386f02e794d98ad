package enginetest

import (
	"math/rand/v2"
	"reflect"

	"kindred/engine"
)

// storeTexts walks through the cases that a lexicon must hear of.
func storeTexts(s *shelf) {
	texts := func(since int64, limit int) ([]engine.TextChange, int64) {
		s.Helper()
		out, upTo, err := s.Texts(s.ctx, since, limit)
		s.no(err)
		return out, upTo
	}
	if c, upTo := texts(0, 10); len(c) != 0 || upTo != 0 {
		s.Errorf("of an empty store: %v up to %d", c, upTo)
	}
	s.want(engine.Added, testPaper(1), testPaper(2), testPaper(3))
	all, upTo := texts(0, 10)
	if len(all) != 3 || upTo != s.head() {
		s.Fatalf("three papers: %v up to %d, head %d", all, upTo, s.head())
	}
	for i, c := range all {
		p := s.get(testKey(i + 1))
		want := engine.TextChange{Seq: p.Change, Key: p.Key, Title: p.Title, Abstract: p.Abstract, Facets: p.Facets(), Published: p.Order(), Categories: p.Categories}
		if !reflect.DeepEqual(c, want) || len(c.Facets) != 4 {
			s.Errorf("change %d: %+v, want %+v", i, c, want)
		}
	}
	one := func(since int64, check func(engine.TextChange) bool) {
		s.Helper()
		c, upTo := texts(since, 10)
		if len(c) != 1 || upTo != s.head() || !check(c[0]) {
			s.Errorf("since %d: %+v up to %d, head %d", since, c, upTo, s.head())
		}
	}
	head := s.head()
	p := testPaper(2)
	p.Title = "Another title"
	s.want(engine.Updated, p)
	one(head, func(c engine.TextChange) bool { return c.Key == testKey(2) && c.Title == p.Title })
	head = s.head()
	s.no(s.RemovePaper(s.ctx, testKey(2)))
	gone := func(c engine.TextChange) bool {
		return reflect.DeepEqual(c, engine.TextChange{Seq: head + 1, Key: testKey(2), Gone: true})
	}
	one(head, gone)
	s.reopen()
	one(head, gone)
	head = s.head()
	s.want(engine.Added, engine.Paper{IDs: []engine.ID{engine.ID(testKey(2))}, Title: "Back"}) // with nothing but a title
	back := s.get(testKey(2))
	one(head, func(c engine.TextChange) bool {
		return reflect.DeepEqual(c, engine.TextChange{Seq: head + 1, Key: testKey(2), Title: "Back", Published: back.Order()})
	})

	// Events and vectors take numbers, and are no changes of a text.
	head = s.head()
	_, err := s.Append(s.ctx, []engine.Event{{User: "me", Act: engine.Like, Key: testKey(1)}}, s.now)
	s.no(err)
	s.embed(s.space(4), axis(4, 2))
	if c, upTo := texts(head, 10); len(c) != 0 || upTo != s.head() || upTo < head+4 {
		s.Errorf("after an event and vectors: %v up to %d, head was %d", c, upTo, head)
	}
	if c, upTo := texts(head+100, 10); len(c) != 0 || upTo != s.head() {
		s.Errorf("from beyond the head: %v up to %d", c, upTo)
	}
	_, _, err = s.Texts(s.ctx, 0, 0)
	s.is(err, engine.ErrInvalid)
	textsPaged(s)
}

// textsPaged reads pages of any size while papers change between them, and
// compares what was gathered with what is there.
func textsPaged(s *shelf) {
	r := rand.New(rand.NewPCG(5, 5))
	seen := map[engine.Key]engine.TextChange{}
	since := int64(0)
	for step := range 400 {
		if step < 200 {
			p := testPaper(r.IntN(40))
			if r.IntN(3) > 0 {
				p.Abstract += "+"
			}
			if r.IntN(4) == 0 {
				_ = s.RemovePaper(s.ctx, testKey(r.IntN(40))) // it may not be there
			}
			s.put(p)
		}
		limit := 1 + r.IntN(7)
		page, upTo, err := s.Texts(s.ctx, since, limit)
		s.no(err)
		if len(page) < limit && upTo != s.head() || len(page) > limit || upTo < since {
			s.Fatalf("since %d, at most %d: %d up to %d, head %d", since, limit, len(page), upTo, s.head())
		}
		last := since
		for _, c := range page {
			if c.Seq <= last || c.Seq > upTo {
				s.Fatalf("number %d after %d, up to %d", c.Seq, last, upTo)
			}
			last = c.Seq
			seen[c.Key] = c
		}
		since = upTo
	}
	if since != s.head() {
		s.Fatalf("read up to %d of %d", since, s.head())
	}
	all, _, err := s.Texts(s.ctx, 0, 1000)
	s.no(err)
	if len(all) != len(seen) {
		s.Errorf("%d papers in pages, %d at once", len(seen), len(all))
	}
	for _, c := range all {
		if !reflect.DeepEqual(c, seen[c.Key]) {
			s.Errorf("in pages %+v, at once %+v", seen[c.Key], c)
		}
	}
}
