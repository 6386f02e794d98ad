package main

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

// Five answers to what is offered give a useful feed. A reader is a field: likes
// what is of it and dislikes what is not, one paper at a time. The four fields are those
// of at least a twelfth of the corpus: to fall upon less in five papers takes luck.
func TestFiveAnswers(t *testing.T) {
	corpus, ok := shared("data/corpus/mixed-10k.jsonl.gz")
	if !ok {
		t.Log("the shared folder is not here, so nobody answered")
		return
	}
	ctx, c := t.Context(), Config{Data: t.TempDir(), Embedder: "auto"}
	kindred(t, c.Data, exitOK, "import", "--embedder", "builtin", corpus)
	store, err := openStore(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	e, err := openEngine(ctx, c, store, slog.New(slog.DiscardHandler), func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	const first = 20 // places of a feed
	var lifts float64
	for field, share := range map[string]float64{"cs.CV": 0.341, "cs.AI": 0.260, "cs.CL": 0.224, "cs.LG": 0.096} {
		user := strings.ToLower(field)
		suits := func(p engine.Paper) bool { return slices.Contains(p.Categories, field) }
		likes := 0
		for range 5 {
			l, err := e.Onboarding(ctx, user, 1)
			if err != nil || len(l.Items) != 1 {
				t.Fatalf("%d papers offered (%v)", len(l.Items), err)
			}
			key := string(l.Items[0].Paper.Key)
			if suits(l.Items[0].Paper) {
				likes++
				_, err = e.Act(ctx, user, engine.Like, key, time.Time{})
			} else {
				_, err = e.Dislike(ctx, user, key, engine.DislikeDetail{}, time.Time{})
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		f, err := e.Feed(ctx, user, engine.FeedOptions{Limit: first})
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, it := range f.Items {
			if suits(it.Paper) {
				found++
			}
		}
		lift := float64(found) / first / share
		t.Logf("%s: of five %d are liked, then %d of the first %d are of the field, %.1f times as many as anywhere", field, likes, found, first, lift)
		if lift < 1.5 {
			t.Errorf("%s: %d of the first %d", field, found, first)
		}
		lifts += lift / 4
	}
	if lifts < 2 {
		t.Errorf("%.1f times as many as anywhere", lifts)
	}
}
