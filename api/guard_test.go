package api

import (
	"net/http"
	"strings"
	"testing"

	"kindred/engine"
)

// What each client sends, as measured (design notes on extension and loopback).
var (
	ownFetch      = []string{"Origin: http://" + host, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}
	ownGet        = []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}
	navigation    = []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-User: ?1"}
	ownLink       = []string{"Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}
	chromeExtGet  = []string{"Sec-Fetch-Site: none", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}
	firefoxExtGet = ownGet

	chromeID  = "chrome-extension://" + strings.Repeat("ab", 16)
	firefoxID = "moz-extension://0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d"
	// Writes of an extension's service worker: no preflight, and an Origin.
	chromeExt  = []string{"Origin: " + chromeID, "Sec-Fetch-Site: none", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}
	firefoxExt = []string{"Origin: " + firefoxID, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"}
)

// TestGuard sends what hostile pages and honest clients send, to every kind of
// route: no session, no token.
func TestGuard(t *testing.T) {
	w := newWorld(t, nil)
	type row struct {
		name    string
		method  string
		headers []string
		status  int // on every route; 0: as the route says
		code    string
	}
	for _, c := range []row{
		{"a program on this machine", "", nil, 0, ""},
		{"the same by another of our names", "", []string{"Host: localhost:8765"}, 0, ""},
		{"the same in capitals", "", []string{"Host: LOCALHOST:8765"}, 0, ""},
		{"the same by IPv6", "", []string{"Host: [::1]:8765", "Peer: [::1]:50000"}, 0, ""},
		{"the same, mapped", "", []string{"Peer: [::ffff:127.0.0.1]:50000"}, 0, ""},

		{"DNS rebinding, GET: no Origin, no Sec-Fetch", "GET", []string{"Host: rebind.example:8765"}, 403, "wrong_host"},
		{"DNS rebinding, POST", "POST", []string{"Host: rebind.example:8765", "Origin: http://rebind.example:8765"}, 403, "wrong_host"},
		{"host without the port", "", []string{"Host: 127.0.0.1"}, 403, "wrong_host"},
		{"host of another port", "", []string{"Host: 127.0.0.1:8766"}, 403, "wrong_host"},
		{"host with a suffix", "", []string{"Host: 127.0.0.1:8765.evil.example"}, 403, "wrong_host"},
		{"host with a final dot", "", []string{"Host: localhost.:8765"}, 403, "wrong_host"},
		{"no host", "", []string{"Host: "}, 403, "wrong_host"},

		{"page elsewhere, fetch with CORS", "", []string{"Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}, 403, "wrong_origin"},
		{"page elsewhere, no-cors GET, image or script: no Origin", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, 403, "wrong_origin"},
		{"page elsewhere, no-cors POST text/plain", "POST", []string{"Origin: https://evil.example", "Content-Type: text/plain", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}, 403, "wrong_origin"},
		{"page elsewhere, form: null Origin", "POST", []string{"Origin: null", "Content-Type: application/x-www-form-urlencoded", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"}, 403, "wrong_origin"},
		{"sandboxed frame, old browser", "POST", []string{"Origin: null"}, 403, "wrong_origin"},
		{"page elsewhere, top-level navigation", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}, 403, "wrong_origin"},
		{"page elsewhere, frame", "GET", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}, 403, "wrong_origin"},
		{"page elsewhere, WebSocket: Origin and no Sec-Fetch", "GET", []string{"Origin: https://evil.example", "Upgrade: websocket", "Connection: Upgrade"}, 403, "wrong_origin"},
		{"page on another port of this machine", "GET", []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors"}, 403, "wrong_origin"},
		{"the same with Origin", "POST", []string{"Origin: http://127.0.0.1:9999", "Sec-Fetch-Site: same-site"}, 403, "wrong_origin"},
		{"another of our names is another origin", "POST", []string{"Origin: http://localhost:8765"}, 403, "wrong_origin"},
		{"https of ours is another origin", "POST", []string{"Origin: https://" + host}, 403, "wrong_origin"},
		{"two Origins", "POST", []string{"Origin: http://" + host, "Origin: https://evil.example"}, 403, "wrong_origin"},
		{"empty Origin", "POST", []string{"Origin: "}, 403, "wrong_origin"},
		{"Sec-Fetch-Site that nobody knows", "GET", []string{"Sec-Fetch-Site: friendly"}, 403, "wrong_origin"},
		{"Chrome extension, GET: looks like the user", "GET", chromeExtGet, 403, "session_required"},
		{"Chrome extension, writing", "PUT", chromeExt, 403, "wrong_origin"},
		{"Chrome extension, with the Origin of a GET that somebody adds", "GET", chromeExt, 403, "wrong_origin"},
		{"Firefox extension, GET: looks like our page", "GET", firefoxExtGet, 403, "session_required"},
		{"Firefox extension, writing", "DELETE", firefoxExt, 403, "wrong_origin"},
		{"extension and no Sec-Fetch, as of an old browser", "POST", []string{"Origin: " + chromeID}, 403, "wrong_origin"},
		{"an Origin that only looks like an extension's", "POST", []string{"Origin: chrome-extension://abcdefgh"}, 403, "wrong_origin"},
		{"the same with a path", "POST", []string{"Origin: " + chromeID + "/"}, 403, "wrong_origin"},
		{"the same of Safari", "POST", []string{"Origin: safari-web-extension://0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d"}, 403, "wrong_origin"},
		{"extension and our page", "POST", []string{"Origin: " + chromeID, "Origin: http://" + host}, 403, "wrong_origin"},
		{"extension twice", "POST", []string{"Origin: " + chromeID, "Origin: " + chromeID}, 403, "wrong_origin"},
		{"extension's frame in a page", "POST", []string{"Origin: " + chromeID, "Sec-Fetch-Site: cross-site"}, 403, "wrong_origin"},
		{"extension by DNS rebinding", "POST", []string{"Host: rebind.example:8765", "Origin: " + chromeID}, 403, "wrong_host"},
		{"our page without its session", "POST", ownFetch, 403, "session_required"},
		{"a browser that sends only Origin", "POST", []string{"Origin: http://" + host}, 403, "session_required"},
		{"preflight", "OPTIONS", []string{"Origin: https://evil.example", "Access-Control-Request-Method: PUT", "Access-Control-Request-Private-Network: true"}, 403, "no_cors"},
		{"OPTIONS of anybody", "OPTIONS", nil, 403, "no_cors"},
	} {
		for _, at := range []struct {
			method, target, body string
			status               int
		}{
			{"GET", "/", "", 200}, {"GET", "/docs", "", 200}, {"GET", "/openapi.json", "", 200},
			{"GET", "/healthz", "", 200}, {"GET", "/readyz", "", 200}, {"GET", "/metrics", "", 200}, {"GET", "/v1/status", "", 200},
			{"GET", "/v1/papers/2503.11731", "", 200}, {"GET", "/v1/users/me/feed", "", 200}, {"GET", "/nothing", "", 404},
			{"POST", "/v1/similar", `{"text":"speech"}`, 200}, {"POST", "/v1/papers", `[]`, 200}, {"POST", "/v1/users/me/seen", `{"ids":["2503.11731"]}`, 204},
			{"PUT", "/v1/users/me/likes/2503.11731", "", 200}, {"DELETE", "/v1/users/me/likes/2503.11731", "", 204},
			{"DELETE", "/v1/papers/lab:100%25", "", 204}, {"PATCH", "/v1/status", "{}", 405},
		} {
			if c.method != "" && c.method != at.method && c.method != "OPTIONS" {
				continue
			}
			method := at.method
			if c.method == "OPTIONS" {
				method = "OPTIONS"
			}
			rec := w.do(method, at.target, at.body, c.headers...)
			want := c.status
			if want == 0 {
				want = at.status
			}
			if at.target == "/v1/papers/lab:100%25" && rec.Code == 404 {
				rec.Code = 204 // gone since an earlier row
			}
			if rec.Code != want {
				t.Errorf("%s: %s %s: %d, want %d: %s", c.name, method, at.target, rec.Code, want, rec.Body)
			} else if c.code != "" && problemOf(t, rec).Code != c.code {
				t.Errorf("%s: %s %s: %s, want %s", c.name, method, at.target, rec.Body, c.code)
			}
			if rec.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s: %s %s: sets a cookie", c.name, method, at.target)
			}
		}
	}
	if n := len(decode[Marks](t, w.do("GET", "/v1/users/me/likes", "")).Items); n != 0 {
		t.Errorf("%d likes were left by requests that were refused or undone", n)
	}
}

// TestSession opens our page like a person does, and uses the session.
func TestSession(t *testing.T) {
	w := newWorld(t, nil)
	for _, target := range []string{"/", "/docs"} {
		rec := w.do("GET", target, "", navigation...)
		if rec.Code != 200 || len(rec.Result().Cookies()) != 1 {
			t.Fatalf("%s: %d, cookies %v", target, rec.Code, rec.Result().Cookies())
		}
		c := rec.Result().Cookies()[0]
		if c.Name != "kindred_session_8765" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 30*24*3600 {
			t.Errorf("%s: cookie %+v", target, c)
		}
		cookie := "Cookie: " + c.Name + "=" + c.Value
		with := func(headers []string) []string { return append([]string{cookie}, headers...) }
		for _, r := range []struct {
			method, target, body string
			headers              []string
			status               int
		}{
			{"GET", "/v1/users/me/feed", "", with(ownGet), 200},
			{"GET", "/healthz", "", with(ownGet), 200},
			{"GET", "/v1/status", "", with(ownLink), 200},
			{"GET", "/v1/status", "", with(navigation), 200},
			{"GET", "/v1/status", "", with(chromeExtGet), 403}, // another extension's fetch takes the cookie along
			{"PUT", "/v1/users/me/likes/2503.11731", "", with(chromeExt), 403},
			{"PUT", "/v1/users/me/likes/2503.11731", "", with(firefoxExt), 403},
			{"POST", "/v1/users/me/pairing", "{}", with(firefoxExt), 403},
			{"PUT", "/v1/users/me/likes/2503.11731", "", with(ownFetch), 200},
			{"POST", "/v1/similar", `{"text":"a"}`, with(ownFetch), 200},
			{"GET", "/v1/users/you/feed", "", with(ownGet), 403},
			{"DELETE", "/v1/papers/2503.11731", "", with(ownFetch), 403}, // admin
			{"GET", "/v1/users/me/feed", "", with([]string{"Sec-Fetch-Site: same-site"}), 403},
			{"GET", "/v1/users/me/feed", "", with([]string{"Sec-Fetch-Site: cross-site"}), 403},
			{"PUT", "/v1/users/me/likes/2503.11731", "", with([]string{"Origin: http://127.0.0.1:9999"}), 403},
			{"GET", "/v1/users/me/feed", "", append([]string{"Cookie: kindred_session_8766=" + c.Value}, ownGet...), 403}, // another server's
			{"GET", "/v1/users/me/feed", "", append([]string{cookie + "x"}, ownGet...), 403},
		} {
			if rec := w.do(r.method, r.target, r.body, r.headers...); rec.Code != r.status {
				t.Errorf("%s %s %v: %d, want %d: %s", r.method, r.target, r.headers, rec.Code, r.status, rec.Body)
			}
		}
		if rec := w.do("GET", target, "", with(navigation)...); rec.Code != 200 || rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s again: %d %v", target, rec.Code, rec.Header())
		}
		if rec := w.do("GET", target, "", append([]string{cookie + "x"}, ownLink...)...); rec.Header().Get("Set-Cookie") == "" {
			t.Errorf("%s with an old session: no new one", target)
		}
	}
	for _, headers := range [][]string{nil, ownGet, append([]string{"X-Forwarded-For: 10.0.0.1"}, navigation...), append([]string{"Peer: 10.0.0.1:1"}, navigation...)} {
		if rec := w.do("GET", "/", "", headers...); rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%v: a session for somebody who is not a person at this machine", headers)
		}
	}
}

// TestWho asks with every sort of credential.
func TestWho(t *testing.T) {
	open := newWorld(t, nil)
	closed := newWorld(t, func(o *Options) { o.RequireToken, o.PublicURL = true, "https://papers.example" })
	type ask struct {
		method, target string
		status         int
	}
	const feed, other, like, put, del = "/v1/users/ann/feed", "/v1/users/bob/feed", "/v1/users/ann/likes/2503.11731", "/v1/papers", "/v1/papers/lab:100%25"
	for _, w := range []*world{open, closed} {
		bearer := func(secret string) []string { return []string{"Authorization: Bearer " + secret} }
		revoked := w.token("ann", "read")
		tokens, err := w.engine.Tokens(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.engine.RevokeToken(t.Context(), tokens[len(tokens)-1].ID); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name    string
			headers []string
			asks    []ask
		}{
			{"read", bearer(w.token("ann", "read")), []ask{{"GET", feed, 200}, {"GET", other, 403}, {"PUT", like, 403}, {"POST", put, 403}, {"DELETE", del, 403},
				{"GET", "/v1/status", 200}, {"GET", "/metrics", 200}, {"GET", "/v1/users/ann/likes", 200}, {"GET", "/v1/users/bob/likes", 403},
				{"POST", "/v1/similar", 422}, {"POST", "/v1/recommendations", 422}}},
			{"write", bearer(w.token("ann", "write")), []ask{{"GET", feed, 403}, {"PUT", like, 200}, {"DELETE", like, 204}, {"PUT", "/v1/users/bob/likes/2503.11731", 403}, {"POST", put, 422}, {"DELETE", del, 403}, {"GET", "/v1/status", 403}}},
			{"both", bearer(w.token("ann", "read", "write")), []ask{{"GET", feed, 200}, {"PUT", like, 200}, {"POST", "/v1/users/ann/seen", 422}, {"POST", "/v1/users/bob/seen", 403}}},
			{"events", bearer(w.token("ann", "events")), []ask{{"GET", feed, 403}, {"PUT", like, 200}, {"DELETE", like, 204}, {"PUT", "/v1/users/bob/likes/2503.11731", 403}, {"POST", "/v1/users/ann/seen", 422}, {"POST", put, 403}, {"DELETE", del, 403}, {"GET", "/v1/status", 403}}},
			{"admin", bearer(w.token("root", "admin")), []ask{{"GET", feed, 200}, {"GET", other, 200}, {"PUT", like, 200}, {"POST", put, 422}}},
			{"operator's secret", bearer(operator), []ask{{"GET", feed, 200}, {"GET", other, 200}, {"DELETE", "/v1/papers/lab:none", 404}}},
			{"the scheme in small letters", []string{"Authorization: bearer " + operator}, []ask{{"GET", feed, 200}}},
			{"token in a browser's extension", append(bearer(w.token("ann", "read")), chromeExtGet...), []ask{{"GET", feed, 200}}},
			{"unknown", bearer("kindred_nonsense"), []ask{{"GET", feed, 401}, {"GET", "/", 401}, {"GET", "/nothing", 401}}},
			{"revoked", bearer(revoked), []ask{{"GET", feed, 401}}},
			{"empty", []string{"Authorization: Bearer"}, []ask{{"GET", feed, 401}}},
			{"basic", []string{"Authorization: Basic YTpi"}, []ask{{"GET", feed, 401}}},
			{"two", append(bearer(operator), bearer(operator)...), []ask{{"GET", feed, 401}}},
		} {
			for _, a := range c.asks {
				body := map[string]string{"POST": `"neither"`}[a.method]
				rec := w.do(a.method, a.target, body, c.headers...)
				if rec.Code != a.status {
					t.Errorf("%s: %s %s: %d, want %d: %s", c.name, a.method, a.target, rec.Code, a.status, rec.Body)
				}
				if (rec.Code == 401) != strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("%s: %s %s: %d, WWW-Authenticate %q", c.name, a.method, a.target, rec.Code, rec.Header().Get("WWW-Authenticate"))
				}
			}
		}
	}

	// Without a token.
	for _, c := range []struct {
		w       *world
		headers []string
		target  string
		status  int
	}{
		{open, nil, feed, 200},
		{open, []string{"Peer: 192.0.2.1:50000"}, feed, 401},
		{open, []string{"Peer: nonsense"}, feed, 401},
		{open, []string{"X-Forwarded-For: 192.0.2.1"}, feed, 401},
		{open, []string{"Forwarded: for=192.0.2.1"}, feed, 401},
		{open, []string{"Via: 1.1 proxy"}, feed, 401},
		{open, []string{"X-Forwarded-For: 127.0.0.1", "Peer: 192.0.2.1:50000"}, feed, 401},
		{open, []string{"Peer: 192.0.2.1:50000"}, "/healthz", 200},
		{closed, nil, feed, 401},
		{closed, nil, "/v1/status", 401},
		{closed, nil, "/metrics", 401},
		{closed, nil, "/nothing", 401},
		{closed, nil, "/healthz", 200},
		{closed, nil, "/readyz", 200},
		{closed, nil, "/openapi.json", 200},
		{closed, nil, "/docs", 200},
		{closed, nil, "/", 200},
		{closed, navigation, "/", 200},
		{closed, navigation, "/docs", 200},
		{closed, navigation, feed, 401},
		{closed, []string{"Host: papers.example", "Peer: 192.0.2.1:50000"}, "/healthz", 200},
		{closed, []string{"Host: papers.example", "Peer: 192.0.2.1:50000"}, feed, 401},
		{closed, []string{"Host: papers.example", "Origin: https://papers.example"}, feed, 401},
		{closed, []string{"Host: papers.example", "Origin: http://papers.example"}, feed, 403},
		{closed, []string{"Host: papers.example:443"}, "/healthz", 403},
	} {
		rec := c.w.do("GET", c.target, "", c.headers...)
		if rec.Code != c.status {
			t.Errorf("closed %v: %s %v: %d, want %d: %s", c.w == closed, c.target, c.headers, rec.Code, c.status, rec.Body)
		}
		if c.w == closed && rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s %v: a session where tokens are required", c.target, c.headers)
		}
		if c.w == closed && c.target == "/" && strings.Contains(rec.Body.String(), "data-id") {
			t.Error("papers are shown to strangers")
		}
	}
	if _, err := open.engine.Authenticate(t.Context(), operator); err == nil {
		t.Error("the operator's secret is a token row")
	}
}

func TestOptions(t *testing.T) {
	w := newWorld(t, nil)
	good := Options{Hosts: []string{host}, Papers: jsonl}
	for name, change := range map[string]func(*Options){
		"no hosts":                func(o *Options) { o.Hosts = nil },
		"a host with a scheme":    func(o *Options) { o.Hosts = []string{"http://127.0.0.1:8765"} },
		"no papers":               func(o *Options) { o.Papers = nil },
		"public without tokens":   func(o *Options) { o.PublicURL = "https://papers.example" },
		"public with a path":      func(o *Options) { o.PublicURL, o.RequireToken = "https://papers.example/kindred", true },
		"public without a scheme": func(o *Options) { o.PublicURL, o.RequireToken = "papers.example", true },
		"public of another kind":  func(o *Options) { o.PublicURL, o.RequireToken = "ftp://papers.example", true },
	} {
		o := good
		change(&o)
		if _, err := New(w.engine, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(nil, good); err == nil {
		t.Error("no engine: no error")
	}
	if _, err := New(w.engine, good); err != nil {
		t.Error(err)
	}
	var _ Engine = (*engine.Engine)(nil)
}
