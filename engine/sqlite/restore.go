package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotEmpty is wrapped by Restore where there is a store with data already.
var ErrNotEmpty = errors.New("a store with data is there already")

// Restore makes the store path from a backup. The backup is copied, verified
// and brought up to date, and only then put in place; it is not changed
// itself. A store at path is replaced if nothing was ever stored in it and no
// process has it open; else the error wraps ErrNotEmpty, or says that it is
// in use, and nothing is touched.
func Restore(ctx context.Context, backup, path string) error {
	if err := restore(ctx, backup, path); err != nil {
		return fmt.Errorf("restore %s to %s: %w", backup, path, err)
	}
	return nil
}

func restore(ctx context.Context, backup, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := checkVacant(ctx, path); err != nil {
		return err
	}
	tmp, err := draft(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if err := copyFile(backup, tmp); err != nil {
		return err
	}
	if err := prepare(ctx, tmp); err != nil {
		return fmt.Errorf("the backup cannot be used: %w", err)
	}
	// Only now is the old, empty store given up.
	if err := checkVacant(ctx, path); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return publish(tmp, path)
}

// checkVacant returns nil if there is no store at path, or one in which
// nothing was ever stored and which nobody uses. Such a one is left as a plain
// file without a write-ahead log.
func checkVacant(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	db, err := connect(path, 1, "busy_timeout(1000)")
	if err != nil {
		return err
	}
	defer db.Close()
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if version > 0 {
		var used bool
		if err := db.QueryRowContext(ctx, "SELECT seq > 0 OR EXISTS (SELECT 1 FROM tokens) FROM state").Scan(&used); err != nil {
			return err
		}
		if used {
			return ErrNotEmpty
		}
	}
	// The journal mode changes only if no other process has the file open.
	if _, err := db.ExecContext(ctx, "PRAGMA journal_mode = DELETE"); err != nil {
		return fmt.Errorf("the store there is in use: %w", err)
	}
	return db.Close()
}

// copyFile copies a backup over an empty file.
func copyFile(backup, to string) error {
	if st, err := os.Stat(backup + "-wal"); err == nil && st.Size() > 0 {
		return errors.New("it is a store in use, not a backup: it has a write-ahead log")
	}
	in, err := os.Open(backup)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// prepare verifies a copied store and brings it up to date.
func prepare(ctx context.Context, file string) error {
	db, err := connect(file, 1, "busy_timeout(1000)", "foreign_keys(1)", "journal_mode(DELETE)")
	if err != nil {
		return err
	}
	defer db.Close()
	version, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if version == 0 {
		return errors.New("it is empty")
	}
	if err := migrate(ctx, db); err != nil {
		return err
	}
	if err := verify(ctx, db); err != nil {
		return err
	}
	return db.Close()
}
