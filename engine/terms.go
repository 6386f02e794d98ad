package engine

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"kindred/embed"
)

// A Term is a word, or two words that follow each other, in a form that can be
// compared: the FNV-1a hash (64 bits) of its normal spelling. Two spellings
// with the same hash are one term; among ten million terms the chance that any
// two are is about 3 in a million.
type Term uint64

// A Count is how often a term occurs in a text.
type Count struct {
	Term Term
	N    uint8 // 1 to 255; more count as 255
}

// A Bag is the terms of a text.
type Bag struct {
	Terms  []Count // ascending by Term, each once
	Length int     // words that are no stop words, repeats included
}

// maxTermText is how much of a text has its terms taken, in bytes: as much as
// is embedded.
const maxTermText = embed.MaxText

// BagOf returns the terms of a paper: every word of title and abstract but the
// stop words, and every two of them that follow each other, stop words passed
// over, within the title or within the abstract.
func BagOf(title, abstract string) Bag {
	var b bagger
	b.add(title)
	b.add(abstract)
	return b.bag()
}

// spelledBag returns what BagOf does of those terms that are asked for, with the length
// of all, and their Spellings.
func spelledBag(asked map[Term]float32, title, abstract string) (Bag, map[Term]string) {
	b := bagger{asked: asked, spelled: make(map[Term]string, 64)}
	b.add(title)
	b.add(abstract)
	return b.bag(), b.spelled
}

// Spellings returns how a person would write the terms of a text: for each
// term the way it is spelled where it first occurs. It takes the parts of a
// paper, as BagOf does, or a typed text alone.
func Spellings(parts ...string) map[Term]string {
	out := map[Term]string{}
	for _, part := range parts {
		var before word
		eachWord(part, func(w word) {
			if _, ok := out[w.term]; !ok {
				out[w.term] = w.surface
			}
			if before.joins(w) {
				two := pairTerm(before.term, w.normal)
				if _, ok := out[two]; !ok {
					out[two] = before.surface + " " + w.surface
				}
			}
			before = w
		})
	}
	return out
}

// A bagger counts terms.
type bagger struct {
	terms  []Term
	length int

	asked   map[Term]float32 // nil: all terms are counted
	spelled map[Term]string  // of those that were asked for
}

func (b *bagger) add(text string) {
	if b.asked == nil {
		b.terms = slices.Grow(b.terms, len(text)/4) // a word in eight letters, and a pair
	}
	var before word
	eachWord(text, func(w word) {
		b.length++
		b.count(w.term, func() string { return w.surface })
		if before.joins(w) {
			b.count(pairTerm(before.term, w.normal), func() string { return before.surface + " " + w.surface })
		}
		before = w
	})
}

// count counts a term, if it is asked for, and keeps how it is spelled where it first
// occurs.
func (b *bagger) count(t Term, spelling func() string) {
	if b.asked != nil {
		if _, ok := b.asked[t]; !ok {
			return
		}
		if _, ok := b.spelled[t]; !ok {
			b.spelled[t] = spelling()
		}
	}
	b.terms = append(b.terms, t)
}

func (b *bagger) bag() Bag {
	slices.Sort(b.terms)
	out := Bag{Length: b.length, Terms: make([]Count, 0, len(b.terms))}
	for i, t := range b.terms {
		last := len(out.Terms) - 1
		switch {
		case i == 0 || t != out.Terms[last].Term:
			out.Terms = append(out.Terms, Count{t, 1})
		case out.Terms[last].N < 255:
			out.Terms[last].N++
		}
	}
	return out
}

// N returns how often t occurs, 0 if it does not.
func (b Bag) N(t Term) int {
	i, ok := slices.BinarySearchFunc(b.Terms, t, func(c Count, t Term) int { return cmp.Compare(c.Term, t) })
	if !ok {
		return 0
	}
	return int(b.Terms[i].N)
}

// A word of a text.
type word struct {
	surface string // as it stands there
	normal  string // as it is compared
	term    Term

	overlaps bool // with the next: it is two characters of an unspaced script
}

// joins says whether w, the next word, makes a term with a. Two pairs of
// characters do not: they overlap already.
func (a word) joins(w word) bool { return a.normal != "" && !a.overlaps && !w.overlaps }

