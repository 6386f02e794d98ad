package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// number returns what the environment says of how much a test does, in the gate
// the default.
func number(t *testing.T, name string, fallback int) int {
	t.Helper()
	s := os.Getenv(name)
	if s == "" {
		return fallback
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s=%q", name, s)
	}
	return n
}

// A large import is killed with -9 at random moments, while a server answers
// from what is there. The next one goes on; in the end every paper was added
// once, the store is whole, and the server that followed it all answers as one
// that starts over from a copy of the store, and as itself after a kill.
func TestKilledDuringALargeImport(t *testing.T) {
	t.Parallel()
	papers := number(t, "KINDRED_KILL_PAPERS", 50_000)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	templates, err := readTemplates(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "papers.jsonl")
	if err := keepPapers(t.Context(), file, templates, papers); err != nil {
		t.Fatal(err)
	}
	data, binary := t.TempDir(), releaseBinary(t)
	importing := func() (*exec.Cmd, *bytes.Buffer) {
		cmd := programOf(t, binary, data, "import", file, "--json", "--embedder", "builtin")
		out := &bytes.Buffer{}
		cmd.Stdout = out
		return cmd, out
	}
	kindred(t, data, 0, "import", jsonl(t, 10), "--embedder", "builtin")
	s := serverOf(t, programOf(t, binary, data, "serve", "--addr", "127.0.0.1:0"))
	stored := func() int {
		var status struct{ Papers int }
		s.get("/v1/status", &status)
		return status.Papers
	}
	// Some paper of the import is found among those like one that was there before.
	searchable := func() bool {
		var l items
		s.get("/v1/papers/test:00001/similar?limit=50", &l)
		return slices.ContainsFunc(l.ids(), func(id string) bool { return strings.HasPrefix(id, "arxiv:") })
	}
	killed, found := 0, false
	for left := kills(t); left > 0; left-- {
		before := stored()
		target := before + 1 + r.IntN((papers-before)/left+1)
		cmd, _ := importing()
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = cmd.Wait() // it is killed, or done
		}()
		for running := true; running && stored() < target; {
			found = found || searchable()
			select {
			case <-ended:
				running = false
			case <-time.After(5 * time.Millisecond):
			}
		}
		time.Sleep(time.Duration(r.IntN(100)) * time.Millisecond)
		if cmd.Process.Kill() == nil {
			killed++
		}
		<-ended
		n := stored()
		if n < before {
			t.Errorf("%d papers after a kill, %d before", n, before)
		}
		t.Logf("killed with %d papers stored", n)
	}
	cmd, out := importing()
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	var sum struct{ Added, Updated, Unchanged, Rejected int }
	if err := json.Unmarshal(out.Bytes(), &sum); err != nil {
		t.Fatal(err)
	}
	if n := sum.Added + sum.Unchanged; n != papers || sum.Updated != 0 || sum.Rejected != 0 {
		t.Errorf("the imports account for %+v, want %d papers", sum, papers)
	}
	if !found {
		t.Error("no new paper was found before the import ended")
	}
	if killed == 0 {
		t.Error("nothing was killed: nothing was shown")
	}

	ready := func(s *server) {
		eventually(t, 10*time.Minute, "every paper is embedded, and found", func() bool {
			var st struct {
				Papers, Embedded, Pending int
				Index                     struct{ Version, Head int64 }
				Jobs                      []any // the reading of words is one
			}
			s.get("/v1/status", &st)
			code, _ := s.request("GET", "/readyz", nil)
			return st.Papers == papers+10 && st.Embedded == papers+10 && st.Pending == 0 && len(st.Jobs) == 0 && code == 200
		})
	}
	ready(s)
	copied := filepath.Join(t.TempDir(), "copy.db")
	kindred(t, data, 0, "backup", copied) // which verifies
	fresh := t.TempDir()
	kindred(t, fresh, 0, "restore", copied)
	rebuilt := serverOf(t, programOf(t, binary, fresh, "serve", "--addr", "127.0.0.1:0"))
	ready(rebuilt)
	alike := func(s *server) {
		for range 40 {
			path := fmt.Sprintf("/v1/papers/%s/similar?limit=50", url.PathEscape("arxiv:"+madePaper(templates, r.IntN(papers), papers).ID))
			code, a := s.request("GET", path, nil)
			_, b := rebuilt.request("GET", path, nil)
			if code != 200 || !bytes.Equal(a, b) {
				t.Fatalf("GET %s: %d; two servers answer\n%s\nand\n%s", path, code, a, b)
			}
		}
	}
	alike(s)
	s.kill()
	s = serverOf(t, programOf(t, binary, data, "serve", "--addr", "127.0.0.1:0")) // from files
	ready(s)
	alike(s)
	if log := s.log(); strings.Contains(log, "made anew") {
		t.Errorf("files were not used:\n%s", log)
	}
}
