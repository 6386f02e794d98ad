package builtin

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"kindred/embed"
	"kindred/embed/embedtest"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors.golden")

// abstract is a text of 200 words of ordinary length, written for this test.
const abstract = `Static sentence embeddings for local recommendation of research papers
Recommending scientific papers to a single reader on a small machine needs vectors that are cheap to compute. We study embeddings that add up one fixed vector for each word piece of a text, and ask how much of the quality of a transformer encoder such a model can keep. Our method starts from the vocabulary of a distilled encoder, fits the vectors of all pieces by ridge regression so that their weighted sum over an abstract approximates the output of the encoder, and then refines them with a contrastive objective in which two random halves of one paper must recognise each other among a thousand others. Whitening the principal directions of the corpus removes what all papers have in common. On expert relevance judgements for fifty queries, and on a feed test in which later papers of an author must be found among twenty thousand candidates, the resulting model is close to the encoder at a ten-thousandth of its cost: one processor core embeds more than ten thousand abstracts per second. We analyse the influence of dimension, term weighting and quantisation, show that eight bits per component lose nothing, and discuss failure cases such as negation, word order, formulas, and text outside English.`

func TestEmbedder(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	embedtest.TestEmbedder(t, func(*testing.T) embed.Embedder { return e })
}

func TestSpace(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("model.bin")
	if err != nil {
		t.Fatal(err)
	}
	s := e.Space()
	if want := fmt.Sprintf("sha256:%x", sha256.Sum256(data)); s.Digest != want || s.Embedder != "builtin" || !strings.HasPrefix(s.Model, "kindred-static-") || s.Template != "" {
		t.Errorf("got %+v, want digest %s", s, want)
	}
	if len(data) > 12<<20 {
		t.Errorf("the model file has %d bytes, at most 12 MiB were promised", len(data))
	}
}

