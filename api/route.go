package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
)

// add registers one operation: pattern is a method and a path, name finds its
// documentation in describe.go, and scope is what the caller's token must hold.
func add[I, O any](a *api, pattern, name, scope string, handle func(context.Context, *I) (*O, error)) {
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.TrimSpace(path)
	op := a.operation(name, method, path, scope)
	op.Middlewares = huma.Middlewares{a.admit(name, scope)}
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
	a.finish(name, method, path)
}

// admit is the door of one operation: may the caller use it, for this user, and
// is what they send JSON of a bearable size? Anything else is refused before it
// is looked at.
func (a *api) admit(name, scope string) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		c := humaecho.Unwrap(hc)
		err := allowed(c, scope)
		if err == nil {
			err = a.checkBody(c, name)
		}
		if err != nil {
			a.refuse(c, a.problem(c.Request().Context(), err))
			return
		}
		next(hc)
	}
}

// allowed checks scope and user of the caller.
func allowed(c echo.Context, scope string) error {
	if scope == public {
		return nil
	}
	who, known := principalOf(c.Request().Context())
	switch user := c.Param("user"); {
	case !known: // unreachable: identify lets nobody unknown come here
		return newProblem("token_required", "")
	case !who.May(scope):
		return newProblem("scope", fmt.Sprintf("this needs the scope %q", scope))
	case user != "" && !who.For(user):
		return newProblem("other_user", fmt.Sprintf("this token acts for %q", who.User))
	}
	return nil
}

const (
	maxBody     = 1 << 20          // bytes, of a body; of which only an upload may be longer
	maxUpload   = 64 << 20         // bytes, of papers
	maxReading  = 64 << 10         // bytes, of one paper
	maxPair     = 4 << 10          // bytes, of what strangers may send
	bodyTimeout = 30 * time.Second // for a body, or, in an upload, for the next piece of it
)

// bodyLimit is how long the body of an operation may be, in bytes.
func bodyLimit(name string) int64 {
	switch name {
	case "pair":
		return maxPair
	case "post-reading":
		return maxReading
	}
	return maxBody
}

// checkBody reads and checks the body of a write, so that handlers find JSON
// and huma cannot fail to read. An upload is checked for its type and limited:
// it is read as it comes.
func (a *api) checkBody(c echo.Context, name string) error {
	r := c.Request()
	if r.Method == http.MethodGet {
		return nil
	}
	upload := name == "post-papers"
	given := r.Header.Get(echo.HeaderContentType)
	if r.Method != http.MethodPost && r.ContentLength == 0 && given == "" {
		return nil // PUT and DELETE need no body, and no page can send them across origins
	}
	kind, _, err := mime.ParseMediaType(given)
	if err != nil || kind != "application/json" && !(upload && isNDJSON(given)) {
		return newProblem("media_type", "send Content-Type: application/json")
	}
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return newProblem("media_type", "compressed bodies are not read")
	}
	if upload {
		r.Body = http.MaxBytesReader(c.Response().Writer, r.Body, a.uploadLimit)
		return nil
	}
	deadline := http.NewResponseController(c.Response())
	_ = deadline.SetReadDeadline(time.Now().Add(bodyTimeout)) // not supported: a test's recorder
	body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, r.Body, bodyLimit(name)))
	if err != nil {
		return bodyProblem(err)
	}
	_ = deadline.SetReadDeadline(time.Time{}) // or it would end the request's context later
	switch {
	case len(body) == 0 && r.Method == http.MethodPost:
		return newProblem("malformed", "a JSON body is required")
	case len(body) > 0 && (!utf8.Valid(body) || !json.Valid(body)):
		return newProblem("malformed", "the body is not JSON")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// bodyProblem says what a failure to read a body was. It is never the server's
// fault.
func bodyProblem(err error) error {
	var tooLarge *http.MaxBytesError
	var nerr net.Error
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.As(err, &nerr) && nerr.Timeout():
		return newProblem("timeout", "the body did not arrive in time")
	case errors.Is(err, errNotJSON):
		return newProblem("malformed", err.Error())
	}
	return newProblem("malformed", "the body broke off")
}

func sizeDetail(limit int64) string {
	if limit < 1<<20 {
		return fmt.Sprintf("the body is over %d KiB, the limit of this route", limit>>10)
	}
	return fmt.Sprintf("the body is over %d MiB, the limit of this route", limit>>20)
}
