package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// asProgram, set in the environment, makes the test binary the program, so that
// tests start, interrupt and kill the real thing in its own process.
const asProgram = "KINDRED_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// nowhere is an address where no Ollama answers.
const nowhere = "http://127.0.0.1:9"

// program returns the program's command with a private environment.
func program(t *testing.T, data string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return programOf(t, self, data, args...)
}

// programOf is program for another binary.
func programOf(t *testing.T, binary, data string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = []string{asProgram + "=1", "KINDRED_DATA=" + data, "OLLAMA_HOST=" + nowhere, "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"),
		"KINDRED_OLLAMA_THREADS=1"} // more wait for each other on a busy machine
	return cmd
}

// kindred runs the program and returns what it printed; it must exit with code.
func kindred(t *testing.T, data string, code int, args ...string) string {
	t.Helper()
	cmd := program(t, data, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("kindred %s: exit %d (%v), want %d\n%s%s", strings.Join(args, " "), got, err, code, out.String(), errs.String())
	}
	if code != 0 {
		return errs.String()
	}
	return out.String()
}

// A server is a running program.
type server struct {
	t    *testing.T
	url  string
	cmd  *exec.Cmd
	mu   sync.Mutex
	said strings.Builder
}

// startServer starts the program on a free port and waits until it is ready. It is
// interrupted at the end of the test, and must then exit with 0.
func startServer(t *testing.T, data string, args ...string) *server {
	t.Helper()
	return serverOf(t, program(t, data, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...)...))
}

// serverOf is startServer for a command.
func serverOf(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{t: t, cmd: cmd}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = writerFunc(s.note)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	urls := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			s.note([]byte(lines.Text() + "\n"))
			if _, at, ok := strings.Cut(lines.Text(), " on http"); ok {
				urls <- "http" + at
			}
		}
	}()
	t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			s.cmd.Process.Signal(os.Interrupt)
			<-read
			if err := s.cmd.Wait(); err != nil {
				t.Errorf("server: %v\n%s", err, s.log())
			}
		}
		if strings.Contains(s.log(), "DATA RACE") {
			t.Error(s.log())
		}
	})
	select {
	case s.url = <-urls:
	case <-read:
		s.cmd.Wait()
		t.Fatalf("the server did not start:\n%s", s.log())
	case <-time.After(5 * time.Minute): // a million papers are read without files
		t.Fatalf("the server says no address:\n%s", s.log())
	}
	eventually(t, 5*time.Minute, "the server is ready", func() bool { status, _ := s.request("GET", "/readyz", nil); return status == 200 })
	return s
}

func (s *server) note(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said.Write(b)
}

func (s *server) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// kill ends the server as a power cut would.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) { f(b); return len(b), nil }

// request returns the status and body of an answer; 0 if there is none.
func (s *server) request(method, path string, body any) (int, []byte) {
	var r io.Reader
	if body != nil {
		switch b := body.(type) {
		case string:
			r = strings.NewReader(b)
		default:
			j, err := json.Marshal(b)
			if err != nil {
				s.t.Fatal(err)
			}
			r = bytes.NewReader(j)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, r)
	if err != nil {
		s.t.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
		if b, ok := body.(string); ok && strings.HasPrefix(b, "{") && strings.Contains(b, "\n{") {
			req.Header.Set("Content-Type", "application/x-ndjson")
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	return resp.StatusCode, answer
}

// get decodes the answer to GET path, which must have status 200.
func (s *server) get(path string, out any) {
	s.t.Helper()
	status, body := s.request("GET", path, nil)
	if status != 200 {
		s.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		s.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// items are what tests look at in a list.
type items struct {
	Items []struct {
		Paper   struct{ ID, Title string }
		Score   float64
		Reasons []struct {
			Type  string
			Paper struct{ ID, Title string }
			Share float64
		}
	}
	Next     *string
	Strategy string
}

func (l items) titles() []string {
	var out []string
	for _, it := range l.Items {
		out = append(out, it.Paper.Title)
	}
	return out
}

func (l items) ids() []string {
	var out []string
	for _, it := range l.Items {
		out = append(out, it.Paper.ID)
	}
	return out
}

// idOf finds a paper of the corpus by its title, or the beginning of it.
func (s *server) idOf(title string) string {
	s.t.Helper()
	var l items
	s.get("/v1/search?limit=10&q="+url.QueryEscape(title), &l)
	for _, it := range l.Items {
		if strings.HasPrefix(it.Paper.Title, title) {
			return it.Paper.ID
		}
	}
	s.t.Fatalf("no paper %q among %q", title, l.titles())
	return ""
}

func (s *server) like(id string) {
	s.t.Helper()
	if status, body := s.request("PUT", "/v1/users/me/likes/"+url.PathEscape(id), nil); status != 200 {
		s.t.Fatalf("like %s: %d %s", id, status, body)
	}
}

func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("within %v not: %s", limit, what)
		}
	}
}

// shared returns a file of the shared folder, if that is present.
func shared(path string) (string, bool) {
	dir := os.Getenv("KINDRED_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	name := filepath.Join(dir, path)
	_, err := os.Stat(name)
	return name, err == nil
}

// jsonl writes n made-up papers and returns the file.
func jsonl(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"test:%05d","title":"Made-up paper %d","abstract":"About %s and number %d, with words such as w%d and v%d.","authors":["A. Author"],"date":"2025-%02d-%02d","categories":["cs.X%d"]}`+"\n",
			i, i, []string{"speech", "fluids", "graphs", "proteins"}[i%4], i, i, i/2, i%12+1, i%28+1, i%5)
	}
	name := filepath.Join(t.TempDir(), "papers.jsonl")
	if err := os.WriteFile(name, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
