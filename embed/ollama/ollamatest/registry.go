package ollamatest

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// Publish puts a model of the server into a registry of its own, which speaks as
// Ollama's does, over TLS on this machine, and returns the name by which the server
// can pull it from there.
func (s *Server) Publish(model string) (name string) {
	s.t.Helper()
	models := filepath.Join(s.home, "models")
	manifest, err := os.ReadFile(filepath.Join(models, "manifests", "registry.ollama.ai", "library", model, "latest"))
	if err != nil {
		s.t.Fatal(err)
	}
	type layer struct{ Digest string }
	var m struct {
		Config layer
		Layers []layer
	}
	if err := json.Unmarshal(manifest, &m); err != nil {
		s.t.Fatal(err)
	}
	if err := os.MkdirAll(s.published(""), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(s.published("manifest-"+model), manifest, 0o600); err != nil {
		s.t.Fatal(err)
	}
	for _, l := range append(m.Layers, m.Config) {
		blob := strings.Replace(l.Digest, ":", "-", 1)
		if err := os.Link(filepath.Join(models, "blobs", blob), s.published(blob)); err != nil && !os.IsExist(err) {
			s.t.Fatal(err)
		}
	}
	return s.registry.Listener.Addr().String() + "/library/" + model
}

func (s *Server) trusted() string              { return filepath.Join(s.home, "registry.pem") }
func (s *Server) published(file string) string { return filepath.Join(s.home, "published", file) }

// serveRegistry answers HEAD and GET of /v2/library/MODEL/{manifests/TAG,blobs/DIGEST}.
// Like the public one it sends who gets a blob to another host.
func (s *Server) serveRegistry(w http.ResponseWriter, r *http.Request) {
	part := strings.Split(strings.TrimPrefix(r.URL.Path, "/v2/library/"), "/")
	if len(part) != 3 {
		http.NotFound(w, r)
		return
	}
	if part[1] != "blobs" {
		http.ServeFile(w, r, s.published("manifest-"+filepath.Base(part[0])))
		return
	}
	blob := strings.Replace(filepath.Base(part[2]), ":", "-", 1)
	if r.Method == http.MethodHead {
		http.ServeFile(w, r, s.published(blob))
		return
	}
	http.Redirect(w, r, strings.Replace(s.depot.URL, "127.0.0.1", "localhost", 1)+"/"+blob, http.StatusTemporaryRedirect)
}

func (s *Server) serveDepot(w http.ResponseWriter, r *http.Request) {
	http.ServeFile(w, r, s.published(filepath.Base(r.URL.Path)))
}
