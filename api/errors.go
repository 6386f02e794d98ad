package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"kindred/embed"
	"kindred/engine"
)

// A Problem is every answer that is not a success (RFC 9457). Clients branch
// on Code, people read Detail.
type Problem struct {
	Type      string  `json:"type" example:"/docs#not_found" doc:"Where the docs explain the code"`
	Title     string  `json:"title" example:"Not found"`
	Status    int     `json:"status" example:"404"`
	Code      string  `json:"code" example:"not_found" doc:"Stable; branch on this"`
	Detail    string  `json:"detail,omitempty" example:"paper arxiv:9999.99999: not found"`
	RequestID string  `json:"request_id,omitempty" example:"9f86d081884c7d65" doc:"Names this request in the server's log"`
	Errors    []Fault `json:"errors,omitempty" nullable:"false" doc:"What is wrong where, if it is more than one thing"`

	headers http.Header
}

// A Fault is one thing that is wrong with a request.
type Fault struct {
	Location string `json:"location" example:"query.limit"`
	Message  string `json:"message" example:"expected number <= 200"`
}

// Error returns the code and the detail.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus, GetHeaders and ContentType are how huma reads an error.
func (p *Problem) GetStatus() int            { return p.Status }
func (p *Problem) GetHeaders() http.Header   { return p.headers }
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// A kind is a sort of problem.
type kind struct {
	Code    string
	Status  int
	Title   string
	Meaning string // for the docs
}

// kinds is every problem that this server answers with; the first of a status
// stands for the status where nothing more is known. Codes do not change.
var kinds = []kind{
	{"malformed", 400, "Not JSON", "The body is missing, is not JSON, or is not UTF-8."},
	{"token_required", 401, "Token required", "This server wants a token: Authorization: Bearer …"},
	{"bad_token", 401, "Bad token", "The token is unknown, has expired or was revoked. Make one with: kindred token create."},
	{"forbidden", 403, "Forbidden", "The request may not be made."},
	{"wrong_host", 403, "Wrong host", "The Host header is not one of this server's: a web page may be trying to reach it under another name."},
	{"wrong_origin", 403, "Wrong origin", "The request comes from a web page that is not this server's own, or from a browser extension without the token that it was given by pairing."},
	{"no_cors", 403, "No CORS", "Other origins are not served, so OPTIONS is never answered."},
	{"session_required", 403, "Session required", "A browser needs the session of this server's page, or a token: open the page first."},
	{"scope", 403, "Scope missing", "The token does not have the scope that the route needs."},
	{"other_user", 403, "Another user's", "The token is of another user."},
	{"bad_code", 403, "Wrong code", "No pairing code that is open is this one: it is wrong, was used, or has expired. Ask for a new one: kindred pair."},
	{"not_found", 404, "Not found", "No paper has this id."},
	{"no_route", 404, "No such route", "Nothing is served at this path. A “/” inside an id is written %2F."},
	{"method", 405, "Wrong method", "The path exists, but not for this method; see the Allow header."},
	{"timeout", 408, "Too slow", "The body did not arrive in time."},
	{"gone", 410, "Gone", "The cursor belongs to an embedding space that is no longer served. Begin again without it."},
	{"too_large", 413, "Too large", "The body is over the limit of the route."},
	{"media_type", 415, "Wrong content type", "Bodies are application/json; papers also application/x-ndjson."},
	{"invalid", 422, "Invalid", "It is JSON, or a query, but breaks a rule; detail or errors says which."},
	{"too_many_tries", 429, "Too many tries", "Too many wrong pairing codes were tried, so none is open any more. Ask for a new one: kindred pair."},
	{"cancelled", 499, "Cancelled", "The client went away."},
	{"internal", 500, "Server error", "The server failed; its log has the cause under the request id."},
	{"unavailable", 503, "Embedder unavailable", "A new text cannot be embedded now; detail says what to do."},
	{"not_ready", 503, "Not ready", "The server is still starting."},
	{"space_changed", 503, "Embedding model changed", "The model behind the embedder is not the one the papers were embedded with."},
	{"overloaded", 503, "Out of time", "The answer took too long."},
}

// causes says which kind of problem an error is. Errors that are not listed are
// internal: logged, and answered without detail.
var causes = []struct {
	err  error
	code string
}{
	{engine.ErrNotFound, "not_found"},
	{engine.ErrGone, "gone"},
	{engine.ErrCode, "bad_code"},
	{engine.ErrTries, "too_many_tries"},
	{embed.ErrSpace, "space_changed"},
	{embed.ErrUnavailable, "unavailable"},
	{engine.ErrInvalid, "invalid"},
	{context.Canceled, "cancelled"},
	{context.DeadlineExceeded, "overloaded"},
}

