package sqlite

import (
	"path/filepath"
	"testing"

	"kindred/engine"
	"kindred/engine/enginetest"
)

func TestStore(t *testing.T) {
	enginetest.TestStore(t, func(t *testing.T, dir string) engine.Store { return openIn(t, dir) })
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
