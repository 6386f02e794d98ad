package lexicon_test

import (
	"testing"

	"kindred/engine"
	"kindred/engine/enginetest"
	"kindred/engine/lexicon"
)

func TestLexicon(t *testing.T) {
	enginetest.TestLexicon(t, func(*testing.T) engine.Lexicon { return lexicon.New() })
}
