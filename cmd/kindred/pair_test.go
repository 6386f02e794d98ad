package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

// fromExtension asks as the service worker of an extension does.
func (s *server) fromExtension(method, path, token string, body any) (int, []byte) {
	s.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(string(b)))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Origin": "chrome-extension://" + strings.Repeat("k", 32), "Content-Type": "application/json",
		"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty",
	} {
		req.Header.Set(name, value)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// An extension is paired by the command line's code, across a restart of the
// server, and its access ends when its token is revoked.
func TestPair(t *testing.T) {
	data := t.TempDir()
	first := startServer(t, data)
	var shown struct{ Code, User string }
	if err := json.Unmarshal([]byte(kindred(t, data, 0, "pair", "--no-wait", "--json")), &shown); err != nil || len(shown.Code) != 9 || shown.User != "me" {
		t.Fatalf("%+v, %v", shown, err)
	}
	first.cmd.Process.Signal(os.Interrupt)
	first.cmd.Wait()
	s := startServer(t, data)
	status, body := s.fromExtension("POST", "/v1/pair", "", map[string]string{"code": shown.Code, "name": "Chrome \x1b[31m"})
	var paired struct{ Token, User, Version string }
	if err := json.Unmarshal(body, &paired); err != nil || status != 200 || paired.User != "me" || paired.Version != version() {
		t.Fatalf("%d %s", status, body)
	}
	like := "/v1/users/me/likes/" + s.idOf("MossFormer2")
	if status, body := s.fromExtension("PUT", like, paired.Token, struct{}{}); status != 200 {
		t.Errorf("like: %d %s", status, body)
	}
	if out := kindred(t, data, 0, "likes"); !strings.Contains(out, "MossFormer2") {
		t.Errorf("likes:\n%s", out)
	}
	list := kindred(t, data, 0, "token", "list")
	row := strings.Split(list, "\n")[1]
	if !strings.Contains(row, "events,read") || !strings.Contains(row, "chrome-extension://kkkk") || strings.Contains(list, "\x1b") || strings.Contains(list, paired.Token) {
		t.Errorf("token list:\n%s", list)
	}
	id, _, _ := strings.Cut(row, " ")
	kindred(t, data, 0, "token", "revoke", id)
	if status, body := s.fromExtension("PUT", like, paired.Token, struct{}{}); status != 401 {
		t.Errorf("revoked: %d %s", status, body)
	}
	if strings.Contains(s.log(), paired.Token) || strings.Contains(s.log(), shown.Code) {
		t.Error("a secret is in the log")
	}
}

// pair waits, and says what became of its code.
func TestPairWaits(t *testing.T) {
	data := t.TempDir()
	s := startServer(t, data)
	for _, tc := range []struct {
		name, want string
		do         func(code string)
		exit       int
	}{
		{"used", "Paired: Chrome, token ", func(code string) {
			s.fromExtension("POST", "/v1/pair", "", map[string]string{"code": code, "name": "Chrome"})
		}, exitOK},
		{"replaced", "replaced", func(string) { kindred(t, data, 0, "pair", "--no-wait") }, exitFailed},
		{"closed", "too many wrong codes", func(string) {
			for range 5 {
				s.fromExtension("POST", "/v1/pair", "", map[string]string{"code": "00000000"})
			}
		}, exitFailed},
	} {
		cmd := program(t, data, "pair")
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var errs strings.Builder
		cmd.Stderr = &errs
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		lines.Scan()
		code, _, _ := strings.Cut(lines.Text(), " ")
		tc.do(code)
		lines.Scan()
		said := lines.Text()
		cmd.Wait()
		if got := cmd.ProcessState.ExitCode(); got != tc.exit || !strings.Contains(said+errs.String(), tc.want) || !strings.Contains(errs.String(), s.url) {
			t.Errorf("%s: exit %d, want %d; said %q %q, want %q", tc.name, got, tc.exit, said, errs.String(), tc.want)
		}
	}
}

// A code that nobody used has expired, and waiting for it ends.
func TestPairExpires(t *testing.T) {
	ctx := t.Context()
	cfg := Config{Data: t.TempDir(), Embedder: "builtin"}
	store, err := openStore(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	e, err := openEngine(ctx, cfg, store, slog.New(slog.DiscardHandler), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	p := engine.Pairing{User: "me", Hash: "of a code", Expires: now.Add(-time.Second).UTC().Truncate(time.Microsecond)}
	if err := store.PutPairing(ctx, p, now); err != nil {
		t.Fatal(err)
	}
	if _, err := awaitPairing(ctx, e, p); err == nil || !strings.Contains(err.Error(), "has expired") {
		t.Errorf("%v", err)
	}
}
