package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/engine"
)

func threeTopics(t *testing.T, n int) *world {
	w := newWorld(t)
	for _, topic := range []string{"speech", "fluid", "graph"} {
		w.add(papers(topic, n)...)
	}
	return w
}

func TestFeedWithoutLikesIsNewestAndSaysSo(t *testing.T) {
	w := threeTopics(t, 10)
	f := w.feed(engine.FeedOptions{})
	if f.Strategy != engine.StrategyNewest || f.Note == "" || f.ProfileVersion != 0 {
		t.Errorf("strategy %q, note %q, version %d", f.Strategy, f.Note, f.ProfileVersion)
	}
	want := []engine.Key{"test:fluid-009", "test:graph-009", "test:speech-009", "test:fluid-008"}
	if got := keysOf(f.Items)[:4]; !slices.Equal(got, want) {
		t.Errorf("first %v, want %v", got, want)
	}
}

func TestFeedFollowsLikesAndNamesThem(t *testing.T) {
	w := threeTopics(t, 30)
	w.act(engine.Like, "test:speech-001", "test:speech-002", "test:fluid-001")
	f := w.feed(engine.FeedOptions{Limit: 10})
	if f.Strategy != engine.StrategyProfile {
		t.Fatalf("strategy %q", f.Strategy)
	}
	if s, l := count(f.Items, "speech"), count(f.Items, "fluid"); s < 3 || l < 2 || s+l != 10 {
		t.Errorf("%d about speech and %d about fluids in the first ten", s, l)
	}
	for _, it := range f.Items {
		if r := it.Reasons[0]; r.Type != "liked" || r.Title == "" || !strings.HasPrefix(string(r.Key), "test:"+it.Paper.Categories[0]) {
			t.Errorf("%s: first reason %+v", it.Paper.Key, r)
		}
		if !slices.ContainsFunc(it.Reasons, func(r engine.Reason) bool { return r.Type == "term" && r.Text != "" }) {
			t.Errorf("%s: no term among the reasons %+v", it.Paper.Key, it.Reasons)
		}
	}
}

func TestFeedNeverShowsWhatWasJudged(t *testing.T) {
	w := threeTopics(t, 20)
	w.act(engine.Like, "test:speech-001")
	w.act(engine.Dislike, "test:graph-001")
	w.act(engine.Hide, "test:speech-002")
	f := w.feed(engine.FeedOptions{Limit: 200})
	for _, k := range []engine.Key{"test:speech-001", "test:graph-001", "test:speech-002"} {
		if slices.Contains(keysOf(f.Items), k) {
			t.Errorf("%s is in the feed", k)
		}
	}
	if len(f.Items) != 57 {
		t.Errorf("%d papers, want the other 57", len(f.Items))
	}
	if _, err := w.UndoLast(t.Context(), "me", "test:speech-002"); err != nil {
		t.Fatal(err)
	}
	if f := w.feed(engine.FeedOptions{Limit: 200}); !slices.Contains(keysOf(f.Items), "test:speech-002") {
		t.Error("a hidden paper does not come back when that is undone")
	}
}

func TestFeedSmallInterestIsHeardBesideALargeOne(t *testing.T) {
	w := threeTopics(t, 40)
	for i := range 20 {
		w.act(engine.Like, fmt.Sprintf("test:speech-%03d", i))
	}
	w.act(engine.Like, "test:fluid-001")
	f := w.feed(engine.FeedOptions{Limit: 10})
	if s, l := count(f.Items, "speech"), count(f.Items, "fluid"); s < 5 || l < 1 {
		t.Errorf("%d about speech, %d about fluids in the first ten", s, l)
	}
}

func TestDislikeLowersItsKindAndNothingElse(t *testing.T) {
	w := threeTopics(t, 20)
	w.act(engine.Like, "test:speech-001", "test:graph-001")
	places := func() map[string][]int {
		at := map[string][]int{}
		for i, it := range w.feed(engine.FeedOptions{Limit: 200}).Items {
			c := it.Paper.Categories[0]
			at[c] = append(at[c], i)
		}
		return at
	}
	score := func(topic string) (sum float32) {
		for _, it := range w.feed(engine.FeedOptions{Limit: 200, Category: topic}).Items {
			sum += it.Score
		}
		return sum
	}
	before, speech, fluid := places(), score("speech"), score("fluid")
	w.act(engine.Dislike, "test:fluid-001", "test:fluid-002", "test:fluid-003")
	if after := score("speech"); after != speech {
		t.Errorf("relevance of speech went from %v to %v", speech, after)
	}
	if after := score("fluid"); after >= fluid-1 {
		t.Errorf("relevance of fluids went from %v only to %v", fluid, after)
	}
	if after := places(); after["fluid"][0] < before["fluid"][0] {
		t.Errorf("the first of the disliked kind rose from %d to %d", before["fluid"][0], after["fluid"][0])
	}
}

