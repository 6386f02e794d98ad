package engine

import (
	"regexp"
	"testing"
)

func TestNormalTitle(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"Attention Is All You Need", "attentionisallyouneed"},
		{"  BERT:\n Pre-training  ", "bertpretraining"},
		{"GPT-4 & 3D $\\alpha$", "gpt43dalpha"},
		{"Ünïcode – 深度学习 ГЛУБОКОЕ", "ünïcode深度学习глубокое"},
		{"?!…", ""},
		{"a\xffb", "ab"},
		{"", ""},
	} {
		if got := NormalTitle(test.in); got != test.want {
			t.Errorf("NormalTitle(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

func TestTitleID(t *testing.T) {
	id := func(title string, year int, authors ...string) ID {
		return TitleID(&Paper{Title: title, Authors: authors, Published: Date{Year: year}})
	}
	// The form is for ever: likes hold it. printf 'pointernetworksforall' | sha256sum
	if got, want := id("Pointer networks, for all!", 2015), ID("title:be3823b4f0b73c10"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// printf 'preface\nknuth\n1968' | sha256sum
	if got, want := id("Preface", 1968, "Donald E. Knuth"), ID("title:e5891f094df8215a"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := id("x", 0); !regexp.MustCompile(`^title:[0-9a-f]{16}$`).MatchString(string(got)) || got.Check() != nil {
		t.Errorf("%q is not of the form", got)
	}

	same := [][2]ID{
		{id("A long enough title", 0), id("a  LONG-enough title.", 2020, "Someone")},
		{id("Preface", 1968, "Donald E. Knuth"), id("PREFACE", 1968, "Knuth, Donald")},
	}
	for _, s := range same {
		if s[0] != s[1] {
			t.Errorf("%q and %q should be one", s[0], s[1])
		}
	}
	differ := []ID{
		id("Preface", 0), id("Preface", 1968), id("Preface", 1969), id("Preface", 0, "Knuth"), id("Preface", 1968, "Knuth"),
		id("Part I of it", 0), id("Part II of it", 0), id("?", 0), id("!", 0), id("??? ?", 0), id("? !", 2020),
	}
	seen := map[ID]int{}
	for i, d := range differ {
		if j, ok := seen[d]; ok {
			t.Errorf("titles %d and %d have one id %q", i, j, d)
		}
		seen[d] = i
	}
	for _, authors := range [][]string{{""}, {" "}, {","}, {"x", "y"}} { // must not panic
		id("x", 0, authors...)
	}
}

func FuzzNormalTitle(f *testing.F) {
	f.Add("Attention Is İAll ǅ You Need")
	f.Fuzz(func(t *testing.T, s string) {
		n := NormalTitle(s)
		if again := NormalTitle(n); again != n {
			t.Fatalf("NormalTitle(%q) = %q, and of that %q", s, n, again)
		}
	})
}
