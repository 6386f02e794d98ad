package builtin

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/embed/embedtest"
)

// The builtin model, taken apart and written again, is the same model in a space of
// its own.
func TestEncodeAndOpen(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	vocabulary, dim := e.Vocabulary(), e.Space().Dim
	rows := make([]float32, len(vocabulary)*dim)
	for i := range vocabulary {
		e.Row(int32(i), rows[i*dim:])
	}
	file, err := Encode("copy", vocabulary, dim, rows)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "mine"+Ext)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	mine, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	embedtest.TestEmbedder(t, func(*testing.T) embed.Embedder { return mine })
	s, builtin := mine.Space(), e.Space()
	if s.Name() != "distilled:mine" || s.Digest == builtin.Digest || s.Dim != builtin.Dim || s.ID() == builtin.ID() {
		t.Errorf("space %+v", s)
	}
	texts := []string{abstract, "graph", "神经网络"}
	a, err := e.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	b, err := mine.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if cos := embed.Dot(a[i], b[i]); cos < .9999 {
			t.Errorf("%.20q: cosine %v of the copy", texts[i], cos)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		vocabulary []string
		dim        int
		rows       []float32
	}{
		"no dimension":    {[]string{"a"}, 0, nil},
		"too few numbers": {[]string{"a", "b"}, 2, []float32{1, 2, 3}},
		"NaN":             {[]string{"a"}, 1, []float32{float32(math.NaN())}},
		"infinite":        {[]string{"a"}, 1, []float32{float32(math.Inf(1))}},
		"all zero":        {[]string{"a"}, 2, []float32{0, 0}},
		"line feed":       {[]string{"a\nb"}, 1, []float32{1}},
	} {
		if b, err := Encode("x", c.vocabulary, c.dim, c.rows); err == nil || b != nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(filepath.Join(dir, "none.bin")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	bad := filepath.Join(dir, "bad.bin")
	if err := os.WriteFile(bad, []byte(modelFile[:1000]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(bad); err == nil || !strings.Contains(err.Error(), bad) {
		t.Errorf("half a file: %v", err)
	}
	if err := os.Truncate(bad, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(bad); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("too large: %v", err)
	}
}

// A model file that somebody was given does no harm: it is refused, or every text
// gets a vector of norm 1.
func FuzzParse(f *testing.F) {
	const body = "toy" + "ab\n##c\nd" + "\x01\x00\x00\x01\xff\xff" + "\x7f\x00" + "\x00\x02" + "\x80\x80"
	f.Add(tiny(2, 3, 3, 8, body), "ABC abc ab")
	f.Add(tiny(2, 3, 3, 8, body), "d d d 神经")
	f.Add(tiny(1, 2, 0, 1, "\n"+"\x00\x00\x00\x00"+"\x01\x01"), "x")
	f.Add(modelFile[:2000], "graph")
	f.Fuzz(func(t *testing.T, file, text string) {
		m, err := parse(file)
		if err != nil || embed.CheckTexts([]string{text}) != nil {
			return
		}
		if err := m.embed(text, new(scratch)).Check(m.dim); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}
