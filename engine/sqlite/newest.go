package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"kindred/engine"
)

// Newest implements engine.Papers. It walks an index that is in the order
// asked for: first what is left of the day of q.After, then the days before.
func (s *Store) Newest(ctx context.Context, q engine.NewestQuery) (out []engine.Dated, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		if q.After != nil {
			day, key := int64(q.After.Order), string(q.After.Key)
			if out, err = newest(ctx, tx, q, out, "AND order_day = ? AND key > ?", day, key); err != nil {
				return err
			}
			out, err = newest(ctx, tx, q, out, "AND order_day < ?", day)
			return err
		}
		out, err = newest(ctx, tx, q, out, "")
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("newest papers: %w", err)
	}
	return out, nil
}

// newest appends to out, up to q.Limit, the papers that pass q's filters but
// q.After, and the condition.
func newest(ctx context.Context, tx *sql.Tx, q engine.NewestQuery, out []engine.Dated, condition string, args ...any) ([]engine.Dated, error) {
	if len(out) >= q.Limit {
		return out, nil
	}
	var query strings.Builder
	filter := []any{}
	if q.Category != "" {
		query.WriteString("SELECT key, order_day FROM categories WHERE category = ? ")
		filter = append(filter, q.Category)
	} else {
		query.WriteString("SELECT key, order_day FROM papers WHERE removed = 0 ")
	}
	query.WriteString(condition)
	filter = append(filter, args...)
	add := func(condition string, value int64) {
		if value != 0 {
			query.WriteString(condition)
			filter = append(filter, value)
		}
	}
	add(" AND order_day >= ?", int64(q.From))
	add(" AND order_day <= ?", int64(q.To))
	add(" AND added_seq <= ?", q.AsOf)
	query.WriteString(" ORDER BY order_day DESC, key LIMIT ?")
	filter = append(filter, q.Limit-len(out))
	err := each(ctx, tx, query.String(), filter, func(scan scanner) error {
		var d engine.Dated
		err := scan(&d.Key, &d.Order)
		out = append(out, d)
		return err
	})
	return out, err
}
