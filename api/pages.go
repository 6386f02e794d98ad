package api

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// The pages for people: a feed, search, a paper with its kindred, what one
// liked, pairing, status, and the docs of the API. They are made here whole, so
// reading needs no script and no network; a script of ours does the liking. The
// browser that opens one gets a session.

//go:embed web
var web embed.FS

// pagePolicy is the content policy of pages: all they load comes from here, and
// no text can become script, not even by a mistake in our own.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// pages adds the routes that are not part of the API.
func (a *api) pages() error {
	spec, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return fmt.Errorf("OpenAPI document: %w", err)
	}
	templates, err := template.New("").Funcs(template.FuncMap{"number": grouped, "waiting": waiting}).ParseFS(web, "web/pages/*.html")
	if err != nil {
		return err
	}
	files, err := newStatic(web, "web/static")
	if err != nil {
		return err
	}
	a.views = &views{api: a, templates: templates, static: files}
	a.echo.GET("/", a.views.feed)
	a.echo.GET("/search", a.views.search)
	a.echo.GET("/paper/:id", a.views.paper)
	a.echo.GET("/likes", a.views.likes)
	a.echo.GET("/pair", a.views.pair)
	a.echo.GET("/status", a.views.status)
	a.echo.GET("/docs", a.views.docs)
	a.echo.GET(staticRoute, files.serve)
	a.echo.GET("/openapi.json", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/json", spec)
	})
	return nil
}

// views draws the pages.
type views struct {
	*api
	templates *template.Template
	static    *static
}

// page is what every page knows.
type page struct {
	Title   string // of the document
	Here    string // the path in the navigation that this page belongs to
	Static  string // what the paths of static files begin with
	Version string
	Base    string // the origin of this server, for examples
	User    string // whose page it is; "" for a stranger
	Acts    bool   // the user may like here, and so on
	Pairs   bool   // and may let a browser extension in
	Q       string // what the search box holds
	Math    bool   // some text on the page may hold formulas
	papers  int    // cards made so far
}

// page begins a page for the one who reads it: the owner of the session or
// token, or, where startSession gives the browser a session, the default user.
// Nobody else has a User, and gets to see nothing of the corpus.
func (v *views) page(c echo.Context, title, here string) (page, error) {
	p := page{Title: title, Here: here, Static: v.static.prefix, Version: v.Version, Base: v.origins[strings.ToLower(c.Request().Host)]}
	if err := v.startSession(c); err != nil {
		return p, err
	}
	if who, known := principalOf(c.Request().Context()); known {
		if who.May(read) {
			p.User, p.Acts, p.Pairs = who.User, who.May(events), who.Session || who.May(admin)
		}
	} else if c.Response().Header().Get(echo.HeaderSetCookie) != "" { // a session began
		p.User, p.Acts, p.Pairs = engine.DefaultUser, true, true
	}
	return p, nil
}

// readerPage is page for a page that shows nothing to strangers.
func (v *views) readerPage(c echo.Context, title, here string) (page, error) {
	p, err := v.page(c, title, here)
	if err == nil && p.User == "" {
		if _, known := principalOf(c.Request().Context()); known {
			return p, newProblem("scope", `this needs the scope "read"`)
		}
		return p, newProblem("token_required", "send Authorization: Bearer with a token; kindred token create makes one")
	}
	return p, err
}

// draw renders a page whole, so that a failure is an error and not half a page.
func (v *views) draw(c echo.Context, status int, name string, data any) error {
	var b bytes.Buffer
	if err := v.templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	c.Response().Header().Set("Content-Security-Policy", pagePolicy)
	return c.HTMLBlob(status, b.Bytes())
}

// pair is where a person gets the code that a browser extension asks for. The
// script of the page asks the API for it.
func (v *views) pair(c echo.Context) error {
	p, err := v.readerPage(c, "Pair a browser", "/pair")
	if err != nil {
		return err
	}
	return v.draw(c, http.StatusOK, "pair.html", struct{ page }{p})
}

// inPath escapes an id for a path, also where a shell reads the path in single
// quotes.
func inPath(id string) string {
	return strings.NewReplacer(":", "%3A", "'", "%27").Replace(url.PathEscape(id))
}
