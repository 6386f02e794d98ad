package chromem

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/mapped"
)

// A group is so many segments that a file is worth while: 8,192 rows, 16 MB at 384
// dimensions. What is not in one is read from the store at the next start.
const groupSegments = 8

const (
	format = 2
	arrays = 11                    // those of table.group
	magic  = 0x3273_776f_7264_646b // "kddrows2" where the low byte comes first
)

// A Store is what an index that is kept in files asks of an engine.Store.
type Store interface {
	Secret(ctx context.Context, name string) ([]byte, error)
	Changes(ctx context.Context, space string, since int64, limit int) ([]engine.Change, int64, error)
}

// InFiles says whether this system can map files, so that Open is not New.
const InFiles = mapped.Can

// Open returns an index that moves its rows to files of a directory, which it makes,
// as soon as there are enough of them, and begins with those that are there (see
// package mapped). A file stays mapped as long as the process lives: vectors that were
// handed out lie in it. Where files cannot be mapped it is New.
func Open(ctx context.Context, space embed.Space, dir string, store Store, log *slog.Logger) (*Index, error) {
	return open(ctx, space, dir, store, log, groupSegments)
}

func open(ctx context.Context, space embed.Space, dir string, store Store, log *slog.Logger, group int) (*Index, error) {
	x, err := New(space)
	if err != nil || !mapped.Can {
		return x, err
	}
	x.group = group
	fail := func(err error) (*Index, error) { return nil, fmt.Errorf("index %s: %w", space.ID(), err) }
	secret, err := store.Secret(ctx, "index")
	if err != nil {
		return fail(err)
	}
	if x.files, err = mapped.Open(dir, secret, space.ID(), format, log); err != nil {
		return fail(err)
	}
	if err := x.files.Load(ctx, func(l mapped.List) error { return x.load(ctx, store, l) }); err != nil {
		return fail(err)
	}
	return x, nil
}

// load makes the index what the files say. On error it is as before.
func (x *Index) load(ctx context.Context, store Store, l mapped.List) (err error) {
	maps := make([][]byte, len(l.Files))
	defer func() {
		if err != nil {
			for _, data := range maps {
				if data != nil {
					err = errors.Join(err, mapped.Unmap(data))
				}
			}
		}
	}()
	var wg sync.WaitGroup
	defer wg.Wait()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type read struct {
		*group
		err error
	}
	groups := make([]chan read, len(l.Files))
	for i := range groups {
		groups[i] = make(chan read, 1)
	}
	var next atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(groups) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				var r read
				if maps[i], r.err = x.files.Map(l.Files[i]); r.err == nil {
					r.group, r.err = readGroup(maps[i], x.space.Dim, x.group)
				}
				groups[i] <- r
			}
		})
	}
	t := newTable(x.space.Dim)
	t.newest = make(map[engine.Key]int32, len(groups)*x.group*segmentRows)
	for i, file := range l.Files { // while others are read
		var r read
		select {
		case <-ctx.Done():
			return ctx.Err()
		case r = <-groups[i]:
		}
		if r.err == nil {
			r.err = t.adopt(r.group, file, x.sets)
		}
		if r.err != nil {
			return fmt.Errorf("%s: %w", file.Name, r.err)
		}
	}
	if err := x.check(ctx, store, t, l.Version); err != nil {
		return err
	}
	x.waiting = t.segments
	x.now.Store(&snapshot{table: t, segments: t.segments, centres: t.centres, rows: t.rows, live: len(t.newest), version: l.Version})
	return nil
}

// Finish implements engine.Finisher: it puts the papers that Open found into chromem-go's
// collection, which takes 2 µs each. Apply may come between any two segments; what it
// does to a paper that is not there yet is in the rows.
func (x *Index) Finish(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if more, err := x.finish(); err != nil || !more {
			return err
		}
		runtime.Gosched() // others are asking
	}
}

// finish does the next segment of those that wait, and says whether there was one.
func (x *Index) finish() (more bool, err error) {
	x.writing.Lock()
	defer x.writing.Unlock()
	if len(x.waiting) == 0 {
		x.waiting = nil
		return false, nil
	}
	err = x.collection.putAll(x.waiting[:1])
	x.waiting = x.waiting[1:]
	return true, err
}

