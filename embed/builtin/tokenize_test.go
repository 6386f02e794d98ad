package builtin

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func testModel(t testing.TB) *model {
	t.Helper()
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return e.model
}

// A fixture is a text and what the teacher's own tokenizer makes of it
// (distill/fixtures.py).
type fixture struct {
	Text   string
	Tokens []string
}

func fixtures(t testing.TB) []fixture {
	t.Helper()
	f, err := os.Open("testdata/tokens.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []fixture
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var x fixture
		if err := json.Unmarshal(sc.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		all = append(all, x)
	}
	if err := sc.Err(); err != nil || len(all) < 50 {
		t.Fatalf("%d fixtures, error %v", len(all), err)
	}
	return all
}

// pieces returns the vocabulary, "##" included.
func (t *tokenizer) pieces() []string {
	v := make([]string, len(t.first)+len(t.rest))
	for p, i := range t.first {
		v[i] = p
	}
	for p, i := range t.rest {
		v[i] = "##" + p
	}
	return v
}

func TestTokens(t *testing.T) {
	tok := testModel(t).tok
	vocab := tok.pieces()
	for _, f := range fixtures(t) {
		var got []string
		for _, id := range tok.append(nil, f.Text) {
			got = append(got, vocab[id])
		}
		if slices.Equal(got, f.Tokens) {
			continue
		}
		at := 0
		for at < min(len(got), len(f.Tokens)) && got[at] == f.Tokens[at] {
			at++
		}
		t.Errorf("%.60q: at token %d of %d got %q, the teacher has %q", f.Text, at, len(f.Tokens),
			got[at:min(at+5, len(got))], f.Tokens[at:min(at+5, len(f.Tokens))])
	}
}

func TestTokensInvalidUTF8(t *testing.T) {
	tok := testModel(t).tok
	for _, c := range []struct{ bad, good string }{
		{"gra\xffph", "graph"},
		{"\xe2\x82 graph \xc3(", " graph ("},
		{"\xff", ""},
	} {
		if got, want := tok.append(nil, c.bad), tok.append(nil, c.good); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v as for %q", c.bad, got, want, c.good)
		}
	}
}

func TestTokenizeDoesNotAllocate(t *testing.T) {
	tok := testModel(t).tok
	text := abstract + " Überraschung naïve 神经网络 한국어 x² ≠ ½"
	ids := make([]int32, 0, 1000)
	if n := testing.AllocsPerRun(100, func() { ids = tok.append(ids[:0], text) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// slowTokens is the reference algorithm step by step over the whole text, as
// BERT's tokenization.py has it.
func slowTokens(tok *tokenizer, text string) []int32 {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "") {
		switch {
		case r == 0 || r == utf8.RuneError:
		case r == '\t' || r == '\n' || r == '\r':
			b.WriteByte(' ')
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co):
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case isChinese(r):
			b.WriteString(" " + string(r) + " ")
		default:
			b.WriteRune(r)
		}
	}
	// One character at a time: the reference does not reorder accents it drops.
	var lower strings.Builder
	for _, r := range b.String() {
		for _, r := range norm.NFD.String(string(r)) {
			if !unicode.Is(unicode.Mn, r) {
				lower.WriteRune(unicode.ToLower(r))
			}
		}
	}
	var words []string
	for _, w := range strings.Fields(lower.String()) {
		var run []rune
		for _, r := range w {
			if r < 0x80 && !('a' <= r && r <= 'z') && !('0' <= r && r <= '9') || unicode.IsPunct(r) {
				words = append(words, string(run), string(r))
				run = nil
			} else {
				run = append(run, r)
			}
		}
		words = append(words, string(run))
	}
	var ids []int32
	for _, w := range words {
		r := []rune(w)
		if len(r) > 100 {
			continue
		}
		var pieces []int32
		for at := 0; at < len(r); {
			from, end := tok.first, len(r)
			if at > 0 {
				from = tok.rest
			}
			for ; end > at; end-- {
				if id, ok := from[string(r[at:end])]; ok {
					pieces = append(pieces, id)
					break
				}
			}
			if end == at {
				pieces = nil
				break
			}
			at = end
		}
		ids = append(ids, pieces...)
	}
	return ids
}

func FuzzTokenize(f *testing.F) {
	tok := testModel(f).tok
	for _, x := range fixtures(f) {
		if len(x.Text) < 1000 {
			f.Add(x.Text, "graph")
		}
	}
	f.Add("bad \xff\xfe bytes \xc3( and half a rune \xe2\x82", "\xac")
	f.Fuzz(func(t *testing.T, a, b string) {
		ids := tok.append(nil, a)
		if want := slowTokens(tok, a); !slices.Equal(ids, want) {
			t.Errorf("%q: got %v, reference %v", a, ids, want)
		}
		// What a word becomes does not depend on the words around it.
		if got, want := tok.append(nil, a+" "+b), tok.append(ids, b); !slices.Equal(got, want) {
			t.Errorf("%q then %q: got %v, want %v", a, b, got, want)
		}
	})
}

func BenchmarkTokenize(b *testing.B) {
	tok := testModel(b).tok
	var ids []int32
	b.ReportAllocs()
	b.SetBytes(int64(len(abstract)))
	for b.Loop() {
		ids = tok.append(ids[:0], abstract)
	}
	b.ReportMetric(float64(len(ids)), "tokens")
}
