package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Scopes of tokens: read asks, events records what its user does and adds the
// paper they are reading, write does that and adds papers, admin does
// everything for everyone.
const (
	ScopeRead   = "read"
	ScopeEvents = "events"
	ScopeWrite  = "write"
	ScopeAdmin  = "admin"
)

var scopes = []string{ScopeRead, ScopeEvents, ScopeWrite, ScopeAdmin}

// A Principal is who is asking.
type Principal struct {
	User     string   // whose routes may be used
	Scopes   []string // what may be done there
	Operator bool     // may do everything: the person at this machine
	TokenID  string   // "" without a token
	Origin   string   // Token.Origin
	Session  bool     // Token.Session
}

// May reports whether the principal has a scope; write includes events, and
// admin the others.
func (p Principal) May(scope string) bool {
	return p.Operator || slices.Contains(p.Scopes, scope) || slices.Contains(p.Scopes, ScopeAdmin) ||
		scope == ScopeEvents && slices.Contains(p.Scopes, ScopeWrite)
}

// For reports whether the principal may use the routes of user.
func (p Principal) For(user string) bool {
	return p.Operator || p.User == user || slices.Contains(p.Scopes, ScopeAdmin)
}

// tokenPrefix lets people and secret scanners recognise a token.
const tokenPrefix = "kindred_"

// CreateToken makes a token that acts for user, for ttl (0: for ever). The
// secret is returned once and only its hash is stored.
func (e *Engine) CreateToken(ctx context.Context, user, name string, want []string, ttl time.Duration) (secret string, t Token, err error) {
	if err := cmp.Or(CheckUser(user), checkTokenName(name)); err != nil {
		return "", Token{}, err
	}
	want = slices.Compact(slices.Sorted(slices.Values(want)))
	if len(want) == 0 {
		return "", Token{}, fmt.Errorf("%w: a token needs at least one scope of %s", ErrInvalid, strings.Join(scopes, ", "))
	}
	for _, s := range want {
		if !slices.Contains(scopes, s) {
			return "", Token{}, fmt.Errorf("%w: scope %s: want one of %s", ErrInvalid, quoted(s), strings.Join(scopes, ", "))
		}
	}
	secret, t = newToken(e.now(), ttl)
	t.User, t.Name, t.Scopes = user, name, want
	return e.putToken(ctx, secret, t)
}

// StartSession makes the token of a browser that opened this server's page: it
// reads and writes for user, for ttl. The sessions that are over are forgotten.
func (e *Engine) StartSession(ctx context.Context, user string, ttl time.Duration) (secret string, t Token, err error) {
	if err := CheckUser(user); err != nil {
		return "", Token{}, err
	}
	if err := e.ForgetSessions(ctx); err != nil {
		return "", Token{}, err
	}
	secret, t = newToken(e.now(), ttl)
	t.User, t.Name, t.Scopes, t.Session = user, "browser session", []string{ScopeRead, ScopeWrite}, true
	return e.putToken(ctx, secret, t)
}

// ForgetSessions deletes the tokens of browser sessions that are over.
func (e *Engine) ForgetSessions(ctx context.Context) error {
	if err := e.store.DeleteSessions(ctx, e.now()); err != nil {
		return fmt.Errorf("forget browser sessions: %w", err)
	}
	return nil
}

// newToken returns a token with its secret, of nobody yet, for ttl (0: for ever).
func newToken(now time.Time, ttl time.Duration) (secret string, t Token) {
	var raw [32]byte
	rand.Read(raw[:])
	secret = tokenPrefix + base64.RawURLEncoding.EncodeToString(raw[:])
	hash := hashSecret(secret)
	t = Token{ID: hash[:10], Hash: hash, Created: now}
	if ttl > 0 {
		t.Expires = now.Add(ttl)
	}
	return secret, t
}

func checkTokenName(name string) error {
	if len(name) > 100 || !utf8.ValidString(name) {
		return fmt.Errorf("%w: token name: want at most 100 bytes of UTF-8", ErrInvalid)
	}
	return nil
}

func (e *Engine) putToken(ctx context.Context, secret string, t Token) (string, Token, error) {
	if err := e.store.PutToken(ctx, t); err != nil {
		return "", Token{}, fmt.Errorf("store token for %s: %w", t.User, err)
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
	return Principal{User: t.User, Scopes: t.Scopes, TokenID: t.ID, Origin: t.Origin, Session: t.Session}, nil
}

// hashSecret needs no salt or stretching: secrets are 256 random bits. Of
// pairing codes, which are 40, see Pairing.
func hashSecret(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}
