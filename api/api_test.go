package api

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func enc(id string) string { return strings.ReplaceAll(url.PathEscape(id), ":", "%3A") }

func TestRoutes(t *testing.T) {
	w := newWorld(t, nil)
	like := "/v1/users/me/likes/" + enc("arxiv:2503.11731")
	for _, c := range []struct {
		method, target, body string
		status               int
		want                 []string // fragments of the answer
	}{
		{"GET", "/v1/papers/arxiv:2503.11731", "", 200, []string{
			`{"id":"arxiv:2503.11731","ids":["arxiv:2503.11731"],"title":"Speech separation with transformers","abstract":"We separate`,
			`"authors":["A. One","B. Two"],"published":"2025-03-18","updated":null,"categories":["cs.SD","eess.AS"],"links":[{"rel":"`,
			`"sources":[{"name":"test","at":"2026-11-23T12:00:00Z"}]}`}},
		{"GET", "/v1/papers/lab%3A100%25", "", 200, []string{`"authors":[],"published":null,"updated":null,"categories":[],"links":[],`}},
		{"GET", "/v1/papers/" + enc("doi:10.1145/3292500.3330701"), "", 200, []string{`"published":"2019"`}},
		{"GET", "/v1/papers/arxiv%3A2503.11731/similar?limit=2", "", 200, []string{
			`{"items":[{"paper":{"id":"arxiv:2306.01202"`, `"confidence":null,"reasons":[{"type":"meaning","paper":null,"text":"","similarity":0.`, `"next":null,"space":"hash:words@`}},
		{"POST", "/v1/similar", `{"text":"speech of speakers","limit":1}`, 200, []string{`"id":"arxiv:2`, `"next":null`}},
		{"POST", "/v1/similar", `{"title":"Optuna"}`, 200, []string{`"items":[{`}},
		{"POST", "/v1/similar", `{"id":"https://arxiv.org/abs/2503.11731v2","limit":1}`, 200, []string{`"id":"arxiv:2306.01202"`}},
		{"GET", "/v1/search?q=Strings+on+a+Circle&limit=1", "", 200, []string{`"id":"arxiv:hep-th/9901001"`, `"score":1,"confidence":null,"reasons":[{"type":"title","paper":null,`}},
		{"POST", "/v1/recommendations", `{"positive":["2503.11731"],"negative":["arxiv:2206.00001"],"limit":3}`, 200, []string{
			`"reasons":[{"type":"liked","paper":{"id":"arxiv:2503.11731","title":"Speech separation with transformers"},"text":"","similarity":`}},
		{"GET", "/v1/latest?category=cs.LG&limit=2", "", 200, []string{`"id":"arxiv:2206.00002"`, `"score":0,`, `"next":"`}},
		{"GET", "/v1/users/me/feed?limit=2", "", 200, []string{`"strategy":"newest"`, `"note":"`, `"profile_version":0`, `"items":[{`}},
		{"PUT", like, "", 200, []string{`{"paper":{"id":"arxiv:2503.11731","title":"Speech separation with transformers"},"kind":"like","at":"2026-11-23T12:00:00Z"}`}},
		{"PUT", like, `{"at":"2025-01-02T03:04:05+01:00"}`, 200, []string{`"at":"2025-01-02T02:04:05Z"`}},
		{"PUT", strings.Replace(like, "likes", "saved", 1), `{}`, 200, []string{`"kind":"save"`}},
		{"PUT", "/v1/users/me/dislikes/" + enc("arxiv:2206.00001"), "", 200, []string{`"kind":"dislike"`}},
		{"PUT", "/v1/users/me/hidden/" + enc("arxiv:hep-th/9901001"), "", 200, []string{`"kind":"hide"`}},
		{"GET", "/v1/users/me/likes", "", 200, []string{`{"items":[{"paper":{"id":"arxiv:2503.11731"`, `"kind":"like","at":"2025-01-02T02:04:05Z"}],"next":null}`}},
		{"GET", "/v1/users/me/likes?kind=hide&limit=1", "", 200, []string{`"id":"arxiv:hep-th/9901001"`, `"kind":"hide"`}},
		{"GET", "/v1/users/nobody/likes", "", 200, []string{`{"items":[],"next":null}`}},
		{"GET", "/v1/users/me/feed?unseen=only&since=2020&category=cs.SD", "", 200, []string{`"strategy":"profile"`, `"paper":{"id":"arxiv:2503.11731","title"`}},
		{"POST", "/v1/users/me/seen", `{"ids":["2306.01202","arxiv:2206.00002"]}`, 204, nil},
		{"DELETE", like, "", 204, nil},
		{"DELETE", like, `{"at":"2025-01-02T03:04:05Z"}`, 204, nil},
		{"GET", "/v1/users/me/likes", "", 200, []string{`{"items":[],"next":null}`}},
		{"DELETE", "/v1/users/me/hidden/" + enc("arxiv:hep-th/9901001"), "", 204, nil},
		{"DELETE", "/v1/users/me/dislikes/" + enc("arxiv:2206.00001"), "", 204, nil},
		{"DELETE", "/v1/users/me/saved/" + enc("arxiv:2503.11731"), "", 204, nil},
		{"DELETE", "/v1/papers/lab%3A100%25", "", 204, nil},
		{"GET", "/v1/papers/lab%3A100%25", "", 404, []string{`"code":"not_found"`}},
		{"GET", "/v1/status", "", 200, []string{`{"version":"v0-test","papers":8,"embedded":8,"pending":0,"space":"hash:words@`,
			`"embedder":{"name":"hash:words","state":"ready","hint":""},"jobs":[`}},
		{"GET", "/healthz", "", 200, []string{`{"status":"ok"}`}},
		{"HEAD", "/healthz", "", 200, nil},
		{"GET", "/metrics", "", 200, []string{"kindred_papers 8\n", "kindred_papers_embedded 8\n", "kindred_papers_pending 0\n", "kindred_index_version ", "go_goroutines "}},
		{"GET", "/openapi.json", "", 200, []string{`"openapi":"3.1.0"`}},
		{"GET", "/docs", "", 200, []string{"<h1>Kindred API</h1>"}},
		{"GET", "/", "", 200, []string{"<h1>What to read next</h1>"}},
	} {
		rec := w.do(c.method, c.target, c.body)
		if rec.Code != c.status {
			t.Errorf("%s %s: %d, want %d: %s", c.method, c.target, rec.Code, c.status, rec.Body)
		}
		for _, part := range c.want {
			if !strings.Contains(rec.Body.String(), part) {
				t.Errorf("%s %s: no %s in %s", c.method, c.target, part, rec.Body)
			}
		}
		if c.status == 204 && rec.Body.Len() > 0 {
			t.Errorf("%s %s: 204 with a body: %s", c.method, c.target, rec.Body)
		}
	}
}

