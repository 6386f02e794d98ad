package lexicon_test

import (
	"context"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/engine"
	"kindred/engine/enginetest"
	"kindred/engine/lexicon"
	"kindred/engine/sqlite"
)

// A shelf is a store with papers, and a directory for the files.
type shelf struct {
	*sqlite.Store
	t    *testing.T
	path string
	dir  string
	log  strings.Builder
}

func newShelf(t *testing.T, papers int) *shelf {
	t.Helper()
	s := &shelf{t: t, path: filepath.Join(t.TempDir(), "kindred.db"), dir: filepath.Join(t.TempDir(), "lexicon")}
	s.openStore()
	t.Cleanup(func() { _ = s.Store.Close() })
	s.put(enginetest.Texts(papers, 8, 1)...)
	return s
}

func (s *shelf) openStore() {
	s.t.Helper()
	var err error
	if s.Store, err = sqlite.Open(s.t.Context(), s.path, sqlite.Options{}); err != nil {
		s.t.Fatal(err)
	}
}

// put stores papers with given texts.
func (s *shelf) put(texts ...engine.TextChange) {
	s.t.Helper()
	for some := range slices.Chunk(texts, 1000) {
		var papers []engine.Paper
		for _, c := range some {
			papers = append(papers, engine.Paper{IDs: []engine.ID{engine.ID(c.Key)}, Title: c.Title, Abstract: c.Abstract, Categories: c.Categories, Authors: []string{"Ada " + string(c.Key[len(c.Key)-1])}})
		}
		if _, err := s.PutPapers(s.t.Context(), engine.Batch{Papers: papers}, time.Unix(1e9, 0)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *shelf) open() *lexicon.Lexicon {
	s.t.Helper()
	x, err := lexicon.Open(s.t.Context(), s.dir, s.Store, slog.New(slog.NewTextHandler(&s.log, nil)))
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

// follow brings a lexicon to the state of the store, in pages as the engine does.
func (s *shelf) follow(x *lexicon.Lexicon) *lexicon.Lexicon {
	s.t.Helper()
	for {
		changes, upTo, err := s.Texts(s.t.Context(), x.Version(), 700)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := x.Apply(changes, upTo); err != nil {
			s.t.Fatal(err)
		}
		if len(changes) < 700 {
			return x
		}
	}
}

// same checks that a lexicon holds what a new one does.
func (s *shelf) same(x *lexicon.Lexicon) {
	s.t.Helper()
	fresh := s.follow(lexicon.New())
	if x.Len() != fresh.Len() || x.Version() != fresh.Version() {
		s.t.Fatalf("%d papers at version %d, want %d at %d", x.Len(), x.Version(), fresh.Len(), fresh.Version())
	}
	var keys []engine.Key
	all, _, err := s.Texts(s.t.Context(), 0, 100_000)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range all {
		keys = append(keys, c.Key)
	}
	got, want := x.Bags(keys, 0), fresh.Bags(keys, 0)
	for i, key := range keys {
		if !reflect.DeepEqual(got[i], want[i]) {
			s.t.Fatalf("%s: %v, want %v", key, got[i], want[i])
		}
	}
	for _, q := range []engine.TermQuery{
		{Terms: []engine.TermWeight{{Term: engine.TermOf("w0x"), Weight: 1}}},
		{Terms: []engine.TermWeight{{Term: engine.FacetOf("author", "ada 3"), Weight: 1}}},
		{Terms: []engine.TermWeight{{Term: engine.TermOf("w1x"), Weight: 1}}, Categories: []string{"c3"}, Exclude: keys[:50]},
	} {
		q.K = 100_000
		if got, want := found(s.t, x, q), found(s.t, fresh, q); len(want) == 0 || !slices.Equal(got, want) {
			s.t.Fatalf("%+v: %d hits, want %d", q, len(got), len(want))
		}
	}
}

// found returns the keys that a query finds, ascending.
func found(t *testing.T, x *lexicon.Lexicon, q engine.TermQuery) []engine.Key {
	t.Helper()
	hits, _, err := x.Search(t.Context(), []engine.TermQuery{q})
	if err != nil {
		t.Fatal(err)
	}
	keys := map[engine.Key]bool{}
	for _, h := range hits[0] {
		keys[h.Key] = true
	}
	return slices.Sorted(maps.Keys(keys))
}

func TestOpenConforms(t *testing.T) {
	enginetest.TestLexicon(t, func(t *testing.T) engine.Lexicon {
		return newShelf(t, 0).open()
	})
}

func TestKept(t *testing.T) {
	s := newShelf(t, 6000)
	s.same(s.follow(s.open()))
	x := s.open()
	if x.Len() < 4000 || x.Version() == 0 {
		t.Fatalf("only %d papers were kept, up to %d", x.Len(), x.Version())
	}
	s.same(s.follow(x))

	if err := os.WriteFile(filepath.Join(s.dir, "new-1.rows"), []byte("of a process that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Papers change and go while nobody looks, and again after some were read.
	more := enginetest.Texts(9000, 8, 2)
	for round := range 4 {
		r := rand.New(rand.NewPCG(uint64(round), 0))
		for range 30 {
			c := more[r.IntN(6000)]
			if r.IntN(2) == 0 {
				_ = s.RemovePaper(t.Context(), c.Key) // it may be gone already
			} else {
				s.put(c)
			}
		}
		s.put(more[6000+round*700 : 6700+round*700]...)
		if round%2 == 0 {
			x = s.open()
		}
		s.same(s.follow(x))
		runtime.GC() // what is mapped and not used goes
	}
	if s.log.Len() > 0 {
		t.Error(s.log.String())
	}
	if left, err := filepath.Glob(filepath.Join(s.dir, "new-*")); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
}

// A file that is cut, changed, gone or another one costs time, and nothing else.
func TestDamage(t *testing.T) {
	s := newShelf(t, 5600)
	s.follow(s.open())
	enginetest.Damage(t, s.dir, &s.log, func() int { return s.open().Len() }, func() {
		s.same(s.follow(s.open()))
		s.same(s.follow(s.open())) // from files that were made anew
	})
}

// Files of a store that is not this one, or went another way, are not used.
func TestOtherStore(t *testing.T) {
	s := newShelf(t, 3000)
	backup := filepath.Join(t.TempDir(), "backup")
	s.follow(s.open())
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	s.put(enginetest.Texts(5000, 8, 2)[3000:]...)
	s.same(s.follow(s.open()))
	if s.open().Len() < 4000 {
		t.Fatal("the test is wrong: not kept")
	}

	restored := *s
	restored.path = filepath.Join(t.TempDir(), "restored.db")
	if err := sqlite.Restore(t.Context(), backup, restored.path); err != nil {
		t.Fatal(err)
	}
	restored.log = strings.Builder{}
	restored.openStore()
	defer restored.Store.Close()
	if x := restored.open(); x.Len() != 0 {
		t.Error("files newer than the store were used")
	}
	restored.put(enginetest.Texts(9000, 8, 3)[3000:8500]...) // past the files, with the same keys
	x := restored.open()
	if x.Len() != 0 || !strings.Contains(restored.log.String(), "another one in this store") {
		t.Errorf("files of a store that went another way were used: %d papers, %s", x.Len(), restored.log.String())
	}
	restored.same(restored.follow(x))

	other := newShelf(t, 3000)
	other.dir = s.dir
	if x := other.open(); x.Len() != 0 || !strings.Contains(other.log.String(), "another store") {
		t.Errorf("files of another store were used: %s", other.log.String())
	}
	other.same(other.follow(other.open()))
}

// Two processes follow the store, and one keeps the files.
func TestTwoKeepers(t *testing.T) {
	s := newShelf(t, 3000)
	a, b := s.open(), s.open()
	texts := enginetest.Texts(12000, 8, 1)
	for n := 3000; n < 12000; n += 3000 {
		s.put(texts[n : n+3000]...)
		s.follow(a)
		s.follow(b)
		s.same(a)
		s.same(b)
		x := s.open()
		if x.Len() < n-3000 {
			t.Errorf("%d papers were kept", x.Len())
		}
		s.same(s.follow(x))
	}
}

// A directory that cannot be written to is no obstacle.
func TestCannotKeep(t *testing.T) {
	s := newShelf(t, 3000)
	x := s.open()
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	s.same(s.follow(x))
	if !strings.Contains(s.log.String(), "are kept no more") {
		t.Errorf("not told: %s", s.log.String())
	}
	if err := os.WriteFile(s.dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lexicon.Open(t.Context(), s.dir, s.Store, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a file is a directory")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lexicon.Open(over, s.dir, s.Store, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("cancelled, and no error")
	}
}
