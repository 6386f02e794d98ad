package ollama

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/types/model"

	"kindred/embed"
)

// A client makes requests and decides which to repeat:
//
//	no connection, one that broke off, 429, 5xx   up to 3 times more, waiting 1, 2, 4 × backoff ± half
//	no answer in time                              not again here: see isolate.go
//	404                                            not again: the model must be pulled
//	an answer that is not what Ollama says         not again
//	any other 4xx                                  not again: it would be refused again
//
// Failures that may pass by themselves, or once a person acts, wrap
// embed.ErrUnavailable. When ctx has ended, the error wraps ctx's.
type client struct {
	api     *api.Client
	url     string
	model   string
	dim     int // numbers asked for; 0: all
	timeout time.Duration
	backoff time.Duration
	retries int
	options map[string]any
	keep    *api.Duration // nil: as Ollama does by itself
	context int           // tokens read of a text
}

func newClient(o Options) (*client, error) {
	u, err := parseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if !model.ParseName(o.Model).IsValid() { // the server would answer 500
		return nil, fmt.Errorf("ollama: %q cannot be the name of a model", o.Model)
	}
	if o.Dim < 0 || o.Batch < 0 || o.Threads < 0 || o.Timeout < 0 || o.Backoff < 0 || o.Keep < 0 {
		return nil, errors.New("ollama: Dim, Batch, Threads, Timeout, Keep and Backoff must not be negative")
	}
	c := &client{
		api:     api.NewClient(u, o.HTTP),
		url:     o.URL,
		model:   o.Model,
		timeout: o.Timeout,
		backoff: o.Backoff,
		retries: 3,
		options: map[string]any{},
	}
	if o.Threads > 0 {
		c.options["num_thread"] = o.Threads
	}
	if o.Keep > 0 {
		c.keep = &api.Duration{Duration: o.Keep}
	}
	return c, nil
}

// describe asks for the description of the model.
func (c *client) describe(ctx context.Context) (description, error) {
	show, err := c.show(ctx)
	if err != nil {
		return description{}, err
	}
	d, err := describe(show)
	if err != nil {
		return d, fmt.Errorf("ollama model %s: %w", c.model, err)
	}
	return d, nil
}

func (c *client) show(ctx context.Context) (show *api.ShowResponse, err error) {
	err = c.retry(ctx, func(ctx context.Context) (err error) {
		show, err = c.api.Show(ctx, &api.ShowRequest{Model: c.model})
		return err
	})
	return show, err
}

// embed returns one list of numbers for each text, unchecked. The error is a
// *refusal if the server has something against a text.
func (c *client) embed(ctx context.Context, texts []string) ([][]float32, error) {
	options := map[string]any{"num_ctx": c.context}
	for k, v := range c.options {
		options[k] = v
	}
	truncate := true
	var res *api.EmbedResponse
	err := c.retry(ctx, func(ctx context.Context) (err error) {
		res, err = c.api.Embed(ctx, &api.EmbedRequest{Model: c.model, Input: texts, Truncate: &truncate, Dimensions: c.dim, Options: options, KeepAlive: c.keep})
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(res.Embeddings) != len(texts) {
		return nil, fmt.Errorf("ollama model %s: %d vectors for %d texts", c.model, len(res.Embeddings), len(texts))
	}
	return res.Embeddings, nil
}

// retry calls f until it succeeds or fails in a way that repeating does not
// mend, and turns that failure into an error of the contract.
func (c *client) retry(ctx context.Context, f func(context.Context) error) error {
	for try := 0; ; try++ {
		err := c.once(ctx, f)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("ollama model %s: %w", c.model, ctx.Err())
		}
		again, err := c.explain(err)
		if !again || try == c.retries {
			return err
		}
		wait := c.backoff << try
		wait = wait/2 + rand.N(wait) // jitter, so that clients do not return together
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("ollama model %s: %w", c.model, ctx.Err())
		case <-timer.C:
		}
	}
}

// errSlow replaces the error of a request that ran into the client's own time
// limit: it must not look like the end of the caller's context.
var errSlow = errors.New("no answer in time")

func (c *client) once(ctx context.Context, f func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := f(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return fmt.Errorf("%w (%v)", errSlow, c.timeout)
	}
	return err
}

// explain says what a failed request means, and whether to repeat it.
func (c *client) explain(err error) (again bool, _ error) {
	var status api.StatusError
	var auth api.AuthorizationError
	var syntax *json.SyntaxError
	var mistyped *json.UnmarshalTypeError
	switch {
	case errors.Is(err, errSlow):
		return false, fmt.Errorf("ollama at %s: %w: %w", c.url, embed.ErrUnavailable, err)
	case errors.As(err, &auth):
		return false, fmt.Errorf("ollama at %s refuses us: %w", c.url, err)
	case errors.As(err, &syntax) || errors.As(err, &mistyped):
		return false, fmt.Errorf("what answers at %s does not speak like ollama: %w: %w", c.url, embed.ErrUnavailable, err)
	case !errors.As(err, &status):
		return true, fmt.Errorf("cannot reach ollama at %s: %w: %w; start it with `ollama serve`", c.url, embed.ErrUnavailable, err)
	}
	switch code := status.StatusCode; {
	case code == http.StatusNotFound:
		return false, fmt.Errorf("ollama at %s has no model %s: %w: %w; get it with `ollama pull %s`", c.url, c.model, embed.ErrUnavailable, err, c.model)
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		return true, fmt.Errorf("ollama at %s is busy: %w: %w", c.url, embed.ErrUnavailable, err)
	case code >= 500:
		return true, fmt.Errorf("ollama model %s: %w", c.model, &refusal{status})
	default:
		return false, fmt.Errorf("ollama model %s: %w", c.model, &refusal{status})
	}
}

// A refusal is an answer that may be about the texts: 4xx, or a 5xx that did
// not pass.
type refusal struct{ status api.StatusError }

func (r *refusal) Error() string { return r.status.Error() }
func (r *refusal) Unwrap() error { return r.status }

// Is makes a 5xx count as embed.ErrUnavailable until a text is found to be at
// fault.
func (r *refusal) Is(target error) bool {
	return target == embed.ErrUnavailable && r.status.StatusCode >= 500
}

// tooLong reports whether the server finds a text too long: "the input length
// exceeds the context length" and "input exceeds maximum context length and
// cannot be truncated further" in Ollama 0.17.4 (runner, server/routes.go).
func (r *refusal) tooLong() bool {
	return r.status.StatusCode == http.StatusBadRequest && strings.Contains(r.status.ErrorMessage, "context length")
}
