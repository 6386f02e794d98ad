package engine_test

import (
	"testing"
	"time"

	"kindred/embed"
	"kindred/embed/embedtest"
	"kindred/engine"
)

// Status tells of the embedding that another process does: what is left, how
// fast it went in the last minute, and until when; and of nothing once it is
// done.
func TestStatusOfWorkElsewhere(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.put(papers("speech", 40)...)
	e := embedtest.Hash(128)
	space := e.Space().ID()
	if ok, err := w.store.Lease(ctx, "embed:"+space, "another", "", w.clock, time.Hour); !ok || err != nil {
		t.Fatal(ok, err)
	}
	elsewhere := func(n int) {
		pending, err := w.store.Unembedded(ctx, space, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pending {
			v, err := e.Embed(ctx, embed.Document, []string{embed.Join(p.Title, p.Abstract)})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.store.PutVectors(ctx, space, []engine.Embedded{{Key: p.Key, Text: p.Text, Vector: v[0]}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	look := func() []engine.Job {
		if n, err := w.Sync(ctx, nil); n != 0 || err != nil {
			t.Fatalf("Sync did %d of another's work: %v", n, err)
		}
		s, err := w.Status(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return s.Jobs
	}
	if jobs := look(); len(jobs) != 1 || jobs[0].Done != 0 || jobs[0].Total != 40 || jobs[0].Rate != 0 {
		t.Errorf("at first: %+v", jobs)
	}
	elsewhere(10)
	w.clock = w.clock.Add(5 * time.Second)
	if jobs := look(); len(jobs) != 1 || jobs[0].Done != 10 || jobs[0].Total != 40 || jobs[0].Rate != 2 || jobs[0].ETA != 15*time.Second {
		t.Errorf("after 10 in 5 s: %+v", jobs)
	}
	w.put(papers("fluid", 20)...)
	if jobs := look(); jobs[0].Total != 60 {
		t.Errorf("after 20 more came: %+v", jobs)
	}
	w.clock = w.clock.Add(2 * time.Minute) // the rate is that of the last minute
	look()
	elsewhere(30)
	w.clock = w.clock.Add(30 * time.Second)
	if jobs := look(); jobs[0].Done != 40 || jobs[0].Rate != 1 {
		t.Errorf("after 30 in 30 s: %+v", jobs)
	}
	elsewhere(30)
	if jobs := look(); len(jobs) != 0 {
		t.Errorf("after all: %+v", jobs)
	}
	if err := w.store.Release(ctx, "embed:"+space, "another"); err != nil {
		t.Fatal(err)
	}
	w.put(papers("graph", 5)...)
	if n, err := w.Sync(ctx, nil); n != 5 || err != nil {
		t.Errorf("with the lease free again: %d, %v", n, err)
	}
}
