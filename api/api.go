// Package api defines what Kindred says over HTTP: the routes, their JSON, who
// may ask, and the pages for people. It knows the engine and nothing
// below it.
//
// A request passes, in this order: [Server]'s timeouts; prepared (one form of
// paths and methods); observe (request id, panics, log, metrics); harden (headers
// of every answer); guard (may this come in at all?); identify (who is asking?);
// then, for a route of the table below, admit (scope, user, content type, size, is it JSON?), huma's
// validation against the OpenAPI document, and the handler, which is an
// ordinary function. Whatever goes wrong on the way becomes a [Problem] in one
// place, errors.go.
package api

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// Options is how a server is set up.
type Options struct {
	// Version of the program, for /v1/status and the OpenAPI document.
	Version string
	// Hosts are the values of the Host header that are ours, such as
	// "127.0.0.1:8765", "localhost:8765", "[::1]:8765". A request for any other
	// host is refused. Required, unless PublicURL is given.
	Hosts []string
	// PublicURL is the origin under which others reach this server, such as
	// "https://papers.example.org"; its host is one of ours too. It demands
	// RequireToken.
	PublicURL string
	// RequireToken makes everybody show a token, also on this machine, except
	// for the public routes: the pages, the OpenAPI document, /healthz, /readyz,
	// and pairing, which gives tokens for codes.
	RequireToken bool
	// OperatorSecret, if not empty, is a bearer token that stands for the
	// operator: Kindred's own command line uses it.
	OperatorSecret string
	// Papers reads uploaded papers, one JSON object a line. A record that is no
	// paper yields an error and the sequence goes on; the error may tell the
	// line by a method LineNumber() int. An error of the reader ends it.
	// Required.
	Papers func(io.Reader) iter.Seq2[engine.Paper, error]
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Log takes one line for every request, and the causes of failures. It
	// never gets what was searched for, tokens, ids or paper text. Nil is none.
	Log *slog.Logger
}

// New returns the whole server as a handler. It starts nothing and keeps no
// state between requests but counters.
func New(e Engine, o Options) (http.Handler, error) {
	a, err := build(e, o)
	if err != nil {
		return nil, err
	}
	return prepared(a.echo), nil
}

func build(e Engine, o Options) (*api, error) {
	if e == nil || o.Papers == nil {
		return nil, errors.New("api: engine and Options.Papers are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	origins, err := ownOrigins(o)
	if err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	a := &api{engine: e, Options: o, origins: origins, uploadLimit: maxUpload, metrics: newMetrics(), echo: echo.New()}
	a.echo.HTTPErrorHandler = a.fail
	a.echo.Use(a.observe, a.harden, a.guard, a.identify)
	a.huma = humaecho.New(a.echo, a.describe())
	a.routes()
	a.openUp()
	if err := a.pages(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	return a, nil
}

type api struct {
	engine Engine
	Options
	origins     map[string]string // host, lower case → the origin of our pages there
	uploadLimit int64             // bytes; maxUpload but in tests
	metrics     *metrics
	echo        *echo.Echo
	huma        huma.API
	views       *views
	operations  []*huma.Operation // in the order of the route table
}

// Scopes in the route table.
const (
	public = ""
	read   = engine.ScopeRead
	events = engine.ScopeEvents
	write  = engine.ScopeWrite
	admin  = engine.ScopeAdmin
)

// routes is every route of the API, and the scope that it needs. What each
// says about itself is in describe.go, by name. The pages are in pages.go.
func (a *api) routes() {
	add(a, "GET    /v1/papers/{id}", "get-paper", read, a.getPaper)
	add(a, "DELETE /v1/papers/{id}", "delete-paper", admin, a.deletePaper)
	add(a, "POST   /v1/papers", "post-papers", write, a.postPapers)

	add(a, "GET    /v1/papers/{id}/similar", "get-similar", read, a.getSimilar)
	add(a, "POST   /v1/similar", "post-similar", read, a.postSimilar)
	add(a, "GET    /v1/search", "search", read, a.search)
	add(a, "POST   /v1/recommendations", "recommend", read, a.recommend)
	add(a, "GET    /v1/latest", "latest", read, a.latest)

	add(a, "GET    /v1/users/{user}/feed", "feed", read, a.feed)
	add(a, "GET    /v1/users/{user}/feed/{id}/explain", "explain", read, a.explain)
	add(a, "GET    /v1/users/{user}/onboarding", "onboarding", read, a.onboarding)
	add(a, "GET    /v1/users/{user}/interests", "list-interests", read, a.listInterests)
	add(a, "PATCH  /v1/users/{user}/interests/{interest}", "patch-interest", events, a.patchInterest)
	add(a, "GET    /v1/users/{user}/subjects", "list-subjects", read, a.listSubjects)
	add(a, "PUT    /v1/users/{user}/subjects", "put-subject", events, a.putSubject)
	add(a, "DELETE /v1/users/{user}/subjects", "delete-subject", events, a.deleteSubject)
	add(a, "POST   /v1/users/{user}/scores", "post-scores", read, a.postScores)
	add(a, "GET    /v1/users/{user}/likes", "list-likes", read, a.listMarks)
	for _, k := range marks {
		if k.act == engine.Dislike {
			add(a, "PUT    /v1/users/{user}/"+k.path+"/{id}", "put-"+k.path, events, a.putDislike)
		} else {
			add(a, "PUT    /v1/users/{user}/"+k.path+"/{id}", "put-"+k.path, events, a.putMark(k.act))
		}
		add(a, "DELETE /v1/users/{user}/"+k.path+"/{id}", "delete-"+k.path, events, a.deleteMark(k.act))
	}
	add(a, "POST   /v1/users/{user}/seen", "post-seen", events, a.postSeen)
	add(a, "POST   /v1/users/{user}/papers", "post-reading", events, a.postReading)

	add(a, "POST   /v1/users/{user}/pairing", "post-pairing", write, a.postPairing)
	add(a, "POST   "+pairPath, "pair", public, a.pair)

	add(a, "GET    /v1/status", "status", read, a.status)
	add(a, "GET    /healthz", "healthz", public, a.healthz)
	add(a, "GET    /readyz", "readyz", public, a.readyz)
	add(a, "GET    /metrics", "metrics", read, a.getMetrics)
}

// ownOrigins returns, for each host that is ours, the origin of pages served
// there.
func ownOrigins(o Options) (map[string]string, error) {
	origins := map[string]string{}
	for _, h := range o.Hosts {
		if h == "" || strings.ContainsAny(h, "/@ ") {
			return nil, fmt.Errorf("host %q: want a host with its port, such as 127.0.0.1:8765", h)
		}
		origins[strings.ToLower(h)] = "http://" + strings.ToLower(h)
	}
	if o.PublicURL != "" {
		u, err := url.Parse(o.PublicURL)
		switch {
		case err != nil:
			return nil, fmt.Errorf("public URL: %w", err)
		case u.Scheme != "http" && u.Scheme != "https", u.Host == "", strings.Trim(u.Path, "/") != "",
			u.RawQuery != "", u.Fragment != "", u.User != nil:
			return nil, fmt.Errorf("public URL %q: want only scheme and host, such as https://papers.example.org", o.PublicURL)
		case !o.RequireToken:
			return nil, errors.New("a public URL demands that a token is required of everyone")
		}
		host := strings.ToLower(u.Host)
		origins[host] = u.Scheme + "://" + host
	}
	if len(origins) == 0 {
		return nil, errors.New("no hosts: give the values of the Host header that are ours")
	}
	return origins, nil
}
