package bench

import (
	"math"
	"slices"
	"strings"
	"testing"

	"kindred/embed"
)

func synthetic(t *testing.T, n int) *Set {
	t.Helper()
	set, err := Synthetic(t.Context(), n, 48, 6, 1)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestRun(t *testing.T) {
	r, err := Run(t.Context(), synthetic(t, 3000), Options{Peers: []string{"chromem", "go"}, K: 20, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Identical || r.N != 3000 || r.Dim != 48 || len(r.Peers) != 2 || r.MedianMS <= 0 {
		t.Errorf("%+v", r)
	}
	for _, p := range r.Peers {
		if !p.Exact || !p.Identical || p.Recall < 0.99 || p.Ratio <= 0 || p.Apart > tolerance {
			t.Errorf("%+v", p)
		}
		if p.Name == "go" && (p.Apart != 0 || p.Ties != 0) {
			t.Errorf("the plain loop takes the same dot product as we: %+v", p)
		}
	}
	if len(r.Shapes) < 8 || r.Shapes[0].Ratio != 1 {
		t.Errorf("%+v", r.Shapes)
	}
}

func TestRunRefuses(t *testing.T) {
	set := synthetic(t, 100)
	for _, o := range []Options{
		{K: 101},
		{Peers: []string{"nobody"}},
		{Peers: []string{"numpy"}, Python: "no-such-interpreter"},
	} {
		if _, err := Run(t.Context(), set, o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}

// A wrong answer is found out, however slightly wrong.
func TestSame(t *testing.T) {
	set := synthetic(t, 1000)
	q := set.Queries[0]
	p := &loop{set, 20}
	right, err := p.ask(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if same, ties, recall, apart := set.same(q, right, right); !same || ties != 0 || recall != 1 || apart != 0 {
		t.Errorf("%v %d %v %v", same, ties, recall, apart)
	}
	for name, spoil := range map[string]func(*answer){
		"two change places":      func(a *answer) { a.rows[3], a.rows[9] = a.rows[9], a.rows[3] },
		"the last is another":    func(a *answer) { a.rows[19] = worst(set, q) },
		"one is missing":         func(a *answer) { a.rows, a.scores = a.rows[:19], a.scores[:19] },
		"one is there twice":     func(a *answer) { a.rows[5] = a.rows[4] },
		"a score is off by 1e-5": func(a *answer) { a.scores[7] += 1e-5 },
		"a row does not exist":   func(a *answer) { a.rows[0] = 1000 },
	} {
		wrong := answer{rows: slices.Clone(right.rows), scores: slices.Clone(right.scores)}
		spoil(&wrong)
		if same, _, _, _ := set.same(q, right, wrong); same {
			t.Errorf("%s: not noticed", name)
		}
	}
}

func worst(set *Set, q embed.Vector) (row int) {
	for i := range set.Len() {
		if embed.Dot(q, set.row(i)) < embed.Dot(q, set.row(row)) {
			row = i
		}
	}
	return row
}

func TestSynthetic(t *testing.T) {
	a, b := synthetic(t, 2000), synthetic(t, 2000)
	if !slices.Equal(a.Rows, b.Rows) || !slices.Equal(a.Queries[3], b.Queries[3]) {
		t.Error("two runs make two sets")
	}
	var mean, nearest float64
	for i := range 200 {
		if n := a.row(i).Norm(); math.Abs(n-1) > 1e-6 {
			t.Fatalf("row %d has norm %v", i, n)
		}
		best := float32(-1)
		for j := range a.Len() {
			if s := embed.Dot(a.row(i), a.row(j)); i != j {
				mean += float64(s) / 200 / float64(a.Len())
				best = max(best, s)
			}
		}
		nearest += float64(best) / 200
	}
	t.Logf("mean cosine %.3f, with the nearest %.3f", mean, nearest)
	if mean < 0.1 || mean > 0.5 || nearest < mean+0.25 {
		t.Error("that is not how abstracts are: they have something in common, and neighbours far more")
	}
}

// The program of the Python peers knows those that we send to it.
func TestPythonPeersAreThose(t *testing.T) {
	for _, name := range Names() {
		if name != "chromem" && name != "go" && !strings.Contains(peersPy, `"`+name+`": `) {
			t.Errorf("peers.py does not know %s", name)
		}
	}
}
