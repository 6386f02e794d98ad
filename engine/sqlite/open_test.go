package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kindred/engine"
)

func TestOpenModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	s := openIn(t, dir)
	defer s.Close()
	if _, err := s.PutPapers(t.Context(), engine.Batch{Papers: []engine.Paper{{Title: "A paper"}}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o700 | fs.ModeDir, "kindred.db": 0o600, "kindred.db-wal": 0o600, "kindred.db-shm": 0o600} {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if st.Mode() != want {
			t.Errorf("%q has mode %v, want %v", name, st.Mode(), want)
		}
	}
}

func TestOpenOddPath(t *testing.T) {
	for _, name := range []string{"a?b=c&d", "100%41", "it's #1 \"x\"", "ψ", "file:x"} {
		path := filepath.Join(t.TempDir(), name, "k?_pragma=query_only(1).db")
		s, err := Open(t.Context(), path, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err = s.Secret(t.Context(), "x")
		if err := errors.Join(err, s.Close()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if st, err := os.Stat(path); err != nil || st.Size() == 0 {
			t.Errorf("%s: not where it was asked for: %v", name, err)
		}
	}
}

// TestOpenTogether opens a new store from many sides at once.
func TestOpenTogether(t *testing.T) {
	dir := t.TempDir()
	const n = 8
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			s, err := Open(t.Context(), filepath.Join(dir, "kindred.db"), Options{})
			if err == nil {
				_, err = s.PutPapers(t.Context(), engine.Batch{Papers: []engine.Paper{{Title: fmt.Sprint("Paper number ", i)}}}, time.Now())
				err = errors.Join(err, s.Close())
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	s := openIn(t, dir)
	defer s.Close()
	if head, err := s.Head(t.Context()); err != nil || head != n {
		t.Errorf("head %d, %v, want %d", head, err, n)
	}
}

// TestOpenRefuses opens files that it must neither use nor change.
func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name, want string
		make       func(path string) error
	}{
		{"newer", "newer Kindred", func(path string) error {
			s, err := Open(t.Context(), path, Options{})
			if err != nil {
				return err
			}
			_, err = s.writer.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
			return errors.Join(err, s.Close())
		}},
		{"other program", "not one of Kindred's", func(path string) error {
			db, err := connect(path, 1)
			if err != nil {
				return err
			}
			_, err = db.Exec("CREATE TABLE bookmarks (url TEXT)")
			return errors.Join(err, db.Close())
		}},
		{"no database", "not a database", func(path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("dear diary, ", 1000)), 0o600)
		}},
	} {
		path := filepath.Join(t.TempDir(), "kindred.db")
		if err := c.make(path); err != nil {
			t.Fatal(err)
		}
		before := contentsOf(t, path)
		s, err := Open(t.Context(), path, Options{})
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want it to say %q and the path", c.name, err, c.want)
		}
		if contentsOf(t, path) != before {
			t.Errorf("%s: the file has changed", c.name)
		}
	}
}

func contentsOf(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestReaderCannotWrite makes sure that no SELECT with a side effect, nor a
// slip, writes past the one writer.
func TestReaderCannotWrite(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer s.Close()
	if _, err := s.reader.Exec("DELETE FROM state"); err == nil {
		t.Error("the reader can write")
	}
	var mode string
	if err := s.writer.QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("journal mode %q, %v", mode, err)
	}
	for pragma, want := range map[string]int{"synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000} {
		var got int
		if err := s.writer.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", pragma, got, err, want)
		}
	}
}

// TestWait lets a write wait for another process no longer than was said.
func TestWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kindred.db")
	s, err := Open(t.Context(), path, Options{Wait: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other := openIn(t, filepath.Dir(path))
	defer other.Close()
	if _, err := other.Secret(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	err = other.write(t.Context(), func(*txn) error {
		if _, err := s.Secret(t.Context(), "x"); err != nil {
			t.Errorf("a read has to wait: %v", err)
		}
		_, err := s.Secret(t.Context(), "y")
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("error %v, want one about a lock", err)
	}
	if _, err := s.Secret(t.Context(), "y"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestRollback makes sure that a failed write leaves nothing.
func TestRollback(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer s.Close()
	err := s.write(t.Context(), func(x *txn) error {
		x.next()
		x.papers++
		if _, err := x.exec(t.Context(), "INSERT INTO users (name) VALUES ('ada')"); err != nil {
			return err
		}
		return sql.ErrConnDone
	})
	if !errors.Is(err, sql.ErrConnDone) {
		t.Error(err)
	}
	users, err := s.Users(t.Context())
	head, err2 := s.Head(t.Context())
	if err != nil || err2 != nil || len(users) != 0 || head != 0 {
		t.Errorf("users %v, head %d, %v, %v", users, head, err, err2)
	}
	if err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
