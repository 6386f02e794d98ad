package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ErrDamaged is wrapped when a store contradicts itself.
var ErrDamaged = errors.New("damaged store")

// rules that a store keeps. Each is a statement that returns a row, with what
// is wrong in its first column, for each breach.
var rules = []string{
	"SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
	`SELECT 'a row of ' || "table" || ' refers to one of ' || parent || ' that does not exist' FROM pragma_foreign_key_check`,
	"SELECT 'state counts ' || papers || ' papers' FROM state WHERE papers <> (SELECT count(*) FROM papers WHERE removed = 0)",
	"SELECT 'paper ' || key || ' has no record' FROM papers WHERE removed = 0 AND id NOT IN (SELECT paper FROM records)",
	"SELECT 'removed paper ' || key || ' has a record' FROM papers WHERE removed = 1 AND id IN (SELECT paper FROM records)",
	"SELECT 'key ' || key || ' does not name its paper' FROM papers p WHERE NOT EXISTS (SELECT 1 FROM ids i WHERE i.id = p.key AND i.paper = p.id)",
	"SELECT 'id ' || j.value || ' does not name paper ' || p.key FROM papers p, json_each(p.ids) j WHERE NOT EXISTS (SELECT 1 FROM ids i WHERE i.id = j.value AND i.paper = p.id)",
	"SELECT 'paper ' || p.key || ' is not under category ' || j.value FROM papers p, json_each(p.categories) j WHERE NOT EXISTS (SELECT 1 FROM categories c WHERE c.category = j.value AND c.order_day = p.order_day AND c.key = p.key)",
	"SELECT 'space ' || name || ' counts ' || embedded || ' vectors' FROM spaces s WHERE ready >= 0 AND embedded <> (SELECT count(*) FROM vectors WHERE space = s.id AND vector IS NOT NULL)",
	"SELECT 'space ' || name || ' counts ' || queued || ' papers in its queue' FROM spaces s WHERE ready >= 0 AND queued <> (SELECT count(*) FROM queue WHERE space = s.id)",
	"SELECT 'paper ' || p.key || ' is not in the queue of ' || s.name FROM papers p, spaces s WHERE s.ready = 1 AND p.removed = 0 " +
		"AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = s.id AND v.paper = p.id AND v.text = p.text AND v.vector IS NOT NULL) " +
		"AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.space = s.id AND f.paper = p.id AND f.text = p.text) " +
		"AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.space = s.id AND q.order_day = p.order_day AND q.key = p.key)",
	"SELECT 'paper ' || p.key || ' is in the queue of ' || s.name FROM queue q JOIN spaces s ON s.id = q.space AND s.ready >= 0 JOIN papers p ON p.id = q.paper " +
		"WHERE p.removed = 1 OR q.order_day <> p.order_day OR q.key <> p.key " +
		"OR EXISTS (SELECT 1 FROM vectors v WHERE v.space = q.space AND v.paper = p.id AND v.text = p.text AND v.vector IS NOT NULL)",
	"SELECT 'change ' || seq || ' is above the head' FROM (SELECT max(seq) seq FROM papers UNION SELECT max(seq) FROM vectors UNION SELECT max(seq) FROM events) WHERE seq > (SELECT seq FROM state)",
}

// Verify reads the whole store and returns an error wrapping ErrDamaged if the
// file is corrupt or contradicts itself. It takes seconds for 100,000 papers.
func (s *Store) Verify(ctx context.Context) error {
	if err := s.read(ctx, func(tx *sql.Tx) error { return verify(ctx, tx) }); err != nil {
		return fmt.Errorf("verify store: %w", err)
	}
	return nil
}

func verify(ctx context.Context, q querier) error {
	for _, rule := range rules {
		err := each(ctx, q, rule, nil, func(scan scanner) error {
			var wrong string
			if err := scan(&wrong); err != nil {
				return err
			}
			return fmt.Errorf("%w: %s", ErrDamaged, wrong)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
