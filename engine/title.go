package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
)

// NormalTitle returns what of a title is compared when duplicates and exact
// titles are looked for: its letters and digits, of any script, in lower case,
// and nothing else. It is empty for a title of signs alone. Nothing is
// composed or transliterated: "é" and "e" differ.
func NormalTitle(s string) string {
	return strings.Map(func(r rune) rune {
		if !wordRune(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// TitleID returns the id of a paper that has no other: "title:" and 16 hex
// digits, the beginning of the SHA-256 of its NormalTitle, or of the title as
// it is where that is empty.
//
// A title of fewer than three words ("Preface", "Deep Learning") does not tell
// papers apart, so the first author's family name, normalised like the title,
// and the year of publication are digested with it, each empty if unknown and
// preceded by a line break.
func TitleID(p *Paper) ID {
	text := NormalTitle(p.Title)
	if text == "" {
		text = p.Title
	}
	if vague(p.Title) {
		text += "\n" + familyName(p.Authors) + "\n"
		if p.Published.Year != 0 {
			text += fmt.Sprint(p.Published.Year)
		}
	}
	sum := sha256.Sum256([]byte(text))
	return ID("title:" + hex.EncodeToString(sum[:8]))
}

// vague reports whether a title is too short to tell papers apart.
func vague(title string) bool {
	return len(strings.FieldsFunc(title, func(r rune) bool { return !wordRune(r) })) < 3
}

// familyName guesses the normalised family name of the first author: what is
// before the comma of "Last, First", or the last word of "First Last".
func familyName(authors []string) string {
	if len(authors) == 0 {
		return ""
	}
	if last, _, found := strings.Cut(authors[0], ","); found {
		return NormalTitle(last)
	}
	words := strings.Fields(authors[0])
	if len(words) == 0 {
		return ""
	}
	return NormalTitle(words[len(words)-1])
}
