package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"

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
			runtime.Gosched() // a page is long work, and others are asking
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

// Texts implements engine.Papers. It is a walk along the index of papers by
// seq.
func (s *Store) Texts(ctx context.Context, since int64, limit int) (changes []engine.TextChange, upTo int64, err error) {
	fail := func(err error) ([]engine.TextChange, int64, error) {
		return nil, 0, fmt.Errorf("texts since %d: %w", since, err)
	}
	if limit < 1 {
		return fail(fmt.Errorf("%w: limit %d, want at least 1", engine.ErrInvalid, limit))
	}
	err = s.read(ctx, func(tx *sql.Tx) error { // head and rows in one snapshot
		if err := tx.QueryRowContext(ctx, "SELECT seq FROM state").Scan(&upTo); err != nil || upTo <= since {
			return err
		}
		return each(ctx, tx, `SELECT p.seq, p.key, p.removed, p.order_day, p.categories,
				coalesce(r.title, ''), coalesce(r.abstract, ''), coalesce(r.authors, '[]')
			FROM papers p LEFT JOIN records r ON r.paper = p.id
			WHERE p.seq > ? ORDER BY p.seq LIMIT ?`, []any{since, limit}, func(scan scanner) error {
			var c engine.TextChange
			var p engine.Paper
			var removed int64
			var categories, authors string
			err := scan(&c.Seq, &c.Key, &removed, &c.Published, &categories, &c.Title, &c.Abstract, &authors)
			if err != nil {
				return err
			}
			if c.Gone = removed != 0; c.Gone {
				c.Published = 0
				changes = append(changes, c)
				return nil
			}
			if p.Categories, err = fromList[string](categories); err != nil {
				return fmt.Errorf("paper %s: %w", c.Key, err)
			}
			if p.Authors, err = fromList[string](authors); err != nil {
				return fmt.Errorf("paper %s: %w", c.Key, err)
			}
			c.Categories, c.Facets = p.Categories, p.Facets()
			changes = append(changes, c)
			runtime.Gosched()
			return nil
		})
	})
	if err != nil {
		return fail(err)
	}
	if len(changes) == limit {
		upTo = changes[limit-1].Seq // there may be more
	}
	return changes, upTo, nil
}
