package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// A cursor is the place in a list, and everything that fixed the list on its
// first page. It travels with the reader, signed, so the server keeps no
// session, and any server on the same store can go on.
type cursor struct {
	Of       string `json:"l"`           // which list: "feed", "latest", "marks"
	User     string `json:"u,omitempty"` //
	Options  string `json:"o,omitempty"` // everything asked for but the page size
	Space    string `json:"s,omitempty"` // of the vectors
	Clock    int64  `json:"t,omitempty"` // Unix seconds of the first page
	Event    int64  `json:"e,omitempty"` // events that count: up to this number
	Change   int64  `json:"c,omitempty"` // papers that count: as of this number
	Position int    `json:"p,omitempty"` // items of the list already passed
	After    *Dated `json:"a,omitempty"` // the last item passed, for lists by date
}

// list names the list that c is a place in.
func (c cursor) list() string {
	c.Position, c.After = 0, nil
	return fmt.Sprintf("%#v", c)
}

// maxCursor is the longest cursor worth opening, in bytes.
const maxCursor = 4 << 10

const macLen = 16 // bytes of HMAC-SHA256 kept: 128 bits

// sealCursor makes an opaque string of c, for openCursor.
func (e *Engine) sealCursor(c cursor) string {
	body, err := json.Marshal(c)
	if err != nil { // unreachable: strings and numbers
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(append(e.cursorMAC(body), body...))
}

// openCursor reads a cursor that sealCursor made with this store's secret, for
// the same list, user and options as want. Anything else wraps ErrInvalid; a
// cursor of another space wraps ErrGone.
func (e *Engine) openCursor(s string, want cursor) (cursor, error) {
	bad := func(why string) (cursor, error) {
		return cursor{}, fmt.Errorf("%w: cursor: %s", ErrInvalid, why)
	}
	if len(s) > maxCursor {
		return bad("too long")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(raw) < macLen {
		return bad("not one of ours")
	}
	mac, body := raw[:macLen], raw[macLen:]
	if !hmac.Equal(mac, e.cursorMAC(body)) {
		return bad("altered, or of another store")
	}
	var c cursor
	if err := json.Unmarshal(body, &c); err != nil {
		return bad("of another version of kindred")
	}
	switch {
	case c.Of != want.Of:
		return bad("of another list")
	case c.User != want.User:
		return bad("of another user")
	case c.Options != want.Options:
		return bad("of other options: only the limit may change from page to page")
	case c.Space != want.Space:
		return cursor{}, fmt.Errorf("%w: the cursor is of the embedding space %s, which is not served any more; begin again without it", ErrGone, c.Space)
	}
	return c, nil
}

func (e *Engine) cursorMAC(body []byte) []byte {
	h := hmac.New(sha256.New, e.secret)
	h.Write(body)
	return h.Sum(nil)[:macLen]
}
