package builtin

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A tokenizer cuts text into the word pieces of a vocabulary, as uncased BERT
// does (Devlin et al. 2019; google-research/bert, tokenization.py): clean,
// put blanks around Chinese characters, strip accents, lower the case, split
// at white space and punctuation, then take from each word the longest piece
// the vocabulary has, again and again (WordPiece). It differs from the
// reference in three ways: a word that cannot be cut is dropped where BERT
// puts [UNK]; the names of special tokens, such as "[CLS]", are plain text;
// and bytes that are not UTF-8 are dropped. The teacher's tokenizer knows the
// characters of Unicode 8; of those that came later, or changed, none is in
// its vocabulary.
//
// A tokenizer does not change once made and is safe for concurrent use.
type tokenizer struct {
	first   map[string]int32 // pieces that begin a word → row of the model
	rest    map[string]int32 // pieces that continue one, without their "##"
	longest int              // bytes in the longest piece
}

// maxRunes is the longest word, in characters, that is cut into pieces; a
// longer one is unknown (max_input_chars_per_word of the reference).
const maxRunes = 100

// newTokenizer returns the tokenizer of a vocabulary in which the pieces that
// continue a word begin with "##". The number of a piece is its place.
func newTokenizer(vocab []string) *tokenizer {
	t := &tokenizer{
		first: make(map[string]int32, len(vocab)),
		rest:  make(map[string]int32, len(vocab)/4),
	}
	for i, p := range vocab {
		if len(p) > 2 && p[:2] == "##" {
			p = p[2:]
			t.rest[p] = int32(i)
		} else {
			t.first[p] = int32(i)
		}
		t.longest = max(t.longest, len(p))
	}
	return t
}

// append appends the numbers of the pieces of text to ids and returns it. It
// allocates only to grow ids.
func (t *tokenizer) append(ids []int32, text string) []int32 {
	var w word
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			i++
			switch k := ascii[c]; {
			case k > ' ':
				w.addByte(k)
			case k == isSpace:
				ids = t.flush(ids, &w)
			case k == isPunct:
				ids = t.flush(ids, &w)
				w.addByte(c)
				ids = t.flush(ids, &w)
			}
			continue
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		ids = t.rune(ids, &w, r, text[i:i+n])
		i += n
	}
	return t.flush(ids, &w)
}

// Classes of ASCII characters. What is neither is part of a word: the table
// holds it in lower case.
const (
	isDropped = iota
	isSpace
	isPunct
)

var ascii = func() (tab [utf8.RuneSelf]byte) {
	for c := range tab {
		switch c := byte(c); {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			tab[c] = isSpace
		case c < ' ' || c == 0x7f:
			tab[c] = isDropped
		case 'A' <= c && c <= 'Z':
			tab[c] = c - 'A' + 'a'
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			tab[c] = c
		default: // BERT takes every other ASCII character as punctuation, "+" and "$" too
			tab[c] = isPunct
		}
	}
	return tab
}()

// rune handles a character past ASCII; s is its encoding in the text.
func (t *tokenizer) rune(ids []int32, w *word, r rune, s string) []int32 {
	switch {
	case r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
		return ids
	case unicode.IsSpace(r):
		return t.flush(ids, w)
	case 0xAC00 <= r && r <= 0xD7A3: // Hangul syllables decompose by rule (Unicode 3.12)
		r -= 0xAC00
		w.addRune(0x1100 + r/588)
		w.addRune(0x1161 + r%588/28)
		if r%28 != 0 {
			w.addRune(0x11A7 + r%28)
		}
		return ids
	}
	chinese := isChinese(r)
	if chinese {
		ids = t.flush(ids, w)
	}
	var self [utf8.UTFMax]byte
	d := norm.NFD.PropertiesString(s).Decomposition()
	if d == nil {
		d = append(self[:0], s...)
	}
	for len(d) > 0 {
		r, n := utf8.DecodeRune(d)
		d = d[n:]
		switch {
		case unicode.Is(unicode.Mn, r): // an accent
		case r < utf8.RuneSelf && ascii[r] == isPunct, unicode.IsPunct(r):
			ids = t.flush(ids, w)
			w.addRune(r)
			ids = t.flush(ids, w)
		default:
			w.addRune(unicode.ToLower(r))
		}
	}
	if chinese {
		ids = t.flush(ids, w)
	}
	return ids
}

// isChinese reports whether r is in one of the blocks of Chinese characters
// the reference isolates. The block that begins at 2B820 begins at 2B920 in
// the reference of the teacher (Rust crate tokenizers, bert.rs); none of
// either is in the vocabulary.
func isChinese(r rune) bool {
	return r >= 0x3400 && (r <= 0x4DBF ||
		0x4E00 <= r && r <= 0x9FFF ||
		0xF900 <= r && r <= 0xFAFF ||
		0x20000 <= r && r <= 0x2A6DF ||
		0x2A700 <= r && r <= 0x2B81F ||
		0x2B920 <= r && r <= 0x2CEAF ||
		0x2F800 <= r && r <= 0x2FA1F)
}

// flush appends the pieces of the word and empties it.
func (t *tokenizer) flush(ids []int32, w *word) []int32 {
	if w.runes == 0 {
		return ids
	}
	start, b := len(ids), w.bytes[:w.n]
	if w.runes > maxRunes {
		b = nil
	}
	w.n, w.runes = 0, 0
	pieces := t.first
	for len(b) > 0 {
		n := min(len(b), t.longest)
		id, ok := pieces[string(b[:n])]
		for !ok && n > 1 {
			n--
			id, ok = pieces[string(b[:n])]
		}
		if !ok {
			return ids[:start] // unknown
		}
		ids = append(ids, id)
		b = b[n:]
		pieces = t.rest
	}
	return ids
}

// A word collects the characters of one word, up to maxRunes.
type word struct {
	n, runes int // bytes held; characters seen
	bytes    [maxRunes * utf8.UTFMax]byte
}

func (w *word) addByte(c byte) {
	if w.runes++; w.runes <= maxRunes {
		w.bytes[w.n] = c
		w.n++
	}
}

func (w *word) addRune(r rune) {
	if w.runes++; w.runes <= maxRunes {
		w.n += utf8.EncodeRune(w.bytes[w.n:], r)
	}
}
