package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kindred/embed/ollama/ollamatest"
)

// The figures of all-minilm through a real Ollama. The gate ranks eight papers; make
// soak-quality, which sets KINDRED_EVAL to protocols, ranks the real ones and logs what
// embed/builtin/README.md quotes. Its vectors are kept in KINDRED_EVAL_CACHE, so that
// it can be stopped and goes on.
func TestEvalOllama(t *testing.T) {
	protocols, cache := strings.Fields(os.Getenv("KINDRED_EVAL")), os.Getenv("KINDRED_EVAL_CACHE")
	data, ok := shared("data")
	small := len(protocols) == 0
	switch {
	case small:
		protocols, cache, data = []string{"csfcube"}, t.TempDir(), smallCube(t)
	case !ok:
		t.Fatalf("no data with known answers: %s is not there", data)
	}
	o := ollamatest.Start(t)
	for range 2 { // the second time from what was kept
		args := append([]string{"eval", "--bench", data, "--json", "--strategy", "mean", "--embedder", "ollama", "--ollama-url", o.URL, "--cache", cache}, protocols...)
		want := len(protocols)
		if !small {
			args, want = append(args, "--strategy", "kindred"), 2*want
		}
		var out []measured
		printed := kindred(t, t.TempDir(), exitOK, args...)
		if err := json.Unmarshal([]byte(printed), &out); err != nil || len(out) != want {
			t.Fatalf("%v\n%s", err, printed)
		}
		for _, m := range out {
			t.Logf("%s, %s, %d users, %s: %+v", m.Protocol, m.Config.Strategy, m.Users, m.Config.Space, m.Metrics)
			if small && m.Metrics["map"].Value != 1 {
				t.Error("two subjects are not told apart")
			}
		}
		if !small {
			return
		}
	}
}

// smallCube is a folder like csfcube's, of eight papers on two subjects.
func smallCube(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "csfcube")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var papers strings.Builder
	for i, subject := range []string{"speech recognition with neural acoustic models", "photometric redshifts of distant galaxies"} {
		for j, word := range []string{"A study of", "On", "Notes about", "Towards better"} {
			fmt.Fprintf(&papers, `{"id":"p%d%d","title":%q,"abstract":%q}`+"\n", i, j, word+" "+subject, "We look at "+subject+" again.")
		}
	}
	write(t, filepath.Join(dir, "papers.jsonl"), papers.String())
	for _, facet := range []string{"background", "method", "result"} {
		write(t, filepath.Join(dir, "anns-"+facet+".json"), `{"p00":{"cands":["p10","p01","p11","p02","p12","p03"],"relevance_adju":[0,2,0,3,1,2]},
			"p10":{"cands":["p01","p11","p02","p12","p03","p13"],"relevance_adju":[0,2,0,3,1,2]}}`)
	}
	return filepath.Dir(dir)
}