func TestRecentLikesWeighMore(t *testing.T) {
	w := threeTopics(t, 30)
	ctx := t.Context()
	for id, at := range map[string]time.Time{"test:speech-001": w.clock.AddDate(-8, 0, 0), "test:fluid-001": w.clock} {
		if _, err := w.Act(ctx, "me", engine.Like, id, at); err != nil {
			t.Fatal(err)
		}
	}
	f := w.feed(engine.FeedOptions{Limit: 10})
	if s, l := count(f.Items, "speech"), count(f.Items, "fluid"); l <= s || s == 0 {
		t.Errorf("%d by the old like, %d by the new one", s, l)
	}
}

func TestSeenPapersSinkAndReturn(t *testing.T) {
	w := threeTopics(t, 20)
	w.act(engine.Like, "test:speech-001")
	first := w.feed(engine.FeedOptions{Limit: 3})
	var ids []string
	for _, k := range keysOf(first.Items) {
		ids = append(ids, string(k))
	}
	if err := w.See(t.Context(), "me", ids); err != nil {
		t.Fatal(err)
	}
	if again := w.feed(engine.FeedOptions{Limit: 3}); !slices.Equal(keysOf(again.Items), keysOf(first.Items)) {
		t.Error("papers seen today moved today")
	}
	w.clock = w.clock.AddDate(0, 0, 1)
	for unseen, want := range map[engine.Unseen]bool{engine.UnseenPrefer: false, engine.UnseenOnly: false, engine.UnseenOff: true} {
		f := w.feed(engine.FeedOptions{Limit: 3, Unseen: unseen})
		if got := slices.Contains(keysOf(f.Items), first.Items[0].Paper.Key); got != want {
			t.Errorf("the next day, %s: in the first three: %v", unseen, got)
		}
	}
	all := keysOf(w.feed(engine.FeedOptions{Limit: 200}).Items)
	if !slices.Contains(all, first.Items[0].Paper.Key) {
		t.Error("prefer leaves a seen paper out")
	}
	if only := w.feed(engine.FeedOptions{Limit: 200, Unseen: engine.UnseenOnly}); len(only.Items) != len(all)-3 {
		t.Errorf("only: %d papers of %d", len(only.Items), len(all))
	}
	w.clock = w.clock.AddDate(1, 0, 0)
	if f := w.feed(engine.FeedOptions{Limit: 3}); f.Items[0].Paper.Key != first.Items[0].Paper.Key {
		t.Error("after a year a seen paper has not returned")
	}
}

func TestNearDuplicatesCollapse(t *testing.T) {
	w := threeTopics(t, 10)
	twin := papers("speech", 5)[4]
	twin.IDs = []engine.ID{"test:twin"}
	w.add(twin)
	w.act(engine.Like, "test:speech-001")
	keys := keysOf(w.feed(engine.FeedOptions{Limit: 200}).Items)
	if a, b := slices.Contains(keys, "test:twin"), slices.Contains(keys, "test:speech-004"); a == b {
		t.Errorf("twins in the feed: %v and %v, want one", a, b)
	}
}

// walk reads the feed to its end by pages of the given sizes, in turn, and
// calls between after each page.
func walk(t *testing.T, w *world, o engine.FeedOptions, sizes []int, between func(page int)) []engine.Key {
	t.Helper()
	var all []engine.Key
	for i := 0; ; i++ {
		o.Limit = sizes[i%len(sizes)]
		f := w.feed(o)
		all = append(all, keysOf(f.Items)...)
		if o.Cursor = f.Next; o.Cursor == "" {
			return all
		}
		if len(f.Items) != o.Limit {
			t.Fatalf("page %d has %d papers of %d, and there is a next", i, len(f.Items), o.Limit)
		}
		between(i)
	}
}