// retryAfter is what a client is told to wait, in seconds, before it tries
// something that is unavailable again.
const retryAfter = "5"

// Limits of what a problem repeats of the request.
const (
	maxDetail = 1000 // bytes
	maxFaults = 20
)

// newProblem makes a problem of a listed code.
func newProblem(code, detail string) *Problem {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.Code == code })
	k := kinds[i]
	p := &Problem{Type: "/docs#" + k.Code, Title: k.Title, Status: k.Status, Code: k.Code, Detail: embed.Cut(detail, maxDetail), headers: http.Header{}}
	switch k.Status {
	case http.StatusServiceUnavailable:
		p.headers.Set("Retry-After", retryAfter)
	case http.StatusUnauthorized:
		p.headers.Set("WWW-Authenticate", `Bearer realm="kindred"`)
	}
	return p
}

// ofStatus makes a problem of which only the status is known.
func ofStatus(status int, detail string) *Problem {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.Status == status })
	switch {
	case i >= 0:
		return newProblem(kinds[i].Code, detail)
	case status >= 400 && status < 500:
		return newProblem("malformed", detail)
	}
	return newProblem("internal", "")
}

// problem turns any error into what is answered. What is the server's fault is
// logged here, with its cause, and nowhere else.
func (a *api) problem(ctx context.Context, err error) *Problem {
	p := a.classify(err)
	p.RequestID = requestID(ctx)
	switch {
	case p.Code == "not_ready": // a probe asks again and again while a server starts
	case p.Status == http.StatusServiceUnavailable:
		a.Log.Warn("unavailable", "request_id", p.RequestID, "err", err)
	case p.Status >= 500:
		a.Log.Error("request failed", "request_id", p.RequestID, "err", err)
	}
	return p
}

func (a *api) classify(err error) *Problem {
	var p *Problem
	var tooLarge *http.MaxBytesError
	var he *echo.HTTPError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &tooLarge):
		return newProblem("too_large", sizeDetail(tooLarge.Limit))
	case errors.As(err, &he):
		switch he.Code {
		case http.StatusNotFound:
			return newProblem("no_route", `nothing is served here; a "/" inside an id is written %2F`)
		case http.StatusMethodNotAllowed:
			return newProblem("method", "")
		}
		return ofStatus(he.Code, "")
	}
	for _, c := range causes {
		if errors.Is(err, c.err) {
			return newProblem(c.code, err.Error())
		}
	}
	return newProblem("internal", "the server failed; its log has the cause under the request id")
}

// fail is Echo's error handler: the way out for everything outside huma.
func (a *api) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return // too late to say anything
	}
	if h := c.Response().Header(); h.Get("Allow") != "" {
		h.Set("Allow", strings.TrimPrefix(h.Get("Allow"), "OPTIONS, ")) // which the guard refuses
	}
	p := a.problem(c.Request().Context(), err)
	if forPerson(c, p) && a.views.problemPage(c, p) == nil {
		return
	}
	a.refuse(c, p)
}

// refuse writes a problem.
func (a *api) refuse(c echo.Context, p *Problem) {
	for k, vs := range p.headers {
		c.Response().Header()[k] = vs
	}
	p.RequestID = requestID(c.Request().Context())
	c.Response().Header().Set(echo.HeaderContentType, p.ContentType(""))
	c.Response().WriteHeader(p.Status)
	if err := huma.DefaultJSONFormat.Marshal(c.Response(), p); err != nil {
		a.Log.Debug("client went away", "request_id", p.RequestID)
	}
}

// asProblem makes our problem of huma's, on its way out: what breaks the
// OpenAPI document. The value at fault is not repeated to the client, and
// faults come in the order of their places: huma walks maps.
func (a *api) asProblem(ctx huma.Context, _ string, v any) (any, error) {
	m, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := ofStatus(m.Status, m.Detail)
	p.RequestID = requestID(ctx.Context())
	for _, e := range m.Errors {
		if e != nil {
			p.Errors = append(p.Errors, Fault{embed.Cut(e.Location, maxDetail), embed.Cut(e.Message, maxDetail)})
		}
	}
	slices.SortFunc(p.Errors, func(a, b Fault) int {
		return cmp.Or(strings.Compare(a.Location, b.Location), strings.Compare(a.Message, b.Message))
	})
	p.Errors = p.Errors[:min(len(p.Errors), maxFaults)]
	if len(p.Errors) == 1 {
		p.Detail = embed.Cut(p.Errors[0].Location+": "+p.Errors[0].Message, maxDetail)
	}
	return p, nil
}
