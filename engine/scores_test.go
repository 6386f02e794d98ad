package engine_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/chromem"
)

func (w *world) scores(user string, papers ...engine.Described) []engine.Score {
	w.t.Helper()
	s, err := w.Scores(w.t.Context(), user, papers)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(s.Items) != len(papers) {
		w.t.Fatalf("%d scores of %d papers", len(s.Items), len(papers))
	}
	for i, it := range s.Items {
		if (it.State == engine.Scored) != (len(it.Reasons) > 0) || it.Fit < 0 || it.Fit > 1 {
			w.t.Errorf("paper %d: %+v", i, it)
		}
	}
	return s.Items
}

func byID(ids ...string) engine.Described { return engine.Described{IDs: ids} }

func described(p engine.Paper) engine.Described {
	return engine.Described{Title: p.Title, Abstract: p.Abstract}
}

// What a feed ranks, Scores gives the same number and the same reasons.
func TestScoresAreThoseOfTheFeed(t *testing.T) {
	w := newWorld(t)
	for _, topic := range []string{"speech", "fluid", "graph"} {
		w.add(papers(topic, 28)...)
	}
	w.act(engine.Like, "test:speech-001", "test:speech-005", "test:fluid-002")
	w.act(engine.Dislike, "test:graph-003", "test:speech-007")
	w.act(engine.Hide, "test:graph-004")
	feed := w.feed(engine.FeedOptions{Limit: 80})
	var ask []engine.Described
	for _, it := range feed.Items {
		ask = append(ask, byID("doi:10.1/none", string(it.Paper.Key)))
	}
	got := w.scores("me", ask...)
	sorted := []float32{}
	for i, it := range feed.Items {
		s := got[i]
		if s.Paper.Key != it.Paper.Key || s.Score != it.Score || !reflect.DeepEqual(s.Reasons, it.Reasons) || s.State != engine.Scored || s.Note != "" {
			t.Fatalf("place %d: score %+v\nfeed %+v", i, s, it)
		}
		sorted = append(sorted, s.Score)
	}
	slices.Sort(sorted)
	if len(sorted) != 84-6 {
		t.Fatalf("%d papers in the feed", len(sorted))
	}
	for i, s := range got { // the whole corpus is the sample, less what the person has an opinion on, and the paper itself
		less, _ := slices.BinarySearch(sorted, s.Score)
		if s.Sample != len(sorted)-1 || s.Fit != float64(less)/float64(s.Sample) {
			t.Errorf("place %d: fit %v of %d, want %d of %d", i, s.Fit, s.Sample, less, len(sorted)-1)
		}
	}
	sc, err := w.Scores(t.Context(), "me", ask[:1])
	if err != nil || sc.ProfileVersion != feed.ProfileVersion || sc.Space != feed.Space {
		t.Errorf("%d %s, %v; the feed has %d %s", sc.ProfileVersion, sc.Space, err, feed.ProfileVersion, feed.Space)
	}
}

// A paper that is not stored gets about the score that it has once it is: scores
// are relative to the corpus, which is three papers larger then.
func TestScoresOfTexts(t *testing.T) {
	w := newWorld(t)
	w.add(append(papers("speech", 300), papers("fluid", 300)...)...)
	w.act(engine.Like, "test:speech-001", "test:fluid-002")
	new := papers("speech", 303)[300:]
	new[0].Title, new[0].Abstract = "  A \t"+new[0].Title+"\x01", "\r\n"+new[0].Abstract // Clean evens this out
	title := engine.Described{Title: new[1].Title}
	before := w.scores("me", described(new[0]), byID("test:speech-003"), described(new[1]), described(new[2]), title)
	alone := w.scores("me", described(new[1]))[0]
	if !reflect.DeepEqual(before[2], alone) {
		t.Errorf("among others %+v\nalone %+v", before[2], alone)
	}
	if before[4].State != engine.Scored || before[4].Note == "" || before[4].Score == before[2].Score {
		t.Errorf("by its title alone: %+v", before[4])
	}
	w.add(new...)
	after := w.scores("me", byID(string(new[0].IDs[0])), byID("test:speech-003"), byID(string(new[1].IDs[0])), byID(string(new[2].IDs[0])))
	for i, a := range after {
		b := before[i]
		if diff := a.Score - b.Score; diff > .25 || diff < -.25 || a.Paper == nil || i != 1 && b.Paper != nil || len(a.Reasons) != len(b.Reasons) {
			t.Errorf("paper %d: before %+v\nafter %+v", i, b, a)
		}
	}
}

