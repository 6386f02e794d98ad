package lexicon

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kindred/engine"
)

// keptRows is how many rows make a segment worth a file. What is not in one is
// read from the store at the next start.
const keptRows = 1 << 10

// A Store is what a lexicon that is kept in files asks of an engine.Store.
type Store interface {
	Secret(ctx context.Context, name string) ([]byte, error)
	Head(ctx context.Context) (int64, error)
	Resolve(ctx context.Context, ids []engine.ID) ([]engine.Key, error)
	GetPapers(ctx context.Context, keys []engine.Key) (map[engine.Key]engine.Paper, error)
}

// files is where the segments of a lexicon are kept.
type files struct {
	dir  string
	of   string // tells the store from others
	log  *slog.Logger
	last []byte // the list as we read or wrote it last
	off  bool   // another process keeps the files, or they cannot be kept
}

// A list says which files make a lexicon, up to which change. It is the file
// "segments": a line with a checksum, then this as JSON.
type list struct {
	Format   int      `json:"format"`
	Store    string   `json:"store"`
	Version  int64    `json:"version"`
	Segments []listed `json:"segments"`
}

type listed struct {
	File string `json:"file"`
	Sum  uint32 `json:"sum"`  // CRC-32C of the file
	Dead []byte `json:"dead"` // a bit for each row, empty if none is
}

const (
	format   = 1
	listName = "segments"
	suffix   = ".terms"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Open returns a lexicon that keeps its larger segments in files of a
// directory, which it makes, and begins with those that are there. They are
// mapped, not read. They can be deleted at any time: whatever is damaged, or
// not of this store, or of another version of the program, is not used, and
// comes from the store again. Several processes may open one directory; one of
// them writes. Where files cannot be mapped it is New.
func Open(ctx context.Context, dir string, store Store, log *slog.Logger) (*Lexicon, error) {
	x := New()
	if !canMap {
		return x, nil
	}
	secret, err := store.Secret(ctx, "lexicon")
	if err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	sum := sha256.Sum256(secret)
	x.files = &files{dir: dir, of: hex.EncodeToString(sum[:8]), log: log}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	for try := 1; ; try++ { // another process may be putting in new ones
		err = x.load(ctx, store)
		if err == nil || errors.Is(err, fs.ErrNotExist) && x.files.last == nil || ctx.Err() != nil {
			return x, ctx.Err()
		}
		if try == 3 {
			log.Warn("the lexicon is made anew", "dir", dir, "err", err)
			return x, nil
		}
	}
}

// load makes the lexicon what the files say. On error it is as before.
func (x *Lexicon) load(ctx context.Context, store Store) error {
	f := x.files
	raw, err := os.ReadFile(filepath.Join(f.dir, listName))
	f.last = raw
	if err != nil {
		return err
	}
	l, err := parseList(raw)
	if err != nil {
		return err
	}
	head, err := store.Head(ctx)
	switch {
	case err != nil:
		return err
	case l.Store != f.of:
		return errors.New("the files are of another store")
	case l.Version > head:
		return fmt.Errorf("the files are of change %d, the store of %d", l.Version, head)
	}
	s := &snapshot{version: l.Version}
	for _, one := range l.Segments {
		seg, err := openSegment(filepath.Join(f.dir, one.File), one.Sum)
		if err != nil {
			return err
		}
		if len(one.Dead) > 0 {
			if len(one.Dead) != (seg.size()+7)/8 {
				return fmt.Errorf("%s: %d bytes for %d rows", one.File, len(one.Dead), seg.size())
			}
			for row := range seg.size() {
				if one.Dead[row/8]&(1<<(row%8)) != 0 {
					seg.die(row, 1) // before anything that can be asked for
				}
			}
		}
		for row := range seg.size() {
			if seg.diedAt(row) == 0 {
				s.live++
			}
		}
		seg.file = one.File
		s.segments = append(s.segments, seg)
	}
	if err := s.check(ctx, store); err != nil {
		return err
	}
	x.horizon = s.version
	x.now.Store(s)
	return nil
}

// check compares some rows, and the last ones, with the store: one that went
// another way, as a restored one does, has others.
func (s *snapshot) check(ctx context.Context, store Store) error {
	const some = 64 // of each
	type place struct {
		seg *segment
		row int
	}
	at := map[engine.Key]place{}
	for i, seg := range s.segments {
		step := max(1, seg.size()*len(s.segments)/some)
		for row := range seg.size() {
			last := i == len(s.segments)-1 && seg.size()-row <= some
			if (row%step == 0 || last) && seg.diedAt(row) == 0 {
				at[seg.key(row)] = place{seg, row}
			}
		}
	}
	keys := make([]engine.Key, 0, len(at))
	ids := make([]engine.ID, 0, len(at))
	for k := range at {
		keys, ids = append(keys, k), append(ids, engine.ID(k))
	}
	papers, err := store.GetPapers(ctx, keys)
	if err != nil {
		return err
	}
	known, err := store.Resolve(ctx, ids)
	if err != nil {
		return err
	}
	for i, k := range keys {
		p, there := papers[k]
		here := at[k]
		born := here.seg.born[here.row]
		switch {
		case known[i] != k:
			return fmt.Errorf("paper %s is not of this store", k)
		case !there || p.Change > s.version:
			continue // it was removed, or has changed since
		}
		d := newDoc(engine.TextChange{Seq: born, Key: k, Title: p.Title, Abstract: p.Abstract, Facets: p.Facets(), Published: p.Order(), Categories: p.Categories})
		if p.Change < born || !d.sameAs(here.seg, here.row) {
			return fmt.Errorf("paper %s is another one in this store", k)
		}
	}
	return nil
}

func parseList(raw []byte) (l list, err error) {
	sum, body, _ := bytes.Cut(raw, []byte("\n"))
	if string(sum) != checksum(body) {
		return l, errors.New("the list of files is damaged")
	}
	if err := json.Unmarshal(body, &l); err != nil {
		return l, err
	}
	if l.Format != format {
		return l, fmt.Errorf("format %d of the files, not %d", l.Format, format)
	}
	for _, s := range l.Segments {
		if s.File != filepath.Base(s.File) || !strings.HasSuffix(s.File, suffix) {
			return l, fmt.Errorf("file %q", s.File)
		}
	}
	return l, nil
}

func checksum(b []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(b, castagnoli)) }

