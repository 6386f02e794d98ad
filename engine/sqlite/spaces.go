package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"kindred/embed"
	"kindred/engine"
)

// A space is what the methods about vectors need to know of one.
type space struct {
	id  int64
	dim int
}

// find returns a recorded space, in the transaction that uses it: another
// process may drop it, and its id may then be given to a new one.
func find(ctx context.Context, q querier, name string) (sp space, err error) {
	err = each(ctx, q, "SELECT id, dim FROM spaces WHERE name = ? AND ready = 1", []any{name}, func(scan scanner) error {
		return scan(&sp.id, &sp.dim)
	})
	if err == nil && sp.id == 0 {
		err = engine.ErrNotFound
	}
	if err != nil {
		return sp, fmt.Errorf("space %q: %w", name, err)
	}
	return sp, nil
}

// fillStep is how many papers PutSpace queues in one transaction. Filling a
// space with a million papers takes seconds, and others want to write too.
const fillStep = 10_000

// PutSpace implements engine.Vectors. The space is recorded once all papers
// are in its queue; if that is interrupted, the next call resumes it.
func (s *Store) PutSpace(ctx context.Context, sp embed.Space) error {
	name := sp.ID()
	if name == "" || sp.Dim < 1 {
		return fmt.Errorf("put space %q: %w: a space has a name and at least one dimension", name, engine.ErrInvalid)
	}
	if _, err := find(ctx, s.reader, name); !errors.Is(err, engine.ErrNotFound) {
		return err
	}
	spec, err := json.Marshal(sp)
	if err != nil {
		return fmt.Errorf("put space %s: %w", name, err) // unreachable: strings and an int
	}
	for ready := false; !ready; {
		if ready, err = s.fillSome(ctx, name, string(spec), sp.Dim, fillStep); err != nil {
			return fmt.Errorf("put space %s: %w", name, err)
		}
	}
	return nil
}

// fillSome queues the next step papers for a space, which is made if it is not
// there, and reports whether it is ready: whether that was all.
func (s *Store) fillSome(ctx context.Context, name, spec string, dim int, step int64) (ready bool, err error) {
	err = s.write(ctx, func(t *txn) error {
		_, err := t.exec(ctx, `INSERT INTO spaces (name, spec, dim, filled, ready, queued, embedded) VALUES (?, ?, ?, 0, 0, 0, 0)
			ON CONFLICT (name) DO NOTHING`, name, spec, dim)
		if err != nil {
			return err
		}
		var id, filled, last int64
		err = t.tx.QueryRowContext(ctx, "SELECT id, filled, (SELECT coalesce(max(id), 0) FROM papers) FROM spaces WHERE name = ?", name).Scan(&id, &filled, &last)
		if err != nil {
			return err
		}
		upTo := min(filled+step, last)
		if err := fill(ctx, t, id, filled, upTo); err != nil {
			return err
		}
		ready = upTo == last
		_, err = t.exec(ctx, "UPDATE spaces SET filled = ?, ready = ? WHERE id = ?", upTo, flag(ready), id)
		return err
	})
	return ready, err
}

// Spaces implements engine.Vectors.
func (s *Store) Spaces(ctx context.Context) (all []embed.Space, active string, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT active FROM state").Scan(&active); err != nil {
			return err
		}
		return each(ctx, tx, "SELECT spec FROM spaces WHERE ready = 1 ORDER BY name", nil, func(scan scanner) error {
			var spec []byte
			if err := scan(&spec); err != nil {
				return err
			}
			var sp embed.Space
			err := json.Unmarshal(spec, &sp)
			all = append(all, sp)
			return err
		})
	})
	if err != nil {
		return nil, "", fmt.Errorf("list spaces: %w", err)
	}
	return all, active, nil
}

// SetActive implements engine.Vectors.
func (s *Store) SetActive(ctx context.Context, name string) error {
	err := s.write(ctx, func(t *txn) error {
		if _, err := find(ctx, t, name); err != nil {
			return err
		}
		_, err := t.exec(ctx, "UPDATE state SET active = ?", name)
		return err
	})
	if err != nil {
		return fmt.Errorf("set active space %s: %w", name, err)
	}
	return nil
}

// Counts implements engine.Vectors. Only failures are counted; the other
// numbers are kept.
func (s *Store) Counts(ctx context.Context, name string) (c engine.Counts, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		sp, err := find(ctx, tx, name)
		if err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, `SELECT state.papers, spaces.embedded, spaces.queued,
			(SELECT count(*) FROM failures f JOIN papers p ON p.id = f.paper WHERE f.space = spaces.id AND f.text = p.text)
			FROM state, spaces WHERE spaces.id = ?`, sp.id).Scan(&c.Papers, &c.Embedded, &c.Pending, &c.Failed)
		c.Pending += c.Failed
		return err
	})
	if err != nil {
		return engine.Counts{}, fmt.Errorf("count papers: %w", err)
	}
	return c, nil
}

// Head implements engine.Vectors.
func (s *Store) Head(ctx context.Context) (seq int64, err error) {
	if err := s.reader.QueryRowContext(ctx, "SELECT seq FROM state").Scan(&seq); err != nil {
		return 0, fmt.Errorf("head of the change sequence: %w", err)
	}
	return seq, nil
}
