package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"kindred/embed"
	"kindred/engine"
)

// Unembedded implements engine.Vectors.
func (s *Store) Unembedded(ctx context.Context, name string, limit int) ([]engine.Pending, error) {
	out, err := s.pending(ctx, name, `FROM queue q JOIN papers p ON p.id = q.paper JOIN records r ON r.paper = q.paper
		WHERE q.space = $1 ORDER BY q.order_day DESC, q.key LIMIT $2`, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("unembedded papers: %w", err)
	}
	return out, nil
}

// Waiting implements engine.Vectors.
func (s *Store) Waiting(ctx context.Context, name string, keys []engine.Key) ([]engine.Pending, error) {
	out, err := s.pending(ctx, name, `FROM papers p JOIN records r ON r.paper = p.id
		JOIN queue q ON q.space = $1 AND q.order_day = p.order_day AND q.key = p.key
		WHERE p.id IN (SELECT i.paper FROM json_each($2) j JOIN ids i ON i.id = j.value) AND p.key IN (SELECT value FROM json_each($2))
		ORDER BY q.order_day DESC, q.key`, asked(keys))
	if err != nil {
		return nil, fmt.Errorf("which of %d papers wait: %w", len(keys), err)
	}
	return out, nil
}

// pending reads queued papers of a space, $1; arg is $2.
func (s *Store) pending(ctx context.Context, name, from string, arg any) (out []engine.Pending, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		sp, err := find(ctx, tx, name)
		if err != nil {
			return err
		}
		return each(ctx, tx, "SELECT p.key, r.title, r.abstract, p.text "+from, []any{sp.id, arg}, func(scan scanner) error {
			var p engine.Pending
			err := scan(&p.Key, &p.Title, &p.Abstract, &p.Text)
			out = append(out, p)
			return err
		})
	})
	return out, err
}

// A slot is where the vector of a paper goes.
type slot struct {
	row           // of which only id, day, text and Key are set
	embedded bool // there is a vector, perhaps a stale one
}

// slots finds where the vectors of keys go, for the papers that are there.
func slots(ctx context.Context, t *txn, space int64, keys []engine.Key) (map[engine.Key]*slot, error) {
	out := make(map[engine.Key]*slot, len(keys))
	for some := range slices.Chunk(keys, chunk) {
		err := each(ctx, t, `SELECT p.id, p.key, p.order_day, p.text, v.vector IS NOT NULL
			FROM json_each($2) j JOIN ids i ON i.id = j.value JOIN papers p ON p.id = i.paper
			LEFT JOIN vectors v ON v.space = $1 AND v.paper = p.id
			WHERE p.removed = 0`, []any{space, asked(some)}, func(scan scanner) error {
			var sl slot
			err := scan(&sl.id, &sl.Key, &sl.day, &sl.text, &sl.embedded)
			out[sl.Key] = &sl
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PutVectors implements engine.Vectors.
func (s *Store) PutVectors(ctx context.Context, name string, vectors []engine.Embedded) error {
	err := s.write(ctx, func(t *txn) error {
		sp, err := find(ctx, t, name)
		if err != nil {
			return err
		}
		keys := make([]engine.Key, len(vectors))
		for i, v := range vectors {
			if err := v.Vector.Check(sp.dim); err != nil {
				return fmt.Errorf("paper %s: %w", v.Key, err)
			}
			keys[i] = v.Key
		}
		slots, err := slots(ctx, t, sp.id, keys)
		if err != nil {
			return err
		}
		var put []int64
		for _, v := range vectors {
			sl := slots[v.Key]
			if sl == nil || sl.text != v.Text {
				continue
			}
			if err := putVector(ctx, t, sp.id, sl, v.Vector); err != nil {
				return fmt.Errorf("paper %s: %w", v.Key, err)
			}
			put = append(put, sl.id)
		}
		return deleteFailures(ctx, t, sp.id, put)
	})
	if err != nil {
		return fmt.Errorf("put %d vectors in %s: %w", len(vectors), name, err)
	}
	return nil
}

func putVector(ctx context.Context, t *txn, space int64, sl *slot, v embed.Vector) error {
	_, err := t.exec(ctx, `INSERT INTO vectors (space, paper, seq, text, vector) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (space, paper) DO UPDATE SET seq = excluded.seq, text = excluded.text, vector = excluded.vector`,
		space, sl.id, t.next(), sl.text, toBlob(v))
	if err != nil {
		return err
	}
	if !sl.embedded {
		sl.embedded = true
		t.count(space, 0, 1)
	}
	return dequeue(ctx, t, space, &sl.row)
}

// deleteFailures forgets the failures of papers, which have a vector now.
func deleteFailures(ctx context.Context, t *txn, space int64, papers []int64) error {
	var any bool
	if err := t.tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM failures WHERE space = ?)", space).Scan(&any); err != nil || !any {
		return err
	}
	for _, p := range papers {
		if _, err := t.exec(ctx, "DELETE FROM failures WHERE space = ? AND paper = ?", space, p); err != nil {
			return err
		}
	}
	return nil
}

// PutFailure implements engine.Vectors.
func (s *Store) PutFailure(ctx context.Context, name string, p engine.Pending, reason string) error {
	err := s.write(ctx, func(t *txn) error {
		sp, err := find(ctx, t, name)
		if err != nil {
			return err
		}
		slots, err := slots(ctx, t, sp.id, []engine.Key{p.Key})
		if err != nil {
			return err
		}
		sl := slots[p.Key]
		if sl == nil || sl.text != p.Text {
			return nil
		}
		_, err = t.exec(ctx, `INSERT INTO failures (space, paper, text, reason) VALUES (?, ?, ?, ?)
			ON CONFLICT (space, paper) DO UPDATE SET text = excluded.text, reason = excluded.reason`, sp.id, sl.id, sl.text, reason)
		if err != nil {
			return err
		}
		return dequeue(ctx, t, sp.id, &sl.row)
	})
	if err != nil {
		return fmt.Errorf("put failure of %s in %s: %w", p.Key, name, err)
	}
	return nil
}

// toBlob is a vector as a column holds it.
func toBlob(v embed.Vector) []byte {
	b := make([]byte, 4*len(v))
	for i, x := range v {
		binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
	}
	return b
}

// fromBlob reads what toBlob wrote.
func fromBlob(b []byte, dim int) (embed.Vector, error) {
	if len(b) != 4*dim {
		return nil, fmt.Errorf("vector of %d bytes, want %d", len(b), 4*dim)
	}
	v := make(embed.Vector, dim)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v, nil
}
