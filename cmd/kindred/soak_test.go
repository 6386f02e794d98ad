package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A window is what was seen of a server in a part of a soak.
type window struct {
	goroutines int             // the fewest
	anonymous  float64         // the least memory, in MB: what is left after collecting garbage
	took       []time.Duration // the answers to readers
}

// Readers, feeds, likes, and papers that come and go, as many as go: what the
// server holds stays what it was. KINDRED_SOAK_SECONDS is for how long, 120 in
// the gate. The first fifth, in which caches fill, does not count. How long
// answers take depends on what else the machine does; only if they get ten times
// slower in the course of it, something piles up.
func TestSoak(t *testing.T) {
	t.Parallel()
	const papers, windows = 3000, 5
	length := time.Duration(number(t, "KINDRED_SOAK_SECONDS", 120)) * time.Second / windows
	templates, err := readTemplates(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "papers.jsonl")
	if err := keepPapers(t.Context(), file, templates, papers); err != nil {
		t.Fatal(err)
	}
	data, binary := t.TempDir(), releaseBinary(t)
	kindred(t, data, 0, "import", file, "--embedder", "builtin")
	s := serverOf(t, programOf(t, binary, data, "serve", "--addr", "127.0.0.1:0"))
	known := func(r *rand.Rand) string {
		return url.PathEscape("arxiv:" + madePaper(templates, r.IntN(papers), papers).ID)
	}

	goroutines := func() (n int) {
		_, metrics := s.request(http.MethodGet, "/metrics", nil)
		if _, at, ok := strings.Cut(string(metrics), "\ngo_goroutines "); ok {
			fmt.Sscan(at, &n)
		}
		return n
	}
	idle := goroutines()
	var mu sync.Mutex
	var took []time.Duration
	var reads, writes atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	do := func(seed uint64, f func(r *rand.Rand, i int)) {
		work.Go(func() {
			r := rand.New(rand.NewPCG(seed, 0))
			for i := 0; ctx.Err() == nil; i++ {
				f(r, i)
			}
		})
	}
	ask := func(method, path string, body any, want ...int) {
		begun := time.Now()
		status, answer := s.request(method, path, body)
		if !slices.Contains(want, status) {
			t.Errorf("%s %s: %d %.300s", method, path, status, answer)
			cancel()
		}
		if method == http.MethodGet {
			mu.Lock()
			took = append(took, time.Since(begun))
			mu.Unlock()
			reads.Add(1)
		} else {
			writes.Add(1)
		}
	}
	for reader := range 3 {
		do(uint64(reader), func(r *rand.Rand, _ int) {
			user := fmt.Sprintf("reader%d", r.IntN(20))
			paths := []string{
				"/v1/papers/" + known(r) + "/similar?limit=10",
				"/v1/search?q=" + url.QueryEscape(templates[r.IntN(len(templates))].Title),
				"/v1/latest?limit=50", "/v1/users/" + user + "/feed", "/v1/users/" + user + "/likes", "/v1/status", "/",
			}
			ask(http.MethodGet, paths[r.IntN(len(paths))], nil, http.StatusOK)
		})
	}
	do(10, func(r *rand.Rand, _ int) { // a like, and the undo of another
		path := fmt.Sprintf("/v1/users/reader%d/likes/", r.IntN(20))
		ask(http.MethodPut, path+known(r), nil, http.StatusOK)
		ask(http.MethodDelete, path+known(r), nil, http.StatusNoContent)
		time.Sleep(10 * time.Millisecond)
	})
	const passing = 20 // papers that come together, and go when a hundred more have come
	do(11, func(r *rand.Rand, i int) {
		var lines strings.Builder
		for j := range passing {
			p := templates[r.IntN(len(templates))]
			fmt.Fprintf(&lines, "{\"id\":\"soak:%d\",\"title\":%q,\"abstract\":%q}\n", i*passing+j, mixed(r, p.Title, p.Abstract, 3), mixed(r, p.Abstract, p.Title, 5))
		}
		ask(http.MethodPost, "/v1/papers", lines.String(), http.StatusOK)
		for j := range passing {
			if old := i*passing + j - 5*passing; old >= 0 {
				ask(http.MethodDelete, fmt.Sprintf("/v1/papers/soak:%d", old), nil, http.StatusNoContent)
			}
		}
		time.Sleep(50 * time.Millisecond)
	})

	var seen []window
	for range windows {
		w := window{goroutines: goroutines(), anonymous: anonymous(s.cmd.Process.Pid)}
		for end := time.Now().Add(length); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(length / 40) {
			w.goroutines = min(w.goroutines, goroutines())
			w.anonymous = min(w.anonymous, anonymous(s.cmd.Process.Pid))
		}
		mu.Lock()
		w.took, took = took, nil
		mu.Unlock()
		t.Logf("%3d goroutines, %.0f MB, %d answers, p50 %.1f ms, p99 %.1f ms", w.goroutines, w.anonymous, len(w.took), quantile(w.took, .5), quantile(w.took, .99))
		seen = append(seen, w)
	}
	cancel()
	work.Wait()
	t.Logf("%d reads, %d writes", reads.Load(), writes.Load())

	first, last := seen[1], seen[windows-1]
	http.DefaultClient.CloseIdleConnections()
	eventually(t, time.Minute, fmt.Sprintf("only the %d goroutines of an idle server are left", idle), func() bool {
		n := goroutines()
		return n > 0 && n <= idle+2
	})
	if first.goroutines == 0 || reads.Load() < 100 || writes.Load() < 100 {
		t.Errorf("too little was done, or seen: %d goroutines, %d reads, %d writes", first.goroutines, reads.Load(), writes.Load())
	}
	if last.goroutines > 2*first.goroutines {
		t.Errorf("%d goroutines at first, %d at last", first.goroutines, last.goroutines)
	}
	if last.anonymous > 1.25*first.anonymous+16 {
		t.Errorf("%.0f MB at first, %.0f at last", first.anonymous, last.anonymous)
	}
	if a, b := quantile(first.took, .99), quantile(last.took, .99); b > 10*a {
		t.Errorf("p99 %.1f ms at first, %.1f at last", a, b)
	}
}