// TestGolden: the bits of the vectors are the same on every machine and with
// every Go release. A new model file changes them; nothing else may.
func TestGolden(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{abstract}
	for _, f := range fixtures(t) {
		texts = append(texts, f.Text)
	}
	vs, err := e.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, v := range vs {
		binary.Write(h, binary.LittleEndian, []float32(v))
	}
	got := fmt.Sprintf("%x  %d vectors of %s\n", h.Sum(nil), len(vs), e.Space().Digest)
	if *update {
		if err := os.WriteFile("testdata/vectors.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/vectors.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestParallelismDoesNotMatter(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	texts := make([]string, 500)
	for i := range texts {
		texts[i] = fmt.Sprint(i, abstract[i:])
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	want, err := e.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	runtime.GOMAXPROCS(8)
	before := runtime.NumGoroutine()
	got, err := e.Embed(t.Context(), embed.Query, texts)
	if err != nil {
		t.Fatal(err)
	}
	// A goroutine that has been waited for still counts until it has returned.
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines after a call, %d before", n, before)
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Fatalf("text %d has other bits with eight goroutines", i)
		}
	}
}

func TestCancelLargeCall(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if vs, err := e.Embed(ctx, embed.Document, slices.Repeat([]string{abstract}, 1000)); vs != nil || err != context.Canceled {
		t.Errorf("got %d vectors, error %v", len(vs), err)
	}
}

// A text of which the model knows no word still has a direction, of its own.
func TestUnknownWords(t *testing.T) {
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	// Amharic, twice nearly the same, and Cherokee: not in the vocabulary.
	texts := []string{"የሰው ልጅ ሁሉ", "የሰው ልጅ ሁሉ ሲወለድ", "ᏂᎦᏓ ᎠᏂᏴᏫ", "\x00", "\u200b", "🧬"}
	for _, s := range texts {
		if ids := e.model.tok.append(nil, s); len(ids) != 0 {
			t.Errorf("%q has known pieces: the test tests nothing", s)
		}
	}
	vs, err := e.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range vs {
		if err := v.Check(e.Space().Dim); err != nil {
			t.Errorf("%q: %v", texts[i], err)
		}
	}
	if near, far := embed.Dot(vs[0], vs[1]), embed.Dot(vs[0], vs[2]); near < 0.7 || far > 0.3 || far < -0.3 {
		t.Errorf("same script: %.2f, other script: %.2f", near, far)
	}
}

// Even characters whose signs cancel leave a direction.
func TestCharactersCancel(t *testing.T) {
	for _, text := range []string{"", " \t"} {
		sum := make([]int64, 3)
		characters(sum, text)
		if !slices.Equal(sum, []int64{1, 0, 0}) {
			t.Errorf("%q: got %v", text, sum)
		}
	}
}

func TestDamagedFiles(t *testing.T) {
	flipped := []byte(modelFile)
	flipped[len(flipped)/2] ^= 1
	for name, f := range map[string]struct{ file, sum string }{
		"one bit":    {string(flipped), modelSum},
		"cut":        {modelFile[:len(modelFile)-1], modelSum},
		"empty":      {"", modelSum},
		"no sum":     {modelFile, ""},
		"wrong sum":  {modelFile, "g" + modelSum[1:]},
		"git's lfs":  {"version https://git-lfs.github.com/spec/v1\n", modelSum},
		"other sums": {modelFile, strings.ToUpper(modelSum)},
	} {
		if _, err := load(f.file, f.sum); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// tiny returns a model file of three pieces in two dimensions.
func tiny(dim, rows, name, vocab uint32, body string) string {
	b := []byte(magic)
	for _, n := range []uint32{dim, rows, name, vocab} {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	return string(b) + body
}

func TestParse(t *testing.T) {
	const body = "toy" + "ab\n##c\nd" + "\x01\x00\x00\x01\xff\xff" + "\x7f\x00" + "\x00\x02" + "\x80\x80"
	m, err := parse(tiny(2, 3, 3, 8, body))
	if err != nil {
		t.Fatal(err)
	}
	if m.name != "toy" || m.dim != 2 {
		t.Errorf("got name %q, dim %d", m.name, m.dim)
	}
	var s scratch
	v := m.embed("ABC abc ab", &s)     // ab ×3, ##c ×2
	x, y := 127*1*1773.0, 2*256*1448.0 // 1024 × √3 and × √2
	n := math.Sqrt(x*x + y*y)
	if want := (embed.Vector{float32(x / n), float32(y / n)}); math.Abs(float64(v[0]-want[0])) > 1e-6 || math.Abs(float64(v[1]-want[1])) > 1e-6 {
		t.Errorf("got %v, want %v", v, want)
	}
	for name, file := range map[string]string{
		"no magic":          "KINDRED\x02" + tiny(2, 3, 3, 8, body)[8:],
		"cut header":        tiny(2, 3, 3, 8, "")[:20],
		"cut body":          tiny(2, 3, 3, 8, body[:len(body)-1]),
		"long body":         tiny(2, 3, 3, 8, body+"x"),
		"no dimension":      tiny(0, 3, 3, 8, body),
		"no row":            tiny(2, 0, 3, 8, body),
		"huge":              tiny(1<<31, 1<<31, 3, 8, body),
		"huge vocabulary":   tiny(2, 3, 3, 1<<32-1, body),
		"vocabulary splits": tiny(2, 3, 3, 8, strings.Replace(body, "\n", " ", 1)),
	} {
		if _, err := parse(file); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTimes(t *testing.T) {
	for n := 1; n <= embed.MaxText; n++ {
		if x := times(n); x*x > int64(n)<<20 || (x+1)*(x+1) <= int64(n)<<20 {
			t.Fatalf("times(%d) = %d is not the root of %d, rounded down", n, x, n<<20)
		}
	}
}

// The only memory that embedding a text takes is its vector, whatever its length:
// none for a token.
func TestEmbedDoesNotAllocate(t *testing.T) {
	m, s := testModel(t), new(scratch)
	for _, text := range []string{"graph", abstract, strings.Repeat(abstract+" Überraschung 神经网络 ꙮ 한국어 ", 20)} {
		m.embed(text, s) // s grows
		if n := testing.AllocsPerRun(20, func() { m.embed(text, s) }); n != 1 {
			t.Errorf("%v allocations for %d bytes, want 1", n, len(text))
		}
	}
}

// promised is what one core does, in abstracts of 200 words a second.
const promised = 5000

// BenchmarkEmbed embeds 5,000 abstracts a call. It fails if no call is as fast as was
// promised of one core; README.md has the speed by cores: -cpu 1,2,4,….
func BenchmarkEmbed(b *testing.B) {
	e, err := New()
	if err != nil {
		b.Fatal(err)
	}
	texts := make([]string, 5000)
	for i := range texts {
		texts[i] = fmt.Sprint(i, " ", abstract)
	}
	b.ReportAllocs()
	n, best := 0, 0.0
	for b.Loop() {
		begun := time.Now()
		if _, err := e.Embed(b.Context(), embed.Document, texts); err != nil {
			b.Fatal(err)
		}
		n += len(texts)
		best = max(best, float64(len(texts))/time.Since(begun).Seconds())
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "abstracts/s")
	b.ReportMetric(best, "best/s") // the machine may be busy
	if best < promised {
		b.Errorf("%.0f abstracts/s at best, %d were promised of one core", best, promised)
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}