// keep writes what of a snapshot is worth a file and is in none, and returns
// the snapshot with those segments mapped. What goes wrong is logged, and ends
// the keeping: nothing is lost by it but time at the next start.
func (x *Lexicon) keep(s *snapshot) *snapshot {
	f := x.files
	if f == nil || f.off {
		return s
	}
	n := 0 // segments that are or should be in files
	changed := false
	for n < len(s.segments) && s.segments[n].size() >= keptRows {
		changed = changed || s.segments[n].file == ""
		n++
	}
	if !changed {
		return s
	}
	out, err := f.keep(s, n)
	if err != nil {
		f.off = true
		f.log.Warn("the lexicon is kept in files no more", "dir", f.dir, "err", err)
		return s
	}
	return out
}

var errOther = errors.New("another process keeps them")

func (f *files) keep(s *snapshot, n int) (*snapshot, error) {
	unlock, err := lock(filepath.Join(f.dir, "lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	now, err := os.ReadFile(filepath.Join(f.dir, listName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if !bytes.Equal(now, f.last) {
		return nil, errOther
	}
	out := *s
	out.segments = slices.Clone(s.segments)
	l := list{Format: format, Store: f.of, Version: s.version}
	if n < len(s.segments) {
		l.Version = s.segments[n].born[0] - 1
	}
	keep := map[string]bool{}
	for i, seg := range out.segments[:n] {
		if seg.file == "" {
			name := fmt.Sprintf("%d-%s%s", seg.born[0], strings.ToLower(rand.Text()[:8]), suffix)
			sum, err := f.write(name, func(w *os.File) (uint32, error) { return seg.write(w) })
			if err != nil {
				return nil, err
			}
			mapped, err := openSegment(filepath.Join(f.dir, name), sum)
			if err != nil {
				return nil, err
			}
			mapped.file, mapped.sum, mapped.sealed, mapped.dead = name, sum, seg.sealed, seg.dead
			mapped.died.Store(seg.died.Load())
			mapped.grave = seg.grave
			out.segments[i] = mapped
			seg = mapped
		}
		keep[seg.file] = true
		one := listed{File: seg.file, Sum: seg.sum}
		if seg.dead > 0 {
			one.Dead = make([]byte, (seg.size()+7)/8)
			for row := range seg.size() {
				if died := seg.diedAt(row); died != 0 && died <= l.Version {
					one.Dead[row/8] |= 1 << (row % 8)
				}
			}
		}
		l.Segments = append(l.Segments, one)
	}
	body, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	raw := append([]byte(checksum(body)+"\n"), body...)
	_, err = f.write(listName, func(w *os.File) (uint32, error) { _, err := w.Write(raw); return 0, err })
	if err != nil {
		return nil, err
	}
	f.last = raw
	return &out, f.sweep(keep)
}

// write makes a file: whole, on disk, or not at all.
func (f *files) write(name string, fill func(*os.File) (uint32, error)) (uint32, error) {
	w, err := os.CreateTemp(f.dir, "new-*"+suffix)
	if err != nil {
		return 0, err
	}
	sum, err := fill(w)
	err = errors.Join(err, w.Sync(), w.Close())
	if err == nil {
		err = os.Rename(w.Name(), filepath.Join(f.dir, name))
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(w.Name()))
	}
	return sum, flushDir(f.dir)
}

// sweep deletes files of segments that are not in use.
func (f *files) sweep(keep map[string]bool) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasSuffix(name, suffix) && !keep[name] {
			if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
