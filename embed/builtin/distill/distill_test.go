package distill

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/embedtest"
)

// words that a teacher below knows, and some that all papers share.
var (
	words = strings.Fields(`speech audio voice speaker acoustic phoneme microphone noise recognition fluid flow turbulence
		pressure viscosity solver vortex graph node edge neighbor spectral molecular message galaxy telescope stellar survey
		cosmic halo quasar protein gene cell antibody enzyme tissue theorem lemma proof algebra topology manifold robot
		gripper planner market price auction`)
	common = strings.Fields("we study a new method and show results of the model on data with better learning for large problems")
)

// corpus is made-up papers, and a teacher to which each word means the same as the
// one four places on, which nobody else could know.
func corpus(n int, dim int) []Paper {
	r := rand.New(rand.NewPCG(7, 7))
	meaning := map[int]embed.Vector{}
	for i := range words {
		v := make(embed.Vector, dim)
		for k := range v {
			v[k] = float32(r.NormFloat64())
		}
		meaning[i-i%8+i%4] = v
	}
	papers := make([]Paper, n)
	for i := range papers {
		var text []string
		v := slices.Repeat(embed.Vector{1}, dim)
		for range 8 {
			at := r.IntN(len(words))
			text = append(text, words[at], common[r.IntN(len(common))], common[r.IntN(len(common))])
			for k, x := range meaning[at-at%8+at%4] {
				v[k] += x
			}
		}
		papers[i] = Paper{Title: text[0], Abstract: strings.Join(text[1:], " "), Vector: v.Unit()}
	}
	return papers
}

