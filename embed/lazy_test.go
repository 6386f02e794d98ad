package embed_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/embed/embedtest"
)

func TestLazy(t *testing.T) {
	want := embedtest.Hash(64)
	embedtest.TestEmbedder(t, func(*testing.T) embed.Embedder {
		return &embed.Lazy{Want: want.Space(), Connect: func(context.Context) (embed.Embedder, error) { return want, nil }}
	})
	calls := 0
	l := &embed.Lazy{Want: want.Space(), Connect: func(context.Context) (embed.Embedder, error) {
		calls++
		switch calls {
		case 1:
			return nil, embed.ErrUnavailable
		case 2:
			return embedtest.Hash(128), nil
		}
		return want, nil
	}}
	ask := func() error {
		_, err := l.Embed(t.Context(), embed.Query, []string{"speech"})
		return err
	}
	if err := ask(); !errors.Is(err, embed.ErrUnavailable) {
		t.Errorf("nobody there: %v", err)
	}
	if err := ask(); !errors.Is(err, embed.ErrSpace) || !strings.Contains(err.Error(), "kindred reembed --embedder hash:words") {
		t.Errorf("another space: %v", err)
	}
	for range 2 {
		if err := ask(); err != nil {
			t.Error(err)
		}
	}
	if calls != 3 {
		t.Errorf("connected %d times, want 3: again after each failure, and once for good", calls)
	}
}
