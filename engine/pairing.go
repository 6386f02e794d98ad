package engine

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

const (
	// PairingTTL is how long a pairing code is open.
	PairingTTL = 2 * time.Minute
	// PairingTries is how many wrong codes close all that are open. A code is
	// one of 2^40, so whoever guesses finds it once in 2·10^11 times.
	PairingTries = 5
)

// A Pairing is a code that a person carries from this server to a browser
// extension, which trades it for a token: whoever can type the code is at the
// person's machine. Only its hash is kept; 2^40 of them can be tried out by who
// reads the store, but not in its two minutes, and they could read more there.
type Pairing struct {
	User    string    // whom the token will act for
	Hash    string    // hex SHA-256 of the code
	Expires time.Time // no longer open from here on: brought forward when it is traded, or closed by wrong tries
	Token   string    // ID of the token it was traded for; "" if it was not
}

var (
	// ErrCode is wrapped when a code opens nothing: it is wrong, was used, has
	// expired, or was closed by wrong tries. Which, is not told.
	ErrCode = errors.New("wrong or expired code")
	// ErrTries is wrapped when too many wrong codes were tried.
	ErrTries = errors.New("too many wrong codes")
)

// crockford is base32 without I, L, O and U: what people read aloud and type.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// StartPairing opens a pairing code for user, in place of the one they had. The
// code is returned once, as two groups: "K7M2-9QXD".
func (e *Engine) StartPairing(ctx context.Context, user string) (code string, p Pairing, err error) {
	if err := CheckUser(user); err != nil {
		return "", Pairing{}, err
	}
	var raw [5]byte // 40 bits are 8 letters
	rand.Read(raw[:])
	code = crockford.EncodeToString(raw[:])
	now := e.now()
	p = Pairing{User: user, Hash: hashSecret(code), Expires: now.Add(PairingTTL).UTC().Truncate(time.Microsecond)}
	if err := e.store.PutPairing(ctx, p, now); err != nil {
		return "", Pairing{}, fmt.Errorf("open a pairing code for %s: %w", user, err)
	}
	return code[:4] + "-" + code[4:], p, nil
}

// Pairing returns the code that was opened last for user, and what became of
// it; ErrNotFound if there never was one.
func (e *Engine) Pairing(ctx context.Context, user string) (Pairing, error) {
	return e.store.Pairing(ctx, user)
}

// Pair trades a code for a token of the code's user that is good for origin
// alone and may read and record events. name is what the extension calls
// itself. A code that opens nothing wraps ErrCode, and says how many tries are
// left; after the last one it is ErrTries until a new code is opened. What
// cannot be a code wraps ErrCode too and costs no try.
func (e *Engine) Pair(ctx context.Context, code, name, origin string) (secret string, t Token, err error) {
	plain, ok := readCode(code)
	if !ok {
		return "", Token{}, fmt.Errorf("pair: %w: it has 8 letters and digits, such as K7M2-9QXD", ErrCode)
	}
	if name = squeeze(name); name == "" {
		name = "browser extension"
	}
	if err := checkTokenName(name); err != nil {
		return "", Token{}, err
	}
	now := e.now()
	secret, t = newToken(now, 0)
	t.Name, t.Scopes, t.Origin = name, []string{ScopeEvents, ScopeRead}, origin
	t, left, err := e.store.TradePairing(ctx, hashSecret(plain), t, now)
	switch {
	case errors.Is(err, ErrCode) && left == 1:
		return "", Token{}, fmt.Errorf("pair: %w; 1 try is left", ErrCode)
	case errors.Is(err, ErrCode):
		return "", Token{}, fmt.Errorf("pair: %w; %d tries are left", ErrCode, left)
	case errors.Is(err, ErrTries):
		return "", Token{}, fmt.Errorf("pair: %w; ask the server for a new one", ErrTries)
	case err != nil:
		return "", Token{}, fmt.Errorf("pair: %w", err)
	}
	return secret, t, nil
}

// readCode returns a code as it was made of what a person typed: case, hyphens
// and blanks do not matter, I and L are read as 1, O as 0. ok is false for what
// cannot be one.
func readCode(typed string) (code string, ok bool) {
	if len(typed) > 64 {
		return "", false
	}
	code = strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case unicode.IsSpace(r) || unicode.Is(unicode.Pd, r):
			return -1
		case r == 'I' || r == 'L':
			return '1'
		case r == 'O':
			return '0'
		}
		return r
	}, typed)
	_, err := crockford.DecodeString(code)
	return code, err == nil && len(code) == 8
}
