package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// A reader's own likes are replayed by every strategy; there must be some.
func TestEvalMe(t *testing.T) {
	data := t.TempDir()
	kindred(t, data, exitOK, "import", filepath.Join("..", "..", "testdata", "papers-page.txt"), "--embedder", "builtin")
	me := func(code int, args ...string) string {
		return kindred(t, data, code, append([]string{"eval", "me", "--cache", filepath.Join(data, "cache")}, args...)...)
	}
	if got := me(exitFailed); !strings.Contains(got, "0 likes") || !strings.Contains(got, "kindred import") {
		t.Errorf("without likes: %s", got)
	}
	me(exitUsage, "--strategy", "best")
	me(exitUsage, "--last", "0")

	var found items
	if err := json.Unmarshal([]byte(kindred(t, data, exitOK, "similar", "speech separation and synthesis", "--limit", "8", "--json")), &found); err != nil || len(found.Items) != 8 {
		t.Fatalf("%d papers: %v", len(found.Items), err)
	}
	for _, it := range found.Items {
		kindred(t, data, exitOK, "like", it.Paper.ID)
	}
	var all []measured
	if err := json.Unmarshal([]byte(me(exitOK, "--json")), &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 6 {
		t.Fatalf("%d settings, want the 6 strategies by the builtin embedder", len(all))
	}
	for _, m := range all {
		// All 52 papers are within the first 100; of 8 papers about one thing, most are found early.
		if m.Users != 7 || m.Metrics["recall@100"].Value != 1 || m.Metrics["mrr"].Value < .1 {
			t.Errorf("%s: %d likes, %+v", m.Config, m.Users, m.Metrics)
		}
		if (m.Versus == "") != (m.Diff == nil) {
			t.Errorf("%s is compared with %q: %v", m.Config, m.Versus, m.Diff)
		}
	}
	if got := me(exitOK, "--last", "3", "--strategy", "kindred", "--strategy", "mean"); !strings.Contains(got, "The last 3 of your likes, each found among 52 papers") || !strings.Contains(got, "better for you") {
		t.Errorf("the table says:\n%s", got)
	}
}
