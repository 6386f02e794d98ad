// Package ollama is an embedder that asks an Ollama server
// (https://github.com/ollama/ollama). It only uses models the server already
// has and never pulls one: nothing here reaches the internet.
//
// New asks the server for the model's size, context and weights; Embed sends
// texts in small requests, checks every vector that comes back, and then that
// the name still stands for the same weights. call.go says which failures are
// tried again, isolate.go how one bad text is told from a bad server, family.go
// which prompt each model wants and which models give shorter vectors.
package ollama

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"kindred/embed"
)

// Options say which server and model to use. Only URL and Model are needed.
type Options struct {
	URL   string // of the server, "http://127.0.0.1:11434"
	Model string // as Ollama names it: "all-minilm", "nomic-embed-text:v1.5"
	Dim   int    // numbers of each vector that are kept, of a model trained for that; 0 means all

	Timeout time.Duration // of one request of up to Batch texts; 0 means 2 minutes, for slow machines that load the model first
	Batch   int           // texts in one request; 0 means 8. Measured in RESULTS.md: Ollama runs one text at a time, so a larger one saves nothing and loses more if it fails
	Threads int           // threads of the model; 0 leaves it to Ollama. 1 is faster on a small busy machine
	Keep    time.Duration // how long the model stays in memory after a request; 0 leaves it to Ollama (5 minutes)
	Backoff time.Duration // wait before the first of three retries, doubled for each; 0 means 250 ms

	HTTP *http.Client // makes the requests; nil means one that keeps no connection, uses no proxy and follows no redirect
}

func (o Options) withDefaults() Options {
	o.Timeout = cmp.Or(o.Timeout, 2*time.Minute)
	o.Batch = cmp.Or(o.Batch, 8)
	o.Backoff = cmp.Or(o.Backoff, 250*time.Millisecond)
	if o.HTTP == nil {
		o.HTTP = newHTTP()
	}
	return o
}

// newHTTP returns a client that leaves no goroutine behind a request and that
// sends texts to no other host than the one it was told.
func newHTTP() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:       (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// An Embedder asks one model of one Ollama server. It is safe for concurrent
// use; Ollama queues what it cannot do at once.
type Embedder struct {
	client *client
	batch  atomic.Int64 // texts in one request; less after one was too slow
	family family
	known  description
	space  embed.Space
}

var _ embed.Embedder = (*Embedder)(nil)

// New returns an embedder for a model the server already has. The error wraps
// embed.ErrUnavailable, and says what to do, if the server does not answer or
// lacks the model; any other error is a mistake in o or a model that cannot
// embed.
func New(ctx context.Context, o Options) (*Embedder, error) {
	o = o.withDefaults()
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	d, err := c.describe(ctx)
	if err != nil {
		return nil, err
	}
	c.context = d.context
	f := familyOf(o.Model)
	sp := embed.Space{
		Embedder: "ollama",
		Model:    o.Model,
		Digest:   d.digest,
		Dim:      d.dim,
		Template: f.document,
		Join:     embed.JoinRule,
		Truncate: fmt.Sprintf("the first %d tokens; words broken after %d characters", d.context, maxWord),
	}
	if o.Dim != 0 && o.Dim != d.dim {
		if err := f.checkDim(o.Dim, d.dim); err != nil {
			return nil, fmt.Errorf("ollama model %s: %w", o.Model, err)
		}
		sp.Dim, sp.Full, c.dim = o.Dim, d.dim, o.Dim
	}
	e := &Embedder{client: c, family: f, known: d, space: sp}
	e.batch.Store(int64(o.Batch))
	return e, nil
}

// parseURL returns the URL of a server.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("ollama URL: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("ollama URL %q: want something like http://127.0.0.1:11434", s)
	}
	return u, nil
}

// Space names the model. Its Digest is that of the weights, not of the
// manifest: a new template or licence text changes nothing.
func (e *Embedder) Space() embed.Space { return e.space }

// Embed follows the contract of embed.Embedder. A text that the server refuses
// alone, or does not get done in time, while it embeds another, is at fault:
// *embed.TextError. An unknown
// kind counts as embed.Document.
//
// The weights are checked after the texts, so no vector is returned that was
// made with others.
func (e *Embedder) Embed(ctx context.Context, kind embed.Kind, texts []string) ([]embed.Vector, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	prompt := e.family.prompt(kind == embed.Query)
	if err := embed.CheckTexts(texts); err != nil {
		return nil, err
	}
	prompted := make([]string, len(texts))
	for i, t := range texts {
		// Ollama would read each byte that is not UTF-8 as U+FFFD anyway.
		prompted[i] = prompt + breakWords(strings.ToValidUTF8(t, "\uFFFD"))
	}
	vs := make([]embed.Vector, 0, len(texts))
	for at := 0; at < len(texts); at = len(vs) {
		got, err := e.embed(ctx, prompted[at:min(at+int(e.batch.Load()), len(texts))])
		if err != nil {
			return nil, shift(at, err)
		}
		vs = append(vs, got...)
	}
	now, err := e.client.describe(ctx)
	if err != nil {
		return nil, err
	}
	if now != e.known {
		return nil, fmt.Errorf("ollama model %s: %w: it was %v and is %v", e.space.Model, embed.ErrSpace, e.known, now)
	}
	return vs, nil
}

// shift adds n to the index of a *embed.TextError and returns any other error
// as it is.
func shift(n int, err error) error {
	var te *embed.TextError
	if errors.As(err, &te) {
		return &embed.TextError{Index: n + te.Index, Err: te.Err}
	}
	return err
}

// check returns raw as a vector of the space. A wrong length means that this
// is another model; a number that is not finite, or a zero vector, that the
// model cannot embed this text.
func (e *Embedder) check(raw []float32) (embed.Vector, error) {
	v := embed.Vector(raw)
	if e.space.Full > 0 && len(v) == e.space.Full {
		return nil, fmt.Errorf("the server did not shorten %d dimensions to %d: update Ollama, or leave --dim out", len(v), e.space.Dim)
	}
	if len(v) != e.space.Dim {
		return nil, fmt.Errorf("%w: got %d dimensions, want %d", embed.ErrSpace, len(v), e.space.Dim)
	}
	if err := v.CheckQuery(e.space.Dim); err != nil {
		return nil, &embed.TextError{Err: err}
	}
	if err := v.Check(e.space.Dim); err != nil { // a server that does not normalise
		return v.Unit(), nil
	}
	return v, nil
}
