package enginetest

import (
	"slices"

	"kindred/embed"
	"kindred/engine"
)

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
	_, err = s.Waiting(s.ctx, "not/there", []engine.Key{testKey(1)})
	s.is(err, engine.ErrNotFound)
	_, err = s.Counts(s.ctx, "not/there")
	s.is(err, engine.ErrNotFound)
	_, _, err = s.Changes(s.ctx, "not/there", 0, 1)
	s.is(err, engine.ErrNotFound)
	s.is(s.PutVectors(s.ctx, "not/there", nil), engine.ErrNotFound)
	s.is(s.PutFailure(s.ctx, "not/there", engine.Pending{Key: testKey(1)}, "why"), engine.ErrNotFound)
}

// storeDropSpace drops one of two spaces, and puts it again.
func storeDropSpace(s *shelf) {
	s.want(engine.Added, testPaper(1), testPaper(2), testPaper(3))
	a, b := testSpace(4), testSpace(8)
	s.no(s.PutSpace(s.ctx, a))
	s.no(s.PutSpace(s.ctx, b))
	s.no(s.SetActive(s.ctx, a.ID()))
	s.embed(a.ID(), axis(4, 1))
	s.no(s.PutFailure(s.ctx, b.ID(), s.pending(b.ID(), 1)[0], "why"))
	s.is(s.DropSpace(s.ctx, a.ID()), engine.ErrInvalid)
	s.is(s.DropSpace(s.ctx, "not/there"), engine.ErrNotFound)
	s.counts(a.ID(), 3, 3, 0, 0)
	waiting := s.pending(b.ID(), 1)
	s.no(s.DropSpace(s.ctx, b.ID()))
	s.is(s.DropSpace(s.ctx, b.ID()), engine.ErrNotFound)
	for range 2 {
		all, active, err := s.Spaces(s.ctx)
		s.no(err)
		if !slices.Equal(all, []embed.Space{a}) || active != a.ID() {
			s.Errorf("spaces %+v, active %q", all, active)
		}
		s.is(s.PutVectors(s.ctx, b.ID(), []engine.Embedded{{Key: waiting[0].Key, Text: waiting[0].Text, Vector: axis(8, 0)}}), engine.ErrNotFound)
		s.is(s.SetActive(s.ctx, b.ID()), engine.ErrNotFound)
		s.reopen()
	}
	// Papers go on living, and a space of the same name starts anew.
	s.no(s.RemovePaper(s.ctx, testKey(1)))
	s.want(engine.Added, testPaper(4))
	s.no(s.PutSpace(s.ctx, b))
	s.counts(b.ID(), 3, 0, 3, 0)
	s.counts(a.ID(), 3, 2, 1, 0)
	if c, upTo := s.changes(b.ID(), 0, 10); len(c) != 0 || upTo != s.head() {
		s.Errorf("changes of the new space: %v", c)
	}
}