// A like does not speak for the paper itself, under whatever name it is asked for.
func TestScoresLeaveAPapersOwnLikeOut(t *testing.T) {
	w := newWorld(t)
	w.add(append(papers("speech", 20), papers("fluid", 20)...)...)
	twin := papers("speech", 2)[1]
	twin.IDs = []engine.ID{"doi:10.1/twin"}
	w.add(twin)
	w.act(engine.Like, "test:speech-001", "test:speech-002", "test:fluid-003")
	if _, err := w.Act(t.Context(), "you", engine.Like, "test:speech-002", w.clock); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Act(t.Context(), "you", engine.Like, "test:fluid-003", w.clock); err != nil {
		t.Fatal(err)
	}
	asked := []engine.Described{byID("test:speech-001"), byID("doi:10.1/twin"), described(twin), byID("arxiv:2503.11731", "test:speech-001")}
	mine, yours := w.scores("me", asked...), w.scores("you", asked...)
	for i := range asked {
		if mine[i].Score != yours[i].Score || !reflect.DeepEqual(mine[i].Reasons, yours[i].Reasons) {
			t.Errorf("asked %v: with its like %+v\nwithout %+v", asked[i], mine[i], yours[i])
		}
	}
	if m := mine[0].Marks; len(m) != 1 || m[0].Act != engine.Like || m[0].Key != "test:speech-001" || len(yours[0].Marks) != 0 {
		t.Errorf("marks %+v and %+v", m, yours[0].Marks)
	}
	if _, err := w.Act(t.Context(), "one", engine.Like, "test:speech-001", w.clock); err != nil {
		t.Fatal(err)
	}
	for i, s := range w.scores("one", append(asked, byID("test:speech-002"))...) {
		if want := map[bool]engine.ScoreState{true: engine.ScoreNoProfile, false: engine.Scored}[i < 4]; s.State != want || (s.Note == "") != (i == 4) {
			t.Errorf("asked %d by who likes this one paper: %+v", i, s)
		}
	}
}

