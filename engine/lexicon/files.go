package lexicon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"

	"kindred/engine"
	"kindred/engine/mapped"
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

const (
	format = 3
	arrays = 16                    // those of columns, and the sets of categories
	magic  = 0x3373_6d72_6574_646b // "kdterms3" where the low byte comes first
)

// Open returns a lexicon that keeps its larger segments in files of a
// directory, which it makes, and begins with those that are there (see package
// mapped). Where files cannot be mapped it is New.
func Open(ctx context.Context, dir string, store Store, log *slog.Logger) (*Lexicon, error) {
	x := New()
	if !mapped.Can {
		return x, nil
	}
	secret, err := store.Secret(ctx, "lexicon")
	if err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	if x.files, err = mapped.Open(dir, secret, "lexicon", format, log); err != nil {
		return nil, fmt.Errorf("lexicon: %w", err)
	}
	return x, x.files.Load(ctx, func(l mapped.List) error { return x.load(ctx, store, l) })
}

// load makes the lexicon what the files say. On error it is as before.
func (x *Lexicon) load(ctx context.Context, store Store, l mapped.List) error {
	if head, err := store.Head(ctx); err != nil {
		return err
	} else if l.Version > head {
		return fmt.Errorf("the files are of change %d, the store of %d", l.Version, head)
	}
	s := &snapshot{version: l.Version}
	for _, f := range l.Files {
		data, err := x.files.Map(f)
		if err != nil {
			return err
		}
		seg, err := newSegment(data)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		if len(f.Dead) > 0 {
			if len(f.Dead) != (seg.size()+7)/8 {
				return fmt.Errorf("%s: %d bytes for %d rows", f.Name, len(f.Dead), seg.size())
			}
			for row := range seg.size() {
				if f.Dead[row/8]&(1<<(row%8)) != 0 {
					seg.die(row, 1) // before anything that can be asked for
				}
			}
		}
		for row := range seg.size() {
			if seg.diedAt(row) == 0 {
				s.live++
			}
		}
		seg.file = f
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

// keep writes what of a snapshot is worth a file and is in none, and returns
// the snapshot with those segments mapped.
func (x *Lexicon) keep(s *snapshot) *snapshot {
	if x.files.Off() {
		return s
	}
	n := 0 // segments that are or should be in files
	changed := false
	for n < len(s.segments) && s.segments[n].size() >= keptRows {
		changed = changed || s.segments[n].file.Name == ""
		n++
	}
	if !changed {
		return s
	}
	out := *s
	out.segments = slices.Clone(s.segments)
	l := mapped.List{Version: s.version}
	if n < len(s.segments) {
		l.Version = s.segments[n].born[0] - 1
	}
	x.files.Update(func(w *mapped.Writer) (mapped.List, error) {
		for i, seg := range out.segments[:n] {
			if seg.file.Name == "" {
				kept, err := seg.keep(w)
				if err != nil {
					return l, err
				}
				out.segments[i], seg = kept, kept
			}
			f := seg.file
			if f.Dead = nil; seg.dead > 0 {
				f.Dead = make([]byte, (seg.size()+7)/8)
				for row := range seg.size() {
					if died := seg.diedAt(row); died != 0 && died <= l.Version {
						f.Dead[row/8] |= 1 << (row % 8)
					}
				}
			}
			l.Files = append(l.Files, f)
		}
		return l, nil
	})
	return &out
}

// keep writes a segment to a file and returns it as it lies there.
func (s *segment) keep(w *mapped.Writer) (*segment, error) {
	var sets []byte
	for _, set := range s.sets {
		sets = mapped.AppendList(sets, set)
	}
	var all []mapped.Array
	err := s.each(func(bytes []byte, _ func([]byte) error) error { all = append(all, mapped.Array{bytes}); return nil })
	if err != nil { // unreachable
		return nil, err
	}
	file, data, err := w.Write(s.born[0], magic, append(all, mapped.Array{sets}))
	if err != nil {
		return nil, err
	}
	out, err := newSegment(data)
	if err != nil {
		return nil, err
	}
	out.file, out.sealed, out.dead, out.grave = file, s.sealed, s.dead, s.grave
	out.died.Store(s.died.Load())
	return out, nil
}

// newSegment returns the segment of a file. It is unmapped when nothing uses the
// segment any more.
func newSegment(data []byte) (*segment, error) {
	s, err := readSegment(data)
	if err != nil {
		return nil, errors.Join(err, mapped.Unmap(data))
	}
	runtime.AddCleanup(s, func(data []byte) { _ = mapped.Unmap(data) }, data)
	return s, nil
}

// readSegment returns the segment whose file is data. Its slices are parts of
// data.
func readSegment(data []byte) (*segment, error) {
	all, err := mapped.Arrays(data, magic, arrays)
	if err != nil {
		return nil, err
	}
	s := &segment{grave: &grave{}}
	n := 0
	if err := s.each(func(_ []byte, set func([]byte) error) error { n++; return set(all[n-1]) }); err != nil {
		return nil, err
	}
	sets, err := mapped.Lists(all[n])
	if err != nil {
		return nil, err
	}
	for _, set := range sets {
		s.sets = append(s.sets, set)
	}
	s.ready()
	return s, nil
}

// each calls f with the bytes of each of the columns, and how to set it to others,
// as long as it returns no error.
func (c *columns) each(f func(bytes []byte, set func([]byte) error) error) error {
	for _, next := range []func(func([]byte, func([]byte) error) error) error{
		one(&c.born), one(&c.published), one(&c.length), one(&c.set), one(&c.keyAt), one(&c.keys),
		one(&c.forwardAt), one(&c.forward), one(&c.keySlots), one(&c.terms), one(&c.with1),
		one(&c.bucketTerm), one(&c.bucketPost), one(&c.rows), one(&c.counts),
	} {
		if err := next(f); err != nil {
			return err
		}
	}
	return nil
}

// one is each for one column.
func one[T any](column *[]T) func(func([]byte, func([]byte) error) error) error {
	return func(f func([]byte, func([]byte) error) error) error {
		return f(mapped.Bytes(*column), func(b []byte) (err error) {
			*column, err = mapped.Slice[T](b)
			return err
		})
	}
}
