// Package ollama is an embedder that asks an Ollama server
// (https://github.com/ollama/ollama). It only uses models the server already
// has and never pulls one: nothing here reaches the internet.
//
// New asks the server for the model's size, context and weights; Embed sends
// texts in small requests, checks every vector that comes back, and then that
// the name still stands for the same weights. call.go says which failures are
// tried again, family.go which prompt each model wants.
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
	"time"

	"github.com/ollama/ollama/api"

	"kindred/embed"
)

// Options say which server and model to use. Only URL and Model are needed.
type Options struct {
	URL   string // of the server, "http://127.0.0.1:11434"
	Model string // as Ollama names it: "all-minilm", "nomic-embed-text:v1.5"

	Timeout time.Duration // of one request of up to Batch texts; 0 means 2 minutes, for slow machines that load the model first
	Batch   int           // texts in one request; 0 means 8. A larger one saves nothing: Ollama runs one text at a time
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
	batch  int
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
	return &Embedder{client: c, batch: o.Batch, family: f, known: d, space: embed.Space{
		Embedder: "ollama",
		Model:    o.Model,
		Digest:   d.digest,
		Dim:      d.dim,
		Template: f.document,
		Join:     embed.JoinRule,
		Truncate: fmt.Sprintf("the first %d tokens; words broken after %d characters", d.context, maxWord),
	}}, nil
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

// Embed follows the contract of embed.Embedder. A text the server refuses
// alone, while it takes another, is at fault: *embed.TextError. An unknown
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
	for at := 0; at < len(texts); at += e.batch {
		got, err := e.embed(ctx, prompted[at:min(at+e.batch, len(texts))])
		var te *embed.TextError
		if errors.As(err, &te) {
			return nil, &embed.TextError{Index: at + te.Index, Err: te.Err}
		}
		if err != nil {
			return nil, err
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

// embed embeds the texts of one request. If the server refuses them, it asks
// for each alone, to find the one at fault.
func (e *Embedder) embed(ctx context.Context, texts []string) ([]embed.Vector, error) {
	raw, err := e.client.embed(ctx, texts)
	if err == nil {
		vs := make([]embed.Vector, len(texts))
		for i := range raw {
			vs[i], err = e.check(raw[i])
			if err != nil {
				return nil, fmt.Errorf("ollama model %s: %w", e.space.Model, atText(i, err))
			}
		}
		return vs, nil
	}
	if refused := new(refusal); !errors.As(err, &refused) {
		return nil, err
	}
	if len(texts) == 1 {
		return e.alone(ctx, texts[0], err)
	}
	vs := make([]embed.Vector, len(texts))
	for i := range texts {
		one, err := e.embed(ctx, texts[i:i+1])
		if err != nil {
			return nil, atText(i, err)
		}
		vs[i] = one[0]
	}
	return vs, nil
}

// atText moves the index of a *embed.TextError for text 0 to i and returns
// any other error as it is.
func atText(i int, err error) error {
	var te *embed.TextError
	if errors.As(err, &te) {
		return &embed.TextError{Index: i, Err: te.Err}
	}
	return err
}

// check returns raw as a vector of the space. A wrong length means that this
// is another model; a number that is not finite, or a zero vector, that the
// model cannot embed this text.
func (e *Embedder) check(raw []float32) (embed.Vector, error) {
	v := embed.Vector(raw)
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

// alone embeds a text the server refused with err. One that is too long even
// after Ollama cut it (it counts tokens, makes text of them again, and an
// unknown token becomes several) is cut further, by a quarter each time. For
// any other, a plain text shows whether the text or the server is at fault.
func (e *Embedder) alone(ctx context.Context, text string, err error) ([]embed.Vector, error) {
	refused := new(refusal)
	for errors.As(err, &refused) && refused.tooLong() && len(text) > 64 {
		text = embed.Cut(text, len(text)*3/4)
		var raw [][]float32
		if raw, err = e.client.embed(ctx, []string{text}); err == nil {
			v, err := e.check(raw[0])
			return []embed.Vector{v}, err
		}
	}
	if !errors.As(err, &refused) {
		return nil, err
	}
	if _, plain := e.client.embed(ctx, []string{"a plain text"}); plain != nil {
		if errors.As(plain, &refused) {
			return nil, fmt.Errorf("ollama model %s: %w: it refuses every text: %w", e.space.Model, embed.ErrUnavailable, refused)
		}
		return nil, plain
	}
	// Not %w: a refusal by 5xx is an embed.ErrUnavailable, a text at fault is not.
	return nil, &embed.TextError{Err: fmt.Errorf("ollama refuses it: %v", refused)}
}

// State is what Probe found.
type State int

// The states of a server.
const (
	Unreachable State = iota // no Ollama answers at the URL
	Missing                  // it answers, and lacks the model
	Ready                    // it has the model
)

func (s State) String() string {
	return [...]string{"unreachable", "model missing", "ready"}[s]
}

// Probe reports within a second whether a server has a model. The error says
// why it is not Ready: the same that New returns.
func Probe(ctx context.Context, url, model string) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := newClient(Options{URL: url, Model: model}.withDefaults())
	if err != nil {
		return Unreachable, err
	}
	c.retries = 0
	if _, err := c.describe(ctx); err != nil {
		var status api.StatusError
		if errors.As(err, &status) && status.StatusCode == http.StatusNotFound {
			return Missing, err
		}
		return Unreachable, err
	}
	return Ready, nil
}
