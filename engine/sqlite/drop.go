package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"kindred/engine"
)

// dropStep is how many rows DropSpace deletes in one transaction, so that
// others can write in between.
const dropStep = 10_000

// dropped begins the name of a space that is being deleted: no space is found
// by it, and a later DropSpace finishes what was interrupted.
const dropped = "dropped "

// DropSpace implements engine.Vectors.
func (s *Store) DropSpace(ctx context.Context, name string) error {
	sp, err := s.find(ctx, name)
	if err != nil {
		return fmt.Errorf("drop: %w", err)
	}
	err = s.write(ctx, func(t *txn) error {
		var active string
		if err := t.tx.QueryRowContext(ctx, "SELECT active FROM state").Scan(&active); err != nil {
			return err
		}
		if active == name {
			return fmt.Errorf("%w: it is serving; 'kindred reembed' changes to another one first", engine.ErrInvalid)
		}
		_, err := t.exec(ctx, "UPDATE spaces SET name = ? || id, ready = 0 WHERE id = ?", dropped, sp.id)
		return err
	})
	for more := true; more && err == nil; {
		more, err = s.dropSome(ctx)
	}
	if err != nil {
		return fmt.Errorf("drop space %s: %w", name, err)
	}
	return nil
}

// dropSome deletes some rows of spaces that are being dropped, and reports
// whether there may be more.
func (s *Store) dropSome(ctx context.Context) (more bool, err error) {
	err = s.write(ctx, func(t *txn) error {
		var id int64
		err := t.tx.QueryRowContext(ctx, "SELECT id FROM spaces WHERE name LIKE ? || '%' ORDER BY id LIMIT 1", dropped).Scan(&id)
		if err == sql.ErrNoRows {
			return nil
		}
		if err != nil {
			return err
		}
		more = true
		n, err := t.exec(ctx, "DELETE FROM vectors WHERE id IN (SELECT id FROM vectors WHERE space = ? LIMIT ?)", id, dropStep)
		if err != nil || n > 0 {
			return err
		}
		for _, table := range []string{"queue", "failures", "vectors"} {
			if _, err := t.exec(ctx, "DELETE FROM "+table+" WHERE space = ?", id); err != nil {
				return err
			}
		}
		_, err = t.exec(ctx, "DELETE FROM spaces WHERE id = ?", id)
		return err
	})
	return more, err
}
