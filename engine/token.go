package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Scopes of tokens: read asks, write records what its user does and adds
// papers, admin does everything for everyone.
const (
	ScopeRead  = "read"
	ScopeWrite = "write"
	ScopeAdmin = "admin"
)

// A Principal is who is asking.
type Principal struct {
	User     string   // whose routes may be used
	Scopes   []string // what may be done there
	Operator bool     // may do everything: the person at this machine
	TokenID  string   // "" without a token
}

// May reports whether the principal has a scope; admin includes the others.
func (p Principal) May(scope string) bool {
	return p.Operator || slices.Contains(p.Scopes, scope) || slices.Contains(p.Scopes, ScopeAdmin)
}

// For reports whether the principal may use the routes of user.
func (p Principal) For(user string) bool {
	return p.Operator || p.User == user || slices.Contains(p.Scopes, ScopeAdmin)
}

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "kindred_"

// CreateToken makes a token that acts for user, for ttl (0: for ever). The
// secret is returned once and only its hash is stored.
func (e *Engine) CreateToken(ctx context.Context, user, name string, scopes []string, ttl time.Duration) (secret string, t Token, err error) {
	if err := CheckUser(user); err != nil {
		return "", Token{}, err
	}
	if len(name) > 100 || !utf8.ValidString(name) {
		return "", Token{}, fmt.Errorf("%w: token name: want at most 100 bytes of UTF-8", ErrInvalid)
	}
	scopes = slices.Compact(slices.Sorted(slices.Values(scopes)))
	if len(scopes) == 0 {
		return "", Token{}, fmt.Errorf("%w: a token needs at least one scope of read, write, admin", ErrInvalid)
	}
	for _, s := range scopes {
		if s != ScopeRead && s != ScopeWrite && s != ScopeAdmin {
			return "", Token{}, fmt.Errorf("%w: scope %q: want read, write or admin", ErrInvalid, s)
		}
	}
	var raw [32]byte
	rand.Read(raw[:])
	secret = tokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	hash := hashSecret(secret)
	now := e.now()
	t = Token{ID: hash[:10], User: user, Name: name, Scopes: scopes, Hash: hash, Created: now}
	if ttl > 0 {
		t.Expires = now.Add(ttl)
	}
	if err := e.store.PutToken(ctx, t); err != nil {
		return "", Token{}, fmt.Errorf("store token for %s: %w", user, err)
	}
	return secret, t, nil
}

// Tokens lists all tokens, oldest first.
func (e *Engine) Tokens(ctx context.Context) ([]Token, error) { return e.store.Tokens(ctx) }

// RevokeToken ends a token for ever.
func (e *Engine) RevokeToken(ctx context.Context, id string) error {
	if err := e.store.RevokeToken(ctx, id, e.now()); err != nil {
		return fmt.Errorf("revoke token %s: %w", id, err)
	}
	return nil
}

// Authenticate returns who a secret stands for. An unknown, revoked or expired
// one wraps ErrNotFound.
func (e *Engine) Authenticate(ctx context.Context, secret string) (Principal, error) {
	t, err := e.store.TokenByHash(ctx, hashSecret(secret))
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			return Principal{}, fmt.Errorf("token: %w", ErrNotFound)
		}
		return Principal{}, fmt.Errorf("look up token: %w", err)
	}
	now := e.now()
	if !t.Revoked.IsZero() || !t.Expires.IsZero() && !now.Before(t.Expires) {
		return Principal{}, fmt.Errorf("token %s is revoked or has expired: %w", t.ID, ErrNotFound)
	}
	if now.Sub(t.LastUsed) > time.Minute { // a write a minute is enough to see that it lives
		if err := e.store.TouchToken(ctx, t.ID, now); err != nil {
			return Principal{}, fmt.Errorf("note use of token %s: %w", t.ID, err)
		}
	}
	return Principal{User: t.User, Scopes: t.Scopes, TokenID: t.ID}, nil
}

// hashSecret needs no salt or stretching: secrets are 256 random bits.
func hashSecret(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}
