package main

import (
	"net/http"
	"strings"
	"testing"
)

// A server that others reach wants a token of everyone, and gives each user
// their own routes; the command line beside it needs none.
func TestPublicServer(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data, "--public-url", "https://papers.example.org")
	alice := strings.TrimSpace(kindred(t, data, 0, "token", "create", "--user", "alice"))
	reader := strings.TrimSpace(kindred(t, data, 0, "token", "create", "--user", "alice", "--scope", "read"))
	boss := strings.TrimSpace(kindred(t, data, 0, "token", "create", "--user", "boss", "--scope", "admin"))
	ask := func(method, path, token, host string) int {
		t.Helper()
		req, err := http.NewRequest(method, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	const ours, like = "papers.example.org", "/likes/title:f61740e57d10d4f3"
	for _, tc := range []struct {
		method, path, token, host string
		want                      int
	}{
		{"GET", "/healthz", "", ours, 200},
		{"GET", "/v1/status", "", ours, 401},
		{"GET", "/v1/status", "nonsense", ours, 401},
		{"GET", "/v1/status", alice, ours, 200},
		{"GET", "/v1/status", alice, "evil.example.org", 403},
		{"GET", "/v1/users/alice/feed", alice, ours, 200},
		{"GET", "/v1/users/me/feed", alice, ours, 403},
		{"PUT", "/v1/users/alice" + like, alice, ours, 200},
		{"PUT", "/v1/users/bob" + like, alice, ours, 403},
		{"PUT", "/v1/users/alice" + like, reader, ours, 403},
		{"GET", "/v1/users/alice/feed", reader, ours, 200},
		{"DELETE", "/v1/papers/title:f61740e57d10d4f3", alice, ours, 403},
		{"PUT", "/v1/users/bob" + like, boss, ours, 200},
		{"DELETE", "/v1/papers/title:69ad4534de41d993", boss, ours, 204},
	} {
		if got := ask(tc.method, tc.path, tc.token, tc.host); got != tc.want {
			t.Errorf("%s %s as %s at %s: %d, want %d", tc.method, tc.path, tc.token, tc.host, got, tc.want)
		}
	}
	id, _, _ := strings.Cut(strings.Split(kindred(t, data, 0, "token", "list"), "\n")[1], " ")
	kindred(t, data, 0, "token", "revoke", id)
	if got := ask("GET", "/v1/status", alice, ours); got != 401 {
		t.Errorf("a revoked token: %d", got)
	}
	if out := kindred(t, data, 0, "likes", "--user", "alice"); !strings.Contains(out, "MossFormer2") {
		t.Errorf("alice likes:\n%s", out)
	}
	if out := kindred(t, data, 0, "feed", "--user", "bob"); !strings.Contains(out, "because you liked MossFormer2") {
		t.Errorf("the command line beside a public server:\n%s", out)
	}
	if strings.Contains(s.log(), alice) || strings.Contains(s.log(), boss) {
		t.Error("a secret is in the log")
	}
}
