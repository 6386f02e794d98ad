package enginetest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Damage damages the files that package mapped keeps in a directory, in many ways, one
// at a time. After each, open is to return 0, the papers of what it opened, and log to
// say why; now and then rebuilt checks that all is well once they are made anew. In the
// end they are as they were, and open is to return more.
func Damage(t *testing.T, dir string, log *strings.Builder, open func() int, rebuilt func()) {
	t.Helper()
	good := contents(t, dir)
	r := rand.New(rand.NewPCG(1, 1))
	damaged := func(what string, change func(files map[string][]byte)) {
		files := maps.Clone(good)
		change(files)
		restore(t, dir, files)
		log.Reset()
		if open() != 0 {
			t.Errorf("%s: not noticed", what)
		} else if log.Len() == 0 && what != "list gone" {
			t.Errorf("%s: not told", what)
		}
		if r.IntN(15) == 0 {
			rebuilt()
		}
	}
	var rows []string
	for _, name := range slices.Sorted(maps.Keys(good)) {
		if name == "lock" {
			continue
		}
		if strings.HasSuffix(name, ".rows") {
			rows = append(rows, name)
		}
		b := good[name]
		damaged(name+" gone", func(f map[string][]byte) { delete(f, name) })
		for _, n := range []int{0, 1, 7, 8, 100, len(b) / 2, len(b) - 9, len(b) - 1} {
			if n < len(b) {
				damaged(fmt.Sprintf("%s cut to %d", name, n), func(f map[string][]byte) { f[name] = b[:n] })
			}
		}
		damaged(name+" longer", func(f map[string][]byte) { f[name] = append(slices.Clone(b), 0) })
		for i := range 25 {
			at := r.IntN(len(b))
			if i < 10 {
				at = r.IntN(min(200, len(b)))
			}
			damaged(fmt.Sprintf("%s: byte %d", name, at), func(f map[string][]byte) {
				f[name] = slices.Clone(b)
				f[name][at] ^= 1 << r.IntN(8)
			})
		}
	}
	if len(rows) < 2 {
		t.Fatalf("the test is wrong: %q", rows)
	}
	damaged("two files exchanged", func(f map[string][]byte) { f[rows[0]], f[rows[1]] = f[rows[1]], f[rows[0]] })
	restore(t, dir, good)
	log.Reset()
	if n := open(); n == 0 || log.Len() > 0 {
		t.Errorf("undamaged: %d papers, %s", n, log.String())
	}
}

// contents returns the files of a directory.
func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = b
	}
	return out
}

// restore makes a directory hold just these files. Those that are as they should be
// are left alone.
func restore(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	for name, b := range contents(t, dir) {
		if want, ok := files[name]; !ok || !slices.Equal(b, want) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, b := range files {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
