package api

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

// checkPage checks what must be true of every page, whatever is on it.
func checkPage(t testing.TB, what, page, policy string) {
	t.Helper()
	if policy != pagePolicy {
		t.Errorf("%s: policy %s", what, policy)
	}
	for _, bad := range []string{"unsafe", "*", "data:", "blob:", "http:", "https:", "sha256", "nonce"} {
		if strings.Contains(policy, bad) {
			t.Errorf("%s: the policy holds %s", what, bad)
		}
	}
	bare := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(page, `""`) // in text a quote is &#34;
	for _, m := range regexp.MustCompile(`<(?:style|img|iframe|base|svg|object|embed)\b|<[a-zA-Z][^<>]*\s(?:style|on[a-z]+)=`).FindAllString(bare, -1) {
		t.Errorf("%s: the page holds %s", what, m)
	}
	for _, bad := range []string{`="javascript:`, `="data:`, "ZgotmplZ", `method="post"`, "<no value>"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s: the page holds %s", what, bad)
		}
	}
	for _, m := range regexp.MustCompile(`(?s)<script[^>]*>(.*?)</script>`).FindAllStringSubmatch(page, -1) {
		if m[1] != "" || !strings.Contains(m[0], ` src="/static/`) {
			t.Errorf("%s: script %s", what, m[0])
		}
	}
	for _, good := range []string{"<!doctype html>", `<html lang="en"`, `name="viewport"`, `<main id="main"`, "<title>", `class="skip"`} {
		if strings.Count(page, good) != 1 {
			t.Errorf("%s: not one %s", what, good)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(`<[^<>]* id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("%s: id %s twice", what, m[1])
		}
		ids[m[1]] = true
	}
}

// wants checks that a page holds fragments, and lacks those that begin with "!".
func wants(t *testing.T, what, page string, fragments ...string) {
	t.Helper()
	for _, f := range fragments {
		if text, absent := strings.CutPrefix(f, "!"); absent == strings.Contains(page, text) {
			t.Errorf("%s: want %s: %s", what, f, page)
		}
	}
}

// TestPagesRead reads the pages as the person at this machine does, from the first
// visit on.
func TestPagesRead(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Now = func() time.Time { return time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC) }
	})
	rec := w.do("GET", "/", "", navigation...)
	cookie := "Cookie: " + rec.Result().Cookies()[0].String()
	wants(t, "first visit", rec.Body.String(), `data-user="me"`, "No likes yet", `data-list="feed"`, ">Speech separation with transformers</a>",
		`href="/paper/arxiv%3A2503.11731"`, "<bdi>A. One</bdi>, <bdi>B. Two</bdi>", ">18 March 2025</span>", ">January 1999</span>", ">2019</span>", `<span class="cat">cs.SD</span>`,
		`<button type="button" data-act="like" aria-pressed="false" aria-describedby="paper-1">Like</button>`, "!katex", "!rel=\"next\"",
		"&lt;script&gt;alert(&#39;title&#39;)&lt;/script&gt;", "&lt;/pre&gt;&lt;img src=x onerror=alert(1)&gt;", `data-id="lab:100%"`, `href="/paper/lab%3A100%25"`)

	// Used as its script does.
	headers := append([]string{cookie[:strings.Index(cookie, ";")]}, ownFetch...)
	for _, target := range []string{"likes/arxiv%3A2503.11731", "saved/arxiv%3A2503.11731", "dislikes/arxiv%3Ahep-th%2F9901001", "hidden/lab%3A100%25"} {
		if rec := w.do("PUT", "/v1/users/me/"+target, "{}", headers...); rec.Code != 200 {
			t.Fatalf("%s: %d %s", target, rec.Code, rec.Body)
		}
	}
	for target, fragments := range map[string][]string{
		"/": {`Because you liked <a href="/paper/arxiv%3A2503.11731" dir="auto" data-tex>Speech separation with transformers</a>`, "!100 %",
			"!data-id=\"arxiv:2503.11731\"", "!data-id=\"lab:100%\"", "!No likes yet"},
		"/search": {"Type words", "!data-id="},
		"/search?q=speech": {"<title>speech – Search · Kindred</title>", `value="speech"`, `<q dir="auto">speech</q>`, `data-id="arxiv:2503.11731" data-opinion="like"`, "relevance 0.",
			`aria-pressed="true" data-since="2026-11-23T12:00:00Z"`, "liked today, saved today"},
		"/search?q=Optuna":                                  {"Has this title"},
		"/search?q=arXiv:2306.01202v2":                      {"The paper that you named"},
		"/search?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E": {`value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`, "!<script>alert"},
		"/paper/arxiv%3A2503.11731": {"<title>Speech separation with transformers · Kindred</title>", `class="whole" data-id="arxiv:2503.11731" data-opinion="like"`, "liked today, saved today",
			`href="https://arxiv.org/abs/2503.11731" rel="noreferrer noopener external"`, "<h2 id=\"kin-title\">Kindred papers</h2>", `data-id="arxiv:2306.01202"`, "relevance 0."},
		"/paper/hep-th/9901001":                    {"Strings on a circle"},
		"/paper/2503.11731v3":                      {`data-id="arxiv:2503.11731"`},
		"/paper/arxiv%3Ahep-th%2F9901001":          {"Strings on a circle", "not interested since today", "January 1999"},
		"/paper/lab%3Agr%C3%B6%C3%9Fe%3F%23%26%2B": {"An id with everything"},
		"/likes":              {`data-id="arxiv:2503.11731"`, "!Strings", `aria-current="page">Liked`},
		"/likes?kind=save":    {`data-id="arxiv:2503.11731"`, "!Strings", `aria-current="page">Saved`},
		"/likes?kind=dislike": {"Strings on a circle", "!2503.11731"},
		"/likes?kind=hide":    {"An id with a percent sign", `data-act="hide" aria-pressed="true"`},
		"/pair":               {"data-pair-make", "kindred pair"},
		"/status":             {"<dt>Papers</dt><dd>9</dd>", "hash:words: <span class=\"ready\">ready</span>", "Nothing is going on", "!data-live"},
	} {
		rec := w.do("GET", target, "", append([]string{headers[0]}, ownLink...)...)
		if rec.Code != 200 || rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: %d, cookie %q", target, rec.Code, rec.Header().Get("Set-Cookie"))
		}
		wants(t, target, rec.Body.String(), fragments...)
		if head := w.do("HEAD", target, ""); head.Code != 200 {
			t.Errorf("HEAD %s: %d", target, head.Code)
		}
	}
}

// TestPagesTurn goes through lists page by page.
func TestPagesTurn(t *testing.T) {
	w := newWorld(t, nil)
	var papers []engine.Paper
	for i := range 60 {
		papers = append(papers, engine.Paper{IDs: []engine.ID{engine.ID(fmt.Sprintf("lab:%02d", i))}, Title: fmt.Sprintf("Paper of number %d", i)})
	}
	if _, err := w.engine.PutPapers(t.Context(), "test", papers); err != nil {
		t.Fatal(err)
	}
	for i := range 25 {
		if _, err := w.engine.Act(t.Context(), "me", engine.Save, fmt.Sprintf("lab:%02d", i), time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`)
	seen := regexp.MustCompile(`data-id="([^"]*)"`)
	for path, want := range map[string]int{"/": 69, "/likes?kind=save": 25} {
		ids := map[string]bool{}
		for target, n := path, 0; target != ""; n++ {
			page := w.do("GET", target, "").Body.String()
			for _, m := range seen.FindAllStringSubmatch(page, -1) {
				ids[m[1]] = true
			}
			if (n > 0) != strings.Contains(page, `<a href="`+strings.ReplaceAll(path, "&", "&amp;")+`">First page</a>`) {
				t.Errorf("%s: the link to the first page is there only on the others: %s", target, page)
			}
			target = ""
			if m := next.FindStringSubmatch(page); m != nil {
				target = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
		if len(ids) != want {
			t.Errorf("%s: %d papers, want %d", path, len(ids), want)
		}
	}
}

// TestPagesHostile shows papers that are trying to break out of their page.
func TestPagesHostile(t *testing.T) {
	w := newWorld(t, nil)
	many := slices.Repeat([]string{"\u202eAuthor<script>"}, 40)
	out, err := w.engine.PutPapers(t.Context(), "test", []engine.Paper{{
		IDs: []engine.ID{`lab:"onload=alert(1)`, "lab:'><svg/onload=alert(1)>"}, Title: `"onload="alert(1) <script>alert(1)</script> $x$ {{.User}} ` + "\u202e", Abstract: "</article><style>*{}</style> \u2066 costs $5",
		Authors: many, Categories: []string{`"><img src=x>`}, URLs: []string{"https://ok.example/a?b=<c>"},
	}})
	if err != nil || out[0].Err != nil {
		t.Fatal(err, out)
	}
	w.settle()
	page := w.do("GET", "/paper/"+enc(`lab:"onload=alert(1)`), "").Body.String()
	wants(t, "paper", page, `data-id="lab:&#34;onload=alert(1)"`, "{{.User}}", "34 more authors", "https://ok.example/a?b=%3cc%3e", "katex.min.js", `dir="auto"`,
		"!data:text", "!<svg", "!<img", "!<style", "!<script>")
	w.do("PUT", "/v1/users/me/likes/"+enc(`lab:"onload=alert(1)`), "")
	for _, target := range []string{"/", "/likes", "/search?q=alert", "/paper/arxiv%3A2206.00003"} {
		wants(t, target, w.do("GET", target, "").Body.String(), "&#34;onload=&#34;alert(1)", "!<script>", "!<svg")
	}
}

// TestWebLinks keeps what a browser may follow; the store takes nothing else
// either, so no page can show it.
func TestWebLinks(t *testing.T) {
	var links []engine.Link
	for _, u := range []string{"javascript:alert(1)", "JavaScript://x/%0aalert(1)", "data:text/html,x", "//evil.example", "/v1/status", "file:///etc/passwd", "https:x", "https://[", "", "HTTP://ok.example/"} {
		links = append(links, engine.Link{Rel: "page", URL: u})
	}
	if got := webLinks(links); len(got) != 1 || got[0].URL != "http://ok.example/" {
		t.Error(got)
	}
}

// TestPagesStrangers shows nothing to those who may not read.
func TestPagesStrangers(t *testing.T) {
	open := newWorld(t, nil)
	closed := newWorld(t, func(o *Options) { o.RequireToken, o.PublicURL = true, "https://papers.example" })
	far := append([]string{"Peer: 192.0.2.1:50000"}, navigation...)
	for _, target := range []string{"/", "/search?q=speech", "/paper/arxiv%3A2503.11731", "/likes", "/pair", "/status"} {
		for name, c := range map[string]struct {
			w       *world
			headers []string
			code    string // of the problem, but at "/"
		}{
			"token required":          {closed, navigation, "token_required"},
			"token required, program": {closed, nil, "token_required"},
			"peer elsewhere":          {open, far, "token_required"},
			"behind a proxy":          {open, append([]string{"X-Forwarded-For: 192.0.2.1"}, navigation...), "token_required"},
			"token that only writes":  {closed, []string{"Authorization: Bearer " + closed.token("ann", "write")}, "scope"},
		} {
			rec := c.w.do("GET", target, "", c.headers...)
			body := rec.Body.String()
			wants(t, name+" "+target, body, "!data-id", "!data-user", "!Speech separation", "!hash:words")
			if rec.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s %s: a session", name, target)
			}
			switch {
			case target == "/":
				wants(t, name, body, "kindred token create")
			case rec.Code < 400 || !strings.Contains(body, c.code):
				t.Errorf("%s %s: %d %s", name, target, rec.Code, body)
			}
		}
		// A token sees its own user's page, and buttons only if it may press them.
		bearer := "Authorization: Bearer " + closed.token("ann", "read")
		wants(t, target, closed.do("GET", target, "", append([]string{bearer}, navigation...)...).Body.String(), `data-user="ann"`, "!data-act=", "!data-pair-make")
		bearer = "Authorization: Bearer " + closed.token("ann", "read", "events")
		if page := closed.do("GET", target, "", append([]string{bearer}, navigation...)...).Body.String(); strings.Contains(page, "data-id") != strings.Contains(page, "data-act=") {
			t.Errorf("%s: papers and no buttons: %s", target, page)
		}
	}
}

// TestPagesProblems: people get a page, programs a problem.
func TestPagesProblems(t *testing.T) {
	w := newWorld(t, nil)
	session := w.do("GET", "/", "", navigation...).Result().Cookies()[0]
	person := append([]string{"Cookie: " + session.Name + "=" + session.Value}, ownLink...)
	for _, c := range []struct {
		target string
		status int
		code   string
	}{
		{"/paper/arxiv%3A9999.99999", 404, "not_found"},
		{"/paper/nonsense", 422, "invalid"},
		{"/paper/%FF", 422, "invalid"},
		{"/paper/a/b", 422, "invalid"},
		{"/nothing", 404, "no_route"},
		{"/static/x/style.css", 404, "no_route"},
		{"/?cursor=forged", 422, "invalid"},
		{"/likes?cursor=forged", 422, "invalid"},
		{"/likes?kind=seen", 422, "invalid"},
		{"/likes?kind=%22%3E%3Cscript%3E", 422, "invalid"},
		{"/search?q=%FF", 422, "invalid"},
	} {
		rec := w.do("GET", c.target, "", person...)
		if rec.Code != c.status || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", c.target, rec.Code, rec.Header())
		}
		wants(t, c.target, rec.Body.String(), `data-code="`+c.code+`"`, `<a href="/">To the feed</a>`, "!<script>")
		if p := problemOf(t, w.do("GET", c.target, "")); p.Code != c.code {
			t.Errorf("%s: %s, want %s", c.target, p.Code, c.code)
		}
	}
	// Cursors are of one list and one person.
	cursor := regexp.MustCompile(`cursor=([^"&]*)`)
	for i := range 25 {
		if _, err := w.engine.PutPapers(t.Context(), "test", []engine.Paper{{Title: fmt.Sprintf("Paper of number %d", i)}}); err != nil {
			t.Fatal(err)
		}
	}
	m := cursor.FindStringSubmatch(w.do("GET", "/", "").Body.String())
	if m == nil {
		t.Fatal("no second page")
	}
	if rec := w.do("GET", "/likes?cursor="+m[1], "", person...); rec.Code != 422 {
		t.Errorf("a feed's cursor in the library: %d", rec.Code)
	}
	if rec := w.do("GET", "/?cursor="+m[1], "", "Authorization: Bearer "+w.token("ann", "read")); rec.Code != 422 {
		t.Errorf("another person's cursor: %d", rec.Code)
	}
	// What the guard refuses and what the API says stays a problem.
	if p := problemOf(t, w.do("GET", "/v1/nothing", "", person...)); p.Code != "no_route" {
		t.Error(p)
	}
	if p := problemOf(t, w.do("GET", "/", "", append([]string{"Host: rebind.example"}, navigation...)...)); p.Code != "wrong_host" {
		t.Error(p)
	}
}
