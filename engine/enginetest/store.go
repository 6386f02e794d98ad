package enginetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
)

// TestStore checks every sentence of the engine.Store contract. open opens the
// store in a directory, which is empty at first; the test closes it, and may
// open it again, or twice at a time, as two processes would. Random choices
// come from seeds that are logged.
func TestStore(t *testing.T, open func(t *testing.T, dir string) engine.Store) {
	tests := []struct {
		name string
		run  func(*shelf)
	}{
		{"Empty", storeEmpty},
		{"Fields", storeFields},
		{"Update", storeUpdate},
		{"Ids", storeIDs},
		{"Dates", storeDates},
		{"OneBatch", storeOneBatch},
		{"Rejected", storeRejected},
		{"Remove", storeRemove},
		{"Titles", storeTitles},
		{"ManyKeys", storeManyKeys},
		{"LargePaper", storeLargePaper},
		{"Newest", storeNewest},
		{"Sample", storeSample},
		{"Spaces", storeSpaces},
		{"DropSpace", storeDropSpace},
		{"Unembedded", storeUnembedded},
		{"Stale", storeStale},
		{"BadVectors", storeBadVectors},
		{"Failures", storeFailures},
		{"Changes", storeChanges},
		{"Texts", storeTexts},
		{"Random", storeRandom},
		{"Events", storeEvents},
		{"BadEvents", storeBadEvents},
		{"Leases", storeLeases},
		{"Secrets", storeSecrets},
		{"Tokens", storeTokens},
		{"Sessions", storeSessions},
		{"Pairing", storePairing},
		{"PairingTries", storePairingTries},
		{"PairingRace", storePairingRace},
		{"Imports", storeImports},
		{"Backup", storeBackup},
		{"Cancelled", storeCancelled},
		{"TwoHandles", storeTwoHandles},
		{"InOrder", storeInOrder},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) { test.run(newShelf(t, open)) })
	}
}

// A shelf is a store under test, with helpers that fail the test on error.
type shelf struct {
	*testing.T
	engine.Store
	ctx  context.Context
	dir  string
	open func(t *testing.T, dir string) engine.Store
	now  time.Time // a fixed time, to the microsecond
}

func newShelf(t *testing.T, open func(t *testing.T, dir string) engine.Store) *shelf {
	s := &shelf{T: t, ctx: t.Context(), dir: t.TempDir(), open: open, now: time.Date(2026, 3, 14, 15, 9, 26, 535897000, time.UTC)}
	s.Store = open(t, s.dir)
	t.Cleanup(func() { s.no(s.Store.Close()) })
	return s
}

// reopen closes the store and opens it again.
func (s *shelf) reopen() {
	s.Helper()
	s.no(s.Store.Close())
	s.Store = s.open(s.T, s.dir)
}

// no fails the test if there is an error.
func (s *shelf) no(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// is fails the test unless err wraps want.
func (s *shelf) is(err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf("error %v, want one wrapping %q", err, want)
	}
}

// put stores papers and returns what became of them.
func (s *shelf) put(papers ...engine.Paper) []engine.Outcome {
	s.Helper()
	out, err := s.PutPapers(s.ctx, engine.Batch{Source: "test", Papers: papers}, s.now)
	s.no(err)
	if len(out) != len(papers) {
		s.Fatalf("%d outcomes for %d papers", len(out), len(papers))
	}
	return out
}

// want puts papers and checks the results.
func (s *shelf) want(result engine.Result, papers ...engine.Paper) {
	s.Helper()
	for i, o := range s.put(papers...) {
		if o.Result != result || (o.Err != nil) != (result == engine.Rejected) {
			s.Fatalf("paper %v: outcome %+v, want result %d", papers[i].IDs, o, result)
		}
	}
}

// get returns a paper that must be there.
func (s *shelf) get(key engine.Key) engine.Paper {
	s.Helper()
	got, err := s.GetPapers(s.ctx, []engine.Key{key})
	s.no(err)
	p, ok := got[key]
	if !ok {
		s.Fatalf("paper %s is not there", key)
	}
	return p
}

