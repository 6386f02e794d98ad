package api

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzAPI sends anything to every route. Nothing may be the server's fault, and
// every refusal is a whole problem.
func FuzzAPI(f *testing.F) {
	w := newWorld(f, nil)
	next := *decode[List](f, w.do("GET", "/v1/latest?limit=1", "")).Next
	targets := []struct{ method, path string }{
		{"GET", "/v1/latest"}, {"GET", "/v1/users/me/feed"}, {"GET", "/v1/users/me/likes"}, {"GET", "/v1/search"},
		{"GET", "/v1/papers/2503.11731/similar"}, {"POST", "/v1/similar"}, {"POST", "/v1/recommendations"},
		{"POST", "/v1/papers"}, {"POST", "/v1/users/me/seen"}, {"PUT", "/v1/users/me/likes/2503.11731"},
		{"DELETE", "/v1/users/me/saved/2503.11731"}, {"GET", "/v1/papers/"}, {"PUT", "/v1/users/"}, {"GET", "/"},
		{"POST", "/v1/users/me/scores"}, {"POST", "/v1/users/me/papers"}, {"POST", "/v1/users/me/pairing"}, {"POST", pairPath},
		{"GET", "/search"}, {"GET", "/likes"}, {"GET", "/paper/"},
	}
	for i := range targets {
		f.Add(uint8(i), "limit=5&cursor="+next, `{"text":"speech"}`, true)
		f.Add(uint8(i), "limit=%31%zz&q=%ff&unseen=only&since=2025&kind=save", `{"positive":["2503.11731"],"negative":[],"limit":3}`, false)
		f.Add(uint8(i), "q=Optuna&limit=-1", `[{"title":"a","authors":[{"name":"b"}]},{}]`, false)
		f.Add(uint8(i), "arxiv%3Ahep-th%2F9901001", "{\"ids\":[\"2503.11731\"]}\n{\"at\":\"2025-01-02T03:04:05Z\"}", true)
		f.Add(uint8(i), "", `{"papers":[{"ids":["2503.11731","n/a"],"title":"a","abstract":"b"}]}`, false)
		f.Add(uint8(i), "", `{"code":"k7m2-9qxd","name":"\u202e","ids":["2503.11731"],"title":"a","url":"https://a.example/ b"}`, false)
		f.Add(uint8(i), "me/likes/lab%3A100%25", `{"title":"\u0000","abstract":"\ud800"}`, false)
	}
	f.Fuzz(func(t *testing.T, which uint8, query, body string, lines bool) {
		at := targets[int(which)%len(targets)]
		u := &url.URL{Path: at.path, RawQuery: query}
		if strings.HasSuffix(at.path, "/") { // the rest of the path is fuzzed
			raw := at.path + query
			path, err := url.PathUnescape(raw)
			if err != nil {
				return
			}
			u = &url.URL{Path: path, RawPath: raw}
		}
		r := httptest.NewRequest(at.method, "http://"+host+"/", strings.NewReader(body))
		r.URL, r.RemoteAddr = u, "127.0.0.1:50000"
		r.Header.Set("Content-Type", "application/json")
		if lines {
			r.Header.Set("Content-Type", ndjson)
		}
		if at.path == pairPath {
			r.Header.Set("Origin", chromeID)
		}
		if at.method == http.MethodGet {
			r.Body, r.ContentLength = http.NoBody, 0
		}
		rec := httptest.NewRecorder()
		w.ServeHTTP(rec, r)
		checkAnswer(t, at.method+" "+u.String(), rec.Code, rec.Header(), rec.Body.Bytes())
		if rec.Code >= 500 {
			t.Errorf("%s %s: %d %s", at.method, u, rec.Code, rec.Body)
		}
	})
}
