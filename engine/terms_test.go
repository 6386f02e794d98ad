package engine

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestBagOf(t *testing.T) {
	tests := []struct{ title, abstract, want string }{
		{"", "", ""},
		{"The Theory of GANs", "", "gan, theory, theory gan"},
		{"k-Means++ and t-SNE", "", "kmean, kmean tsne, tsne"},
		{"GPT-4 beats C", "", "beat, gpt4, gpt4 beat"},
		{"Title", "Abstract", "abstract, title"}, // no pair across the two
		{"graph graph", "graph", "graph, graph graph"},
		{"类比推理", "", "推理, 比推, 类比"},
		{"Naïve cafe\u0301", "", "cafe, naïve, naïve cafe"},
		{strings.Repeat("x", 65) + " word", "", "word"},
		{"\xff\xfe broken", "", "broken"},
	}
	for _, test := range tests {
		check(t, test.title, test.abstract, test.want)
	}
	b := BagOf("graph graph", "graph")
	if b.Length != 3 || b.N(TermOf("graph")) != 3 || b.N(TermOf("graph graph")) != 1 || b.N(TermOf("tree")) != 0 {
		t.Errorf("bag %+v", b)
	}
	if b := BagOf(strings.Repeat("go ", 300), ""); b.Terms[0].N != 255 && b.Terms[1].N != 255 {
		t.Errorf("counts %v, want them to end at 255", b.Terms)
	}
}

// check compares a bag with terms written out, ascending.
func check(t *testing.T, title, abstract, want string) {
	t.Helper()
	b := BagOf(title, abstract)
	if !slices.IsSortedFunc(b.Terms, func(a, b Count) int {
		if a.Term < b.Term {
			return -1
		}
		return 1
	}) {
		t.Errorf("%q: terms are not ascending", title)
	}
	var terms []Term
	for _, s := range strings.Split(want, ", ") {
		if s != "" {
			terms = append(terms, TermOf(s))
		}
	}
	slices.Sort(terms)
	var got []Term
	for _, c := range b.Terms {
		got = append(got, c.Term)
	}
	if !slices.Equal(got, terms) {
		t.Errorf("%q, %q: %d terms, want %q; spelled %v", title, abstract, len(got), want, slices.Sorted(maps.Values(Spellings(title, abstract))))
	}
	// Every term can be spelled.
	spelled := Spellings(title, abstract)
	for _, term := range got {
		if spelled[term] == "" {
			t.Errorf("%q: a term has no spelling", title)
		}
	}
}

func TestStem(t *testing.T) {
	for w, want := range map[string]string{
		"gans": "gan", "studies": "study", "classes": "classe", "class": "class", "bus": "bus", "analysis": "analysi",
		"trees": "tree", "does": "doe", "heroes": "heroe", "as": "as", "queries": "query", "series": "sery", "corpus": "corpus",
	} {
		if got := stem(w); got != want {
			t.Errorf("stem(%q) = %q, want %q", w, got, want)
		}
	}
}

func TestSpelledBag(t *testing.T) {
	title, abstract := "Diffusion Models for GPT-4", "diffusion models: 图像 of Waves"
	all := Spellings(title, abstract)
	asked := map[Term]float32{TermOf("nobody"): 1, TermOf("diffusion model"): 1, TermOf("gpt4"): 1, TermOf("图像"): 1}
	bag, spelled := spelledBag(asked, title, abstract)
	want := BagOf(title, abstract)
	want.Terms = slices.DeleteFunc(want.Terms, func(c Count) bool { _, ok := asked[c.Term]; return !ok })
	if !reflect.DeepEqual(bag, want) {
		t.Errorf("%v, want %v", bag, want)
	}
	if len(spelled) != 3 {
		t.Errorf("spelled %v", spelled)
	}
	for term, got := range spelled {
		if got != all[term] {
			t.Errorf("%q, want %q", got, all[term])
		}
	}
}

func TestSpellings(t *testing.T) {
	got := Spellings("Diffusion Models for GPT-4", "diffusion models")
	for term, want := range map[string]string{"diffusion model": "Diffusion Models", "gpt4": "GPT-4", "model": "Models"} {
		if got[TermOf(term)] != want {
			t.Errorf("%q is spelled %q, want %q", term, got[TermOf(term)], want)
		}
	}
}

func FuzzBagOf(f *testing.F) {
	for _, s := range []string{"", "GPT-4", "k-means", "类比a推理", "a-", "-a", "é-\xff", "กขค x"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, title, abstract string) {
		b := BagOf(title, abstract)
		spelled := Spellings(title, abstract)
		n := 0
		for i, c := range b.Terms {
			if c.N == 0 || i > 0 && c.Term <= b.Terms[i-1].Term {
				t.Fatalf("terms %v", b.Terms)
			}
			if spelled[c.Term] == "" {
				t.Fatalf("term without spelling in %q, %q", title, abstract)
			}
			n += int(c.N)
		}
		if len(spelled) != len(b.Terms) {
			t.Fatalf("%d spellings of %d terms", len(spelled), len(b.Terms))
		}
		if n > 2*b.Length {
			t.Fatalf("%d terms in %d words", n, b.Length)
		}
	})
}
