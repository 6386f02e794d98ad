// Package embedtest defines what every embed.Embedder must do, as a test each
// implementation runs ([TestEmbedder]), and an embedder without a model for
// the tests of other packages ([Hash]).
package embedtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kindred/embed"
)

// TestEmbedder checks everything the contract of [embed.Embedder] promises,
// and that two texts on one topic are closer than texts on different topics.
// It calls new once for each group of checks, as a subtest of t; new may
// return the same embedder every time. The whole test asks for about 120
// vectors and cancels one large call; see patience for how long that may take.
func TestEmbedder(t *testing.T, new func(t *testing.T) embed.Embedder) {
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			if err := c.run(t.Context(), new(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// patience is how long an Embedder may take to notice that its context ended.
const patience = 5 * time.Second

// A check returns what e does wrong. They return errors, and do not take a
// *testing.T, so that the tests of this package can see each of them fail.
type check struct {
	name string
	run  func(ctx context.Context, e embed.Embedder) error
}

func checks() []check {
	return []check{
		{"space", checkSpace},
		{"vectors", checkVectors},
		{"no texts", checkNoTexts},
		{"batch", checkBatch},
		{"bad texts", checkBadTexts},
		{"ugly texts", checkUglyTexts},
		{"topics", checkTopics},
		{"cancelled", checkCancelled},
		{"cancelled meanwhile", checkCancelledMeanwhile},
		{"concurrent", checkConcurrent},
	}
}

// topics are groups of texts on one subject each. They share words inside a
// group, so that a bag of words passes too.
var topics = [][]string{
	{
		"Dense retrieval with neural embeddings for question answering over documents",
		"Neural retrieval of documents: dense embeddings improve open question answering",
	},
	{
		"Photometric redshifts of distant galaxies from deep survey imaging",
		"A deep imaging survey of distant galaxies and their redshifts",
	},
	{
		"Gene editing with CRISPR in mouse embryonic stem cells",
		"CRISPR gene knockout screens in human stem cells",
	},
}

// ugly holds texts that break tokenisers. None is blank or too long.
var ugly = []string{
	"a",
	"?",
	"神经网络的表示学习",
	"Überraschung: naïve café, ﬁnite ŁÓDŹ, İstanbul, ﷽",
	"🧬🤖 👩‍🔬 🇪🇺",
	`We bound $\|\nabla f(x)\|_2 \le \frac{1}{\sqrt{n}}$ \cite{doe2020}.`,
	"bad \xff\xfe bytes \xc3( and half a rune \xe2\x82",
	"\xff",
	"nul \x00 inside",
	"\x00",
	"\u200b\u200d", // zero width, yet not white space
	"e\u0301\u0301\u0301\u0301\u0301",
	"two\nlines\r\nand\ta tab",
	"[CLS] [SEP] [UNK] [MASK] [PAD]",
	strings.Repeat("x", 20_000),
	strings.Repeat("long text ", 2_000),
	strings.Repeat("長", embed.MaxText/3) + "!!",
}

func checkSpace(ctx context.Context, e embed.Embedder) error {
	s := e.Space()
	if s.Embedder == "" || s.Model == "" || s.Join != embed.JoinRule || s.Truncate == "" {
		return fmt.Errorf("space has empty or wrong fields: %+v", s)
	}
	if s.Dim < 1 {
		return fmt.Errorf("space has %d dimensions", s.Dim)
	}
	if hex, ok := strings.CutPrefix(s.Digest, "sha256:"); !ok || len(hex) != 64 {
		return fmt.Errorf("digest %q is not sha256:<64 hex digits>", s.Digest)
	}
	if _, err := embedAll(ctx, e, embed.Document, topics[0]); err != nil {
		return err
	}
	if after := e.Space(); after != s {
		return fmt.Errorf("space changed from %+v to %+v", s, after)
	}
	return nil
}

func checkVectors(ctx context.Context, e embed.Embedder) error {
	texts := slices.Concat(topics...)
	for _, kind := range []embed.Kind{embed.Document, embed.Query} {
		vs, err := embedAll(ctx, e, kind, texts)
		if err != nil {
			return err
		}
		for i := range vs {
			for j := range i {
				if slices.Equal(vs[i], vs[j]) {
					return fmt.Errorf("%s: %q and %q have one vector", kind, texts[i], texts[j])
				}
			}
		}
	}
	return nil
}

func checkNoTexts(ctx context.Context, e embed.Embedder) error {
	for _, texts := range [][]string{nil, {}} {
		if vs, err := e.Embed(ctx, embed.Document, texts); err != nil || len(vs) != 0 {
			return fmt.Errorf("no texts: got %d vectors, error %v", len(vs), err)
		}
	}
	return nil
}

// checkBatch: the vector of a text has the same bits alone, again, in a batch,
// in another order, and after the caller wrote to an earlier result.
func checkBatch(ctx context.Context, e embed.Embedder) error {
	texts := append(slices.Concat(topics...), strings.Repeat("a longer abstract about graphs. ", 40))
	batch, err := embedAll(ctx, e, embed.Document, texts)
	if err != nil {
		return err
	}
	reversed := slices.Clone(texts)
	slices.Reverse(reversed)
	back, err := embedAll(ctx, e, embed.Document, reversed)
	if err != nil {
		return err
	}
	slices.Reverse(back)
	for i, text := range texts {
		if !slices.Equal(batch[i], back[i]) {
			return fmt.Errorf("%.40q: other vector when the batch is reversed", text)
		}
		alone, err := embedAll(ctx, e, embed.Document, []string{text})
		if err != nil {
			return err
		}
		if !slices.Equal(batch[i], alone[0]) {
			return fmt.Errorf("%.40q: other vector alone than in a batch", text)
		}
		clear(alone[0])
	}
	same, err := embedAll(ctx, e, embed.Document, []string{texts[1], texts[0], texts[1]})
	if err != nil {
		return err
	}
	if !slices.Equal(same[0], batch[1]) || !slices.Equal(same[1], batch[0]) || !slices.Equal(same[2], batch[1]) {
		return errors.New("other vectors after earlier ones were overwritten, or for a repeated text")
	}
	return nil
}

func checkBadTexts(ctx context.Context, e embed.Embedder) error {
	for _, bad := range []string{"", " ", "\n\t \u00a0\u2003", strings.Repeat("x", embed.MaxText+1)} {
		vs, err := e.Embed(ctx, embed.Document, []string{"fine", bad, "fine"})
		var te *embed.TextError
		if !errors.As(err, &te) || te.Index != 1 || te.Err == nil || vs != nil {
			return fmt.Errorf("%.10q between good texts: got %d vectors and error %v, want a TextError for text 1", bad, len(vs), err)
		}
	}
	return nil
}

// checkUglyTexts: texts no tokeniser likes have vectors, and do not disturb
// their neighbours.
func checkUglyTexts(ctx context.Context, e embed.Embedder) error {
	vs, err := embedAll(ctx, e, embed.Document, append(slices.Clone(ugly), topics[0][0]))
	if err != nil {
		return err
	}
	plain, err := embedAll(ctx, e, embed.Document, topics[0][:1])
	if err != nil {
		return err
	}
	if !slices.Equal(vs[len(ugly)], plain[0]) {
		return errors.New("a good text has another vector after ugly ones")
	}
	return nil
}

func checkTopics(ctx context.Context, e embed.Embedder) error {
	vs, err := embedAll(ctx, e, embed.Document, slices.Concat(topics...))
	if err != nil {
		return err
	}
	i := 0
	for _, texts := range topics {
		inside := embed.Dot(vs[i], vs[i+1])
		for j := range vs {
			if j == i || j == i+1 {
				continue
			}
			if across := embed.Dot(vs[i], vs[j]); across >= inside {
				return fmt.Errorf("%q: %.3f to its own topic, but %.3f to text %d", texts[0], inside, across, j)
			}
		}
		i += len(texts)
	}
	return nil
}

func checkCancelled(ctx context.Context, e embed.Embedder) error {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	start := time.Now()
	vs, err := e.Embed(ctx, embed.Document, topics[0])
	if !errors.Is(err, context.Canceled) || vs != nil {
		return fmt.Errorf("cancelled context: got %d vectors, error %v", len(vs), err)
	}
	if d := time.Since(start); d > patience {
		return fmt.Errorf("cancelled context: returned after %v", d)
	}
	return nil
}

// checkCancelledMeanwhile ends the context 50 ms into a call that takes a
// real model minutes. Fast embedders may be done by then.
func checkCancelledMeanwhile(ctx context.Context, e embed.Embedder) error {
	texts := make([]string, 500)
	for i := range texts {
		texts[i] = fmt.Sprintf("%d %s", i, strings.Repeat("graph neural networks for molecules ", 40))
	}
	ctx, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	vs, err := e.Embed(ctx, embed.Document, texts)
	if d := time.Since(start); d > patience {
		return fmt.Errorf("context ended after 50ms: returned after %v", d)
	}
	switch {
	case err == nil && len(vs) == len(texts):
		return nil
	case errors.Is(err, context.DeadlineExceeded) && vs == nil:
		return nil
	}
	return fmt.Errorf("context ended after 50ms: got %d vectors, error %v", len(vs), err)
}

// checkConcurrent finds races under -race, and mixed-up answers without it.
func checkConcurrent(ctx context.Context, e embed.Embedder) error {
	texts := slices.Concat(topics...)
	want, err := embedAll(ctx, e, embed.Document, texts)
	if err != nil {
		return err
	}
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for g := range errs {
		wg.Go(func() {
			for i := range texts {
				at := (i + g) % len(texts)
				got, err := embedAll(ctx, e, embed.Document, texts[at:at+1])
				if err == nil && !slices.Equal(got[0], want[at]) {
					err = fmt.Errorf("%q: other vector under concurrency", texts[at])
				}
				if err != nil {
					errs[g] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// embedAll calls e.Embed and checks the shape of what it returns, and that it
// left texts alone.
func embedAll(ctx context.Context, e embed.Embedder, kind embed.Kind, texts []string) ([]embed.Vector, error) {
	given := slices.Clone(texts)
	vs, err := e.Embed(ctx, kind, given)
	if err != nil {
		return nil, fmt.Errorf("embed %d texts as %s: %w", len(texts), kind, err)
	}
	if !slices.Equal(given, texts) {
		return nil, errors.New("embed changed the texts it was given")
	}
	if len(vs) != len(texts) {
		return nil, fmt.Errorf("%d vectors for %d texts", len(vs), len(texts))
	}
	for i, v := range vs {
		if err := v.Check(e.Space().Dim); err != nil {
			return nil, fmt.Errorf("%.40q: %w", texts[i], err)
		}
	}
	return vs, nil
}