// A model of few papers passes the contract of every embedder, is nearer to its
// teacher than the builtin one, on papers that it has not seen, and is the same
// every time.
func TestFit(t *testing.T) {
	papers := corpus(400, 48)
	var told []string
	o := Options{Name: "mine", Seed: 3, Progress: func(step string, done, of int) {
		if done < 0 || done > of {
			t.Errorf("%s: %d of %d", step, done, of)
		}
		if len(told) == 0 || told[len(told)-1] != step {
			told = append(told, step)
		}
	}}
	got, err := Fit(t.Context(), papers, o)
	if err != nil {
		t.Fatal(err)
	}
	if got.Dim != 48 || got.Fitted != 320 || len(got.Judged) != 40 || len(told) != 3 {
		t.Errorf("%d dimensions, %d fitted, %d judged, told of %v", got.Dim, got.Fitted, len(got.Judged), told)
	}
	again, err := Fit(t.Context(), papers, o)
	if err != nil || !bytes.Equal(again.File, got.File) {
		t.Errorf("not the same file again: %v", err)
	}
	o.Seed = 4
	if other, err := Fit(t.Context(), papers, o); err != nil || slices.EqualFunc(other.Judged, got.Judged, func(a, b Paper) bool { return a.Abstract == b.Abstract }) {
		t.Errorf("another seed judges by the same papers: %v", err)
	}
	path := filepath.Join(t.TempDir(), "mine"+builtin.Ext)
	if err := os.WriteFile(path, got.File, 0o600); err != nil {
		t.Fatal(err)
	}
	e, err := builtin.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := e.Space(); s.Name() != "distilled:mine" || s.Dim != 48 {
		t.Errorf("space %+v", s)
	}
	embedtest.TestEmbedder(t, func(*testing.T) embed.Embedder { return e })
	base, err := builtin.New()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	var teacher []embed.Vector
	for _, p := range got.Judged {
		texts, teacher = append(texts, embed.Join(p.Title, p.Abstract)), append(teacher, p.Vector)
	}
	agrees := func(e embed.Embedder) float64 {
		v, err := e.Embed(t.Context(), embed.Document, texts)
		if err != nil {
			t.Fatal(err)
		}
		a, err := Agreement(teacher, v, 5)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	mine, theirs := agrees(e), agrees(base)
	t.Logf("nearest 5 as the teacher's: %.3f, builtin %.3f; cosine %.3f, ridge %g", mine, theirs, got.Cosine, got.Ridge)
	if mine < theirs+.1 {
		t.Errorf("nearest 5 as the teacher's: %.3f, the builtin model has %.3f", mine, theirs)
	}
}

// column solves the normal equations: its outcome is that of a dense solver.
func TestRidge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const n, docs, dim, strength = 7, 25, 3, .05
	fit := &set{dim: dim, target: make([]float32, docs*dim)}
	a := make([][]float64, docs)
	for i := range docs {
		a[i] = make([]float64, n)
		var p []share
		for j := range n {
			if r.IntN(2) == 0 {
				x := float32(r.Float64())
				p, a[i][j] = append(p, share{int32(j), x}), float64(x)
			}
		}
		fit.papers = append(fit.papers, p)
	}
	prior := make([]float32, n*dim)
	for _, f := range [][]float32{fit.target, prior} {
		for k := range f {
			f[k] = float32(r.NormFloat64())
		}
	}
	s := &pieces{weight: make([]float32, n)}
	got, err := s.ridge(t.Context(), fit, prior, strength, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	for k := range dim { // the gradient is zero there
		for j := range n {
			g := strength * float64(got[j*dim+k]-prior[j*dim+k])
			for i := range docs {
				miss := -float64(fit.target[i*dim+k])
				for l := range n {
					miss += a[i][l] * float64(got[l*dim+k])
				}
				g += a[i][j] * miss
			}
			if math.Abs(g) > 1e-3 {
				t.Errorf("piece %d, column %d: gradient %v", j, k, g)
			}
		}
	}
}

func TestFitRefuses(t *testing.T) {
	papers := corpus(60, 16)
	if _, err := Fit(t.Context(), papers[:MinPapers-1], Options{}); err == nil || !strings.Contains(err.Error(), "at least 50") {
		t.Errorf("too few: %v", err)
	}
	bad := slices.Clone(papers)
	bad[9].Vector = bad[9].Vector[:15]
	if _, err := Fit(t.Context(), bad, Options{}); !errors.Is(err, embed.ErrVector) || !strings.Contains(err.Error(), "paper 9") {
		t.Errorf("a vector of another length: %v", err)
	}
	same := slices.Clone(papers)
	for i := range same {
		same[i].Vector = papers[0].Vector
	}
	if _, err := Fit(t.Context(), same, Options{}); err == nil || !strings.Contains(err.Error(), "one vector") {
		t.Errorf("a teacher that says one thing: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Fit(ctx, papers, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for i := range papers { // texts without one known piece
		papers[i].Title, papers[i].Abstract = "", "የሰው ልጅ ሁሉ"
	}
	if _, err := Fit(t.Context(), papers, Options{Name: "x"}); err == nil {
		t.Error("papers of which no piece is known: no error")
	}
}

func TestAgreementAndFinds(t *testing.T) {
	at := func(degrees ...float64) (out []embed.Vector) {
		for _, d := range degrees {
			out = append(out, embed.Vector{float32(math.Cos(d * math.Pi / 180)), float32(math.Sin(d * math.Pi / 180))})
		}
		return out
	}
	a, b := at(0, 10, 40, 50), at(0, 90, 95, 5)
	for _, c := range []struct {
		a, b []embed.Vector
		want float64
	}{{a, a, 1}, {a, b, 0}, {a, at(0, 10, 50, 48), 1}, {a, at(0, 10, 30, 90), 0.75}} {
		if got, err := Agreement(c.a, c.b, 1); err != nil || math.Abs(got-c.want) > 1e-9 {
			t.Errorf("agreement %v, %v, want %v", got, err, c.want)
		}
	}
	if _, err := Agreement(a, b[:3], 1); err == nil {
		t.Error("lists of different lengths")
	}
	if got := Finds(at(0, 30, 90), at(20, 80, 31)); math.Abs(got-(1./1+1./3+1./2)/3) > 1e-9 {
		t.Errorf("finds %v", got)
	}
}