func TestReady(t *testing.T) {
	w := newWorld(t, nil)
	w.engine.Starting("papers are being counted")
	rec := w.do("GET", "/readyz", "")
	if p := problemOf(t, rec); rec.Code != 503 || p.Code != "not_ready" || !strings.Contains(p.Detail, "papers are being counted") || rec.Header().Get("Retry-After") == "" {
		t.Errorf("while starting: %d %+v", rec.Code, p)
	}
	w.engine.Starting("")
	if rec := w.do("GET", "/readyz", ""); rec.Code != 200 || rec.Body.String() != `{"status":"ready"}`+"\n" {
		t.Errorf("then: %d %s", rec.Code, rec.Body)
	}
}

// TestIDs asks for papers by awkward ids, through every route that has one.
func TestIDs(t *testing.T) {
	w := newWorld(t, nil)
	for spelling, want := range map[string]string{
		"arxiv%3Ahep-th%2F9901001":                         "arxiv:hep-th/9901001",
		"arxiv:hep-th%2F9901001":                           "arxiv:hep-th/9901001",
		"arxiv:hep-th%2f9901001":                           "arxiv:hep-th/9901001",
		"hep-th%2F9901001v3":                               "arxiv:hep-th/9901001",
		"https%3A%2F%2Farxiv.org%2Fabs%2Fhep-th%2F9901001": "arxiv:hep-th/9901001",
		"2503.11731":                                       "arxiv:2503.11731",
		"ARXIV%3a2503.11731":                               "arxiv:2503.11731",
		"%61rxiv:2503.11731":                               "arxiv:2503.11731",
		"doi:10.1145%2F3292500.3330701":                    "doi:10.1145/3292500.3330701",
		"https:%2F%2Fdoi.org%2F10.1145%2F3292500.3330701":  "doi:10.1145/3292500.3330701",
		"lab:100%25":                                       "lab:100%",
		"lab%3Agr%C3%B6%C3%9Fe%3F%23%26%2B":                "lab:größe?#&+",
		"lab:gr%C3%B6%C3%9Fe%3F%23&+":                      "lab:größe?#&+",
	} {
		for _, target := range []string{"/v1/papers/" + spelling, "/v1/papers/" + spelling + "/similar?limit=1"} {
			rec := w.do("GET", target, "")
			if rec.Code != 200 {
				t.Errorf("%s: %d %s", target, rec.Code, rec.Body)
			} else if !strings.Contains(target, "similar") && decode[Paper](t, rec).ID != want {
				t.Errorf("%s: %s, want %s", target, rec.Body, want)
			}
		}
		target := "/v1/users/me/likes/" + spelling
		if rec := w.do("PUT", target, ""); rec.Code != 200 || decode[Mark](t, rec).Paper.ID != want {
			t.Errorf("PUT %s: %d %s", target, rec.Code, rec.Body)
		}
		if rec := w.do("DELETE", target, ""); rec.Code != 204 {
			t.Errorf("DELETE %s: %d %s", target, rec.Code, rec.Body)
		}
	}
	if rec := w.do("GET", "/v1/users/me/likes", ""); len(decode[Marks](t, rec).Items) != 0 {
		t.Errorf("likes remain: %s", rec.Body)
	}
	// A slash that is not encoded is another path.
	if p := problemOf(t, w.do("GET", "/v1/papers/arxiv:hep-th/9901001", "")); p.Code != "no_route" || !strings.Contains(p.Detail, "%2F") {
		t.Errorf("slash: %+v", p)
	}
}

