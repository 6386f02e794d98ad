package enginetest

import (
	"reflect"
	"slices"

	"kindred/engine"
)

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
