// Package ollamatest runs a real Ollama server with real weights for tests. What
// it runs is put in place by .ci/ollama, which make test calls first.
package ollamatest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ollama/ollama/api"
)

// Model is the name of the model that every Server has: all-MiniLM-L6-v2, 384
// dimensions.
const Model = "all-minilm"

// version of Ollama; the same as in .ci/ollama and go.mod.
const version = "0.17.4"

// A Server is an Ollama with a home, a model folder and a port of its own. Like the
// public all-minilm, its models read 256 tokens.
type Server struct {
	URL string

	t        testing.TB
	home     string
	cmd      *exec.Cmd
	registry *httptest.Server // see Publish
	depot    *httptest.Server // where it sends those who want weights
}

// Start runs a server that has Model, until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, home: t.TempDir()}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.URL = "http://" + l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s.registry = httptest.NewTLSServer(http.HandlerFunc(s.serveRegistry))
	t.Cleanup(s.registry.Close)
	s.depot = httptest.NewServer(http.HandlerFunc(s.serveDepot))
	t.Cleanup(s.depot.Close)
	trust := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.registry.Certificate().Raw})
	if err := os.WriteFile(s.trusted(), trust, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Run()
	t.Cleanup(s.Kill)
	s.Create(Model, nil)
	return s
}

// cache is the folder that .ci/ollama fills.
func (s *Server) cache() string {
	s.t.Helper()
	root := os.Getenv("XDG_CACHE_HOME")
	if root == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			s.t.Fatal(err)
		}
		root = filepath.Join(home, ".cache")
	}
	dir := filepath.Join(root, "kindred-test", "ollama-"+version)
	if _, err := os.Stat(filepath.Join(dir, "model", "complete")); err != nil {
		s.t.Fatalf("no Ollama for the tests: run .ci/ollama first, or make test, which does (%v)", err)
	}
	return dir
}

// Run starts the server's process, again after Kill, and waits until it
// answers.
func (s *Server) Run() {
	s.t.Helper()
	s.cmd = exec.Command(filepath.Join(s.cache(), "ollama"), "serve")
	s.cmd.Env = []string{
		"HOME=" + s.home, "PATH=" + os.Getenv("PATH"), "OLLAMA_MODELS=" + filepath.Join(s.home, "models"),
		"OLLAMA_HOST=" + strings.TrimPrefix(s.URL, "http://"), "OLLAMA_NUM_PARALLEL=1", "SSL_CERT_FILE=" + s.trusted(),
	}
	log, err := os.OpenFile(filepath.Join(s.home, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	ownGroup(s.cmd)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get(s.URL + "/api/version")
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(filepath.Join(s.home, "log"))
			s.t.Fatalf("Ollama does not answer: %v\n%s", err, said)
		}
	}
}

// Kill ends the server and its runners at once.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	killGroup(s.cmd)
	s.cmd.Wait() // its error says that it was killed
	s.cmd = nil
}

// Client is the API of the server, for what an embedder does not do.
func (s *Server) Client() *api.Client {
	s.t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	return api.NewClient(u, http.DefaultClient)
}

// Create makes a model of the given name from the weights of Model. change, if
// not nil, may alter them first.
func (s *Server) Create(name string, change func(weights []byte)) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	dir := filepath.Join(s.cache(), "model")
	files := map[string]string{}
	for _, file := range []string{"model.safetensors", "config.json", "tokenizer.json", "tokenizer_config.json",
		"special_tokens_map.json", "vocab.txt", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json"} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			s.t.Fatal(err)
		}
		if change != nil && file == "model.safetensors" {
			change(b)
		}
		sum := sha256.Sum256(b)
		digest := "sha256:" + hex.EncodeToString(sum[:])
		if err := s.Client().CreateBlob(ctx, digest, io.NopCloser(strings.NewReader(string(b)))); err != nil {
			s.t.Fatal(err)
		}
		files[file] = digest
	}
	err := s.Client().Create(ctx, &api.CreateRequest{Model: name, Files: files, Parameters: map[string]any{"num_ctx": 256}}, func(api.ProgressResponse) error { return nil })
	if err != nil {
		s.t.Fatal(fmt.Errorf("create %s: %w", name, err))
	}
}

// Retrained changes the weights in a safetensors file a little: the sign of the
// first number of the word embeddings. It is for Create.
func Retrained(file []byte) {
	size := binary.LittleEndian.Uint64(file)
	var header map[string]struct {
		Offsets [2]uint64 `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:8+size], &header); err != nil {
		panic(err) // not a safetensors file
	}
	file[8+size+header["embeddings.word_embeddings.weight"].Offsets[0]+3] ^= 0x80
}

// Delete removes a model.
func (s *Server) Delete(name string) {
	s.t.Helper()
	if err := s.Client().Delete(context.Background(), &api.DeleteRequest{Model: name}); err != nil {
		s.t.Fatal(err)
	}
}
