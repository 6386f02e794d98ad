package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"kindred/engine"
)

// dropStep is how many rows DropSpace deletes in one transaction, so that
// others can write in between.
const dropStep = 10_000

// DropSpace implements engine.Vectors. The space loses its name at once, so
// that nobody finds it and one of the same name can be put; then its rows go.
// If that is interrupted, the next call, for whatever space, goes on with it.
func (s *Store) DropSpace(ctx context.Context, name string) error {
	err := s.write(ctx, func(t *txn) error {
		sp, err := find(ctx, t, name)
		if err != nil {
			return err
		}
		var active string
		if err := t.tx.QueryRowContext(ctx, "SELECT active FROM state").Scan(&active); err != nil {
			return err
		}
		if active == name {
			return fmt.Errorf("%w: it is serving; 'kindred reembed' changes to another one first", engine.ErrInvalid)
		}
		_, err = t.exec(ctx, "UPDATE spaces SET name = 'dropped ' || id, ready = -1 WHERE id = ?", sp.id)
		return err
	})
	if err == nil || errors.Is(err, engine.ErrNotFound) {
		err = errors.Join(err, s.sweep(ctx, dropStep))
	}
	if err != nil {
		return fmt.Errorf("drop space %s: %w", name, err)
	}
	return nil
}

// sweep deletes the spaces that have been dropped, at most step rows at a
// time.
func (s *Store) sweep(ctx context.Context, step int) error {
	for more := true; more; {
		err := s.write(ctx, func(t *txn) (err error) {
			more, err = sweepSome(ctx, t, step)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// sweepSome deletes some rows of a dropped space, and reports whether there
// was one. Nobody adds rows to it meanwhile.
func sweepSome(ctx context.Context, t *txn, step int) (more bool, err error) {
	var id int64
	err = t.tx.QueryRowContext(ctx, "SELECT id FROM spaces WHERE ready < 0 ORDER BY id LIMIT 1").Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, query := range []string{
		"DELETE FROM vectors WHERE id IN (SELECT id FROM vectors WHERE space = $1 LIMIT $2)",
		"DELETE FROM queue WHERE space = $1 AND (order_day, key) IN (SELECT order_day, key FROM queue WHERE space = $1 LIMIT $2)",
		"DELETE FROM failures WHERE space = $1 AND paper IN (SELECT paper FROM failures WHERE space = $1 LIMIT $2)",
	} {
		if n, err := t.exec(ctx, query, id, step); err != nil || n > 0 {
			return true, err
		}
	}
	_, err = t.exec(ctx, "DELETE FROM spaces WHERE id = ?", id)
	return true, err
}
