package chromem

import (
	"testing"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/enginetest"
)

func TestIndex(t *testing.T) {
	enginetest.TestIndex(t, func(t *testing.T, space embed.Space) engine.Index {
		x, err := New(space)
		if err != nil {
			t.Fatal(err)
		}
		return x
	})
}
