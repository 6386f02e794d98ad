package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"kindred/engine"
)

// PutPairing implements engine.Keeping.
func (s *Store) PutPairing(ctx context.Context, p engine.Pairing, now time.Time) error {
	err := s.write(ctx, func(t *txn) error {
		_, err := t.exec(ctx, `INSERT INTO pairings (user_name, hash, expires, token) VALUES (?, ?, ?, ?)
			ON CONFLICT (user_name) DO UPDATE SET hash = excluded.hash, expires = excluded.expires, token = excluded.token`,
			p.User, p.Hash, toTime(p.Expires), p.Token)
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, "UPDATE pairing_tries SET wrong = 0 WHERE NOT EXISTS (SELECT 1 FROM pairings WHERE expires > ? AND user_name <> ?)",
			toTime(now), p.User)
		return err
	})
	if err != nil {
		return fmt.Errorf("put pairing code of %s: %w", p.User, err)
	}
	return nil
}

// Pairing implements engine.Keeping.
func (s *Store) Pairing(ctx context.Context, user string) (engine.Pairing, error) {
	p := engine.Pairing{User: user}
	var expires int64
	err := s.reader.QueryRowContext(ctx, "SELECT hash, expires, token FROM pairings WHERE user_name = ?", user).Scan(&p.Hash, &expires, &p.Token)
	if errors.Is(err, sql.ErrNoRows) {
		err = engine.ErrNotFound
	}
	if err != nil {
		return engine.Pairing{}, fmt.Errorf("pairing code of %s: %w", user, err)
	}
	p.Expires = fromTime(expires)
	return p, nil
}

// TradePairing implements engine.Keeping. What comes of it is decided and
// written in one transaction, so tries at the same time are counted one by one.
func (s *Store) TradePairing(ctx context.Context, hash string, tok engine.Token, now time.Time) (engine.Token, int, error) {
	var refused error // which is written, unlike an error of the transaction
	var left int
	err := s.write(ctx, func(t *txn) error {
		var wrong int
		if err := t.tx.QueryRowContext(ctx, "SELECT wrong FROM pairing_tries").Scan(&wrong); err != nil {
			return err
		}
		if wrong >= engine.PairingTries {
			refused = engine.ErrTries
			return nil
		}
		err := t.tx.QueryRowContext(ctx, "SELECT user_name FROM pairings WHERE hash = ? AND expires > ? ORDER BY user_name LIMIT 1", hash, toTime(now)).Scan(&tok.User)
		if errors.Is(err, sql.ErrNoRows) {
			refused, left = engine.ErrCode, engine.PairingTries-wrong-1
			return wrongTry(ctx, t, left, now)
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, "UPDATE pairings SET expires = ?, token = ? WHERE user_name = ?", toTime(now), tok.ID, tok.User); err != nil {
			return err
		}
		return putToken(ctx, t, tok)
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return engine.Token{}, left, fmt.Errorf("trade pairing code: %w", err)
	}
	return tok, 0, nil
}

// wrongTry counts a wrong code; after the last one allowed no code stays open.
func wrongTry(ctx context.Context, t *txn, left int, now time.Time) error {
	if _, err := t.exec(ctx, "UPDATE pairing_tries SET wrong = wrong + 1"); err != nil || left > 0 {
		return err
	}
	_, err := t.exec(ctx, "UPDATE pairings SET expires = ? WHERE expires > ?", toTime(now), toTime(now))
	return err
}
