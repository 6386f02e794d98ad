package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// chunk is how many keys or ids one statement is asked for. They travel as
// one JSON array, so that any number of them is one parameter.
const chunk = 5000

// A querier is what runs a SELECT: a pool, a transaction or a txn.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// A scanner copies the columns of a row, as sql.Rows.Scan does.
type scanner func(dest ...any) error

// each runs a SELECT and calls f for every row.
func each(ctx context.Context, q querier, query string, args []any, f func(scanner) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read runs f on one snapshot of the store.
func (s *Store) read(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	return f(tx)
}

// toList is a list as a column holds it.
func toList[T ~string](items []T) string {
	if len(items) == 0 {
		return "[]"
	}
	b, err := json.Marshal(items)
	if err != nil { // unreachable: strings
		panic(err)
	}
	return string(b)
}

// fromList reads what toList wrote; an empty list is nil.
func fromList[T ~string](column string) (items []T, err error) {
	if column == "[]" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(column), &items); err != nil {
		return nil, fmt.Errorf("list %.40q: %w", column, err)
	}
	return items, nil
}

// asked is toList for names that somebody asks for, without those that cannot
// be in the store, and would not survive JSON.
func asked[T ~string](names []T) string {
	kept := make([]T, 0, len(names))
	for _, n := range names {
		if utf8.ValidString(string(n)) && !strings.ContainsRune(string(n), 0) {
			kept = append(kept, n)
		}
	}
	return toList(kept)
}

// numbers is toList for row numbers.
func numbers(ids []int64) string {
	b, err := json.Marshal(ids)
	if err != nil { // unreachable: integers
		panic(err)
	}
	return string(b)
}

// toTime is a time as a column holds it: microseconds, 0 for none.
func toTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// fromTime reads what toTime wrote.
func fromTime(column int64) time.Time {
	if column == 0 {
		return time.Time{}
	}
	return time.UnixMicro(column).UTC()
}

// flag is a bool as a column holds it.
func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
