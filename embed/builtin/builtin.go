// Package builtin is an embedder with no server: a static model, shipped in
// the binary, that knows one vector for each piece of a word and adds up
// those of a text. README.md says how it was made and how good it is;
// distill/ is the program that made it. Open does the same with a file that a
// person made of a model and papers of their own, with package distill.
package builtin

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed" // the model file
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"kindred/embed"
)

//go:embed model.bin
var modelFile string

// modelSum is the line that sha256sum prints for model.bin.
//
//go:embed model.bin.sha256
var modelSum string

// An Embedder computes vectors with the model in the binary. It is safe for
// concurrent use.
type Embedder struct {
	model *model
	space embed.Space
}

var _ embed.Embedder = (*Embedder)(nil)

// New checks the model in the binary against its SHA-256 sum and loads it: a
// few milliseconds, a few megabytes for the vocabulary. An error means that
// the program was built from damaged files.
func New() (*Embedder, error) {
	e, err := load(modelFile, modelSum)
	if err != nil {
		return nil, fmt.Errorf("load builtin model: %w", err)
	}
	return e, nil
}

// load loads a model file; sum begins with the hex of its SHA-256.
func load(file, sum string) (*Embedder, error) {
	got := digest(file)
	if want, _, _ := strings.Cut(sum, " "); got != want {
		return nil, fmt.Errorf("model file has sha256 %s, want %q", got, want)
	}
	return of("builtin", "", file, got)
}

// of returns the embedder of a model file with the given digest. name "" is the
// one in the file.
func of(embedder, name, file, digest string) (*Embedder, error) {
	m, err := parse(file)
	if err != nil {
		return nil, fmt.Errorf("parse model file: %w", err)
	}
	return &Embedder{model: m, space: embed.Space{
		Embedder: embedder,
		Model:    cmp.Or(name, m.name),
		Digest:   "sha256:" + digest,
		Dim:      m.dim,
		Join:     embed.JoinRule,
		Truncate: "none: every word counts",
	}}, nil
}

// digest returns the hex SHA-256 of s, without a copy of all of it.
func digest(s string) string {
	h := sha256.New()
	var buf [32 << 10]byte
	for len(s) > 0 {
		n := copy(buf[:], s)
		h.Write(buf[:n])
		s = s[n:]
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Space names the model: its Digest is the SHA-256 of the model file.
func (e *Embedder) Space() embed.Space { return e.space }

// Embed follows the contract of embed.Embedder and never returns
// ErrUnavailable or ErrSpace. It ignores kind. A text of which the model knows
// no word, because it is in another script, say, gets a vector made from its
// characters. Large calls use up to GOMAXPROCS goroutines; the result does not
// depend on how many.
func (e *Embedder) Embed(ctx context.Context, _ embed.Kind, texts []string) ([]embed.Vector, error) {
	if err := embed.CheckTexts(texts); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	vs := make([]embed.Vector, len(texts))
	var next atomic.Int64
	work := func() {
		var s scratch
		for ctx.Err() == nil {
			from := int(next.Add(chunk)) - chunk
			if from >= len(texts) {
				return
			}
			for i := from; i < min(from+chunk, len(texts)); i++ {
				vs[i] = e.model.embed(texts[i], &s)
			}
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), (len(texts)+chunk-1)/chunk) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return vs, nil
}

// chunk is how many texts a goroutine takes at once: about 1 ms of work for
// abstracts, so that starting a goroutine is worth it.
const chunk = 16
