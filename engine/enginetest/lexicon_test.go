package enginetest

import (
	"testing"

	"kindred/engine"
)

func TestFlatLexicon(t *testing.T) {
	TestLexicon(t, func(*testing.T) engine.Lexicon { return NewFlatLexicon() })
}
