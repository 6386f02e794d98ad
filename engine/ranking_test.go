package engine_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kindred/engine"
)

// kinds returns how many of the first n items are of each topic.
func kinds(items []engine.Item, n int) map[string]int {
	out := map[string]int{}
	for _, it := range items[:min(n, len(items))] {
		out[it.Paper.Categories[0]]++
	}
	return out
}

// Two unrelated interests are both among the first ten, whatever their sizes;
// muting one takes it away.
func TestTwoInterests(t *testing.T) {
	for _, sizes := range [][2]int{{1, 1}, {2, 1}, {5, 1}, {10, 1}, {20, 1}, {1, 20}, {20, 20}} {
		t.Run(fmt.Sprint(sizes), func(t *testing.T) {
			w := threeTopics(t, 40)
			for i := range sizes[0] {
				w.act(engine.Like, fmt.Sprintf("test:speech-%03d", i))
			}
			for i := range sizes[1] {
				w.act(engine.Like, fmt.Sprintf("test:fluid-%03d", i))
			}
			if n := kinds(w.feed(engine.FeedOptions{Limit: 10}).Items, 10); n["speech"] < 1 || n["fluid"] < 1 {
				t.Errorf("first ten: %v", n)
			}
			all, err := w.Interests(t.Context(), "me")
			if err != nil || len(all) != 2 {
				t.Fatalf("%d interests (%v): %+v", len(all), err, all)
			}
			for _, x := range all {
				if len(x.Terms) == 0 || x.Name == "" || x.Named || len(x.Papers) == 0 || x.Likes != sizes[0] && x.Likes != sizes[1] {
					t.Errorf("interest %+v", x)
				}
			}
			mute := true
			if _, err := w.ShapeInterest(t.Context(), "me", all[1].ID, engine.InterestChange{Muted: &mute}); err != nil {
				t.Fatal(err)
			}
			gone, left := all[1].Papers[0].Categories[0], all[0].Papers[0].Categories[0]
			if n := kinds(w.feed(engine.FeedOptions{Limit: 20}).Items, 20); n[gone] != 0 || n[left] == 0 {
				t.Errorf("%s is muted: %v", gone, n)
			}
			only := w.feed(engine.FeedOptions{Limit: 10, Interest: all[1].ID})
			if n := kinds(only.Items, 10); n[gone] < 9 {
				t.Errorf("the feed of %s alone: %v", gone, n)
			}
		})
	}
}

// An interest keeps its id and its name while likes come and go.
func TestInterestsKeepTheirIDs(t *testing.T) {
	w := threeTopics(t, 40)
	ctx := t.Context()
	w.act(engine.Like, "test:speech-001", "test:fluid-001")
	id := func(topic string) string {
		t.Helper()
		all, err := w.Interests(ctx, "me")
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range all {
			if len(x.Papers) > 0 && x.Papers[0].Categories[0] == topic {
				return x.ID
			}
		}
		t.Fatalf("no interest in %s: %+v", topic, all)
		return ""
	}
	speech, fluid := id("speech"), id("fluid")
	name := "Talking"
	if x, err := w.ShapeInterest(ctx, "me", speech, engine.InterestChange{Name: &name}); err != nil || x.Name != name || !x.Named {
		t.Fatalf("%+v, %v", x, err)
	}
	for i := 2; i < 12; i++ {
		w.act(engine.Like, fmt.Sprintf("test:speech-%03d", i), fmt.Sprintf("test:graph-%03d", i))
	}
	// The paper that gave the id is not liked any more.
	for _, key := range []string{"test:speech-001", "test:fluid-001"} {
		w.act(engine.Like, "test:fluid-005")
		if err := w.Undo(ctx, "me", engine.Like, key); err != nil {
			t.Fatal(err)
		}
	}
	if got := id("speech"); got != speech {
		t.Errorf("speech was %s and is %s", speech, got)
	}
	if got := id("fluid"); got != fluid {
		t.Errorf("fluid was %s and is %s", fluid, got)
	}
	all, err := w.Interests(ctx, "me")
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(all, func(x engine.Interest) bool { return x.ID == speech }); i < 0 || all[i].Name != name {
		t.Errorf("its name is lost: %+v", all)
	}
	if _, err := w.ShapeInterest(ctx, "me", "nothing", engine.InterestChange{}); err == nil {
		t.Error("an interest that is not there was shaped")
	}
}

