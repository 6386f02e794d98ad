package sqlite

import (
	"path/filepath"
	"testing"

	"kindred/engine"
	"kindred/engine/enginetest"
)

// The store fulfils the contract, and no statement by which it does goes through
// a whole table.
func TestStore(t *testing.T) {
	l, name := listen(t)
	enginetest.TestStore(t, func(t *testing.T, dir string) engine.Store {
		t.Helper()
		s, err := Open(t.Context(), filepath.Join(dir, "kindred.db"), Options{driver: name})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
	if !t.Failed() {
		t.Run("Plans", l.plans)
	}
}

// openIn opens the store of a directory. Its test closes it.
func openIn(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(dir, "kindred.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