// adopt appends the rows of a group, whose file is f.
func (t *table) adopt(g *group, f mapped.File, sets *categorySets) error {
	if rows := len(g.set); len(f.Dead) > 0 && len(f.Dead) != rows/8 {
		return fmt.Errorf("%d bytes for %d rows", len(f.Dead), rows)
	}
	ids := make([]setID, len(g.sets))
	for i, categories := range g.sets {
		ids[i] = sets.intern(categories)
	}
	for i, s := range g.segments {
		if begins(len(t.segments)) {
			if len(g.means) < t.dim {
				return fmt.Errorf("%w: a centre is missing", mapped.ErrDamaged)
			}
			t.begin(slices.Clone(g.means[:t.dim]))
			g.means = g.means[t.dim:]
		}
		s.centre = t.centres[len(t.centres)-1]
		for r := range segmentRows {
			n := i*segmentRows + r
			if int(g.set[n]) >= len(ids) {
				return fmt.Errorf("%w: set %d", mapped.ErrDamaged, g.set[n])
			}
			s.set[r], s.prev[r] = ids[g.set[n]], none
			if len(f.Dead) > 0 && f.Dead[n/8]&(1<<(n%8)) != 0 {
				s.die(r, 1) // before anything that can be asked for
			}
		}
		t.segments = append(t.segments, s)
		t.rows += segmentRows
		t.find(len(t.segments) - 1)
	}
	t.sum = slices.Clone(g.sum)
	f.Dead = nil
	t.files = append(t.files, f)
	return nil
}

// find adds the rows of a segment to newest. Of two rows of a key that are alive the last
// one is right: the other died after the version of the list.
func (t *table) find(n int) {
	s := t.segments[n]
	for r, key := range s.keys {
		if s.died[r].Load() != 0 {
			continue
		}
		if before, ok := t.newest[key]; ok {
			t.segments[before>>segmentBits].die(int(before&rowMask), 1)
		}
		t.newest[key] = int32(n<<segmentBits + r)
	}
}

// check compares some rows, and the last ones, with the store: one that went another
// way, as a restored one does, has others. What has changed since the files were
// written tells nothing; where most has it is as well to begin anew.
func (x *Index) check(ctx context.Context, store Store, t *table, version int64) error {
	const some = 64 // of each
	var since map[engine.Key]bool
	for _, sample := range []struct{ from, step int }{{0, max(1, t.rows/some)}, {max(0, t.rows-some), 1}} {
		asked, same := 0, 0
		var others []engine.Key
		for i := sample.from; i < t.rows; i += sample.step {
			s, r := t.segments[i>>segmentBits], i&rowMask
			if s.died[r].Load() != 0 {
				continue
			}
			asked++
			found, _, err := store.Changes(ctx, x.space.ID(), s.born[r]-1, 1)
			if err != nil {
				return err
			}
			if len(found) == 0 || found[0].Seq != s.born[r] {
				others = append(others, s.keys[r])
				continue
			}
			c := found[0]
			v, _ := x.accept(c) // nil is unlike any
			if c.Key != s.keys[r] || c.Published != s.published[r] || !slices.Equal(c.Categories, x.sets.list(s.set[r])) || !slices.Equal(v, s.vector(r, t.dim)) {
				return fmt.Errorf("paper %s is another one in this store", s.keys[r])
			}
			same++
		}
		if same < asked/4 {
			if since == nil {
				var err error
				if since, err = x.changed(ctx, store, version); err != nil {
					return err
				}
			}
			for _, key := range others {
				if since[key] {
					same++
				}
			}
		}
		if same < asked/4 {
			return fmt.Errorf("of %d papers %d are as they were", asked, same)
		}
	}
	return nil
}

// changed returns the papers that have changed since a version, or many of them.
func (x *Index) changed(ctx context.Context, store Store, version int64) (map[engine.Key]bool, error) {
	const page, pages = 5000, 20
	keys := map[engine.Key]bool{}
	for range pages {
		changes, upTo, err := store.Changes(ctx, x.space.ID(), version, page)
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			keys[c.Key] = true
		}
		if len(changes) < page {
			break
		}
		version = upTo
	}
	return keys, nil
}

// keep moves the last group of t to a file, if it is full and in memory. Its documents
// point there afterwards.
func (x *Index) keep(t *table) error {
	first := len(t.files) * x.group
	if t.rows != (first+x.group)*segmentRows || x.files.Off() {
		return nil
	}
	x.files.Update(func(w *mapped.Writer) (mapped.List, error) {
		// Whatever happened up to the birth of the last row is in the files; what
		// happened later is asked of the store again.
		l := mapped.List{Version: t.segments[len(t.segments)-1].born[rowMask]}
		file, data, err := w.Write(l.Version, magic, t.group(first, x.sets))
		if err != nil {
			return l, err
		}
		g, err := readGroup(data, t.dim, x.group)
		if err != nil {
			return l, err
		}
		t.move(first, g)
		t.files = append(t.files, file)
		for i, f := range t.files {
			f.Dead = dead(t.segments[i*x.group:][:x.group], l.Version)
			l.Files = append(l.Files, f)
		}
		return l, nil
	})
	return x.collection.putAll(t.segments[first:])
}

