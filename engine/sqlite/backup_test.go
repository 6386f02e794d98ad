package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
)

var testSpace = embed.Space{Embedder: "test", Model: "axis", Dim: 4}

// stock fills a store with some of everything.
func stock(t *testing.T, s *Store) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	var papers []engine.Paper
	for i := range 300 {
		papers = append(papers, engine.Paper{IDs: []engine.ID{engine.ID(fmt.Sprintf("test:%d", i))}, Title: fmt.Sprint("Paper ", i),
			Abstract: strings.Repeat(fmt.Sprint("word", i, " "), 50), Categories: []string{"cs.LG", "stat.ML"}})
	}
	_, err := s.PutPapers(ctx, engine.Batch{Source: "test", Papers: papers, Progress: &engine.Import{ID: "1", Position: 300}}, now)
	err = errors.Join(err, s.PutSpace(ctx, testSpace), s.SetActive(ctx, testSpace.ID()))
	waiting, err2 := s.Unembedded(ctx, testSpace.ID(), 200)
	var vectors []engine.Embedded
	for _, w := range waiting[1:] {
		vectors = append(vectors, engine.Embedded{Key: w.Key, Text: w.Text, Vector: embed.Vector{0, 1, 0, 0}})
	}
	err = errors.Join(err, err2, s.PutVectors(ctx, testSpace.ID(), vectors), s.PutFailure(ctx, testSpace.ID(), waiting[0], "why not"))
	_, err2 = s.Append(ctx, []engine.Event{{User: "ada", Act: engine.Like, Key: "test:1"}, {User: "ada", Act: engine.Like, Key: "test:2"}}, now)
	_, err3 := s.Lease(ctx, "sync", "me", "", now, time.Hour)
	_, err4 := s.Secret(ctx, "cursor")
	if err := errors.Join(err, err2, err3, err4, s.RemovePaper(ctx, "test:2"), s.RemovePaper(ctx, "test:299"), s.PutToken(ctx, engine.Token{ID: "t", Hash: "h"})); err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(ctx); err != nil {
		t.Fatal(err)
	}
}

