package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"testing"
	"time"
)

// kills is how often the program is killed: 3 in the gate, more in make soak.
func kills(t *testing.T) int {
	s := os.Getenv("KINDRED_KILLS")
	if s == "" {
		return 3
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("KINDRED_KILLS=%q", s)
	}
	return n
}

// Server and import are killed with -9 at random moments while papers and likes
// come in. Started again, they go on: every paper is there once, and no like
// that was acknowledged is lost.
func TestKilledAtRandomMoments(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	data := t.TempDir()
	const papers = 6000
	file := jsonl(t, papers)
	kindred(t, data, 0, "import", jsonl(t, 1000)) // the first papers, to like
	acknowledged := map[string]bool{}
	next := 0
	for range kills(t) {
		s := startServer(t, data)
		imp := program(t, data, "import", file)
		if err := imp.Start(); err != nil {
			t.Fatal(err)
		}
		stop := time.Now().Add(time.Duration(100+r.IntN(2500)) * time.Millisecond)
		killed := make(chan struct{})
		go func() {
			defer close(killed)
			time.Sleep(time.Until(stop))
			imp.Process.Kill()
			s.cmd.Process.Kill()
		}()
		for {
			id := fmt.Sprintf("test:%05d", next%1000)
			status, _ := s.request("PUT", "/v1/users/me/likes/"+url.PathEscape(id), nil)
			if status == 0 {
				break
			}
			if status != 200 {
				t.Fatalf("like %s: %d", id, status)
			}
			acknowledged[id] = true
			next++
		}
		<-killed
		imp.Wait()
		s.cmd.Wait()
	}
	var sum struct{ Added, Updated, Unchanged, Rejected int }
	if err := json.Unmarshal([]byte(kindred(t, data, 0, "import", file, "--json")), &sum); err != nil {
		t.Fatal(err)
	}
	if n := sum.Added + sum.Unchanged; n != papers || sum.Updated != 0 || sum.Rejected != 0 {
		t.Errorf("the last import accounts for %+v, want %d papers", sum, papers)
	}
	s := startServer(t, data)
	var status struct{ Papers, Embedded, Pending int }
	s.get("/v1/status", &status)
	if status.Papers != papers || status.Embedded != papers || status.Pending != 0 {
		t.Errorf("status %+v, want %d papers, all embedded", status, papers)
	}
	seen := map[string]int{}
	for cursor := ""; ; {
		var l items
		s.get("/v1/latest?limit=200&cursor="+url.QueryEscape(cursor), &l)
		for _, id := range l.ids() {
			seen[id]++
		}
		if l.Next == nil {
			break
		}
		cursor = *l.Next
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	if len(seen) != papers {
		t.Errorf("%d papers listed", len(seen))
	}
	liked := map[string]bool{}
	for cursor := ""; ; {
		var l items
		s.get("/v1/users/me/likes?limit=200&cursor="+url.QueryEscape(cursor), &l)
		for _, id := range l.ids() {
			liked[id] = true
		}
		if l.Next == nil {
			break
		}
		cursor = *l.Next
	}
	for id := range acknowledged {
		if !liked[id] {
			t.Errorf("the like of %s was acknowledged and is lost", id)
		}
	}
	t.Logf("%d likes acknowledged, %d there", len(acknowledged), len(liked))
	if len(acknowledged) == 0 {
		t.Error("no like was ever acknowledged: nothing was shown")
	}
	kindred(t, data, 0, "backup", t.TempDir()+"/verified.db")
}
