package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

// memory is a small Store: papers by first id, and imports. An error of fail
// is returned instead of doing the n-th PutPapers, n from 1.
type memory struct {
	papers  map[engine.ID]engine.Paper
	source  map[engine.ID]string
	imports map[string]engine.Import
	puts    int
	fail    func(n int) error
}

func newMemory() *memory {
	return &memory{map[engine.ID]engine.Paper{}, map[engine.ID]string{}, map[string]engine.Import{}, 0, func(int) error { return nil }}
}

// clone is what a new process finds after this one was killed.
func (m *memory) clone() *memory {
	c := newMemory()
	c.papers, c.source, c.imports = maps.Clone(m.papers), maps.Clone(m.source), maps.Clone(m.imports)
	return c
}

func (m *memory) PutPapers(ctx context.Context, b engine.Batch, now time.Time) ([]engine.Outcome, error) {
	m.puts++
	if err := errors.Join(ctx.Err(), m.fail(m.puts)); err != nil {
		return nil, err
	}
	var out []engine.Outcome
	for _, p := range b.Papers {
		old, known := m.papers[p.IDs[0]]
		switch {
		case strings.Contains(p.Title, "refuse"):
			out = append(out, engine.Outcome{Result: engine.Rejected, Err: fmt.Errorf("%w: refused", engine.ErrInvalid)})
			continue
		case !known:
			out = append(out, engine.Outcome{Result: engine.Added})
		case reflect.DeepEqual(old, p):
			out = append(out, engine.Outcome{Result: engine.Unchanged})
		default:
			out = append(out, engine.Outcome{Result: engine.Updated})
		}
		m.papers[p.IDs[0]], m.source[p.IDs[0]] = p, b.Source
	}
	if b.Progress != nil {
		*b.Progress = b.Progress.With(out)
		m.imports[b.Progress.ID] = *b.Progress
	}
	return out, nil
}

func (m *memory) PutImport(_ context.Context, i engine.Import) error {
	m.imports[i.ID] = i
	return nil
}

func (m *memory) ImportOf(_ context.Context, fingerprint string) (engine.Import, error) {
	var newest engine.Import
	for _, i := range m.imports {
		if i.Fingerprint == fingerprint && !i.Started.Before(newest.Started) {
			newest = i
		}
	}
	if newest.ID == "" {
		return newest, engine.ErrNotFound
	}
	return newest, nil
}

// twelve is twelve records on 14 lines: nine papers, line 4 is malformed, and
// the Store refuses lines 8 and 12.
func twelve() string {
	var b strings.Builder
	for i := 1; i <= 14; i++ {
		switch {
		case i == 2 || i == 6:
			b.WriteString("\n")
		case i == 4:
			b.WriteString("malformed\n")
		case i == 8 || i == 12:
			fmt.Fprintf(&b, `{"id": "x:%d", "title": "Please refuse this"}`+"\n", i)
		default:
			fmt.Fprintf(&b, `{"id": "x:%d", "title": "Paper %d"}`+"\n", i, i)
		}
	}
	return b.String()
}

// write makes a file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "papers.jsonl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// clock gives times a second apart.
func clock() func() time.Time {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	return func() time.Time { at = at.Add(time.Second); return at }
}

func TestRun(t *testing.T) {
	store, now, file := newMemory(), clock(), write(t, twelve())
	var rejected []Rejection
	var progress []Progress
	opt := Options{Batch: 5, Now: now, Reject: func(r Rejection) { rejected = append(rejected, r) }, Progress: func(p Progress) { progress = append(progress, p) }}
	got, err := Run(t.Context(), store, open(t, file), opt)
	if err != nil {
		t.Fatal(err)
	}
	if got.Added != 9 || got.Updated != 0 || got.Unchanged != 0 || got.Rejected != 3 || got.Position != 12 || got.Finished.IsZero() ||
		got.Name != "papers.jsonl" || got.Format != "jsonl" || got.ID == "" || got.Fingerprint == "" || len(store.papers) != 9 || store.puts != 3 {
		t.Errorf("%+v after %d puts of %d papers", got, store.puts, len(store.papers))
	}
	if saved := store.imports[got.ID]; saved != got {
		t.Errorf("saved %+v\nreturned %+v", saved, got)
	}
	if s := store.source["x:1"]; s != "jsonl:papers.jsonl" {
		t.Errorf("source %q", s)
	}
	var reasons []string
	for _, r := range rejected {
		reasons = append(reasons, fmt.Sprintf("%d %d %.9s", r.Record, r.Line, r.Err.Error()))
	}
	if want := []string{"3 4 not JSON:", "6 0 invalid: ", "10 0 invalid: "}; !slices.Equal(reasons, want) {
		t.Errorf("rejected %q, want %q", reasons, want)
	}
	var positions []int64
	for _, p := range progress {
		positions = append(positions, p.Position)
		if p.Size == 0 || p.Read != p.Size { // it fits into the read buffer
			t.Errorf("read %d of %d bytes", p.Read, p.Size)
		}
	}
	if !slices.Equal(positions, []int64{5, 10, 12, 12}) || progress[3].Import != got {
		t.Errorf("progress at %v", positions)
	}

	// Again: nothing changes, and it is an import of its own.
	again, err := Run(t.Context(), store, open(t, file), Options{Now: now, Source: "other"})
	if err != nil || again.Added != 0 || again.Unchanged != 9 || again.Rejected != 3 || again.ID == got.ID || store.source["x:1"] != "other" {
		t.Errorf("again: %+v, %v", again, err)
	}
	// An input that changed.
	third, err := Run(t.Context(), store, open(t, write(t, strings.Replace(twelve(), "Paper 1\"", "Paper one\"", 1))), Options{Now: now, Format: FormatJSONL})
	if err != nil || third.Updated != 1 || third.Unchanged != 8 || third.Rejected != 3 {
		t.Errorf("changed: %+v, %v", third, err)
	}
}

