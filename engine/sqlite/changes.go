package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"kindred/engine"
)

// Changes implements engine.Vectors. It is a walk along the index
// (space, seq) of vectors, whose rows follow their papers; see doc.go.
func (s *Store) Changes(ctx context.Context, name string, since int64, limit int) (changes []engine.Change, upTo int64, err error) {
	fail := func(err error) ([]engine.Change, int64, error) {
		return nil, 0, fmt.Errorf("changes since %d: %w", since, err)
	}
	if limit < 1 {
		return fail(fmt.Errorf("%w: limit %d, want at least 1", engine.ErrInvalid, limit))
	}
	err = s.read(ctx, func(tx *sql.Tx) error { // head and rows in one snapshot
		sp, err := find(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, "SELECT seq FROM state").Scan(&upTo); err != nil || upTo <= since {
			return err
		}
		var categories string
		var vector sql.RawBytes
		rows, err := tx.QueryContext(ctx, `SELECT v.seq, v.vector, p.key, p.order_day, p.categories
			FROM vectors v JOIN papers p ON p.id = v.paper
			WHERE v.space = ? AND v.seq > ? ORDER BY v.seq LIMIT ?`, sp.id, since, limit)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var c engine.Change
			if err := rows.Scan(&c.Seq, &vector, &c.Key, &c.Published, &categories); err != nil {
				return err
			}
			if vector != nil {
				if c.Vector, err = fromBlob(vector, sp.dim); err != nil {
					return fmt.Errorf("paper %s: %w", c.Key, err)
				}
			}
			if c.Categories, err = fromList[string](categories); err != nil {
				return fmt.Errorf("paper %s: %w", c.Key, err)
			}
			changes = append(changes, c)
		}
		return rows.Err()
	})
	if err != nil {
		return fail(err)
	}
	if len(changes) == limit {
		upTo = changes[limit-1].Seq // there may be more
	}
	return changes, upTo, nil
}