// everything that can be asked of a store, to compare two.
func everything(t *testing.T, s *Store) []any {
	t.Helper()
	ctx := t.Context()
	var keys []engine.Key
	for i := range 300 {
		keys = append(keys, engine.Key(fmt.Sprintf("test:%d", i)))
	}
	var out []any
	add := func(v any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	add(s.GetPapers(ctx, keys))
	add(s.Head(ctx))
	add(s.Log(ctx, "ada", 0, 0))
	add(s.Tokens(ctx))
	add(s.Imports(ctx, 10))
	add(s.Secret(ctx, "cursor"))
	add(s.Counts(ctx, testSpace.ID()))
	add(s.Unembedded(ctx, testSpace.ID(), 1000))
	add(s.Newest(ctx, engine.NewestQuery{Limit: 1000, Category: "stat.ML"}))
	changes, upTo, err := s.Changes(ctx, testSpace.ID(), 0, 1000)
	add([]any{changes, upTo}, err)
	spaces, active, err := s.Spaces(ctx)
	add([]any{spaces, active}, err)
	return out
}

func TestBackupRestore(t *testing.T) {
	ctx := t.Context()
	s := openIn(t, t.TempDir())
	defer s.Close()
	stock(t, s)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup.db")
	if err := s.Backup(ctx, file); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(file)
	if err != nil || st.Mode() != 0o600 {
		t.Errorf("backup has mode %v, %v", st.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("beside the backup: %v", left)
	}
	backup := contentsOf(t, file)

	for name, prepare := range map[string]func(dir string){
		"new directory": func(string) {},
		"empty file": func(dir string) {
			must(t, os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "kindred.db"), nil, 0o600))
		},
		"empty store": func(dir string) {
			e := openIn(t, dir)
			_, err := e.Secret(ctx, "cursor")
			must(t, err, e.PutSpace(ctx, testSpace), e.Close())
		},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		prepare(dir)
		path := filepath.Join(dir, "kindred.db")
		if err := Restore(ctx, file, path); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if st, err := os.Stat(path); err != nil || st.Mode() != 0o600 {
			t.Errorf("%s: the store has mode %v, %v", name, st.Mode(), err)
		}
		if files, _ := os.ReadDir(dir); len(files) != 1 {
			t.Errorf("%s: left: %v", name, files)
		}
		r := openIn(t, dir)
		if got, want := everything(t, r), everything(t, s); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got  %v\nwant %v", name, got, want)
		}
		if leases, err := r.Leases(ctx, "", time.Now()); err != nil || len(leases) != 0 {
			t.Errorf("%s: leases %v, %v", name, leases, err)
		}
		must(t, r.Verify(ctx), r.Close())
	}
	if contentsOf(t, file) != backup {
		t.Error("restoring changed the backup")
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// TestRestoreRefuses restores what must not be used, or where something is.
func TestRestoreRefuses(t *testing.T) {
	ctx := t.Context()
	s := openIn(t, t.TempDir())
	defer s.Close()
	stock(t, s)
	good := filepath.Join(t.TempDir(), "backup.db")
	must(t, s.Backup(ctx, good))
	change := func(f func(b []byte) []byte) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "bad.db")
		must(t, os.WriteFile(file, f([]byte(contentsOf(t, good))), 0o600))
		return file
	}
	query := func(sql string) string {
		t.Helper()
		file := change(func(b []byte) []byte { return b })
		db, err := connect(file, 1)
		must(t, err)
		_, err = db.Exec(sql)
		must(t, err, db.Close())
		return file
	}
	for _, c := range []struct{ name, file, want string }{
		{"missing", filepath.Join(t.TempDir(), "missing"), "no such file"},
		{"empty", change(func([]byte) []byte { return nil }), "empty"},
		{"text", change(func([]byte) []byte { return []byte(strings.Repeat("x", 10_000)) }), "not a database"},
		{"cut short", change(func(b []byte) []byte { return b[:len(b)/2] }), ""},
		{"bytes changed", change(func(b []byte) []byte {
			for i := range 40 { // in the middle of every page but the first
				for at := 4096*(i+1) + 2000; at < min(len(b), 4096*(i+1)+2100); at++ {
					b[at] ^= 0x5a
				}
			}
			return b
		}), ""},
		{"events lost", query("DELETE FROM ids WHERE id = 'test:1'"), "does not name"},
		{"newer", query("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)"), "newer Kindred"},
		{"a store in use", s.path, "in use"},
	} {
		dir := filepath.Join(t.TempDir(), "data")
		err := Restore(ctx, c.file, filepath.Join(dir, "kindred.db"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that says %q", c.name, err, c.want)
		}
		if files, _ := os.ReadDir(dir); len(files) != 0 {
			t.Errorf("%s: left: %v", c.name, files)
		}
	}

	used := openIn(t, t.TempDir())
	stock(t, used)
	must(t, used.Close())
	before := contentsOf(t, used.path)
	if err := Restore(ctx, good, used.path); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("over a store with data: %v", err)
	}
	if contentsOf(t, used.path) != before {
		t.Error("the store with data has changed")
	}
	open := openIn(t, t.TempDir())
	defer open.Close()
	if err := Restore(ctx, good, open.path); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("over an empty store in use: %v", err)
	}
	stock(t, open) // it is still there
}

func TestPublishNeverReplaces(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "name")
	must(t, os.WriteFile(name, []byte("old"), 0o600))
	tmp, err := draft(dir)
	must(t, err)
	if err := publish(tmp, name); !errors.Is(err, fs.ErrExist) || contentsOf(t, name) != "old" {
		t.Errorf("publish over a file: %v", err)
	}
}
