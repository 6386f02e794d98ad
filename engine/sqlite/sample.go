package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"kindred/engine"
)

// lot is a paper's lot for Sample: its number times 2^32 over the golden ratio,
// modulo 2^32, which spreads numbers that follow each other (Knuth, vol. 3, 6.4).
func lot(id int64) uint32 { return uint32(id * 2654435761) }

// smallest returns the ids from 1 to last whose lots are below a bound, by lot.
// The bound is such that there are about n, and all of them if n is last.
func smallest(last, n int64) []int64 {
	bound := int64(math.MaxUint32)
	if n < last {
		bound = min(bound, int64(float64(n)/float64(last)*math.MaxUint32))
	}
	var lots []uint64 // lot and id, each 32 bits
	for id := int64(1); id <= last; id++ {
		if l := lot(id); int64(l) <= bound {
			lots = append(lots, uint64(l)<<32|uint64(id))
		}
	}
	slices.Sort(lots)
	ids := make([]int64, len(lots))
	for i, l := range lots {
		ids[i] = int64(l & math.MaxUint32)
	}
	return ids
}

// Sample implements engine.Papers. It computes the lots of all numbers that
// papers have, a few ms for 3,000,000, and looks up only those that are small.
func (s *Store) Sample(ctx context.Context, limit int, asOf int64) (keys []engine.Key, err error) {
	if limit < 1 {
		return nil, nil
	}
	err = s.read(ctx, func(tx *sql.Tx) error {
		var last int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM papers").Scan(&last); err != nil {
			return err
		}
		for n := int64(limit) + 64; ; n *= 4 { // more, where many have been removed
			ids := smallest(last, min(n, last))
			if keys, err = present(ctx, tx, ids, limit, asOf); err != nil {
				return err
			}
			if len(keys) == limit || n >= last {
				return nil
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("sample of %d papers: %w", limit, err)
	}
	slices.Sort(keys)
	return keys, nil
}

// present returns the keys of the first limit papers among ids that are not
// removed, and were added by change number asOf (0 is now).
func present(ctx context.Context, q querier, ids []int64, limit int, asOf int64) (keys []engine.Key, err error) {
	for some := range slices.Chunk(ids, chunk) {
		err := each(ctx, q, "SELECT p.key FROM json_each(?1) j JOIN papers p ON p.id = j.value WHERE p.removed = 0 AND (?2 = 0 OR p.added_seq <= ?2) ORDER BY j.key LIMIT ?3",
			[]any{numbers(some), asOf, limit - len(keys)}, func(scan scanner) error {
				var key engine.Key
				err := scan(&key)
				keys = append(keys, key)
				return err
			})
		if err != nil || len(keys) == limit {
			return keys, err
		}
	}
	return keys, nil
}
