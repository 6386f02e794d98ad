package api

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// The pages for people: what this server is, and the docs of its API. They are
// made here, need no script and no network, and give the browser a session.

//go:embed web
var web embed.FS

// pages adds the routes that are not part of the API.
func (a *api) pages() error {
	spec, err := json.Marshal(a.huma.OpenAPI())
	if err != nil {
		return fmt.Errorf("OpenAPI document: %w", err)
	}
	css, err := fs.ReadFile(web, "web/style.css")
	if err != nil {
		return err
	}
	templates, err := template.ParseFS(web, "web/*.html")
	if err != nil {
		return err
	}
	hash := sha256.Sum256(css)
	v := &views{
		api: a, templates: templates,
		style: template.HTML("<style>" + string(css) + "</style>"),
		policy: "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
			"'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	}
	a.echo.GET("/", v.home)
	a.echo.GET("/docs", v.docs)
	a.echo.GET("/openapi.json", func(c echo.Context) error {
		return c.Blob(http.StatusOK, "application/json", spec)
	})
	return nil
}

// views draws the pages.
type views struct {
	*api
	templates *template.Template
	style     template.HTML
	policy    string // of content, which allows the style by its hash
}

// page is what every page knows.
type page struct {
	Style   template.HTML
	Version string
	Base    string // the origin of this server, for examples
}

func (v *views) page(c echo.Context) page {
	return page{v.style, v.Version, v.origins[strings.ToLower(c.Request().Host)]}
}

// draw renders a page whole, so that a failure is an error and not half a page.
func (v *views) draw(c echo.Context, name string, data any) error {
	if err := v.startSession(c); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := v.templates.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	c.Response().Header().Set("Content-Security-Policy", v.policy)
	return c.HTMLBlob(http.StatusOK, b.Bytes())
}

// home says what this server is and how it is doing; the latter only to those
// who may ask.
func (v *views) home(c echo.Context) error {
	data := struct {
		page
		Status  *engine.Status
		Auth    bool   // a token is required
		Example string // an id as it stands in a path
	}{page: v.page(c), Auth: v.RequireToken, Example: inPath("arxiv:2503.11731")}
	ctx := c.Request().Context()
	who, known := principalOf(ctx)
	if !v.RequireToken || known && who.May(read) {
		s, err := v.engine.Status(ctx)
		if err != nil {
			return err
		}
		data.Status = &s
		newest, err := v.engine.Latest(ctx, engine.LatestOptions{Limit: 1})
		if err != nil {
			return err
		}
		for _, it := range newest.Items {
			data.Example = inPath(string(it.Paper.Key))
		}
	}
	return v.draw(c, "home.html", data)
}

// inPath escapes an id for a path, also where a shell reads the path in single
// quotes.
func inPath(id string) string {
	return strings.NewReplacer(":", "%3A", "'", "%27").Replace(url.PathEscape(id))
}
