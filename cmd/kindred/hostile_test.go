package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// What nobody should send, sent to a real server: it answers with a clear
// problem, or rejects the one record, and goes on.
func TestHostileInput(t *testing.T) {
	s := startServer(t, t.TempDir())
	type rejected struct {
		Added, Updated, Unchanged int
		Rejected                  []struct {
			Line  int
			Error string
		}
	}
	good := `{"id":"test:good","title":"A good paper"}`
	for name, bad := range map[string]string{
		"10 MB abstract": `{"id":"test:x","title":"X","abstract":"` + strings.Repeat("long ", 2<<20) + `"}`,
		"NUL":            `{"id":"test:x","title":"a\u0000b"}`,
		"invalid UTF-8":  "{\"id\":\"test:x\",\"title\":\"a\xff\xfeb\"}",
		"no title":       `{"id":"test:x","abstract":"y"}`,
		"blank title":    `{"id":"test:x","title":" \t "}`,
		"title a number": `{"id":"test:x","title":7}`,
		"no date":        `{"id":"test:x","title":"X","date":"2025-02-30"}`,
		"20,000 authors": `{"id":"test:x","title":"X","authors":[` + strings.Repeat(`"a",`, 20000) + `"a"]}`,
		"cut off":        `{"id":"test:x","title":"X`,
		"deep":           `{"id":"test:x","title":` + strings.Repeat("[", 100000) + strings.Repeat("]", 100000) + `}`,
	} {
		status, body := s.request("POST", "/v1/papers", "{\"id\":\"test:first\",\"title\":\"First\"}\n"+bad+"\n"+good+"\n")
		var got rejected
		if err := json.Unmarshal(body, &got); err != nil || status != 200 {
			t.Errorf("%s: %d %.200s", name, status, body)
			continue
		}
		if len(got.Rejected) != 1 || got.Rejected[0].Line != 2 || got.Rejected[0].Error == "" || len(got.Rejected[0].Error) > 1000 || got.Added+got.Unchanged != 2 {
			t.Errorf("%s: %.500s", name, body)
		}
	}
	if status, _ := s.request("GET", "/v1/papers/test:x", nil); status != 404 {
		t.Errorf("a rejected paper answers %d", status)
	}

	var page items
	s.get("/v1/users/me/feed?limit=5", &page)
	altered := []byte(*page.Next)
	altered[10] ^= 1
	long := strings.Repeat("x", 100_000)
	for _, tc := range []struct {
		method, path string
		body         any
		want         int
	}{
		{"GET", "/v1/users/me/feed?cursor=" + url.QueryEscape(string(altered)), nil, 422},
		{"GET", "/v1/users/me/feed?limit=5&category=cs.LG&cursor=" + url.QueryEscape(*page.Next), nil, 422},
		{"GET", "/v1/users/you/feed?limit=5&cursor=" + url.QueryEscape(*page.Next), nil, 422},
		{"GET", "/v1/users/me/feed?limit=201", nil, 422},
		{"GET", "/v1/users/me/feed?limit=x", nil, 422},
		{"GET", "/v1/users/me/feed?since=yesterday", nil, 422},
		{"GET", "/v1/users/M%00e/feed", nil, 422},
		{"GET", "/v1/search?q=", nil, 422},
		{"GET", "/v1/search?q=%00", nil, 422},
		{"GET", "/v1/search?q=%ff%fe", nil, 422},
		{"GET", "/v1/papers/test:" + long[:5000], nil, 422},
		{"GET", "/v1/papers/%2e%2e%2f%2e%2e%2fetc%2fpasswd", nil, 422},
		{"POST", "/v1/similar", `{"text":"` + long + `"}`, 422},
		{"POST", "/v1/similar", `{"text":"x","limit":1000}`, 422},
		{"POST", "/v1/similar", `{"text":["x"]}`, 422},
		{"POST", "/v1/similar", `{"text":`, 400},
		{"POST", "/v1/similar", `{}`, 422},
		{"POST", "/v1/recommendations", `{"positive":[]}`, 422},
		{"POST", "/v1/recommendations", `{"positive":["test:none"]}`, 404},
		{"PUT", "/v1/users/me/likes/test:first", `{"at":"2999-01-01T00:00:00Z"}`, 422},
		{"PUT", "/v1/users/me/likes/test:first", `{"at":"soon"}`, 422},
		{"PUT", "/v1/users/me/likes/test:none", nil, 404},
		{"POST", "/v1/users/me/seen", `{"ids":[` + strings.Repeat(`"test:first",`, 5000) + `"test:first"]}`, 422},
	} {
		status, body := s.request(tc.method, tc.path, tc.body)
		if status != tc.want {
			t.Errorf("%s %.80s: %d, want %d: %.300s", tc.method, tc.path, status, tc.want, body)
		}
		var problem struct{ Status int }
		if err := json.Unmarshal(body, &problem); status >= 400 && (err != nil || problem.Status != status) {
			t.Errorf("%s %.80s: not a problem document: %.300s", tc.method, tc.path, body)
		}
	}
	if status, _ := s.request("GET", "/readyz", nil); status != 200 {
		t.Errorf("after all that: %d", status)
	}
}
