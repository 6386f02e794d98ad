package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Where the data is, the figures of eval must be those of the reference scorer
// on the exported ranking, and the builtin model must be as good as promised.
func TestEval(t *testing.T) {
	data, ok := shared("data")
	if !ok {
		t.Log("no data with known answers here: only the command line is tested")
		data = t.TempDir()
	}
	dir := t.TempDir()
	for _, args := range [][]string{{"eval"}, {"eval", "csfcube"}, {"eval", "--bench", data}, {"eval", "nothing", "--bench", data},
		{"eval", "csfcube", "--bench", data, "--strategy", "best"}, {"eval", "--all", "--bench", data, "--run", filepath.Join(dir, "x")}} {
		if got := kindred(t, dir, exitUsage, args...); !strings.Contains(got, "--help") {
			t.Errorf("%v: %q does not point to the help", args, got)
		}
	}
	kindred(t, dir, exitNotFound, "eval", "csfcube", "--bench", filepath.Join(dir, "none"))
	if !ok {
		return
	}
	cache, run := filepath.Join(dir, "cache"), filepath.Join(dir, "run.tsv")
	eval := func(args ...string) measured {
		t.Helper()
		var out []measured
		printed := kindred(t, dir, exitOK, append([]string{"eval", "--bench", data, "--json", "--cache", cache, "--embedder", "builtin"}, args...)...)
		if err := json.Unmarshal([]byte(printed), &out); err != nil || len(out) != 1 {
			t.Fatalf("%v: %v\n%s", args, err, printed)
		}
		return out[0]
	}
	if m := eval("csfcube").Metrics["map"]; m.Value < .33 || m.Low > m.Value || m.High < m.Value {
		t.Errorf("csfcube MAP %+v, want at least .33", m)
	}
	cold := eval("citeulike-a-tune", "--strategy", "mean", "--run", run) // by kindred it takes minutes under the race detector
	score := filepath.Join(data, "score.py")
	out, err := exec.Command("python3", score, filepath.Join(data, "citeulike-a", "heater-cold", "vali.tsv"), run).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", score, err, out)
	}
	for name, metric := range map[string]string{"R@20": "recall@20", "R@100": "recall@100", "nDCG@20": "ndcg@20", "MRR": "mrr"} {
		if want := fmt.Sprintf("%s=%.4f ", name, cold.Metrics[metric].Value); !strings.Contains(strings.TrimSpace(string(out))+" ", want) {
			t.Errorf("the reference scorer does not say %s:\n%s", want, out)
		}
	}
}