// Contributions of all reasons sum to the score, and the rank without a like is
// the one that taking it back gives.
func TestExplain(t *testing.T) {
	w := threeTopics(t, 40)
	ctx := t.Context()
	rng := rand.New(rand.NewPCG(3, 3))
	topic := []string{"speech", "fluid", "graph"}
	sums, doubts := 0, 0
	for user := range 32 {
		me := fmt.Sprintf("u%d", user)
		liked := map[string]bool{}
		for range 1 + rng.IntN(6) {
			key := fmt.Sprintf("test:%s-%03d", topic[rng.IntN(2)], rng.IntN(40))
			liked[key] = true
			if _, err := w.Act(ctx, me, engine.Like, key, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		if user%3 == 0 {
			if _, err := w.Act(ctx, me, engine.Dislike, "test:graph-001", time.Time{}); err != nil {
				t.Fatal(err)
			}
			if err := w.See(ctx, me, []string{"test:speech-010", "test:fluid-010"}); err != nil {
				t.Fatal(err)
			}
		}
		for range 40 {
			key := fmt.Sprintf("test:%s-%03d", topic[rng.IntN(3)], rng.IntN(40))
			if liked[key] || key == "test:graph-001" {
				continue
			}
			x, err := w.Explain(ctx, me, key, engine.FeedOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			for _, r := range x.Reasons {
				sum += float64(r.Contribution)
			}
			if math.Abs(sum-float64(x.Score)) > 1e-5*(1+math.Abs(sum)) {
				t.Errorf("%s to %s: contributions sum to %v, score %v", key, me, sum, x.Score)
			}
			sums++
			if sums%5 != 0 {
				continue
			}
			for _, d := range x.Without {
				if err := w.Undo(ctx, me, engine.Like, string(d.Key)); err != nil {
					t.Fatal(err)
				}
				got, err := w.Explain(ctx, me, key, engine.FeedOptions{})
				if len(x.Without) == 1 {
					if err == nil || d.Rank != 0 {
						t.Errorf("without the only like: rank %d, %v", d.Rank, err)
					}
				} else if err != nil || got.Rank != d.Rank {
					t.Errorf("%s to %s without %s: rank %d was foretold, %d it is (%v)", key, me, d.Key, d.Rank, got.Rank, err)
				}
				doubts++
				old := w.clock
				if _, err := w.Act(ctx, me, engine.Like, string(d.Key), time.Time{}); err != nil {
					t.Fatal(err)
				}
				w.clock = old
			}
		}
	}
	if sums < 1000 || doubts < 200 {
		t.Errorf("%d sums and %d ranks were looked at", sums, doubts)
	}
}

// Followed subjects come in and rise, muted ones go.
func TestSubjects(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	all := append(papers("speech", 40), papers("fluid", 40)...)
	for i := range all {
		all[i].Authors = []string{fmt.Sprintf("Author %d", i%8)}
		all[i].Published = engine.DateOf(w.clock.AddDate(0, 0, -i%40))
	}
	w.add(all...)
	w.act(engine.Like, "test:speech-001")
	by := func(name string) (places []int) {
		for i, it := range w.feed(engine.FeedOptions{Limit: 100}).Items {
			if slices.Contains(it.Paper.Authors, name) {
				places = append(places, i)
			}
		}
		return places
	}
	before := by("Author 3")
	m, err := w.FollowSubject(ctx, "me", engine.Follow, "author:author 3")
	if err != nil || m.About != "author:author 3" {
		t.Fatalf("%+v, %v", m, err)
	}
	after := by("Author 3")
	if len(before) == 0 || len(after) != len(before) || after[0] >= before[0] && before[0] > 0 || after[len(after)-1] >= before[len(before)-1] {
		t.Errorf("a followed author's places were %v and are %v", before, after)
	}
	f := w.feed(engine.FeedOptions{Limit: 100})
	if !slices.ContainsFunc(f.Items[after[0]].Reasons, func(r engine.Reason) bool { return r.Type == "author" && r.Text == "author 3" }) {
		t.Errorf("reasons %+v", f.Items[after[0]].Reasons)
	}
	if _, err := w.FollowSubject(ctx, "me", engine.Mute, "author:Author 3"); err != nil {
		t.Fatal(err)
	}
	if got := by("Author 3"); len(got) != 0 {
		t.Errorf("a muted author is at %v", got)
	}
	if _, err := w.FollowSubject(ctx, "me", engine.Mute, "category:fluid"); err != nil {
		t.Fatal(err)
	}
	if n := kinds(w.feed(engine.FeedOptions{Limit: 100}).Items, 100); n["fluid"] != 0 {
		t.Errorf("a muted category: %v", n)
	}
	marks, err := w.Subjects(ctx, "me")
	if err != nil || len(marks) != 3 {
		t.Errorf("%+v, %v", marks, err)
	}
	if err := w.UnfollowSubject(ctx, "me", engine.Mute, "category:fluid"); err != nil {
		t.Fatal(err)
	}
	if n := kinds(w.feed(engine.FeedOptions{Limit: 100}).Items, 100); n["fluid"] == 0 {
		t.Error("a category that is not muted any more stays away")
	}
	for _, bad := range []string{"", "author", "author:", "venue:NeurIPS", "keyword:the", "keyword: "} {
		if _, err := w.FollowSubject(ctx, "me", engine.Follow, bad); err == nil {
			t.Errorf("%q was followed", bad)
		}
	}
}

// Dials are checked, and do what they say.
func TestDials(t *testing.T) {
	w := threeTopics(t, 200)
	w.act(engine.Like, "test:speech-001", "test:speech-002")
	share := 0.2
	f := w.feed(engine.FeedOptions{Limit: 20, Dials: engine.Dials{Explore: &share}})
	n := 0
	for _, it := range f.Items {
		if len(it.Reasons) > 0 && it.Reasons[0].Type == "explore" {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d of 20 places explore, want 4", n)
	}
	if first := w.feed(engine.FeedOptions{Limit: 7, Dials: engine.Dials{Explore: &share}}); !slices.Equal(keysOf(first.Items), keysOf(f.Items)[:7]) {
		t.Error("a shorter list is not the beginning of the longer one")
	}
	focused := w.feed(engine.FeedOptions{Limit: 20, Dials: engine.Dials{Preset: engine.PresetFocused}})
	for i := 1; i < len(focused.Items); i++ {
		if focused.Items[i].Score > focused.Items[i-1].Score {
			t.Errorf("place %d of a focused feed is more relevant than the one before", i)
		}
	}
	half, over, nan := 0.6, 1.1, math.NaN()
	for _, d := range []engine.Dials{{Preset: "wild"}, {Explore: &half}, {Diversity: &over}, {Novelty: &nan}} {
		if _, err := w.Feed(t.Context(), "me", engine.FeedOptions{Dials: d}); err == nil {
			t.Errorf("%+v was taken", d)
		}
	}
}
