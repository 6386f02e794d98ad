package sqlite

import (
	"context"
	"database/sql"
	"fmt"
)

// A txn is a transaction that writes. It hands out change numbers, and keeps
// the counts in the tables state and spaces; both are written back before it
// is committed.
type txn struct {
	tx     *sql.Tx
	stmts  map[string]*sql.Stmt // prepared in this transaction, by text
	seq    int64                // the last change number taken
	papers int64                // how many papers there are
	dirty  bool                 // seq or papers has moved
	tally  map[int64]tally      // by space
	all    []int64              // the spaces, ready or not; see spaces
}

// A tally is by how much the counts of a space have moved.
type tally struct{ queued, embedded int64 }

// write runs f in a transaction that writes, and commits it unless f failed.
// It waits its turn behind other writers, as long as ctx allows.
func (s *Store) write(ctx context.Context, f func(*txn) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // does nothing after Commit
	t := &txn{tx: tx, stmts: map[string]*sql.Stmt{}, tally: map[int64]tally{}}
	if err := tx.QueryRowContext(ctx, "SELECT seq, papers FROM state").Scan(&t.seq, &t.papers); err != nil {
		return err
	}
	if err := f(t); err != nil {
		return err
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// next takes the next change number.
func (t *txn) next() int64 {
	t.seq++
	t.dirty = true
	return t.seq
}

// count moves the counts of a space.
func (t *txn) count(space, queued, embedded int64) {
	n := t.tally[space]
	n.queued += queued
	n.embedded += embedded
	t.tally[space] = n
}

// flush writes the change number and the counts.
func (t *txn) flush(ctx context.Context) error {
	if t.dirty {
		if _, err := t.exec(ctx, "UPDATE state SET seq = ?, papers = ?", t.seq, t.papers); err != nil {
			return fmt.Errorf("keep change number: %w", err)
		}
	}
	for space, n := range t.tally {
		if n == (tally{}) {
			continue
		}
		if _, err := t.exec(ctx, "UPDATE spaces SET queued = queued + ?, embedded = embedded + ? WHERE id = ?", n.queued, n.embedded, space); err != nil {
			return fmt.Errorf("keep counts of space: %w", err)
		}
	}
	return nil
}

// spaces returns every space but dropped ones, also those that PutSpace is
// still filling: a paper that changes must be queued in all of them.
func (t *txn) spaces(ctx context.Context) ([]int64, error) {
	if t.all != nil {
		return t.all, nil
	}
	t.all = []int64{}
	err := each(ctx, t, "SELECT id FROM spaces WHERE ready >= 0 ORDER BY id", nil, func(scan scanner) error {
		var id int64
		err := scan(&id)
		t.all = append(t.all, id)
		return err
	})
	return t.all, err
}

// exec runs a statement and returns how many rows it changed. A statement is
// prepared when it is first used.
func (t *txn) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := stmt.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// QueryContext makes a txn a querier.
func (t *txn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := t.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	return stmt.QueryContext(ctx, args...)
}

func (t *txn) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt := t.stmts[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := t.tx.PrepareContext(ctx, query) // closed with the transaction
	if err != nil {
		return nil, err
	}
	t.stmts[query] = stmt
	return stmt, nil
}
