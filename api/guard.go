package api

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// guard keeps out what a web page, a rebound DNS name or another extension can
// make a browser send to this machine. The rules were measured in Chromium and
// Firefox; each closes a hole that the others leave open.
//
//  1. Host is exactly one of ours. (DNS rebinding: everything else looks right.)
//  2. Origin, if there is one, is that of our own page at this host, or of a
//     browser extension; never "null". (Forms, WebSockets, pages on other
//     ports.)
//  3. Sec-Fetch-Site, if there is one, is none or same-origin. (Images and
//     scripts, which send no Origin.)
//  4. What else a browser sends needs our page's session or a token; what has
//     an extension's Origin needs the token that this very extension was given
//     by pairing, or asks to be paired: see identify. (Other extensions look
//     like the user.)
//  5. OPTIONS is refused, and no answer has a CORS header. (Preflights.)
//  6. Writes have a JSON content type: see admit. (Simple requests cannot.)
//
// It also refuses what no route can mean: a query that is not one, and text
// that is not UTF-8 or holds a NUL.
func (a *api) guard(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if p := a.refusal(c.Request()); p != nil {
			return p
		}
		if err := unescape(c); err != nil {
			return err
		}
		return next(c)
	}
}

// refusal returns why a request may not come in, or nil.
func (a *api) refusal(r *http.Request) *Problem {
	origin, ours := a.origins[strings.ToLower(r.Host)]
	if !ours {
		return newProblem("wrong_host", "this server does not answer to that name")
	}
	if r.Method == http.MethodOptions {
		return newProblem("no_cors", "other origins are not served")
	}
	given := r.Header.Values("Origin")
	for _, o := range given {
		if o != origin && !(ofExtension(o) && len(given) == 1) {
			return newProblem("wrong_origin", "requests from other pages are refused")
		}
	}
	for _, s := range r.Header.Values("Sec-Fetch-Site") {
		if s != "none" && s != "same-origin" {
			return newProblem("wrong_origin", "requests from other sites are refused")
		}
	}
	return nil
}

// extension is what Chromium and Firefox send as the Origin of an extension. A
// page cannot have one.
var extension = regexp.MustCompile(`^(chrome-extension://[a-p]{32}|moz-extension://[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// ofExtension reports whether an Origin is that of a browser extension.
func ofExtension(origin string) bool { return extension.MatchString(origin) }

// fromBrowser reports whether a browser sent the request: no other client
// sends these headers.
func fromBrowser(r *http.Request) bool {
	if _, ok := r.Header["Origin"]; ok {
		return true
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "Sec-Fetch-") {
			return true
		}
	}
	return false
}

// navigates reports whether the request is a browser's, to show the answer in
// a tab of its own.
func navigates(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// prepared hands requests to Echo in the one form that the rest expects, and
// leaves the caller's alone:
//
//   - routed by the path as it came, so that a "/" inside an id, written %2F,
//     does not end the parameter (Echo would do so only for paths in which it
//     sees a difference, and leave it open whether parameters are escaped);
//   - HEAD as GET, whose body net/http drops;
//   - without Accept: there is one format, and huma would try to please.
func prepared(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u := *r.URL
		u.RawPath = u.EscapedPath()
		r = r.WithContext(r.Context()) // a shallow copy
		r.URL, r.Header = &u, r.Header.Clone()
		r.Header.Del("Accept")
		if r.Method == http.MethodHead {
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}

// unescape makes the path parameters readable, once (see prepared), and checks that they and
// the query are text.
func unescape(c echo.Context) error {
	values := c.ParamValues()
	for i, v := range values {
		s, err := url.PathUnescape(v)
		if err != nil || !isText(s) {
			return newProblem("invalid", "path: not UTF-8 text")
		}
		values[i] = s
	}
	c.SetParamValues(values...)
	query, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return newProblem("invalid", "query: not well-formed; percent-encode what is in it")
	}
	for _, vs := range query {
		for _, v := range vs {
			if !isText(v) {
				return newProblem("invalid", "query: not UTF-8 text")
			}
		}
	}
	return nil
}

func isText(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }
