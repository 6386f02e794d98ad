package api

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"strings"
	"testing"
)

// TestStatic fetches what pages load, as a browser without a session does, and
// compares the vendored files with their list.
func TestStatic(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.RequireToken, o.PublicURL = true, "https://papers.example" })
	files, err := newStatic(web, "web/static")
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	for name, b := range files.files {
		size += len(b)
		rec := w.do("GET", "/static/"+name, "", ownGet...)
		kind := map[string]string{"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "woff2": "font/woff2", "svg": "image/svg+xml"}[name[strings.LastIndex(name, ".")+1:]]
		if kind == "" {
			kind = "text/plain; charset=utf-8"
		}
		if rec.Code != 200 || rec.Header().Get("Content-Type") != kind || rec.Body.Len() != len(b) {
			t.Errorf("%s: %d %s, %d bytes", name, rec.Code, rec.Header().Get("Content-Type"), rec.Body.Len())
		}
	}
	if size > 700<<10 {
		t.Errorf("%d bytes of static files", size)
	}
	for _, headers := range [][]string{{"Sec-Fetch-Site: cross-site"}, {"Origin: https://evil.example"}} {
		if rec := w.do("GET", files.prefix+"/style.css", "", headers...); rec.Code != http.StatusForbidden {
			t.Errorf("%v: %d", headers, rec.Code)
		}
	}
	if rec := w.do("GET", "/static/..%2F..%2Fpages.go", ""); rec.Code != 404 {
		t.Errorf("outside: %d", rec.Code)
	}

	sums, err := fs.ReadFile(web, "web/static/katex/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for line := range strings.Lines(string(sums)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		b, err := fs.ReadFile(web, "web/static/katex/"+name)
		if got := sha256.Sum256(b); err != nil || hex.EncodeToString(got[:]) != sum {
			t.Errorf("%s: %x, %v", name, got, err)
		}
		listed++
	}
	if listed != 23 {
		t.Errorf("%d vendored files", listed)
	}
}
