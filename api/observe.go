package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/labstack/echo/v4"
)

// observe is the outermost step of every request: it names it, keeps a panic
// from ending the server, answers the error that comes out, counts, and writes
// one line of log. Labels and lines hold the pattern of the route, never the
// path, the host or the query, which are the client's to choose.
func (a *api) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := a.Now()
		id := sanitizedID(c.Request().Header.Get(echo.HeaderXRequestID))
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), requestIDKey{}, id)))
		c.Response().Header().Set(echo.HeaderXRequestID, id)

		if err := rescued(next, c); err != nil {
			c.Error(err)
		}

		took, status := a.Now().Sub(start), c.Response().Status
		route := routeOf(c)
		a.metrics.observe(c.Request().Method, route, status, took)
		level := slog.LevelInfo
		if route == "/healthz" || route == "/readyz" || route == "/metrics" {
			level = slog.LevelDebug // asked every few seconds
		}
		a.Log.Log(c.Request().Context(), level, "request", "method", methodLabel(c.Request().Method), "route", route,
			"status", status, "ms", took.Milliseconds(), "request_id", id)
		return nil
	}
}

// rescued calls next and makes an error of a panic. http.ErrAbortHandler, the
// documented way to drop a connection, goes on.
func rescued(next echo.HandlerFunc, c echo.Context) (err error) {
	defer func() {
		switch r := recover(); {
		case r == nil:
		case r == http.ErrAbortHandler:
			panic(r)
		case gone(c, r): // huma panics when it cannot write the answer
			err = c.Request().Context().Err()
		default:
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return next(c)
}

// gone reports whether a panic says no more than that the client went away.
func gone(c echo.Context, r any) bool {
	_, isErr := r.(error)
	_, isBug := r.(runtime.Error)
	return isErr && !isBug && c.Request().Context().Err() != nil
}

// noRoute labels requests for what is not served.
const noRoute = "none"

// routeOf returns the pattern of the route that a request met.
func routeOf(c echo.Context) string {
	if p := c.Path(); p != "" {
		return p
	}
	return noRoute
}

type requestIDKey struct{}

// requestID returns the name of the request that ctx belongs to.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// sanitizedID returns the id that a client gave its request, if it is short
// and plain, else a new one.
func sanitizedID(given string) string {
	ok := len(given) >= 1 && len(given) <= 64
	for i := 0; ok && i < len(given); i++ {
		ch := given[i]
		ok = 'a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z' || '0' <= ch && ch <= '9' || ch == '-' || ch == '_' || ch == '.'
	}
	if ok {
		return given
	}
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// apiVersion is what every answer says in the header Kindred-Api. It changes
// when a client that was written for the one before would go wrong.
const apiVersion = "1"

// harden sets the headers that every answer has. Pages replace the content
// policy by theirs.
func (a *api) harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Kindred-Api", apiVersion)
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		return next(c)
	}
}