// move puts what is in a file in the place of what is in memory, from segment n on.
func (t *table) move(n int, g *group) {
	moved := slices.Clone(t.segments)
	for i, s := range g.segments {
		s.columns = moved[n+i].columns
		moved[n+i] = s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.segments = moved
}

// dead returns a bit for each row of a group, set if it is dead as of version; nil if
// all are alive.
func dead(segments []*segment, version int64) (bits []byte) {
	for i, s := range segments {
		if s.dead.Load() == 0 {
			continue
		}
		for r := range segmentRows {
			if died := s.died[r].Load(); died != 0 && died <= version {
				if bits == nil {
					bits = make([]byte, len(segments)*segmentRows/8)
				}
				n := i*segmentRows + r
				bits[n/8] |= 1 << (n % 8)
			}
		}
	}
	return bits
}

// A group is what a file holds.
type group struct {
	segments []*segment // without centre, set and prev
	set      []uint32   // of each row, in sets
	sets     [][]string // lists of categories
	means    []float32  // of the centres that begin in it
	sum      []float64  // of all vectors up to its end
}

// group returns what to write of the group that begins with segment first, the last
// one of t.
func (t *table) group(first int, sets *categorySets) []mapped.Array {
	var (
		out   [arrays]mapped.Array
		set   []uint32
		lists []byte
		local = map[setID]uint32{}
		keyAt []uint32
		keys  []byte
	)
	for i, s := range t.segments[first:] {
		out[0] = append(out[0], mapped.Bytes(s.vectors))
		out[1] = append(out[1], s.codes)
		out[2] = append(out[2], mapped.Bytes([]meanings{*s.meanings}))
		out[3] = append(out[3], mapped.Bytes(s.published[:]))
		out[4] = append(out[4], mapped.Bytes(s.born[:]))
		for r := range segmentRows {
			id, ok := local[s.set[r]]
			if !ok {
				id = uint32(len(local))
				local[s.set[r]] = id
				lists = mapped.AppendList(lists, sets.list(s.set[r]))
			}
			set = append(set, id)
			keyAt = append(keyAt, uint32(len(keys)))
			keys = append(keys, s.keys[r]...)
		}
		if begins(first + i) {
			out[8] = append(out[8], mapped.Bytes(s.centre.mean))
		}
	}
	out[5] = mapped.Array{mapped.Bytes(set)}
	out[6] = mapped.Array{mapped.Bytes(append(keyAt, uint32(len(keys))))}
	out[7] = mapped.Array{keys}
	out[9] = mapped.Array{mapped.Bytes(t.sum)}
	out[10] = mapped.Array{lists}
	return out[:]
}

// readGroup returns the group of so many segments whose file is data. Its vectors,
// codes and meanings are parts of data.
func readGroup(data []byte, dim, segments int) (*group, error) {
	all, err := mapped.Arrays(data, magic, arrays)
	if err != nil {
		return nil, err
	}
	f := fields{arrays: all}
	width, rows := codeWidth(dim), segments*segmentRows
	vectors := take[float32](&f, 0, rows*dim)
	codes := take[uint8](&f, 1, rows*width)
	meant := take[meanings](&f, 2, segments)
	published := take[engine.Day](&f, 3, rows)
	born := take[int64](&f, 4, rows)
	g := &group{
		set:   take[uint32](&f, 5, rows),
		means: take[float32](&f, 8, len(all[8])/4),
		sum:   take[float64](&f, 9, dim),
	}
	keyAt := take[uint32](&f, 6, rows+1)
	if f.err == nil {
		g.sets, f.err = mapped.Lists(all[10])
	}
	if f.err != nil {
		return nil, f.err
	}
	keys := string(all[7])
	for i := range segments {
		s := &segment{
			vectors:  vectors[i*segmentRows*dim:][: segmentRows*dim : segmentRows*dim],
			codes:    codes[i*segmentRows*width:][: segmentRows*width : segmentRows*width],
			meanings: &meant[i],
			columns:  &columns{},
		}
		s.days.clear()
		for r := range segmentRows {
			n := i*segmentRows + r
			if keyAt[n] > keyAt[n+1] || int(keyAt[n+1]) > len(keys) {
				return nil, fmt.Errorf("%w: key %d", mapped.ErrDamaged, n)
			}
			s.keys[r] = engine.Key(keys[keyAt[n]:keyAt[n+1]])
			s.published[r], s.born[r] = published[n], born[n]
			s.days.add(published[n])
			s.newest.Store(max(s.newest.Load(), born[n]))
		}
		g.segments = append(g.segments, s)
	}
	return g, nil
}

// fields are the arrays of a file, and what was wrong with one.
type fields struct {
	arrays [][]byte
	err    error
}

// take returns array i as n numbers.
func take[T any](f *fields, i, n int) []T {
	out, err := mapped.Slice[T](f.arrays[i])
	if err == nil && len(out) != n {
		err = fmt.Errorf("%w: %d numbers in array %d, not %d", mapped.ErrDamaged, len(out), i, n)
	}
	f.err = cmp.Or(f.err, err)
	return out
}
