package embed_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"testing/quick"
	"unicode/utf8"

	"kindred/embed"
)

func TestJoin(t *testing.T) {
	for _, c := range []struct{ title, abstract, want string }{
		{"Title", "Abstract.", "Title\nAbstract."},
		{"  A \t title\n over lines ", "one\r\n\r\ntwo\u00a0three  ", "A title over lines\none two three"},
		{"Title", " \n", "Title"},
		{"", "Abstract.", "Abstract."},
		{" ", "", ""},
		{strings.Repeat("é", embed.MaxText), "x", strings.Repeat("é", embed.MaxText/2)},
		{"x", strings.Repeat("é", embed.MaxText), "x\n" + strings.Repeat("é", embed.MaxText/2-1)},
		{"xy", strings.Repeat("é", embed.MaxText), "xy\n" + strings.Repeat("é", embed.MaxText/2-2)}, // no half a character
	} {
		if got := embed.Join(c.title, c.abstract); got != c.want {
			t.Errorf("%.30q and %.30q: got %.60q (%d bytes), want %.60q", c.title, c.abstract, got, len(got), c.want)
		}
	}
}

func TestCut(t *testing.T) {
	f := func(s string, n uint8) bool {
		got := embed.Cut(s, int(n))
		if got == s {
			return len(s) <= int(n)
		}
		return strings.HasPrefix(s, got) && len(got) <= int(n) && len(got) > int(n)-utf8.UTFMax && utf8.RuneStart(s[len(got)])
	}
	if err := quick.Check(f, nil); err != nil {
		t.Error(err)
	}
}

func TestCheckTexts(t *testing.T) {
	for _, c := range []struct {
		texts []string
		bad   int // -1: none
	}{
		{nil, -1},
		{[]string{"a", strings.Repeat("x", embed.MaxText)}, -1},
		{[]string{"a", ""}, 1},
		{[]string{"\u2003\n"}, 0},
		{[]string{"a", "b", strings.Repeat("x", embed.MaxText+1), ""}, 2},
	} {
		err := embed.CheckTexts(c.texts)
		var bad *embed.TextError
		if errors.As(err, &bad) != (c.bad >= 0) || bad != nil && bad.Index != c.bad {
			t.Errorf("%.20q: got %v, want text %d", c.texts, err, c.bad)
		}
	}
}

// Every field of a space is part of its name: what changes any of them is another.
func TestSpaceID(t *testing.T) {
	base := embed.Space{Embedder: "ollama", Model: "m", Digest: "sha256:1", Dim: 4, Join: embed.JoinRule, Truncate: "t"}
	seen := map[string]embed.Space{}
	for _, change := range []func(*embed.Space){
		func(*embed.Space) {},
		func(s *embed.Space) { s.Embedder = "builtin" },
		func(s *embed.Space) { s.Model = "n" },
		func(s *embed.Space) { s.Digest = "sha256:2" },
		func(s *embed.Space) { s.Dim = 8 },
		func(s *embed.Space) { s.Full = 8 },
		func(s *embed.Space) { s.Template = "query: " },
		func(s *embed.Space) { s.Join = "other" },
		func(s *embed.Space) { s.Truncate = "u" },
	} {
		s := base
		change(&s)
		if other, ok := seen[s.ID()]; ok {
			t.Errorf("%+v and %+v have one name, %s", s, other, s.ID())
		}
		seen[s.ID()] = s
	}
	if id := base.ID(); !strings.HasPrefix(id, "ollama:m@") || !strings.HasSuffix(id, "/4") {
		t.Errorf("id %s", id)
	}
	if id := (embed.Space{}).ID(); id != "" {
		t.Errorf("the zero space is named %q", id)
	}
	base.Full = 8
	if f := base.Flags(); f != "--embedder ollama:m --dim 4" {
		t.Errorf("flags %q", f)
	}
}

func TestVectorCheck(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, c := range []struct {
		v           embed.Vector
		vector, ask bool // good as a vector, as a query
	}{
		{embed.Vector{0.6, 0.8}, true, true},
		{embed.Vector{0.6, 0.8008}, true, true}, // 1 + 6e-4
		{embed.Vector{0.6, 0.81}, false, true},
		{embed.Vector{3, 4}, false, true},
		{embed.Vector{1e-30, 0}, false, true},
		{embed.Vector{0, 0}, false, false},
		{embed.Vector{nan, 1}, false, false},
		{embed.Vector{inf, 1}, false, false},
		{embed.Vector{1}, false, false},
		{nil, false, false},
		{embed.Vector{1, 0, 0}, false, false},
	} {
		if err := c.v.Check(2); (err == nil) != c.vector || err != nil && !errors.Is(err, embed.ErrVector) {
			t.Errorf("%v: %v", c.v, err)
		}
		if err := c.v.CheckQuery(2); (err == nil) != c.ask || err != nil && !errors.Is(err, embed.ErrVector) {
			t.Errorf("%v as a query: %v", c.v, err)
		}
		if u := c.v.Unit(); len(c.v) == 2 && (u != nil) != c.ask || u != nil && u.Check(len(u)) != nil {
			t.Errorf("%v has the unit vector %v", c.v, u)
		}
	}
}

// The order of the sums is fixed: these bits are those of every machine.
func TestDot(t *testing.T) {
	a, b := make([]float32, 19), make([]float32, 19)
	for i := range a {
		a[i], b[i] = float32(i+1)/7, float32(20-i)/3
	}
	var lanes [8]float32
	for i := range 16 {
		lanes[i%8] += float32(a[i] * b[i])
	}
	want := ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
	for i := 16; i < 19; i++ {
		want += float32(a[i] * b[i])
	}
	if got := embed.Dot(a, b); math.Float32bits(got) != math.Float32bits(want) || math.Float32bits(got) != 0x4290c30c {
		t.Errorf("got %v (%#x), want %v", got, math.Float32bits(got), want)
	}
	if embed.Dot(nil, nil) != 0 {
		t.Error("of nothing")
	}
}
