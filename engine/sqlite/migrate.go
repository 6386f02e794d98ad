package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// appID marks a SQLite file as ours, in its header: "Kndr".
const appID = 0x4b6e6472

// migrate brings the schema of db up to date. It does nothing to a database
// that is not ours, or of a newer Kindred, but say so.
func migrate(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err // unreachable: the directory is embedded
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version

	// Two processes may find the same work to do. Each migration is one
	// transaction, so the second fails, looks again, and finds it done.
	for try := 1; ; try++ {
		have, err := schemaVersion(ctx, db)
		switch {
		case err != nil:
			return err
		case have > newest:
			return fmt.Errorf("it was written by a newer Kindred (schema %d, this one knows %d): run that version or a later one, or use another data directory", have, newest)
		case have == newest:
			return nil
		}
		if _, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", appID)); err == nil {
			_, err = p.Up(ctx)
		}
		if err != nil && try == 5 {
			return fmt.Errorf("bring schema %d up to %d: %w", have, newest, err)
		}
		if err != nil {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(try) * 50 * time.Millisecond):
			}
		}
	}
}

// schemaVersion returns the number of the last migration that db has seen, 0
// for an empty file. A database of something else is an error.
func schemaVersion(ctx context.Context, db *sql.DB) (version int64, err error) {
	var app, tables, versioned int64
	// In this order: migrate marks the file before it makes a table, so who sees
	// a table sees the mark, also while another process is at it.
	err = db.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE name = 'goose_db_version') FROM sqlite_master WHERE type = 'table'").
		Scan(&tables, &versioned)
	if err != nil {
		return 0, err // also where the file is not a database at all
	}
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return 0, err
	}
	switch {
	case app != appID && tables > 0:
		return 0, fmt.Errorf("it is a SQLite database, but not one of Kindred's")
	case versioned == 0:
		return 0, nil
	}
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	return version, err
}
