package sqlite

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kindred/engine"
)

// Lease implements engine.Keeping. A lease expires at its time, not after it.
func (s *Store) Lease(ctx context.Context, name, owner, data string, now time.Time, ttl time.Duration) (ok bool, err error) {
	err = s.write(ctx, func(t *txn) error {
		n, err := t.exec(ctx, `INSERT INTO leases (name, owner, data, expires) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, data = excluded.data, expires = excluded.expires
			WHERE leases.owner = $2 OR leases.expires <= $5`, name, owner, data, now.Add(ttl).UnixMicro(), now.UnixMicro())
		ok = n > 0
		return err
	})
	if err != nil {
		return false, fmt.Errorf("lease %s for %s: %w", name, owner, err)
	}
	return ok, nil
}

// Release implements engine.Keeping.
func (s *Store) Release(ctx context.Context, name, owner string) error {
	err := s.write(ctx, func(t *txn) error {
		_, err := t.exec(ctx, "DELETE FROM leases WHERE name = ? AND owner = ?", name, owner)
		return err
	})
	if err != nil {
		return fmt.Errorf("release %s of %s: %w", name, owner, err)
	}
	return nil
}

// Leases implements engine.Keeping.
func (s *Store) Leases(ctx context.Context, prefix string, now time.Time) (out []engine.Lease, err error) {
	err = each(ctx, s.reader, "SELECT name, owner, data, expires FROM leases WHERE expires > ? ORDER BY name", []any{now.UnixMicro()}, func(scan scanner) error {
		var l engine.Lease
		var expires int64
		err := scan(&l.Name, &l.Owner, &l.Data, &expires)
		l.Expires = time.UnixMicro(expires).UTC()
		if strings.HasPrefix(l.Name, prefix) {
			out = append(out, l)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list leases %s: %w", prefix, err)
	}
	return out, nil
}