func TestScoresOfWhatIsNotWanted(t *testing.T) {
	w := newWorld(t)
	w.add(append(papers("speech", 20), papers("graph", 20)...)...)
	w.act(engine.Like, "test:speech-001", "test:graph-001")
	ask := []engine.Described{byID("test:graph-005"), byID("test:graph-006"), byID("test:speech-005")}
	before := w.scores("me", ask...)
	w.act(engine.Dislike, "test:graph-005")
	w.act(engine.Hide, "test:speech-005")
	w.act(engine.Save, "test:speech-005")
	after := w.scores("me", ask...)
	if after[0].Score >= before[0].Score || after[0].Fit >= before[0].Fit || after[1].Score > before[1].Score || after[2].Score != before[2].Score {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	for i, want := range []string{"dislike", "", "hide save"} {
		var got []string
		for _, m := range after[i].Marks {
			got = append(got, string(m.Act))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("marks of paper %d: %v, want %q", i, got, want)
		}
	}
}

// calls counts the calls of an embedder, and is down if it should be.
type calls struct {
	embed.Embedder
	texts [][]string
	err   error
}

func (c *calls) Embed(ctx context.Context, kind embed.Kind, texts []string) ([]embed.Vector, error) {
	c.texts = append(c.texts, slices.Clone(texts))
	if c.err != nil {
		return nil, c.err
	}
	for i, text := range texts {
		if strings.Contains(text, "unspeakable") {
			return nil, &embed.TextError{Index: i, Err: errors.New("unspeakable")}
		}
	}
	return c.Embedder.Embed(ctx, kind, texts)
}

// TestScoreStates asks for papers in every state at once.
func TestScoreStates(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.add(papers("speech", 20)...)
	index, err := chromem.New(embedtest.Hash(128).Space())
	if err != nil {
		t.Fatal(err)
	}
	embedder := &calls{Embedder: embedtest.Hash(128)}
	if w.Engine, err = engine.New(ctx, engine.Options{Store: w.store, Index: index, Embedder: embedder, Owner: "calls"}); err != nil {
		t.Fatal(err)
	}
	if err := w.CatchUp(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.PutPapers(ctx, "test", papers("speech", 22)[20:]); err != nil { // which nobody embeds
		t.Fatal(err)
	}
	ask := []engine.Described{
		byID("test:speech-003"),
		byID("arxiv:2503.11731"),
		byID("not an id"),
		byID("test:speech-020"),
		{IDs: []string{"test:speech-021"}, Title: "Voice of a speaker", Abstract: "acoustic noise"},
		{IDs: []string{"not an id"}, Title: "Vortices in viscous flows"},
		{Title: "unspeakable"},
		{IDs: []string{"arxiv:2503.11732"}, Title: "An acoustic wave"},
	}
	states := func(what string, embedded int, want ...engine.ScoreState) []engine.Score {
		t.Helper()
		embedder.texts = nil
		got := w.scores("me", ask...)
		for i, s := range got {
			if s.State != want[min(i, len(want)-1)] || (s.Note == "") != (i == 0 && s.State == engine.Scored) && s.State != engine.Scored {
				t.Errorf("%s, paper %d: %+v, want %s", what, i, s, want[min(i, len(want)-1)])
			}
		}
		if len(embedder.texts) != embedded {
			t.Errorf("%s: the embedder was called %d times, want %d: %v", what, len(embedder.texts), embedded, embedder.texts)
		}
		return got
	}
	states("no likes", 0, engine.ScoreNoProfile)
	w.act(engine.Like, "test:speech-020")
	got := states("a like that is not embedded", 0, engine.ScoreNoProfile)
	if !strings.Contains(got[0].Note, "embedded") || len(got[3].Marks) != 1 {
		t.Errorf("%+v", got[0])
	}
	w.act(engine.Like, "test:speech-001")
	got = states("one call, and one without the text that cannot be", 2, engine.Scored, engine.ScoreUnknown, engine.ScoreUnknown, engine.ScorePending,
		engine.Scored, engine.Scored, engine.ScoreUnknown, engine.Scored)
	if got[4].Paper == nil || got[4].Paper.Key != "test:speech-021" || got[5].Paper != nil || !strings.Contains(got[2].Note, "not an id") || !strings.Contains(got[6].Note, "unspeakable") {
		t.Errorf("%+v", got)
	}
	ask = slices.Delete(ask, 6, 7)
	states("one call", 1, engine.Scored, engine.ScoreUnknown, engine.ScoreUnknown, engine.ScorePending, engine.Scored, engine.Scored, engine.Scored)
	for _, down := range []error{embed.ErrUnavailable, embed.ErrSpace} {
		embedder.err = fmt.Errorf("%w: start it", down)
		got = states("embedder down", 1, engine.Scored, engine.ScoreUnknown, engine.ScoreUnknown, engine.ScorePending,
			engine.ScoreUnavailable, engine.ScoreUnavailable, engine.ScoreUnavailable)
		if !strings.Contains(got[5].Note, "start it") {
			t.Errorf("%+v", got[5])
		}
	}
	embedder.err = errors.New("on fire")
	if _, err := w.Scores(ctx, "me", ask); err == nil || !strings.Contains(err.Error(), "on fire") {
		t.Errorf("%v", err)
	}
}

func TestScoresRefused(t *testing.T) {
	w := newWorld(t)
	for name, ask := range map[string][]engine.Described{
		"none":                     nil,
		"too many":                 make([]engine.Described, 101),
		"nothing of one":           {byID("a:b"), {}},
		"a blank title":            {{Title: " \n"}},
		"an abstract alone":        {{IDs: []string{"a:b"}, Abstract: "x"}},
		"too many ids":             {byID(slices.Repeat([]string{"a:b"}, 21)...)},
		"a long title":             {{Title: strings.Repeat("x", engine.MaxTitle+1)}},
		"a long abstract":          {{Title: "x", Abstract: strings.Repeat("x", engine.MaxAbstract+1)}},
		"a title that is not text": {{Title: "x\xff"}},
		"NUL":                      {{Title: "x\x00"}},
	} {
		if _, err := w.Scores(t.Context(), "me", ask); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Scores(t.Context(), "No", []engine.Described{byID("a:b")}); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("no such user: %v", err)
	}
}
