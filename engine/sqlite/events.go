package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"kindred/engine"
)

// Append implements engine.Events. The log of a user is the rows of events
// with their id, by seq.
func (s *Store) Append(ctx context.Context, events []engine.Event, now time.Time) ([]engine.Event, error) {
	out := slices.Clone(events)
	keys := make([]engine.Key, len(events))
	for i := range out {
		e := &out[i]
		if err := e.Check(); err != nil {
			return nil, fmt.Errorf("append event %d of %d: %w", i+1, len(events), err)
		}
		if e.At.IsZero() {
			e.At = now
		}
		e.At = time.UnixMicro(e.At.UnixMicro()).UTC()
		keys[i] = e.Key
	}
	if len(out) == 0 {
		return out, nil
	}
	err := s.write(ctx, func(t *txn) error {
		papers, err := paperIDs(ctx, t, keys)
		if err != nil {
			return err
		}
		users := map[string]int64{}
		for i := range out {
			e := &out[i]
			paper := sql.NullInt64{Valid: e.About == ""}
			if paper.Valid {
				var ok bool
				if paper.Int64, ok = papers[e.Key]; !ok {
					return fmt.Errorf("paper %s: %w", e.Key, engine.ErrNotFound)
				}
			}
			user, ok := users[e.User]
			if !ok {
				if user, err = userID(ctx, t, e.User); err != nil {
					return fmt.Errorf("user %s: %w", e.User, err)
				}
				users[e.User] = user
			}
			e.Change = t.next()
			_, err := t.exec(ctx, "INSERT INTO events (seq, user_id, act, undo, paper, about, detail, at, recorded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
				e.Change, user, string(e.Act), flag(e.Undo), paper, e.About, e.Detail, e.At.UnixMicro(), now.UnixMicro())
			if err != nil {
				return fmt.Errorf("%s of %s%s by %s: %w", e.Act, e.Key, e.About, e.User, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("append %d events: %w", len(events), err)
	}
	return out, nil
}

// paperIDs finds the papers of keys, removed ones too.
func paperIDs(ctx context.Context, t *txn, keys []engine.Key) (map[engine.Key]int64, error) {
	out := make(map[engine.Key]int64, len(keys))
	for some := range slices.Chunk(keys, chunk) {
		err := each(ctx, t, "SELECT p.key, p.id FROM json_each(?) j JOIN ids i ON i.id = j.value JOIN papers p ON p.id = i.paper",
			[]any{asked(some)}, func(scan scanner) error {
				var key engine.Key
				var id int64
				err := scan(&key, &id)
				out[key] = id
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// userID returns the id of a user, who is made if need be.
func userID(ctx context.Context, t *txn, name string) (id int64, err error) {
	if _, err := t.exec(ctx, "INSERT INTO users (name) VALUES (?) ON CONFLICT (name) DO NOTHING", name); err != nil {
		return 0, err
	}
	err = t.tx.QueryRowContext(ctx, "SELECT id FROM users WHERE name = ?", name).Scan(&id)
	return id, err
}

// Log implements engine.Events.
func (s *Store) Log(ctx context.Context, user string, since, upTo int64) (out []engine.Event, err error) {
	query := `SELECT e.seq, e.act, e.undo, coalesce(p.key, ''), e.about, e.detail, e.at
		FROM users u JOIN events e ON e.user_id = u.id LEFT JOIN papers p ON p.id = e.paper WHERE u.name = ? AND e.seq > ?`
	args := []any{user, since}
	if upTo != 0 {
		query += " AND e.seq <= ?"
		args = append(args, upTo)
	}
	err = each(ctx, s.reader, query+" ORDER BY e.seq", args, func(scan scanner) error {
		e := engine.Event{User: user}
		var at int64
		err := scan(&e.Change, &e.Act, &e.Undo, &e.Key, &e.About, &e.Detail, &at)
		e.At = time.UnixMicro(at).UTC()
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("log of %s: %w", user, err)
	}
	return out, nil
}

// Users implements engine.Events.
func (s *Store) Users(ctx context.Context) (names []string, err error) {
	err = each(ctx, s.reader, "SELECT name FROM users ORDER BY name", nil, func(scan scanner) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return names, nil
}
