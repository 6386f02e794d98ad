package ollama

import (
	"strings"
	"unicode"
)

// maxWord is the length, in characters, from which a word is broken in two.
// Ollama's WordPiece tokeniser takes minutes for one word of 20,000 letters
// (v0.17.4), and one text of that kind would hold up all others. BERT's own
// reads no word above 100.
const maxWord = 100

// breakWords puts a blank after every maxWord characters of a word. Scripts
// without blanks, whose characters are words, are left as they are.
func breakWords(s string) string {
	if len(s) <= maxWord {
		return s
	}
	var b strings.Builder
	n, from := 0, 0
	for i, r := range s {
		if unicode.IsSpace(r) || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai) {
			n = 0
			continue
		}
		if n++; n > maxWord {
			b.WriteString(s[from:i])
			b.WriteByte(' ')
			n, from = 1, i
		}
	}
	if from == 0 {
		return s
	}
	b.WriteString(s[from:])
	return b.String()
}
