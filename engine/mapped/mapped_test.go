package mapped

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// FuzzArrays reads whatever there may be in a file: it is refused, or gives parts of it.
func FuzzArrays(f *testing.F) {
	const magic = 7
	for _, arrays := range [][]Array{nil, {nil, {}}, {{[]byte("one"), []byte(" array")}, {bytes.Repeat([]byte{1}, 64)}}} {
		var out bytes.Buffer
		if err := writeArrays(&out, magic, arrays); err != nil {
			f.Fatal(err)
		}
		got, err := Arrays(out.Bytes(), magic, len(arrays))
		if err != nil {
			f.Fatal(err)
		}
		for i, a := range arrays {
			if !bytes.Equal(got[i], bytes.Join(a, nil)) {
				f.Fatalf("array %d is %q", i, got[i])
			}
		}
		f.Add(out.Bytes(), len(arrays))
	}
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		got, err := Arrays(data, magic, min(max(n, 0), 100))
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		total := 0
		for _, a := range got {
			total += len(a)
		}
		if total > len(data) {
			t.Fatalf("%d bytes of %d", total, len(data))
		}
	})
}

// FuzzLists reads whatever there may be: it is refused, or says the same when it is
// written again.
func FuzzLists(f *testing.F) {
	for _, lists := range [][][]string{nil, {{}}, {{"cs.CL", "cs.LG"}, {"math.NT"}, {"", "cs.\x00"}}} {
		var data []byte
		for _, list := range lists {
			data = AppendList(data, list)
		}
		got, err := Lists(data)
		if err != nil || !reflect.DeepEqual(got, lists) {
			f.Fatalf("%q, %v, want %q", got, err, lists)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lists, err := Lists(data)
		if err != nil {
			if !errors.Is(err, ErrDamaged) {
				t.Fatal(err)
			}
			return
		}
		var again []byte
		for _, list := range lists {
			again = AppendList(again, list)
		}
		if back, err := Lists(again); err != nil || !reflect.DeepEqual(back, lists) {
			t.Fatalf("%q, %v, want %q", back, err, lists)
		}
	})
}

func TestSlice(t *testing.T) {
	type pair struct {
		a float32
		b [2]int16
	}
	want := []pair{{1.5, [2]int16{2, 3}}, {-1, [2]int16{4, 5}}}
	got, err := Slice[pair](Bytes(want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := Slice[pair](nil); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := Slice[int64](make([]byte, 12)); !errors.Is(err, ErrDamaged) {
		t.Errorf("12 bytes of numbers of 8: %v", err)
	}
}

func open(t *testing.T, dir string, log *strings.Builder) *Dir {
	t.Helper()
	d, err := Open(dir, []byte("secret"), "letters", 1, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// add makes a file more.
func add(t *testing.T, d *Dir, content string) {
	d.Update(func(w *Writer) (List, error) {
		var l List
		if d.last != nil {
			var err error
			if l, err = d.parse(d.last); err != nil {
				t.Error(err)
			}
		}
		f, data, err := w.Write(l.Version, 1, []Array{{[]byte(content)}})
		if err == nil {
			err = Unmap(data)
		}
		l.Version++
		l.Files = append(l.Files, f)
		return l, err
	})
}

// holds checks what the files of a directory hold.
func holds(t *testing.T, dir, want string) {
	t.Helper()
	var log strings.Builder
	d, got := open(t, dir, &log), ""
	err := d.Load(t.Context(), func(l List) error {
		if int(l.Version) != len(l.Files) {
			t.Errorf("version %d", l.Version)
		}
		for _, f := range l.Files {
			data, err := d.Map(f)
			if err != nil {
				return err
			}
			arrays, err := Arrays(data, 1, 1)
			if err != nil {
				return err
			}
			got += string(arrays[0])
		}
		return nil
	})
	if err != nil || got != want || log.Len() > 0 {
		t.Errorf("%q, want %q; %v; %s", got, want, err, log.String())
	}
}

// Of two who keep the same directory one does, and what it made is whole.
func TestOneKeeper(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	var logs [2]strings.Builder
	a := open(t, dir, &logs[0])
	add(t, a, "a")
	add(t, a, "b")
	holds(t, dir, "ab")
	b := open(t, dir, &logs[1])
	if err := b.Load(t.Context(), func(List) error { return nil }); err != nil {
		t.Fatal(err)
	}
	add(t, b, "c")
	holds(t, dir, "abc")
	add(t, a, "x")
	holds(t, dir, "abc")
	if !a.Off() || b.Off() || !strings.Contains(logs[0].String(), "another process keeps them") {
		t.Errorf("%v, %v, %s", a.Off(), b.Off(), logs[0].String())
	}
	unlock, err := lock(filepath.Join(dir, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	add(t, b, "y")
	unlock()
	if !b.Off() {
		t.Error("a locked directory was written to")
	}
	holds(t, dir, "abc")
}

// Whoever replaced all files swept the old ones, and what was left of a killed process.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	var log strings.Builder
	d := open(t, dir, &log)
	add(t, d, "a")
	for _, name := range []string{"new-1.rows", "of-an-old-version"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d.Update(func(w *Writer) (List, error) {
		f, data, err := w.Write(9, 1, []Array{{[]byte("b")}})
		return List{Version: 1, Files: []File{f}}, errors.Join(err, Unmap(data))
	})
	holds(t, dir, "b")
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != 3 || // with the list and the lock
		log.Len() > 0 {
		t.Errorf("%q, %v, %s", names, err, log.String())
	}
}

// A nil Dir keeps nothing.
func TestNil(t *testing.T) {
	var d *Dir
	if !d.Off() {
		t.Error("a nil Dir is on")
	}
	d.Update(func(*Writer) (List, error) { t.Error("it updates"); return List{}, nil })
}
