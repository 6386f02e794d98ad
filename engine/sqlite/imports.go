package sqlite

import (
	"context"
	"fmt"

	"kindred/engine"
)

// PutImport implements engine.Keeping.
func (s *Store) PutImport(ctx context.Context, i engine.Import) error {
	return s.write(ctx, func(t *txn) error { return putImport(ctx, t, i) })
}

func putImport(ctx context.Context, t *txn, i engine.Import) error {
	if i.ID == "" {
		return fmt.Errorf("import of %s: %w: it has no id", i.Name, engine.ErrInvalid)
	}
	_, err := t.exec(ctx, `INSERT INTO imports (id, name, fingerprint, format, position, added, updated, unchanged, rejected, started, finished)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, fingerprint = excluded.fingerprint, format = excluded.format,
			position = excluded.position, added = excluded.added, updated = excluded.updated, unchanged = excluded.unchanged,
			rejected = excluded.rejected, started = excluded.started, finished = excluded.finished`,
		i.ID, i.Name, i.Fingerprint, i.Format, i.Position, i.Added, i.Updated, i.Unchanged, i.Rejected, toTime(i.Started), toTime(i.Finished))
	if err != nil {
		return fmt.Errorf("put import %s of %s: %w", i.ID, i.Name, err)
	}
	return nil
}

// imports reads the imports that a condition selects.
func (s *Store) imports(ctx context.Context, condition string, args ...any) (out []engine.Import, err error) {
	err = each(ctx, s.reader, "SELECT id, name, fingerprint, format, position, added, updated, unchanged, rejected, started, finished FROM imports "+condition, args, func(scan scanner) error {
		var i engine.Import
		var started, finished int64
		err := scan(&i.ID, &i.Name, &i.Fingerprint, &i.Format, &i.Position, &i.Added, &i.Updated, &i.Unchanged, &i.Rejected, &started, &finished)
		i.Started, i.Finished = fromTime(started), fromTime(finished)
		out = append(out, i)
		return err
	})
	return out, err
}

// ImportOf implements engine.Keeping.
func (s *Store) ImportOf(ctx context.Context, fingerprint string) (engine.Import, error) {
	out, err := s.imports(ctx, "WHERE fingerprint = ? ORDER BY started DESC, id DESC LIMIT 1", fingerprint)
	if err == nil && len(out) == 0 {
		err = engine.ErrNotFound
	}
	if err != nil {
		return engine.Import{}, fmt.Errorf("import of input %.40s: %w", fingerprint, err)
	}
	return out[0], nil
}

// Imports implements engine.Keeping.
func (s *Store) Imports(ctx context.Context, limit int) ([]engine.Import, error) {
	out, err := s.imports(ctx, "ORDER BY started DESC, id DESC LIMIT ?", max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	return out, nil
}
