package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
)

// Secret implements engine.Keeping.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	const query = "SELECT value FROM secrets WHERE name = ?"
	var value []byte
	err := s.reader.QueryRowContext(ctx, query, name).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		err = s.write(ctx, func(t *txn) error {
			random := make([]byte, 32)
			rand.Read(random) // never fails
			if _, err := t.exec(ctx, "INSERT INTO secrets (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING", name, random); err != nil {
				return err
			}
			return t.tx.QueryRowContext(ctx, query, name).Scan(&value) // another process may have been first
		})
	}
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	return value, nil
}
