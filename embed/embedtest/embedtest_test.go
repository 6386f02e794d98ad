package embedtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"kindred/embed"
)

func TestHash(t *testing.T) {
	for _, dim := range []int{64, 384, 1000} {
		t.Run(fmt.Sprint(dim), func(t *testing.T) {
			TestEmbedder(t, func(*testing.T) embed.Embedder { return Hash(dim) })
		})
	}
}

// One dimension makes words cancel often; the vector must still be a unit.
func TestHashCancelling(t *testing.T) {
	texts := make([]string, 200)
	for i := range texts {
		texts[i] = fmt.Sprintf("w%d v%d", i, i)
	}
	vs, err := Hash(1).Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vs {
		if err := v.Check(1); err != nil {
			t.Errorf("%q: %v", texts[i], err)
		}
	}
}

// Other packages' golden files depend on these bits.
func TestHashGolden(t *testing.T) {
	vs, err := Hash(8).Embed(t.Context(), embed.Query, []string{"Graph, graph NETWORK", "?!"})
	if err != nil {
		t.Fatal(err)
	}
	const want = "[[0.47140452 0.47140452 -0.47140452 0.47140452 0.23570226 0 0.23570226 0] [0.35355338 0.35355338 0.70710677 -0.35355338 0 0 0.35355338 0]]"
	if got := fmt.Sprint(vs); got != want {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// broken is Hash(384) with one fault.
type broken struct {
	embed.Embedder
	embed func(ctx context.Context, kind embed.Kind, texts []string) ([]embed.Vector, error)
	space func() embed.Space
}

func (b broken) Embed(ctx context.Context, kind embed.Kind, texts []string) ([]embed.Vector, error) {
	if b.embed == nil {
		return b.Embedder.Embed(ctx, kind, texts)
	}
	return b.embed(ctx, kind, texts)
}

func (b broken) Space() embed.Space {
	if b.space == nil {
		return b.Embedder.Space()
	}
	return b.space()
}

// TestChecksFail breaks a good embedder in one way after another: each fault
// must be found by the check that is there for it.
func TestChecksFail(t *testing.T) {
	good := Hash(384)
	var calls atomic.Int64
	// edited returns Hash's vectors after edit.
	edited := func(edit func(texts []string, vs []embed.Vector) []embed.Vector) broken {
		return broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			vs, err := good.Embed(ctx, k, texts)
			if err != nil || len(vs) == 0 {
				return vs, err
			}
			return edit(texts, vs), nil
		}}
	}
	cases := []struct {
		fault, check string
		e            broken
	}{
		{"no digest", "space", broken{Embedder: good, space: func() embed.Space {
			s := good.Space()
			s.Digest = "latest"
			return s
		}}},
		{"other space each time", "space", broken{Embedder: good, space: func() embed.Space {
			s := good.Space()
			s.Template = fmt.Sprint(calls.Add(1))
			return s
		}}},
		{"one vector short", "vectors", edited(func(_ []string, vs []embed.Vector) []embed.Vector { return vs[1:] })},
		{"wrong length", "vectors", edited(func(_ []string, vs []embed.Vector) []embed.Vector {
			vs[len(vs)-1] = vs[len(vs)-1][1:]
			return vs
		})},
		{"not unit", "vectors", edited(func(_ []string, vs []embed.Vector) []embed.Vector {
			for i := range vs[0] {
				vs[0][i] *= 1.01
			}
			return vs
		})},
		{"nan", "vectors", edited(func(_ []string, vs []embed.Vector) []embed.Vector {
			vs[0][0] = float32(math.NaN())
			return vs
		})},
		{"always the same", "vectors", edited(func(_ []string, vs []embed.Vector) []embed.Vector {
			for i := range vs {
				vs[i] = vs[0]
			}
			return vs
		})},
		{"error for no texts", "no texts", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			if len(texts) == 0 {
				return nil, errors.New("nothing to do")
			}
			return good.Embed(ctx, k, texts)
		}}},
		{"swaps", "batch", edited(func(_ []string, vs []embed.Vector) []embed.Vector {
			vs[0], vs[len(vs)-1] = vs[len(vs)-1], vs[0]
			return vs
		})},
		{"batch differs", "batch", edited(func(_ []string, vs []embed.Vector) []embed.Vector {
			if len(vs) > 1 {
				for i := range vs[0] {
					vs[0][i] = math.Nextafter32(vs[0][i], 2)
				}
			}
			return vs
		})},
		{"takes blanks", "bad texts", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			filled := make([]string, len(texts))
			for i, s := range texts {
				filled[i] = s + "x"
			}
			return good.Embed(ctx, k, filled)
		}}},
		{"wrong index", "bad texts", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			vs, err := good.Embed(ctx, k, texts)
			var te *embed.TextError
			if errors.As(err, &te) {
				err = &embed.TextError{Index: 0, Err: te.Err}
			}
			return vs, err
		}}},
		{"refuses NUL", "ugly texts", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			for i, s := range texts {
				if strings.Contains(s, "\x00") {
					return nil, &embed.TextError{Index: i, Err: errors.New("NUL")}
				}
			}
			return good.Embed(ctx, k, texts)
		}}},
		{"edits the texts", "ugly texts", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			vs, err := good.Embed(ctx, k, texts)
			for i := range texts {
				texts[i] = strings.ToValidUTF8(texts[i], "")
			}
			return vs, err
		}}},
		{"random directions", "topics", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			whole := make([]string, len(texts))
			for i, s := range texts {
				whole[i] = strings.Join(strings.Fields(s), "x")
			}
			return good.Embed(ctx, k, whole)
		}}},
		{"ignores its context", "cancelled", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			return good.Embed(context.WithoutCancel(ctx), k, texts)
		}}},
		{"half an answer at the deadline", "cancelled meanwhile", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			<-ctx.Done()
			vs, err := good.Embed(context.WithoutCancel(ctx), k, texts)
			return vs[:len(vs)/2], errors.Join(err, ctx.Err())
		}}},
		{"mixes up calls", "concurrent", broken{Embedder: good, embed: func(ctx context.Context, k embed.Kind, texts []string) ([]embed.Vector, error) {
			if calls.Add(1)%7 == 0 {
				texts = topics[0][:len(texts)]
			}
			return good.Embed(ctx, k, texts)
		}}},
	}
	byName := map[string]check{}
	for _, c := range checks() {
		byName[c.name] = c
	}
	covered := map[string]bool{}
	for _, c := range cases {
		t.Run(c.fault, func(t *testing.T) {
			covered[c.check] = true
			if err := byName[c.check].run(t.Context(), c.e); err == nil {
				t.Errorf("check %q passed", c.check)
			}
		})
	}
	for name := range byName {
		if !covered[name] {
			t.Errorf("no fault is there for check %q", name)
		}
	}
}
