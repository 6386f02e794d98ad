package sqlite

import (
	"context"
	"fmt"
	"time"

	"kindred/engine"
)

// PutToken implements engine.Keeping.
func (s *Store) PutToken(ctx context.Context, tok engine.Token) error {
	if err := s.write(ctx, func(t *txn) error { return putToken(ctx, t, tok) }); err != nil {
		return fmt.Errorf("put token %s: %w", tok.ID, err)
	}
	return nil
}

const tokenColumns = "id, user_name, name, scopes, origin, session, hash, created, expires, last_used, revoked"

func putToken(ctx context.Context, t *txn, tok engine.Token) error {
	n, err := t.exec(ctx, "INSERT INTO tokens ("+tokenColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		tok.ID, tok.User, tok.Name, toList(tok.Scopes), tok.Origin, flag(tok.Session), tok.Hash,
		toTime(tok.Created), toTime(tok.Expires), toTime(tok.LastUsed), toTime(tok.Revoked))
	if err == nil && n == 0 {
		err = fmt.Errorf("%w: its id or hash is taken", engine.ErrInvalid)
	}
	return err
}

// tokens reads the tokens that a condition selects.
func (s *Store) tokens(ctx context.Context, condition string, args ...any) (out []engine.Token, err error) {
	err = each(ctx, s.reader, "SELECT "+tokenColumns+" FROM tokens "+condition, args, func(scan scanner) error {
		var tok engine.Token
		var scopes string
		var created, expires, lastUsed, revoked int64
		err := scan(&tok.ID, &tok.User, &tok.Name, &scopes, &tok.Origin, &tok.Session, &tok.Hash, &created, &expires, &lastUsed, &revoked)
		if err != nil {
			return err
		}
		tok.Created, tok.Expires, tok.LastUsed, tok.Revoked = fromTime(created), fromTime(expires), fromTime(lastUsed), fromTime(revoked)
		tok.Scopes, err = fromList[string](scopes)
		out = append(out, tok)
		return err
	})
	return out, err
}

// Tokens implements engine.Keeping.
func (s *Store) Tokens(ctx context.Context) ([]engine.Token, error) {
	out, err := s.tokens(ctx, "ORDER BY created, id")
	if err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return out, nil
}

// TokenByHash implements engine.Keeping.
func (s *Store) TokenByHash(ctx context.Context, hash string) (engine.Token, error) {
	out, err := s.tokens(ctx, "WHERE hash = ?", hash)
	if err == nil && len(out) == 0 {
		err = engine.ErrNotFound
	}
	if err != nil {
		return engine.Token{}, fmt.Errorf("token by hash: %w", err)
	}
	return out[0], nil
}

// TouchToken implements engine.Keeping.
func (s *Store) TouchToken(ctx context.Context, id string, at time.Time) error {
	return s.changeToken(ctx, "touch", id, "UPDATE tokens SET last_used = ? WHERE id = ?", at)
}

// RevokeToken implements engine.Keeping.
func (s *Store) RevokeToken(ctx context.Context, id string, at time.Time) error {
	return s.changeToken(ctx, "revoke", id, "UPDATE tokens SET revoked = CASE revoked WHEN 0 THEN ? ELSE revoked END WHERE id = ?", at)
}

func (s *Store) changeToken(ctx context.Context, what, id, query string, at time.Time) error {
	err := s.write(ctx, func(t *txn) error {
		n, err := t.exec(ctx, query, toTime(at), id)
		if err == nil && n == 0 {
			err = engine.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%s token %s: %w", what, id, err)
	}
	return nil
}

// DeleteSessions implements engine.Keeping.
func (s *Store) DeleteSessions(ctx context.Context, now time.Time) error {
	err := s.write(ctx, func(t *txn) error {
		_, err := t.exec(ctx, "DELETE FROM tokens WHERE session = 1 AND (revoked <> 0 OR expires <> 0 AND expires <= ?)", toTime(now))
		return err
	})
	if err != nil {
		return fmt.Errorf("delete sessions: %w", err)
	}
	return nil
}
