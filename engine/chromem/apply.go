package chromem

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"

	"kindred/embed"
	"kindred/engine"
)

// normSlack is how far from 1 the norm of a kept vector may be. chromem-go
// normalises into a copy of its own from 1e-6 on; real models are within 1e-7.
const normSlack = 5e-7

// Apply implements engine.Index. Besides, a change numbered above upTo is
// refused, to be made when its turn has come. Once in a while (see compact) it
// takes as long as copying the whole index; searches go on meanwhile.
func (x *Index) Apply(changes []engine.Change, upTo int64) error {
	x.writing.Lock()
	defer x.writing.Unlock()
	old := x.now.Load()
	next := &snapshot{table: old.table, live: old.live, version: max(old.version, upTo)}
	var errs []error
	for _, c := range changes {
		if c.Seq <= old.version {
			continue // made before
		}
		if err := x.change(next, c); err != nil {
			errs = append(errs, fmt.Errorf("index %q: %w", c.Key, err))
		}
		runtime.Gosched() // others are asking
	}
	if due(next.table.rows, next.live) {
		t, err := x.compact(next.table)
		if err != nil {
			errs = append(errs, fmt.Errorf("index: compact: %w", err))
		}
		next.table = t
	}
	next.rows, next.segments, next.centres = next.table.rows, next.table.segments, next.table.centres
	x.now.Store(next)
	return errors.Join(errs...)
}

// change makes one change in the table of next, and in the collection.
func (x *Index) change(next *snapshot, c engine.Change) error {
	if c.Seq > next.version {
		return fmt.Errorf("change %d is above %d", c.Seq, next.version)
	}
	v, refused := x.accept(c)
	set := x.sets.intern(c.Categories)
	seg, r, has := next.table.current(c.Key)
	if has && v != nil && seg.set[r] == set && seg.published[r] == c.Published &&
		slices.Equal(seg.vector(r, x.space.Dim), v) {
		return nil // something changed that we do not hold
	}
	if has {
		seg.die(r, c.Seq)
		next.live--
	}
	var err error
	switch {
	case v != nil:
		next.live++
		err = x.collection.put(c.Key, next.table.append(row{c.Key, v, c.Published, set, c.Seq}))
		err = errors.Join(err, x.keep(next.table))
	case has:
		err = x.collection.remove(c.Key)
	}
	return errors.Join(refused, err)
}

// accept returns the vector to keep for a change, nil for none, and why it is
// refused, if it is.
func (x *Index) accept(c engine.Change) (embed.Vector, error) {
	if c.Key == "" {
		return nil, fmt.Errorf("%w: empty key", engine.ErrInvalid)
	}
	if c.Vector == nil {
		return nil, nil
	}
	if err := c.Vector.Check(x.space.Dim); err != nil {
		return nil, err
	}
	if math.Abs(c.Vector.Norm()-1) > normSlack {
		return c.Vector.Unit(), nil
	}
	return c.Vector, nil
}
