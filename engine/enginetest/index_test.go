package enginetest

import (
	"testing"

	"kindred/embed"
	"kindred/engine"
)

func TestFlat(t *testing.T) {
	TestIndex(t, func(t *testing.T, space embed.Space) engine.Index { return NewFlat(space) })
}