func TestFeedPagesAreOneList(t *testing.T) {
	for _, likes := range [][]string{nil, {"test:speech-001", "test:fluid-001"}} {
		w := threeTopics(t, 60)
		w.act(engine.Like, likes...)
		whole := walk(t, w, engine.FeedOptions{}, []int{200}, func(int) {})
		if len(whole) != 180-len(likes) {
			t.Fatalf("%d papers", len(whole))
		}
		n := 0
		pages := walk(t, w, engine.FeedOptions{}, []int{1, 7, 2}, func(i int) {
			// A paper arrives, one is liked that was on an earlier page, and the clock goes on.
			p := papers("speech", 200)[100+n%100]
			p.Published = engine.DateOf(w.clock)
			n++
			w.add(p)
			if i == 5 {
				w.act(engine.Like, string(whole[0]))
			}
			w.clock = w.clock.Add(time.Hour)
		})
		if !slices.Equal(pages, whole) {
			t.Errorf("likes %v: pages differ from the whole list: %d and %d papers", likes, len(pages), len(whole))
		}
	}
}

// A list goes on where the first candidates end, whatever the size of its pages.
func TestFeedGoesOnPastTheFirstCandidates(t *testing.T) {
	w := threeTopics(t, 250)
	w.act(engine.Like, "test:speech-001", "test:speech-002", "test:fluid-001")
	for _, preset := range []engine.Preset{engine.PresetFocused, engine.PresetAdventurous} {
		o := engine.FeedOptions{Dials: engine.Dials{Preset: preset}}
		whole := walk(t, w, o, []int{200}, func(int) {})
		pages := walk(t, w, o, []int{60, 33}, func(int) {})
		if len(whole) != 747 || !slices.Equal(pages, whole) {
			t.Errorf("%s: %d papers in pages of 60 and 33, %d in pages of 200", preset, len(pages), len(whole))
		}
		seen := map[engine.Key]bool{}
		for _, k := range whole {
			if seen[k] {
				t.Errorf("%s: %s twice", preset, k)
			}
			seen[k] = true
		}
	}
}

func TestFeedLeavesOutWhatIsActedOnMeanwhile(t *testing.T) {
	w := threeTopics(t, 20)
	w.act(engine.Like, "test:speech-001")
	whole := keysOf(w.feed(engine.FeedOptions{Limit: 200}).Items)
	f := w.feed(engine.FeedOptions{Limit: 5})
	w.act(engine.Like, string(whole[6]))
	w.act(engine.Hide, string(whole[8]))
	if err := w.Remove(t.Context(), string(whole[10])); err != nil {
		t.Fatal(err)
	}
	if err := w.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	rest := keysOf(w.feed(engine.FeedOptions{Limit: 200, Cursor: f.Next}).Items)
	var want []engine.Key
	for i, k := range whole[5:] {
		if i+5 != 6 && i+5 != 8 && i+5 != 10 {
			want = append(want, k)
		}
	}
	if !slices.Equal(rest, want) {
		t.Errorf("got  %v\nwant %v", rest, want)
	}
}

func TestCursorsOfAnotherKindAreRefused(t *testing.T) {
	w := newWorld(t)
	w.add(slices.Concat(papers("speech", 20), papers("fluid", 20), papers("graph", 20))...)
	w.act(engine.Like, "test:speech-001")
	ctx := t.Context()
	c := w.feed(engine.FeedOptions{Limit: 5}).Next
	altered := []byte(c)
	altered[len(altered)/2] ^= 1
	for name, ask := range map[string]func() error{
		"altered":  func() error { _, err := w.Feed(ctx, "me", engine.FeedOptions{Cursor: string(altered)}); return err },
		"nonsense": func() error { _, err := w.Feed(ctx, "me", engine.FeedOptions{Cursor: "x"}); return err },
		"endless": func() error {
			_, err := w.Feed(ctx, "me", engine.FeedOptions{Cursor: strings.Repeat("A", 1<<20)})
			return err
		},
		"other user": func() error { _, err := w.Feed(ctx, "you", engine.FeedOptions{Cursor: c}); return err },
		"other options": func() error {
			_, err := w.Feed(ctx, "me", engine.FeedOptions{Cursor: c, Category: "graph"})
			return err
		},
		"other list": func() error { _, err := w.Latest(ctx, engine.LatestOptions{Cursor: c}); return err },
	} {
		if err := ask(); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Another process of the same store goes on with it.
	other := w.another()
	f, err := other.Feed(ctx, "me", engine.FeedOptions{Cursor: c, Limit: 5})
	if err != nil {
		t.Fatal(err)
	}
	if same := w.feed(engine.FeedOptions{Cursor: c, Limit: 5}); !slices.Equal(keysOf(f.Items), keysOf(same.Items)) {
		t.Error("two engines on one store disagree")
	}
}
