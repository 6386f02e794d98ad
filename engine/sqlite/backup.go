package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup implements engine.Keeping. The copy is made and verified under
// another name in the directory of file; when file appears it is complete and
// on disk. It is one plain file of mode 0600, without a write-ahead log.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.backup(ctx, file); err != nil {
		return fmt.Errorf("back up to %s: %w", file, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); err == nil {
		return fs.ErrExist // publish would find out too, but later
	}
	tmp, err := draft(filepath.Dir(file))
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if err := s.copyTo(ctx, tmp); err != nil {
		return err
	}
	if err := s.compare(ctx, tmp); err != nil {
		return err
	}
	return publish(tmp, file)
}

// copyTo writes one snapshot of the store to an empty file, while others read
// and write.
func (s *Store) copyTo(ctx context.Context, file string) error {
	db, err := connect(s.path, 1, "busy_timeout(30000)")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", file); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return nil
}

// compare drops the leases of a copy, verifies it, and compares it with the
// store, which may have gone on: no event up to the head of the copy may lack,
// and where the store has not gone on, no paper and no vector either.
func (s *Store) compare(ctx context.Context, file string) error {
	db, err := connect(file, 1, "busy_timeout(30000)", "foreign_keys(1)")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "DELETE FROM leases"); err != nil {
		return fmt.Errorf("drop leases: %w", err)
	}
	if err := verify(ctx, db); err != nil {
		return fmt.Errorf("verify copy: %w", err)
	}
	var head int64
	if err := db.QueryRowContext(ctx, "SELECT seq FROM state").Scan(&head); err != nil {
		return err
	}
	want, err := contents(ctx, s.reader.DB, head)
	if err != nil {
		return err
	}
	got, err := contents(ctx, db, head)
	if err != nil {
		return err
	}
	if want.Head != head {
		want = census{Events: want.Events, Head: head}
		got = census{Events: got.Events, Head: head}
	}
	if got != want {
		return fmt.Errorf("verify copy: %w: it has %+v, the store %+v", ErrDamaged, got, want)
	}
	return db.Close()
}

// A census counts what is in a store, to compare a copy with it.
type census struct{ Head, Events, Papers, Vectors, IDs int64 }

// contents takes the census of a store; events only up to a change number.
func contents(ctx context.Context, db *sql.DB, upTo int64) (c census, err error) {
	err = db.QueryRowContext(ctx, `SELECT seq, (SELECT count(*) FROM events WHERE seq <= ?), papers,
		(SELECT coalesce(sum(embedded), 0) FROM spaces), (SELECT count(*) FROM ids) FROM state`, upTo).
		Scan(&c.Head, &c.Events, &c.Papers, &c.Vectors, &c.IDs)
	if err != nil {
		return c, fmt.Errorf("count: %w", err)
	}
	return c, nil
}
