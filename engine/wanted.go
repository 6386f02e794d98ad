package engine

import (
	"context"

	"kindred/embed"
)

// maxWanted is how many papers that somebody looked at may wait for Attend.
// What does not fit waits for Sync like any other.
const maxWanted = 64

// vector returns the vector of a stored paper that somebody asks about. One that
// has none yet is embedded at once, ahead of all that Sync has to do, and what
// comes out is stored, so that it is done once.
func (e *serving) vector(ctx context.Context, p Paper) (embed.Vector, error) {
	if v := e.index.Vectors([]Key{p.Key}, 0)[0]; v != nil {
		return v, nil
	}
	waiting, err := e.store.Waiting(ctx, e.space, []Key{p.Key})
	if err != nil {
		return nil, err
	}
	if len(waiting) == 0 { // another has embedded it and the index is behind, or it cannot be embedded
		return e.embedOne(ctx, embed.Document, p.Text())
	}
	w := waiting[0]
	v, err := e.embedOne(ctx, embed.Document, embed.Join(w.Title, w.Abstract))
	if err != nil {
		return nil, err
	}
	if err := e.store.PutVectors(ctx, e.space, []Embedded{{Key: w.Key, Text: w.Text, Vector: v}}); err != nil {
		e.log.Warn("a vector is not kept", "paper", w.Key, "err", err) // the answer is as good
	} else {
		e.poke()
	}
	return v, nil
}

// want notes that somebody looks at a paper. If it has no vector, Attend is
// told.
func (e *Engine) want(key Key) {
	if e.current.Load().index.Vectors([]Key{key}, 0)[0] != nil {
		return
	}
	select {
	case e.wanted <- key:
	default:
	}
}

// Attend embeds the papers that somebody looks at in this process, before those
// that Sync has in line, until ctx ends, and returns ctx's error. It needs no
// lease: two processes that embed one paper store the same vector. What fails is
// left to Sync.
func (e *Engine) Attend(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case key := <-e.wanted:
			if err := e.current.Load().attend(ctx, key); err != nil && ctx.Err() == nil {
				e.log.Warn("a paper looked at is not embedded yet", "paper", key, "err", err)
			}
		}
	}
}

func (e *serving) attend(ctx context.Context, key Key) error {
	waiting, err := e.store.Waiting(ctx, e.space, []Key{key})
	if err != nil || len(waiting) == 0 {
		return err
	}
	if _, err := e.embedBatch(ctx, waiting); err != nil {
		return err
	}
	e.poke()
	return nil
}
