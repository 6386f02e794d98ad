package api

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// forPerson reports whether a refusal is to be a page: a person looks at it, in
// a tab that was meant to show one. What the guard refuses gets no page.
func forPerson(c echo.Context, p *Problem) bool {
	switch p.Code {
	case "wrong_host", "wrong_origin", "no_cors":
		return false
	}
	return navigates(c.Request()) && !strings.HasPrefix(c.Request().URL.Path, "/v1/")
}

// hints say what a person can do about a problem, beside going back to the feed.
var hints = map[string]string{
	"not_found":        "It may have been removed, or it has not been imported yet.",
	"no_route":         "The address may be mistyped.",
	"token_required":   "This server shows papers only to those who have a token. Programs send it with each request; a browser on the machine that the server runs on needs none if the server was started without --public-url.",
	"session_required": "Open the feed first; then this browser is known here.",
	"invalid":          "If you followed a link to a further page of a list, begin again with the first.",
	"gone":             "The papers were embedded anew since that page was made. Begin again with the first page.",
}

// problemPage answers a person with a problem.
func (v *views) problemPage(c echo.Context, p *Problem) error {
	data := struct {
		page
		Problem *Problem
		Hint    string
	}{page{Title: p.Title, Static: v.static.prefix, Version: v.Version}, p, hints[p.Code]}
	if who, known := principalOf(c.Request().Context()); known && who.May(read) {
		data.User = who.User
	}
	for k, vs := range p.headers {
		c.Response().Header()[k] = vs
	}
	return v.draw(c, p.Status, "problem.html", data)
}
