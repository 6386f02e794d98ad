package ollama_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ollama/ollama/api"

	"kindred/embed"
	"kindred/embed/embedtest"
	"kindred/embed/ollama"
	"kindred/embed/ollama/ollamatest"
)

func connect(t *testing.T, s *ollamatest.Server, o ollama.Options) *ollama.Embedder {
	t.Helper()
	o.URL, o.Threads = s.URL, 1
	if o.Model == "" {
		o.Model = ollamatest.Model
	}
	e, err := ollama.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestReal asks a real Ollama with a real model whatever can go right or wrong
// between the two.
func TestReal(t *testing.T) {
	s := ollamatest.Start(t)
	t.Run("contract", func(t *testing.T) {
		embedtest.TestEmbedder(t, func(t *testing.T) embed.Embedder { return connect(t, s, ollama.Options{}) })
	})
	t.Run("space", func(t *testing.T) {
		sp := connect(t, s, ollama.Options{}).Space()
		if sp.Dim != 384 || sp.Embedder != "ollama" || sp.Model != ollamatest.Model || !strings.HasPrefix(sp.Digest, "sha256:") || sp.Template != "" {
			t.Errorf("%+v", sp)
		}
	})
	t.Run("probe", func(t *testing.T) {
		for model, want := range map[string]ollama.State{ollamatest.Model: ollama.Ready, "no-such-model": ollama.Missing} {
			if got, err := ollama.Probe(t.Context(), s.URL, model); got != want || (err == nil) != (want == ollama.Ready) {
				t.Errorf("%s: %v, %v", model, got, err)
			}
		}
		if _, err := ollama.New(t.Context(), ollama.Options{URL: s.URL, Model: "no-such-model"}); !errors.Is(err, embed.ErrUnavailable) || !strings.Contains(err.Error(), "ollama pull no-such-model") {
			t.Errorf("unknown model: %v", err)
		}
		if _, err := ollama.New(t.Context(), ollama.Options{URL: s.URL, Model: "not a name!"}); err == nil || errors.Is(err, embed.ErrUnavailable) {
			t.Errorf("malformed name: %v", err)
		}
	})
	t.Run("ugly texts", func(t *testing.T) {
		texts := []string{
			"神经算子学习偏微分方程的解", "🙂🙃🚀 emoji only 🧪", `Let $\mathcal{L}_{\theta}(x) = \sum_{i=1}^{n} \left\| f_\theta(x_i) - y_i \right\|^2$ be`,
			strings.Repeat("neural operators for fluid flow ", 640)[:20000], strings.Repeat("ꙮ𐌀☃ ", 2000), "a",
			strings.Repeat("x", 20000), "new\nlines\tand\rtabs",
		}
		vectors, err := connect(t, s, ollama.Options{}).Embed(t.Context(), embed.Document, texts)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range vectors {
			if err := v.Check(384); err != nil {
				t.Errorf("text %d: %v", i, err)
			}
		}
	})
	t.Run("batches agree", func(t *testing.T) {
		var texts []string
		for i := range 24 {
			texts = append(texts, fmt.Sprintf("Paper %d is about %s and number %d.", i, []string{"speech", "fluids", "graphs"}[i%3], i*i))
		}
		var first []embed.Vector
		for _, batch := range []int{1, 8, 64} {
			got, err := connect(t, s, ollama.Options{Batch: batch}).Embed(t.Context(), embed.Document, texts)
			if err != nil {
				t.Fatal(err)
			}
			if first == nil {
				first = got
			}
			for i := range got {
				if !slices.Equal(got[i], first[i]) {
					t.Errorf("text %d in batches of %d differs", i, batch)
				}
			}
		}
	})
	t.Run("shorter vectors", func(t *testing.T) {
		s.Create("nomic-embed-text", nil) // by name a model that may be shortened
		texts := []string{"speech on small machines", "the flow of fluids"}
		whole, err := connect(t, s, ollama.Options{Model: "nomic-embed-text"}).Embed(t.Context(), embed.Document, texts)
		if err != nil {
			t.Fatal(err)
		}
		short := connect(t, s, ollama.Options{Model: "nomic-embed-text", Dim: 64})
		got, err := short.Embed(t.Context(), embed.Document, texts)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if err := got[i].Check(64); err != nil || embed.Dot(got[i], whole[i][:64].Unit()) < 1-1e-5 {
				t.Errorf("text %d: %v, or not the beginning of the whole vector", i, err)
			}
		}
		if sp := short.Space(); sp.Dim != 64 || sp.Full != 384 || sp.Template != "clustering: " {
			t.Errorf("%+v", sp)
		}
	})
	t.Run("inspect", func(t *testing.T) {
		version, err := s.Client().Version(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		info, err := ollama.Inspect(t.Context(), ollama.Options{URL: s.URL, Model: ollamatest.Model})
		if err != nil || info.Version != version || info.Architecture != "bert" || !slices.Contains(info.Capabilities, "embedding") || info.Dim != 384 || info.Context != 512 || info.Reads != 256 {
			t.Errorf("%+v, %v", info, err)
		}
		if info, err := ollama.Inspect(t.Context(), ollama.Options{URL: s.URL, Model: "no-such-model"}); info.Version != version || !errors.Is(err, embed.ErrUnavailable) {
			t.Errorf("unknown model: %+v, %v", info, err)
		}
	})
	t.Run("unknown tokens", func(t *testing.T) {
		// Ollama refuses this text although it is told to cut it; we cut and ask again.
		text := strings.Repeat("ꙮ𐌀☃ ", 2000)
		yes := true
		_, err := s.Client().Embed(t.Context(), &api.EmbedRequest{Model: ollamatest.Model, Input: []string{text}, Truncate: &yes})
		var status api.StatusError
		if !errors.As(err, &status) || status.StatusCode != 400 || !strings.Contains(err.Error(), "context length") {
			t.Errorf("Ollama by itself: %v: the test tests nothing", err)
		}
		e := connect(t, s, ollama.Options{})
		got, err := e.Embed(t.Context(), embed.Document, []string{"a plain text", text, "another"})
		if err != nil || got[1].Check(384) != nil {
			t.Fatal(err)
		}
		if alone, err := e.Embed(t.Context(), embed.Document, []string{"a plain text", "another"}); err != nil || !slices.Equal(alone[0], got[0]) || !slices.Equal(alone[1], got[2]) {
			t.Errorf("its neighbours have other vectors: %v", err)
		}
	})
	t.Run("kept in memory", func(t *testing.T) {
		if _, err := connect(t, s, ollama.Options{Keep: 3 * time.Hour}).Embed(t.Context(), embed.Document, []string{"speech"}); err != nil {
			t.Fatal(err)
		}
		ps, err := s.Client().ListRunning(t.Context())
		if err != nil || len(ps.Models) != 1 || time.Until(ps.Models[0].ExpiresAt) < 2*time.Hour {
			t.Errorf("%v, running %+v", err, ps)
		}
	})
	t.Run("pull", func(t *testing.T) {
		s.Create("published", ollamatest.Retrained)
		name := s.Publish("published")
		s.Delete("published")
		o := ollama.Options{URL: s.URL, Model: name}
		if state, _ := ollama.Probe(t.Context(), s.URL, name); state != ollama.Missing {
			t.Fatalf("before: %v", state)
		}
		var most, all int64
		if err := ollama.Pull(t.Context(), o, func(_ string, done, total int64) {
			if done > total {
				t.Errorf("%d of %d bytes", done, total)
			}
			if total > all {
				all, most = total, 0
			}
			if total == all {
				most = max(most, done)
			}
		}); err != nil {
			t.Fatal(err)
		}
		if all < 40e6 || most != all {
			t.Errorf("progress told of %d of %d bytes", most, all)
		}
		v, err := connect(t, s, ollama.Options{Model: name}).Embed(t.Context(), embed.Document, []string{"speech"})
		if err != nil || v[0].Check(384) != nil {
			t.Errorf("what was pulled: %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		e := connect(t, s, ollama.Options{Batch: 1})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		begun := time.Now()
		_, err := e.Embed(ctx, embed.Document, slices.Repeat([]string{strings.Repeat("a long abstract about speech ", 60)}, 500))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
	t.Run("killed and restarted", func(t *testing.T) {
		e := connect(t, s, ollama.Options{Batch: 4})
		texts := slices.Repeat([]string{strings.Repeat("a long abstract about speech ", 40)}, 200)
		failed := make(chan error, 1)
		go func() {
			_, err := e.Embed(t.Context(), embed.Document, texts)
			failed <- err
		}()
		time.Sleep(300 * time.Millisecond)
		s.Kill()
		if err := <-failed; !errors.Is(err, embed.ErrUnavailable) || !strings.Contains(err.Error(), "ollama serve") {
			t.Errorf("killed mid-batch: %v", err)
		}
		s.Run()
		if got, err := e.Embed(t.Context(), embed.Document, texts[:2]); err != nil || len(got) != 2 {
			t.Errorf("after the restart: %v", err)
		}
	})
	t.Run("replaced under its name", func(t *testing.T) {
		s.Create("changing", nil)
		e := connect(t, s, ollama.Options{Model: "changing"})
		if _, err := e.Embed(t.Context(), embed.Document, []string{"speech"}); err != nil {
			t.Fatal(err)
		}
		s.Delete("changing")
		if _, err := e.Embed(t.Context(), embed.Document, []string{"speech"}); !errors.Is(err, embed.ErrUnavailable) {
			t.Errorf("deleted: %v", err)
		}
		s.Create("changing", ollamatest.Retrained)
		if v, err := e.Embed(t.Context(), embed.Document, []string{"speech"}); !errors.Is(err, embed.ErrSpace) {
			t.Errorf("other weights: %v, %d vectors", err, len(v))
		}
	})
}