// head returns the last change number.
func (s *shelf) head() int64 {
	s.Helper()
	n, err := s.Head(s.ctx)
	s.no(err)
	return n
}

// space records a space and returns its name.
func (s *shelf) space(dim int) string {
	s.Helper()
	sp := testSpace(dim)
	s.no(s.PutSpace(s.ctx, sp))
	return sp.ID()
}

// pending returns what waits for a vector.
func (s *shelf) pending(space string, limit int) []engine.Pending {
	s.Helper()
	out, err := s.Unembedded(s.ctx, space, limit)
	s.no(err)
	return out
}

// embed gives every paper that waits the vector v.
func (s *shelf) embed(space string, v embed.Vector) {
	s.Helper()
	var out []engine.Embedded
	for _, p := range s.pending(space, 1000) {
		out = append(out, engine.Embedded{Key: p.Key, Text: p.Text, Vector: v})
	}
	s.no(s.PutVectors(s.ctx, space, out))
}

// counts checks the counts of a space.
func (s *shelf) counts(space string, papers, embedded, pending, failed int) {
	s.Helper()
	got, err := s.Counts(s.ctx, space)
	s.no(err)
	if want := (engine.Counts{Papers: papers, Embedded: embedded, Pending: pending, Failed: failed}); got != want {
		s.Errorf("counts %+v, want %+v", got, want)
	}
}

// changes returns one page of changes.
func (s *shelf) changes(space string, since int64, limit int) ([]engine.Change, int64) {
	s.Helper()
	out, upTo, err := s.Changes(s.ctx, space, since, limit)
	s.no(err)
	return out, upTo
}

// testPaper is paper i: a title of its own, a day of its own.
func testPaper(i int) engine.Paper {
	return engine.Paper{
		IDs:        []engine.ID{engine.ID(testKey(i))},
		Title:      fmt.Sprintf("A paper about subject %d", i),
		Abstract:   fmt.Sprintf("We study subject %d.", i),
		Authors:    []string{"Ada Lovelace", "Émilie du Châtelet"},
		Categories: []string{"cs.LG", fmt.Sprintf("c.%d", i%3)},
		Published:  engine.DateOf(engine.Day(20000 + i).Time()),
	}
}

// storeEmpty asks a new store everything.
func storeEmpty(s *shelf) {
	if n := s.head(); n != 0 {
		s.Errorf("head %d, want 0", n)
	}
	s.want(engine.Added) // no papers
	papers, err := s.GetPapers(s.ctx, nil)
	s.no(err)
	keys, err := s.Resolve(s.ctx, nil)
	s.no(err)
	newest, err := s.Newest(s.ctx, engine.NewestQuery{Limit: 10})
	s.no(err)
	events, err := s.Append(s.ctx, nil, s.now)
	s.no(err)
	log, err := s.Log(s.ctx, "nobody", 0, 0)
	s.no(err)
	users, err := s.Users(s.ctx)
	s.no(err)
	spaces, active, err := s.Spaces(s.ctx)
	s.no(err)
	imports, err := s.Imports(s.ctx, 10)
	s.no(err)
	if len(papers)+len(keys)+len(newest)+len(events)+len(log)+len(users)+len(spaces)+len(imports) != 0 || active != "" {
		s.Error("an empty store has something in it")
	}
	space := s.space(4)
	s.counts(space, 0, 0, 0, 0)
	if p := s.pending(space, 10); len(p) != 0 {
		s.Errorf("pending %v", p)
	}
	if c, upTo := s.changes(space, 0, 10); len(c) != 0 || upTo != 0 {
		s.Errorf("changes %v up to %d", c, upTo)
	}
	if n := s.head(); n != 0 {
		s.Errorf("head %d after nothing happened, want 0", n)
	}
}