// TestPages walks lists by cursor, page sizes mixed.
func TestPages(t *testing.T) {
	w := newWorld(t, nil)
	for _, id := range []string{"arxiv:2503.11731", "lab:100%", "arxiv:2206.00001"} {
		w.do("PUT", "/v1/users/me/saved/"+enc(id), "")
	}
	w.do("PUT", "/v1/users/me/likes/2503.11731", "")
	for target, total := range map[string]int{"/v1/latest?": 9, "/v1/users/me/feed?": 8, "/v1/users/me/likes?kind=save&": 3} {
		seen := map[string]bool{}
		cursor := ""
		for page := 1; ; page++ {
			rec := w.do("GET", target+"limit="+[]string{"1", "2", "3"}[page%3]+cursor, "")
			var l struct {
				Items []struct {
					Paper struct{ ID string }
				}
				Next *string
			}
			decodeLoose(t, rec, &l)
			for _, it := range l.Items {
				if seen[it.Paper.ID] {
					t.Errorf("%s: %s twice", target, it.Paper.ID)
				}
				seen[it.Paper.ID] = true
			}
			if l.Next == nil {
				break
			}
			if page > 20 {
				t.Fatalf("%s: no end", target)
			}
			cursor = "&cursor=" + url.QueryEscape(*l.Next)
		}
		if len(seen) != total {
			t.Errorf("%s: %d papers, want %d", target, len(seen), total)
		}
	}
}

// TestSame asks the same question often: the same bytes must come.
func TestSame(t *testing.T) {
	w := newWorld(t, nil)
	w.do("PUT", "/v1/users/me/likes/2503.11731", "")
	for target, times := range map[string]int{
		"/v1/users/me/feed": 200, "/v1/search?q=speech": 200, "/v1/papers/2503.11731/similar": 200, "/v1/latest": 200, "/docs": 5, "/openapi.json": 5,
	} {
		var first *httptest.ResponseRecorder
		for range times {
			rec := w.do("GET", target, "")
			if first == nil {
				first = rec
			}
			if rec.Code != 200 || rec.Body.String() != first.Body.String() {
				t.Fatalf("%s: %d %s\nfirst: %s", target, rec.Code, rec.Body, first.Body)
			}
		}
	}
}