// FNV-1a, 64 bits (Fowler, Noll & Vo).
const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func hashOn(h uint64, s string) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// TermOf returns the term of a word, which is normalised, or of two with a
// blank between them.
func TermOf(spelling string) Term { return Term(hashOn(fnvOffset, spelling)) }

// pairTerm returns the term of two words of which the first has term a.
func pairTerm(a Term, b string) Term { return Term(hashOn(hashOn(uint64(a), " "), b)) }

// maxWord is the longest word that counts, in bytes. Longer runs are no words
// but data.
const maxWord = 64

// eachWord calls f with every word of text that is no stop word. A word is a
// run of letters and digits, at least two of them. One that stands alone
// before or after a hyphen belongs to its neighbour: k-means, GPT-4, t-SNE.
// Scripts that write no blanks give every two characters that follow each
// other.
func eachWord(text string, f func(word)) {
	if len(text) > maxTermText {
		text = embed.Cut(text, maxTermText)
	}
	for at := 0; at < len(text); {
		from, to := nextRun(text, at)
		if from == to {
			return
		}
		at = to
		run := text[from:to]
		if first, _ := utf8.DecodeRuneInString(run); unspaced(first) {
			eachPair(run, f)
			continue
		}
		normal := run
		if at < len(text) && text[at] == '-' {
			if next, end := nextRun(text, at+1); next == at+1 && end > next && (single(run) || single(text[next:end])) {
				if first, _ := utf8.DecodeRuneInString(text[next:end]); !unspaced(first) {
					normal = run + text[next:end]
					run, at = text[from:end], end
				}
			}
		}
		if single(normal) || len(normal) > maxWord {
			continue
		}
		normal = stem(lower(normal))
		if stopWords[normal] {
			continue
		}
		f(word{run, normal, TermOf(normal), false})
	}
}

// nextRun returns where the next run of letters and digits of one kind of
// script begins and ends, from at on; two equal numbers if there is none.
func nextRun(s string, at int) (from, to int) {
	from = -1
	kind := false // unspaced
	for i := at; i < len(s); {
		var in, other bool
		n := 1
		if c := s[i]; c < utf8.RuneSelf { // most are
			in = asciiWord[c]
			other = kind
		} else {
			var r rune
			r, n = utf8.DecodeRuneInString(s[i:])
			mark := from >= 0 && unicode.Is(unicode.Mn, r)
			in = wordRune(r) || mark
			other = unspaced(r) != kind && !mark
		}
		switch {
		case in && from < 0:
			from, kind = i, other != kind
		case from >= 0 && (!in || other):
			return from, i
		}
		i += n
	}
	if from < 0 {
		return len(s), len(s)
	}
	return from, len(s)
}

// asciiWord says which ASCII characters wordRune holds of.
var asciiWord = func() (is [utf8.RuneSelf]bool) {
	for c := range is {
		is[c] = wordRune(rune(c))
	}
	return is
}()

// unspaced says whether r is of a script that puts no blanks between words.
func unspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai)
}

func single(s string) bool { _, n := utf8.DecodeRuneInString(s); return n == len(s) }

// eachPair calls f with every two characters of run that follow each other.
func eachPair(run string, f func(word)) {
	for i := 0; i < len(run); {
		_, n := utf8.DecodeRuneInString(run[i:])
		_, m := utf8.DecodeRuneInString(run[i+n:])
		if m == 0 {
			return
		}
		two := run[i : i+n+m]
		f(word{two, two, TermOf(two), true})
		i += n
	}
}

// lower is strings.ToLower without marks that combine with a letter.
func lower(s string) string {
	small := true // letters and digits, and as they should be
	for i := range len(s) {
		small = small && s[i] < utf8.RuneSelf && (s[i] < 'A' || s[i] > 'Z')
	}
	if small {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// stem takes the plural from an English word: Harman's S-stemmer (JASIS 42(1),
// 1991).
func stem(w string) string {
	n := len(w)
	switch {
	case n < 4 || w[n-1] != 's' || w[n-2] == 'u' || w[n-2] == 's':
		return w
	case w[n-3:] == "ies" && w[n-4] != 'e' && w[n-4] != 'a':
		return w[:n-3] + "y"
	}
	return w[:n-1]
}
