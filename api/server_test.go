package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kindred/engine"
)

// serve runs a handler on a real port until the test ends.
func serve(t *testing.T, make func(addr string) http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := Server(make(l.Addr().String()), nil)
	var done sync.WaitGroup
	done.Go(func() { _ = s.Serve(l) }) // ErrServerClosed
	t.Cleanup(func() { s.Close(); done.Wait() })
	return l.Addr().String()
}

// raw sends bytes and reads the answer.
func raw(t *testing.T, addr, text string) (*http.Response, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(text, " ")
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	checkAnswer(t, fmt.Sprintf("%.80q", text), resp.StatusCode, resp.Header, body)
	return resp, string(body)
}

// TestWire sends requests that only a socket can send.
func TestWire(t *testing.T) {
	w := newWorld(t, nil)
	addr := serve(t, func(addr string) http.Handler {
		h, err := New(w.engine, Options{Hosts: []string{addr}, Papers: jsonl})
		if err != nil {
			t.Fatal(err)
		}
		return h
	})
	h := "Host: " + addr + "\r\n"
	json := h + "Content-Type: application/json\r\n"
	for _, c := range []struct {
		name, text string
		status     int
		part       string
	}{
		{"encoded id", "GET /v1/papers/arxiv%3Ahep-th%2F9901001 HTTP/1.1\r\n" + h + "\r\n", 200, "Strings on a circle"},
		{"HEAD", "HEAD /v1/papers/2503.11731 HTTP/1.1\r\n" + h + "\r\n", 200, ""},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + h + "\r\n", 403, "no_cors"},
		{"absolute form of another host", "GET http://evil.example/v1/status HTTP/1.1\r\n" + h + "\r\n", 403, "wrong_host"},
		{"absolute form of ours", "GET http://" + addr + "/v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200, ""},
		{"HTTP/1.0 without a host", "GET /v1/status HTTP/1.0\r\n\r\n", 403, "wrong_host"},
		{"bad chunks", "POST /v1/similar HTTP/1.1\r\n" + json + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400, "broke off"},
		{"bad chunks of papers", "POST /v1/papers HTTP/1.1\r\n" + h + "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n{\"title\":\"Chunked\"}\n\r\nzz\r\n", 400, "1 added"},
		{"chunks", "POST /v1/similar HTTP/1.1\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n10\r\n{\"text\":\"speech\"\r\n1\r\n}\r\n0\r\n\r\n", 200, "Speech"},
		{"a length that lies too high, then silence is cut", "POST /v1/similar HTTP/1.1\r\n" + json + "Content-Length: 2000000\r\n\r\n" + strings.Repeat("x", maxBody+1), 413, "too_large"},
		{"chunked PUT without a type", "PUT /v1/users/me/likes/2503.11731 HTTP/1.1\r\n" + h + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 415, ""},
		{"WebSocket", "GET /v1/status HTTP/1.1\r\n" + h + "Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://evil.example\r\n\r\n", 403, "wrong_origin"},
	} {
		resp, body := raw(t, addr, c.text)
		if resp.StatusCode != c.status || !strings.Contains(body, c.part) {
			t.Errorf("%s: %d, want %d: %s", c.name, resp.StatusCode, c.status, body)
		}
		if strings.HasPrefix(c.text, "HEAD") && (body != "" || resp.ContentLength == 0) {
			t.Errorf("HEAD: body %q, length %d", body, resp.ContentLength)
		}
	}
}

// TestSlowAnswer waits for an answer after the body was read: reading's
// deadline must not end it.
func TestSlowAnswer(t *testing.T) {
	w := newWorld(t, nil)
	wait := make(chan struct{})
	addr := serve(t, func(addr string) http.Handler {
		h, err := New(&slow{w.engine, wait}, Options{Hosts: []string{addr}, Papers: jsonl})
		if err != nil {
			t.Fatal(err)
		}
		return h
	})
	var clients sync.WaitGroup
	clients.Go(func() {
		resp, body := raw(t, addr, "POST /v1/similar HTTP/1.1\r\nHost: "+addr+"\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n"+`{"text":"a"}`)
		if resp.StatusCode != 200 {
			t.Errorf("%d %s", resp.StatusCode, body)
		}
	})
	<-wait
	clients.Wait()
}

// slow looks, when asked, whether a deadline is still set on the connection's
// reader: the context would end with it.
type slow struct {
	Engine
	asked chan struct{}
}

func (s *slow) Similar(ctx context.Context, _ engine.Subject, _ int) (engine.List, error) {
	close(s.asked)
	select {
	case <-ctx.Done():
		return engine.List{}, ctx.Err()
	case <-time.After(100 * time.Millisecond):
		return engine.List{}, nil
	}
}

// TestConcurrent asks and writes at once, for the race detector.
func TestConcurrent(t *testing.T) {
	w := newWorld(t, nil)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for _, target := range []string{"/v1/users/me/feed", "/v1/search?q=speech", "/metrics", "/docs", "/", "/v1/status", "/openapi.json", "/nothing"} {
				w.do("GET", target, "")
			}
			w.do("PUT", "/v1/users/me/likes/2503.11731", "")
			w.do("POST", "/v1/papers", fmt.Sprintf(`{"title":"Concurrent %d"}`, i))
			w.do("DELETE", "/v1/users/me/likes/2503.11731", "")
		})
	}
	all.Wait()
}
