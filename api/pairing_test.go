package api

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kindred/engine"
)

// code opens a pairing code as the operator does.
func (w *world) code(user string) string {
	w.t.Helper()
	rec := w.do("POST", "/v1/users/"+user+"/pairing", "{}")
	if rec.Code != 200 {
		w.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return decode[PairingCode](w.t, rec).Code
}

func (w *world) pair(code string, headers []string) *httptest.ResponseRecorder {
	w.t.Helper()
	return w.do("POST", "/v1/pair", fmt.Sprintf(`{"code":%q,"name":"Test"}`, code), headers...)
}

// paired pairs an extension.
func (w *world) paired(user string, headers []string) string {
	w.t.Helper()
	rec := w.pair(w.code(user), headers)
	if rec.Code != 200 {
		w.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return decode[Paired](w.t, rec).Token
}

// refused checks a problem.
func refused(t *testing.T, what string, rec *httptest.ResponseRecorder, status int, code, detail string) {
	t.Helper()
	if p := problemOf(t, rec); p.Status != status || p.Code != code || !strings.Contains(p.Detail, detail) {
		t.Errorf("%s: %s, want %d %s, saying %q", what, rec.Body, status, code, detail)
	}
}

// TestPair pairs as people do, and looks at the token.
func TestPair(t *testing.T) {
	for _, closed := range []bool{false, true} { // also where everybody needs a token
		w := newWorld(t, func(o *Options) { o.RequireToken = closed })
		auth := "Authorization: Bearer " + operator
		rec := w.do("POST", "/v1/users/ann/pairing", "{}", auth)
		c := decode[PairingCode](t, rec)
		if !regexp.MustCompile(`^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$`).MatchString(c.Code) || c.Expires != time.Date(2026, 11, 23, 12, 2, 0, 0, time.UTC) {
			t.Errorf("%+v", c)
		}
		typed := strings.NewReplacer("0", "o", "1", "l", "-", " – ").Replace(" " + strings.ToLower(c.Code) + "\t")
		p := decode[Paired](t, w.pair(typed, firefoxExt))
		if p.User != "ann" || !slices.Equal(p.Scopes, []string{"events", "read"}) || p.Version != "v0-test" || !strings.HasPrefix(p.Token, "kindred_") {
			t.Errorf("%+v", p)
		}
		refused(t, "again", w.pair(c.Code, firefoxExt), 403, "bad_code", "4 tries are left")
		tokens, err := w.engine.Tokens(t.Context())
		if err != nil || len(tokens) != 1 || tokens[0].Origin != firefoxID || tokens[0].Name != "Test" || tokens[0].User != "ann" {
			t.Fatalf("%+v, %v", tokens, err)
		}
		bearer := "Authorization: Bearer " + p.Token
		with := func(headers []string) []string { return append([]string{bearer}, headers...) }
		const like = "/v1/users/ann/likes/2503.11731"
		for _, r := range []struct {
			name, method, target, body string
			headers                    []string
			status                     int
			code                       string
		}{
			{"service worker, GET", "GET", "/v1/users/ann/feed", "", with(firefoxExtGet), 200, ""},
			{"service worker, PUT", "PUT", like, "{}", with(firefoxExt), 200, ""},
			{"service worker, DELETE", "DELETE", like, "", with(firefoxExt), 204, ""},
			{"service worker, POST", "POST", "/v1/users/ann/seen", `{"ids":["2503.11731"]}`, with(firefoxExt), 204, ""},
			{"another's routes", "PUT", "/v1/users/bob/likes/2503.11731", "", with(firefoxExt), 403, "other_user"},
			{"papers", "POST", "/v1/papers", `[]`, with(firefoxExt), 403, "scope"},
			{"another code", "POST", "/v1/users/ann/pairing", `{}`, with(firefoxExt), 403, "scope"},
			{"removal", "DELETE", "/v1/papers/2503.11731", "", with(firefoxExt), 403, "scope"},
			{"another extension", "PUT", like, "", with(chromeExt), 403, "wrong_origin"},
			{"the same extension elsewhere", "PUT", like, "", with([]string{"Origin: moz-extension://1a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d", "Sec-Fetch-Site: same-origin"}), 403, "wrong_origin"},
			{"our own page", "PUT", like, "", with(ownFetch), 403, "wrong_origin"},
			{"a page elsewhere", "PUT", like, "", with([]string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}), 403, "wrong_origin"},
			{"a page elsewhere, GET", "GET", "/v1/users/ann/feed", "", with([]string{"Sec-Fetch-Site: cross-site"}), 403, "wrong_origin"},
			{"a frame without an origin", "PUT", like, "", with([]string{"Origin: null"}), 403, "wrong_origin"},
			{"DNS rebinding", "GET", "/v1/users/ann/feed", "", with([]string{"Host: rebind.example:8765"}), 403, "wrong_host"},
			{"preflight", "OPTIONS", like, "", with(firefoxExt), 403, "no_cors"},
			{"no token", "PUT", like, "", firefoxExt, 403, "wrong_origin"},
			{"somebody's token", "PUT", like, "", append([]string{"Authorization: Bearer " + w.token("ann", "admin")}, firefoxExt...), 403, "wrong_origin"},
			{"the operator's secret", "PUT", like, "", append([]string{auth}, firefoxExt...), 403, "wrong_origin"},
			{"a bad token", "PUT", like, "", append([]string{"Authorization: Bearer kindred_x"}, firefoxExt...), 401, "bad_token"},
		} {
			rec := w.do(r.method, r.target, r.body, r.headers...)
			if r.code != "" {
				refused(t, r.name, rec, r.status, r.code, "")
			} else if rec.Code != r.status {
				t.Errorf("%s: %d, want %d: %s", r.name, rec.Code, r.status, rec.Body)
			}
		}
		if err := w.engine.RevokeToken(t.Context(), tokens[0].ID); err != nil {
			t.Fatal(err)
		}
		refused(t, "revoked", w.do("PUT", like, "", with(firefoxExt)...), 401, "bad_token", "")
	}
}

// TestPairWho asks for codes, and for tokens, as those who may and those who
// may not.
func TestPairWho(t *testing.T) {
	w := newWorld(t, nil)
	page := w.do("GET", "/", "", navigation...).Result().Cookies()[0]
	session := append([]string{"Cookie: " + page.Name + "=" + page.Value}, ownFetch...)
	for _, c := range []struct {
		name    string
		headers []string
		status  int
		code    string
	}{
		{"our page", session, 200, ""},
		{"the operator", []string{"Authorization: Bearer " + operator}, 200, ""},
		{"a program on this machine", nil, 200, ""},
		{"an admin", []string{"Authorization: Bearer " + w.token("root", "admin")}, 200, ""},
		{"a token that reads", []string{"Authorization: Bearer " + w.token("me", "read")}, 403, "scope"},
		{"a token that writes", []string{"Authorization: Bearer " + w.token("me", "read", "write")}, 403, "forbidden"},
		{"our page without its session", ownFetch, 403, "session_required"},
		{"a page elsewhere", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"}, 403, "wrong_origin"},
		{"an extension", chromeExt, 403, "wrong_origin"},
	} {
		rec := w.do("POST", "/v1/users/me/pairing", "{}", c.headers...)
		if rec.Code != c.status || c.code != "" && problemOf(t, rec).Code != c.code {
			t.Errorf("%s: %d %s", c.name, rec.Code, rec.Body)
		}
	}
	refused(t, "another user's code", w.do("POST", "/v1/users/bob/pairing", "{}", session...), 403, "other_user", "")
	refused(t, "no such user", w.do("POST", "/v1/users/No/pairing", "{}"), 422, "invalid", "user")
	refused(t, "more than nothing", w.do("POST", "/v1/users/me/pairing", `{"ttl":9}`), 422, "invalid", "ttl")

	code := w.code("me")
	for name, headers := range map[string][]string{
		"a program on this machine": nil,
		"the operator":              {"Authorization: Bearer " + operator},
		"our page":                  session,
		"a page elsewhere":          {"Origin: https://evil.example", "Sec-Fetch-Site: cross-site"},
		"a form":                    {"Origin: null", "Sec-Fetch-Site: cross-site"},
		"a page, no-cors":           {"Sec-Fetch-Site: cross-site"},
		"another port":              {"Origin: http://127.0.0.1:9999", "Sec-Fetch-Site: same-site"},
		"an extension's frame":      {"Origin: " + chromeID, "Sec-Fetch-Site: cross-site"},
	} {
		refused(t, name, w.pair(code, headers), 403, "wrong_origin", "")
	}
	refused(t, "rebinding", w.pair(code, append([]string{"Host: rebind.example:8765"}, chromeExt...)), 403, "wrong_host", "")
	refused(t, "preflight", w.do("OPTIONS", "/v1/pair", "", chromeExt...), 403, "no_cors", "")
	refused(t, "no preflight needed", w.do("POST", "/v1/pair", `{"code":"`+code+`"}`, append([]string{"Content-Type: text/plain"}, chromeExt...)...), 415, "media_type", "")
	if rec := w.pair(code, chromeExt); rec.Code != 200 {
		t.Errorf("the code is used up: %s", rec.Body)
	}
}

// TestPairCodes types what is no open code.
func TestPairCodes(t *testing.T) {
	w := newWorld(t, nil)
	code := w.code("me")
	for _, c := range []string{"", "K7M2", "K7M2-9QXDX", "U7M2-9QXD", "K7M2-9QX!", "Ｋ7M2-9QXD", "\n\t"} { // cost no try
		refused(t, c, w.pair(c, chromeExt), 403, "bad_code", "8 letters")
	}
	for name, body := range map[string]string{
		"no code":      `{}`,
		"long":         `{"code":"` + strings.Repeat("0", 65) + `"}`,
		"a number":     `{"code":12345678}`,
		"long name":    `{"code":"` + code + `","name":"` + strings.Repeat("é", 60) + `"}`,
		"longer name":  `{"code":"` + code + `","name":"` + strings.Repeat("n", 101) + `"}`,
		"more members": `{"code":"` + code + `","scopes":["admin"]}`,
	} {
		refused(t, name, w.do("POST", "/v1/pair", body, chromeExt...), 422, "invalid", "")
	}
	refused(t, "a long body", w.do("POST", "/v1/pair", `{"code":"`+strings.Repeat("0", 5000)+`"}`, chromeExt...), 413, "too_large", "4 KiB")

	refused(t, "wrong", w.pair("0000-0000", chromeExt), 403, "bad_code", "4 tries are left")
	w.later.Add(int64(engine.PairingTTL))
	refused(t, "expired", w.pair(code, chromeExt), 403, "bad_code", "3 tries are left")
	old := w.code("me")
	code = w.code("me")
	refused(t, "replaced", w.pair(old, chromeExt), 403, "bad_code", "4 tries are left")
	for _, left := range []string{"3 tries are left", "2 tries are left", "1 try is left", "0 tries are left"} {
		refused(t, left, w.pair("0000-0000", firefoxExt), 403, "bad_code", left)
	}
	refused(t, "closed by wrong tries", w.pair(code, chromeExt), 429, "too_many_tries", "new one")
	tokens, err := w.engine.Tokens(t.Context())
	if err != nil || len(tokens) != 0 {
		t.Errorf("%+v, %v", tokens, err)
	}
	w.paired("me", chromeExt)
}

// TestPairAllAtOnce guesses from many sides at once.
func TestPairAllAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	right := w.code("me")
	var wrong, refused sync.Map
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			req := request("POST", "/v1/pair", fmt.Sprintf(`{"code":"0000%04d"}`, i), chromeExt...)
			rec := httptest.NewRecorder()
			w.ServeHTTP(rec, req)
			switch rec.Code {
			case 403:
				wrong.Store(i, rec.Body.String())
			case 429:
				refused.Store(i, true)
			default:
				t.Errorf("%d %s", rec.Code, rec.Body)
			}
		})
	}
	wg.Wait()
	count := func(m *sync.Map) (n int) {
		m.Range(func(any, any) bool { n++; return true })
		return n
	}
	if count(&wrong) != 5 || count(&refused) != 45 {
		t.Errorf("%d guesses were looked at and %d refused, want 5 and 45", count(&wrong), count(&refused))
	}
	if rec := w.pair(right, chromeExt); rec.Code != 429 {
		t.Errorf("the right code afterwards: %d", rec.Code)
	}
}

// TestSessionsAreForgotten opens our page again and again.
func TestSessionsAreForgotten(t *testing.T) {
	w := newWorld(t, nil)
	for range 3 {
		w.do("GET", "/", "", navigation...)
	}
	w.later.Add(int64(sessionTTL))
	w.do("GET", "/", "", navigation...)
	tokens, err := w.engine.Tokens(t.Context())
	if err != nil || len(tokens) != 1 || !tokens[0].Session {
		t.Errorf("%+v, %v", tokens, err)
	}
}
