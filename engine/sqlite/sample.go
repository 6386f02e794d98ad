package sqlite

import (
	"context"
	"fmt"
	"slices"

	"kindred/engine"
)

// Sample implements engine.Papers. The lots are the expression of the index
// papers_sample.
func (s *Store) Sample(ctx context.Context, limit int) (keys []engine.Key, err error) {
	err = each(ctx, s.reader, "SELECT key FROM papers INDEXED BY papers_sample WHERE removed = 0 ORDER BY id * 2654435761 & 4294967295 LIMIT ?",
		[]any{max(limit, 0)}, func(scan scanner) error {
			var key engine.Key
			err := scan(&key)
			keys = append(keys, key)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("sample of %d papers: %w", limit, err)
	}
	slices.Sort(keys)
	return keys, nil
}
