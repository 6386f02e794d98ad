package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kindred/api"
	"kindred/engine"
	"kindred/engine/importer"
)

// serverLease is how running servers make themselves known: the name of the
// lease that each renews, followed by its owner. The data is a running.
const serverLease = "server:"

// A running is what a server says about itself to commands that can read the
// store. The secret ends with the server.
type running struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// A client asks the HTTP API: that of the server that runs on the data
// directory, so that no command loads a large index beside it, or one in this
// process if none runs. Either way the answer is the same JSON.
type client struct {
	base   string
	secret string
	http   *http.Client
	close  func() error
}

// need says what a command wants of its client.
type need int

const (
	answers need = iota // similar papers, feeds: the running server, or an index of our own
	records             // what is in the store: no index is loaded
)

// dial returns the client for one command. Close it.
func dial(cmd *cobra.Command, sys env, n need) (Config, *client, error) {
	ctx := cmd.Context()
	cfg, err := load(cmd, sys)
	if err != nil {
		return cfg, nil, err
	}
	store, err := openStore(ctx, cfg)
	if err != nil {
		return cfg, nil, err
	}
	if n == answers {
		if c := findServer(ctx, store); c != nil {
			c.close = store.Close
			return cfg, c, nil
		}
	}
	log := warnings(sys)
	e, err := openEngine(ctx, cfg, store, log, func(string) {})
	if err == nil && n == answers {
		err = e.CatchUp(ctx)
	}
	var h http.Handler
	if err == nil {
		h, err = api.New(e, api.Options{Version: version(), Hosts: []string{inProcess}, Papers: importer.JSONL, Log: slog.New(slog.DiscardHandler)})
	}
	if err != nil {
		return cfg, nil, errors.Join(err, store.Close())
	}
	return cfg, &client{base: "http://" + inProcess, http: &http.Client{Transport: handlerTransport{h}}, close: store.Close}, nil
}

// inProcess is the host under which a command reaches its own handler.
const inProcess = "kindred.localhost"

// handlerTransport answers requests with a handler, without a network.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.RemoteAddr = "127.0.0.1:0"
	r.RequestURI = r.URL.RequestURI()
	r.Host = r.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}

// findServer returns a client for a server that runs on the store, or nil.
func findServer(ctx context.Context, store engine.Store) *client {
	leases, err := store.Leases(ctx, serverLease, time.Now())
	if err != nil {
		return nil
	}
	for _, l := range leases {
		var r running
		if json.Unmarshal([]byte(l.Data), &r) != nil {
			continue
		}
		c := &client{base: r.URL, secret: r.Secret, http: &http.Client{Timeout: 2 * time.Minute}}
		probe, cancel := context.WithTimeout(ctx, 3*time.Second) // longer than /readyz waits
		err := c.get(probe, "/readyz", nil, nil)
		cancel()
		if err == nil {
			return c
		}
	}
	return nil
}

// Close lets go of the store.
func (c *client) Close() error { return c.close() }

// get asks for path with query parameters and decodes the answer into out;
// *json.RawMessage takes it as it is.
func (c *client) get(ctx context.Context, path string, q url.Values, out any) error {
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return c.do(ctx, http.MethodGet, path, nil, out)
}

// do sends body as JSON, if it is not nil.
func (c *client) do(ctx context.Context, method, path string, body, out any) error {
	var r io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, r)
	if err != nil {
		return err
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.secret != "" {
		req.Header.Set("Authorization", "Bearer "+c.secret)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server at %s: %w", c.base, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("answer of %s: %w", c.base, err)
	}
	if resp.StatusCode >= 400 {
		return &answerError{resp.StatusCode, problem(answer, resp.Status)}
	}
	if out == nil || len(answer) == 0 {
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("answer of %s: %w", c.base, err)
	}
	return nil
}

// An answerError is a problem that the API answered with.
type answerError struct {
	status int
	detail string
}

func (e *answerError) Error() string { return e.detail }

func (e *answerError) exit() int {
	switch e.status {
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusServiceUnavailable:
		return exitUnavailable
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		return exitUsage
	}
	return exitFailed
}

// problem returns what a problem+json body tells a person.
func problem(body []byte, fallback string) string {
	var p struct {
		Title, Detail string
		Errors        []struct{ Message, Location string }
	}
	if json.Unmarshal(body, &p) != nil || p.Detail == "" && p.Title == "" {
		return fallback
	}
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	for _, e := range p.Errors {
		text += "\n  " + strings.TrimSpace(e.Location+" "+e.Message)
	}
	return text
}
