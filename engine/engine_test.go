package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/embed"
	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/chromem"
	"kindred/engine/lexicon"
	"kindred/engine/sqlite"
)

// A world is an engine over a real store and a real index, with a clock that
// the test sets.
type world struct {
	*engine.Engine
	t     testing.TB
	store *sqlite.Store
	clock time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "kindred.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, store: store, clock: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	w.Engine = w.another()
	return w
}

// another returns a second engine on the same store, as another process has.
func (w *world) another() *engine.Engine {
	w.t.Helper()
	e := embedtest.Hash(128)
	index, err := chromem.New(e.Space())
	if err != nil {
		w.t.Fatal(err)
	}
	eng, err := engine.New(w.t.Context(), engine.Options{
		Store: w.store, Index: index, Lexicon: lexicon.New(), Embedder: e, Owner: fmt.Sprintf("test-%p", index), Now: func() time.Time { return w.clock },
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return eng
}

// add stores papers and makes them searchable.
func (w *world) add(papers ...engine.Paper) {
	w.t.Helper()
	out, err := w.PutPapers(w.t.Context(), "test", papers)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, o := range out {
		if o.Err != nil {
			w.t.Fatalf("paper %d: %v", i, o.Err)
		}
	}
	if _, err := w.Sync(w.t.Context(), nil); err != nil {
		w.t.Fatal(err)
	}
	if err := w.CatchUp(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) act(act engine.Act, ids ...string) {
	w.t.Helper()
	for _, id := range ids {
		if _, err := w.Act(w.t.Context(), "me", act, id, time.Time{}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) feed(o engine.FeedOptions) engine.Feed {
	w.t.Helper()
	f, err := w.Feed(w.t.Context(), "me", o)
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// The topics of the test corpus: words that papers of a topic are made of.
var topics = map[string][]string{
	"speech": {"speech", "audio", "speaker", "acoustic", "voice", "phoneme", "waveform", "microphone", "listening", "noise"},
	"fluid":  {"fluid", "vortex", "turbulence", "navier", "stokes", "viscous", "reynolds", "flow", "pressure", "boundary"},
	"graph":  {"graph", "node", "edge", "vertex", "neighbour", "spectral", "laplacian", "clique", "path", "degree"},
}

// papers makes n papers of a topic with ids test:<topic>-<i>, one a day.
func papers(topic string, n int) []engine.Paper {
	r := rand.New(rand.NewPCG(1, uint64(len(topic))))
	out := make([]engine.Paper, n)
	for i := range out {
		title, abstract := fmt.Sprintf("%s study number %d", topic, i), ""
		for range 30 {
			abstract += topics[topic][r.IntN(len(topics[topic]))] + " "
		}
		for j := range 8 { // words of its own
			abstract += fmt.Sprintf("%s%dx%d ", topic, i, j)
		}
		day := time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC)
		out[i] = engine.Paper{
			IDs: []engine.ID{engine.ID(fmt.Sprintf("test:%s-%03d", topic, i))}, Title: title, Abstract: abstract,
			Published: engine.DateOf(day), Categories: []string{topic},
		}
	}
	return out
}

func keysOf(items []engine.Item) []engine.Key {
	var keys []engine.Key
	for _, it := range items {
		keys = append(keys, it.Paper.Key)
	}
	return keys
}

func count(items []engine.Item, topic string) int {
	n := 0
	for _, it := range items {
		if slices.Contains(it.Paper.Categories, topic) {
			n++
		}
	}
	return n
}

func TestSimilarLeavesItselfOutAndStaysOnTopic(t *testing.T) {
	w := newWorld(t)
	w.add(append(papers("speech", 20), papers("fluid", 20)...)...)
	for _, of := range []engine.Subject{
		{ID: "test:speech-003"},
		{Text: "acoustic noise in speaker audio"},
		{Title: "speech study number 3", Abstract: "voice waveform microphone"},
	} {
		l, err := w.Similar(t.Context(), of, 10)
		if err != nil {
			t.Fatal(err)
		}
		if got := count(l.Items, "speech"); got != 10 {
			t.Errorf("%+v: %d of 10 are about speech", of, got)
		}
		if of.Text == "" && slices.Contains(keysOf(l.Items), "test:speech-003") {
			t.Errorf("%+v: is among its own kindred", of)
		}
		if !slices.IsSortedFunc(l.Items, func(a, b engine.Item) int {
			return engine.Hit{Key: a.Paper.Key, Score: a.Score}.Compare(engine.Hit{Key: b.Paper.Key, Score: b.Score})
		}) {
			t.Errorf("%+v: not in order", of)
		}
	}
}

func TestQuestionsThatBreakARule(t *testing.T) {
	w := newWorld(t)
	w.add(papers("speech", 3)...)
	ctx := t.Context()
	for name, tc := range map[string]struct {
		ask  func() error
		want error
	}{
		"limit 201":  {func() error { _, err := w.Similar(ctx, engine.Subject{ID: "test:speech-001"}, 201); return err }, engine.ErrInvalid},
		"limit -1":   {func() error { _, err := w.Search(ctx, "x", -1); return err }, engine.ErrInvalid},
		"unknown id": {func() error { _, err := w.Similar(ctx, engine.Subject{ID: "test:none"}, 1); return err }, engine.ErrNotFound},
		"no id":      {func() error { _, err := w.Similar(ctx, engine.Subject{ID: "no id"}, 1); return err }, engine.ErrInvalid},
		"two subjects": {func() error {
			_, err := w.Similar(ctx, engine.Subject{ID: "test:speech-001", Text: "x"}, 1)
			return err
		}, engine.ErrInvalid},
		"no subject":     {func() error { _, err := w.Similar(ctx, engine.Subject{}, 1); return err }, engine.ErrInvalid},
		"abstract alone": {func() error { _, err := w.Similar(ctx, engine.Subject{Abstract: "x"}, 1); return err }, engine.ErrInvalid},
		"blank text":     {func() error { _, err := w.Similar(ctx, engine.Subject{Text: " \n"}, 1); return err }, engine.ErrInvalid},
		"endless text": {func() error {
			_, err := w.Similar(ctx, engine.Subject{Text: string(make([]byte, embed.MaxText+1))}, 1)
			return err
		}, engine.ErrInvalid},
		"empty search":   {func() error { _, err := w.Search(ctx, " ", 1); return err }, engine.ErrInvalid},
		"no positives":   {func() error { _, err := w.Recommend(ctx, nil, nil, 1); return err }, engine.ErrInvalid},
		"unknown user":   {func() error { _, err := w.Feed(ctx, "No One", engine.FeedOptions{}); return err }, engine.ErrInvalid},
		"unknown unseen": {func() error { _, err := w.Feed(ctx, "me", engine.FeedOptions{Unseen: "maybe"}); return err }, engine.ErrInvalid},
		"like nothing":   {func() error { _, err := w.Act(ctx, "me", engine.Like, "test:none", time.Time{}); return err }, engine.ErrNotFound},
		"like tomorrow": {func() error {
			_, err := w.Act(ctx, "me", engine.Like, "test:speech-001", w.clock.AddDate(0, 0, 2))
			return err
		}, engine.ErrInvalid},
		"unknown act":     {func() error { _, err := w.Act(ctx, "me", "adore", "test:speech-001", time.Time{}); return err }, engine.ErrInvalid},
		"nothing to undo": {func() error { _, err := w.UndoLast(ctx, "me", ""); return err }, engine.ErrNotFound},
		"see nothing":     {func() error { return w.See(ctx, "me", nil) }, engine.ErrInvalid},
		"scope":           {func() error { _, _, err := w.CreateToken(ctx, "me", "x", []string{"fly"}, 0); return err }, engine.ErrInvalid},
	} {
		if err := tc.ask(); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

func TestSearchFindsWhatIsNamedFirst(t *testing.T) {
	w := newWorld(t)
	w.add(append(papers("speech", 30), papers("graph", 30)...)...)
	for q, why := range map[string]string{"Speech STUDY, number 7": "title", "test:speech-007": "id"} {
		l, err := w.Search(t.Context(), q, 5)
		if err != nil {
			t.Fatal(err)
		}
		first := l.Items[0]
		if first.Paper.Key != "test:speech-007" || first.Score != 1 || len(first.Reasons) != 1 || first.Reasons[0].Type != why {
			t.Errorf("%q: first is %s, score %v, reasons %v", q, first.Paper.Key, first.Score, first.Reasons)
		}
		if len(l.Items) != 5 || slices.Contains(keysOf(l.Items[1:]), first.Paper.Key) {
			t.Errorf("%q: %v", q, keysOf(l.Items))
		}
	}
}

// downEmbedder is an embedder whose server has gone.
type downEmbedder struct{ embed.Embedder }

func (downEmbedder) Embed(context.Context, embed.Kind, []string) ([]embed.Vector, error) {
	return nil, fmt.Errorf("%w: start it", embed.ErrUnavailable)
}

func TestWithoutEmbedderWhatIsStoredIsAnswered(t *testing.T) {
	w := newWorld(t)
	w.add(papers("speech", 5)...)
	index, err := chromem.New(embedtest.Hash(128).Space())
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.New(t.Context(), engine.Options{Store: w.store, Index: index, Embedder: downEmbedder{embedtest.Hash(128)}, Owner: "down"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l, err := e.Similar(t.Context(), engine.Subject{ID: "test:speech-001"}, 3); err != nil || len(l.Items) != 3 {
		t.Errorf("similar by id: %v, %v", keysOf(l.Items), err)
	}
	if l, err := e.Search(t.Context(), "speech study number 1", 3); err != nil || len(l.Items) != 1 {
		t.Errorf("search by title: %v, %v", keysOf(l.Items), err)
	}
	if _, err := e.Search(t.Context(), "acoustics", 3); !errors.Is(err, embed.ErrUnavailable) {
		t.Errorf("search by meaning: %v", err)
	}
	if s, err := e.Status(t.Context()); err != nil || s.Embedder.State != "unavailable" || s.Embedder.Hint == "" {
		t.Errorf("status: %+v, %v", s.Embedder, err)
	}
}

func TestLatestPagesAreDisturbedByNothing(t *testing.T) {
	w := newWorld(t)
	w.add(papers("speech", 40)...)
	var got []engine.Key
	cursor := ""
	for i := 0; ; i++ {
		l, err := w.Latest(t.Context(), engine.LatestOptions{Limit: 3, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, keysOf(l.Items)...)
		if cursor = l.Next; cursor == "" {
			break
		}
		p := papers("fluid", i+1)[i]
		p.Published = engine.DateOf(w.clock)
		w.add(p)
	}
	if len(got) != 40 {
		t.Fatalf("%d papers, want the 40 of the first page's time", len(got))
	}
	for i, k := range got {
		if want := engine.Key(fmt.Sprintf("test:speech-%03d", 39-i)); k != want {
			t.Fatalf("place %d: %s, want %s", i, k, want)
		}
	}
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	secret, tok, err := w.CreateToken(ctx, "alice", "laptop", []string{"write", "read", "read"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.Authenticate(ctx, secret)
	if err != nil || p.User != "alice" || !p.May("read") || p.May("admin") || !p.For("alice") || p.For("bob") || p.Operator {
		t.Fatalf("%+v, %v", p, err)
	}
	for name, s := range map[string]string{"empty": "", "other": secret + "x", "hash": tok.Hash} {
		if _, err := w.Authenticate(ctx, s); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("%s secret: %v", name, err)
		}
	}
	w.clock = w.clock.Add(time.Hour)
	if _, err := w.Authenticate(ctx, secret); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("expired: %v", err)
	}
	secret, tok, err = w.CreateToken(ctx, "alice", "", []string{"admin"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := w.Authenticate(ctx, secret); err != nil || !p.For("bob") || !p.May("read") {
		t.Errorf("admin: %+v, %v", p, err)
	}
	if err := w.RevokeToken(ctx, tok.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Authenticate(ctx, secret); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("revoked: %v", err)
	}
}

func TestRecommendFromExamples(t *testing.T) {
	w := newWorld(t)
	for _, topic := range []string{"speech", "fluid", "graph"} {
		w.add(papers(topic, 20)...)
	}
	ctx := t.Context()
	l, err := w.Recommend(ctx, []string{"test:speech-001", "test:fluid-002", "test:fluid-002"}, nil, 12)
	if err != nil {
		t.Fatal(err)
	}
	if s, f := count(l.Items, "speech"), count(l.Items, "fluid"); s < 3 || f < 3 || s+f != 12 {
		t.Errorf("%d about speech and %d about fluids in the first 12", s, f)
	}
	for _, it := range l.Items {
		if r := it.Reasons[0]; r.Type != "liked" || !strings.HasPrefix(string(r.Key), "test:"+it.Paper.Categories[0]) {
			t.Errorf("%s: reasons %+v", it.Paper.Key, it.Reasons)
		}
	}
	once, err := w.Recommend(ctx, []string{"test:speech-001", "test:fluid-002"}, nil, 12)
	if err != nil || !slices.Equal(keysOf(once.Items), keysOf(l.Items)) {
		t.Errorf("a paper given twice counts twice (%v)", err)
	}
	all, err := w.Recommend(ctx, []string{"test:speech-001"}, []string{"test:graph-003"}, 100)
	if err != nil {
		t.Fatal(err)
	}
	keys := keysOf(all.Items)
	if len(keys) != 58 || slices.Contains(keys, "test:speech-001") || slices.Contains(keys, "test:graph-003") {
		t.Errorf("%d papers, want all but the examples", len(keys))
	}
	if got := count(all.Items[39:], "graph"); got != 19 {
		t.Errorf("%d of 19 papers like the negative one are last", got)
	}
}
