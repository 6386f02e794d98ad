package chromem

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/enginetest"
	"kindred/engine/sqlite"
)

// A shelf is a store with papers, and a directory for the files.
type shelf struct {
	*sqlite.Store
	t         *testing.T
	path, dir string
	space     embed.Space
	log       strings.Builder
}

func newShelf(t *testing.T, papers int) *shelf {
	t.Helper()
	s := &shelf{t: t, path: filepath.Join(t.TempDir(), "kindred.db"), dir: filepath.Join(t.TempDir(), "index"), space: embed.Space{Embedder: "test", Dim: 8}}
	s.openStore()
	if err := s.PutSpace(t.Context(), s.space); err != nil {
		t.Fatal(err)
	}
	s.put(1, 0, papers)
	return s
}

func (s *shelf) openStore() {
	s.t.Helper()
	var err error
	if s.Store, err = sqlite.Open(s.t.Context(), s.path, sqlite.Options{}); err != nil {
		s.t.Fatal(err)
	}
	store := s.Store
	s.t.Cleanup(func() { _ = store.Close() })
}

// put stores papers from to to, and vectors for them: other texts and vectors for
// another seed.
func (s *shelf) put(seed uint64, from, to int) {
	s.t.Helper()
	for from < to {
		n := min(1000, to-from)
		papers := make([]engine.Paper, n)
		for i := range papers {
			id := fmt.Sprintf("x:%d", from+i)
			papers[i] = engine.Paper{IDs: []engine.ID{engine.ID(id)}, Title: fmt.Sprintf("Paper %s of %d", id, seed), Abstract: "What is in it.", Categories: []string{fmt.Sprint("c", (from+i)%5)}}
		}
		if _, err := s.PutPapers(s.t.Context(), engine.Batch{Papers: papers}, time.Unix(1e9, 0)); err != nil {
			s.t.Fatal(err)
		}
		from += n
	}
	for {
		waiting, err := s.Unembedded(s.t.Context(), s.space.ID(), 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(waiting) == 0 {
			return
		}
		vectors := enginetest.Vectors(len(waiting), s.space.Dim, seed^uint64(from)<<20^uint64(len(waiting[0].Key)))
		done := make([]engine.Embedded, len(waiting))
		for i, p := range waiting {
			done[i] = engine.Embedded{Key: p.Key, Text: p.Text, Vector: vectors[i]}
		}
		if err := s.PutVectors(s.t.Context(), s.space.ID(), done); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *shelf) open() *Index {
	s.t.Helper()
	x, err := open(s.t.Context(), s.space, s.dir, s.Store, slog.New(slog.NewTextHandler(&s.log, nil)), 1)
	if err != nil {
		s.t.Fatal(err)
	}
	return x
}

// follow brings an index to the state of the store, in pages as the engine does.
func (s *shelf) follow(x engine.Index) {
	s.t.Helper()
	for {
		changes, upTo, err := s.Changes(s.t.Context(), s.space.ID(), x.Version(), 700)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := x.Apply(changes, upTo); err != nil {
			s.t.Fatal(err)
		}
		if len(changes) < 700 {
			return
		}
	}
}

// same brings an index to the state of the store and checks that it answers as one
// that was never kept, and as the oracle. What it found in files comes to chromem-go's
// collection before changes and after.
func (s *shelf) same(x *Index) {
	s.t.Helper()
	if _, err := x.finish(); err != nil {
		s.t.Fatal(err)
	}
	s.follow(x)
	if err := x.Finish(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	flat := enginetest.NewFlat(s.space)
	s.follow(flat)
	if x.Len() != flat.Len() || x.Version() != flat.Version() {
		s.t.Fatalf("%d papers at version %d, want %d at %d", x.Len(), x.Version(), flat.Len(), flat.Version())
	}
	v := enginetest.Vectors(1, s.space.Dim, 7)[0]
	queries := []engine.Query{
		{Vector: v, K: 100_000},
		{Vector: v, K: 10, Categories: []string{"c3"}},
		{Vector: v, K: 10, Exclude: []engine.Key{"x:1", "x:2", "x:900"}},
	}
	got, _, err := x.Search(s.t.Context(), queries)
	if err != nil {
		s.t.Fatal(err)
	}
	want, _, err := flat.Search(s.t.Context(), queries)
	if err != nil {
		s.t.Fatal(err)
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			s.t.Fatalf("query %d: %d hits, want %d; or others", i, len(got[i]), len(want[i]))
		}
	}
	var keys []engine.Key
	for _, h := range want[0][:100] {
		keys = append(keys, h.Key)
	}
	vectors, days := x.Vectors(keys, 0), x.Days(keys, 0)
	wantVectors, wantDays := flat.Vectors(keys, 0), flat.Days(keys, 0)
	for i := range keys {
		if !slices.Equal(vectors[i], wantVectors[i]) || days[i] != wantDays[i] {
			s.t.Fatalf("%s: another vector or day", keys[i])
		}
	}
	checkCollection(s.t, x, v)
}

func TestOpenConforms(t *testing.T) {
	s := newShelf(t, 0)
	enginetest.TestIndex(t, func(t *testing.T, space embed.Space) engine.Index {
		x, err := open(t.Context(), space, filepath.Join(t.TempDir(), "index"), s.Store, slog.New(slog.DiscardHandler), 1)
		if err != nil {
			t.Fatal(err)
		}
		return x
	})
}

func TestKept(t *testing.T) {
	s := newShelf(t, 2500)
	s.same(s.open())
	x := s.open()
	if x.Len() < 2000 || x.Version() == 0 {
		t.Fatalf("only %d papers were kept, up to %d", x.Len(), x.Version())
	}
	s.same(x)
	if err := os.WriteFile(filepath.Join(s.dir, "new-1.rows"), []byte("of a process that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	// Papers change and go while nobody looks, and again after some were read, until
	// the index was compacted.
	r := rand.New(rand.NewPCG(1, 1))
	for round := range 10 {
		for range 30 {
			_ = s.RemovePaper(t.Context(), engine.Key(fmt.Sprint("x:", r.IntN(2500)))) // it may be gone already
		}
		from := r.IntN(2200)
		s.put(uint64(2+round), from, from+400)
		if round%2 == 0 {
			x = s.open()
		}
		s.same(x)
		runtime.GC()
		s.same(s.open())
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
	s := newShelf(t, 2200)
	s.same(s.open())
	enginetest.Damage(t, s.dir, &s.log, func() int { return s.open().Len() }, func() {
		s.same(s.open())
		s.same(s.open()) // from files that were made anew
	})
}

// Files of a store that is not this one, or went another way, or of other vectors, are
// not used.
func TestOtherStore(t *testing.T) {
	s := newShelf(t, 1300)
	backup := filepath.Join(t.TempDir(), "backup")
	s.same(s.open())
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	s.put(1, 1300, 2200)
	s.same(s.open())
	if s.open().Len() < 2000 {
		t.Fatal("the test is wrong: not kept")
	}

	restored := &shelf{t: t, path: filepath.Join(t.TempDir(), "restored.db"), dir: s.dir, space: s.space}
	if err := sqlite.Restore(t.Context(), backup, restored.path); err != nil {
		t.Fatal(err)
	}
	restored.openStore()
	if x := restored.open(); x.Len() != 0 {
		t.Error("files newer than the store were used")
	}
	restored.put(3, 1300, 2300) // past the files, with the same keys
	x := restored.open()
	if x.Len() != 0 || !strings.Contains(restored.log.String(), "another one in this store") {
		t.Errorf("files of a store that went another way were used: %d papers, %s", x.Len(), restored.log.String())
	}
	restored.same(x)

	other := newShelf(t, 1200)
	other.dir = s.dir
	if x := other.open(); x.Len() != 0 || !strings.Contains(other.log.String(), "another store") {
		t.Errorf("files of another store were used: %s", other.log.String())
	}
	other.same(other.open())

	again := *other
	again.log, again.space = strings.Builder{}, embed.Space{Embedder: "test", Model: "another", Dim: 8}
	if err := again.PutSpace(t.Context(), again.space); err != nil {
		t.Fatal(err)
	}
	if x := again.open(); x.Len() != 0 || again.log.Len() == 0 {
		t.Errorf("files of another space were used: %s", again.log.String())
	}
}