// TestResume kills an import after each of its transactions, and also lets
// each of them fail; what goes on from there accounts for every record once.
func TestResume(t *testing.T) {
	file := write(t, twelve())
	check := func(when string, store *memory, id string) {
		t.Helper()
		got, err := Run(t.Context(), store, open(t, file), Options{Batch: 2, Now: clock()})
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if got.Position != 12 || got.Added != 9 || got.Unchanged != 0 || got.Rejected != 3 || got.Finished.IsZero() || len(store.papers) != 9 {
			t.Errorf("%s: %+v with %d papers", when, got, len(store.papers))
		}
		if got.ID != id || len(store.imports) != 1 {
			t.Errorf("%s: import %s went on as %s of %d", when, id, got.ID, len(store.imports))
		}
	}
	for n := 1; n <= 6; n++ {
		store := newMemory()
		store.fail = func(i int) error {
			if i == n {
				return errors.New("disk full")
			}
			return nil
		}
		got, err := Run(t.Context(), store, open(t, file), Options{Batch: 2, Now: clock()})
		if err == nil || !strings.Contains(err.Error(), "papers.jsonl: disk full") || got.Position != int64(2*(n-1)) || got.Added+got.Rejected != got.Position {
			t.Fatalf("failure in batch %d: %+v, %v", n, got, err)
		}
		check(fmt.Sprint("after a failure of batch ", n), store.clone(), got.ID)
	}
	var states []*memory
	store := newMemory()
	store.fail = func(int) error { states = append(states, store.clone()); return nil }
	got, err := Run(t.Context(), store, open(t, file), Options{Batch: 2, Now: clock()})
	if err != nil || len(states) != 6 {
		t.Fatal(len(states), err)
	}
	for n, state := range states {
		check(fmt.Sprintf("killed after %d batches", n), state, got.ID)
	}

	// Another format, or a finished import, is not gone on with.
	half := states[3]
	for id, i := range half.imports {
		i.Format = "arxiv"
		half.imports[id] = i
	}
	if got, err := Run(t.Context(), half, open(t, file), Options{Now: clock()}); err != nil || got.Position != 12 || got.Added+got.Unchanged != 9 || len(half.imports) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	// The file was made shorter under the same fingerprint: nothing is left.
	short := states[3].clone()
	for id, i := range short.imports {
		i.Format, i.Added = "jsonl", 100
		short.imports[id] = i
	}
	if got, err := Run(t.Context(), short, open(t, file), Options{Now: clock()}); err != nil || got.Finished.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRunFails(t *testing.T) {
	broken := errors.New("broken disk")
	in, err := NewInput(t.Context(), "stream", &failing{strings.NewReader(twelve()), broken})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	store := newMemory()
	got, err := Run(t.Context(), store, in, Options{Format: FormatJSONL, Batch: 100})
	if !errors.Is(err, broken) || got.Position != 12 || got.Added != 9 || !got.Finished.IsZero() || len(store.papers) != 9 {
		t.Errorf("read error: %+v, %v", got, err)
	}
	for _, format := range []Format{"", "nonsense"} {
		if _, err := Run(t.Context(), store, open(t, write(t, "just text")), Options{Format: format}); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("format %q of a text: %v", format, err)
		}
	}
	empty, err := Run(t.Context(), store, open(t, write(t, "")), Options{})
	if err != nil || empty.Position != 0 || empty.Finished.IsZero() {
		t.Errorf("empty file: %+v, %v", empty, err)
	}
}

// TestRunCancel ends the context while reading waits for stdin, and while the
// reader waits for the Store; Run returns, its goroutine ended.
func TestRunCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	stdin, typing := io.Pipe()
	defer typing.Close()
	go io.WriteString(typing, twelve())
	in, err := Open(ctx, "-", stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	store := newMemory()
	store.fail = func(n int) error {
		if n == 2 {
			time.AfterFunc(10*time.Millisecond, cancel)
		}
		return nil
	}
	got, err := Run(ctx, store, in, Options{Format: FormatJSONL, Batch: 5})
	if !errors.Is(err, context.Canceled) || got.Position != 10 || !got.Finished.IsZero() {
		t.Errorf("cancelled: %+v, %v", got, err)
	}

	many := open(t, write(t, strings.Repeat(twelve(), 1000)))
	store = newMemory()
	store.fail = func(n int) error {
		if n == 3 {
			return errors.New("disk full")
		}
		return nil
	}
	if got, err := Run(t.Context(), store, many, Options{Batch: 5}); err == nil || got.Position != 10 {
		t.Errorf("full disk: %+v, %v", got, err)
	}
	if _, err := many.Text.ReadByte(); err != nil { // nobody else is reading, says the race detector
		t.Error(err)
	}
}

// TestBatchBytes checks that few long papers make a batch.
func TestBatchBytes(t *testing.T) {
	text := strings.Repeat(`{"title": "Long as they come", "abstract": "`+strings.Repeat("x", engine.MaxAbstract)+`"}`+"\n", 200)
	store := newMemory()
	got, err := Run(t.Context(), store, open(t, write(t, text)), Options{})
	if err != nil || got.Position != 200 || store.puts != 4 { // 64 × 128 KiB are 8 MiB
		t.Errorf("%+v in %d batches, %v", got, store.puts, err)
	}
}
