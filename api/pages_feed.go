package api

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// list is a page that shows papers.
type list struct {
	page
	Heading string
	Note    string // what to know about the list
	Cards   []card
	Next    string // path of the next page; "" at the end
	First   string // path of the first page, on the others
	Status  engine.Status
}

// feed is what the reader should read next. A stranger learns how to become a
// reader.
func (v *views) feed(c echo.Context) error {
	p, err := v.page(c, "Feed", "/")
	if err != nil {
		return err
	}
	if p.User == "" {
		return v.draw(c, http.StatusOK, "stranger.html", struct{ page }{p})
	}
	l, ctx, cursor := list{page: p, Heading: "What to read next"}, c.Request().Context(), c.QueryParam("cursor")
	f, err := v.engine.Feed(ctx, p.User, engine.FeedOptions{Cursor: cursor})
	if err != nil {
		return err
	}
	if l.Status, err = v.engine.Status(ctx); err != nil {
		return err
	}
	if l.Cards, err = v.cards(ctx, &l.page, f.Items); err != nil {
		return err
	}
	l.Note = f.Note
	l.Next, l.First = turn("/", url.Values{}, f.Next, cursor)
	return v.draw(c, http.StatusOK, "feed.html", l)
}

// turn returns the paths of the next page and, if this is not it, of the first.
func turn(path string, query url.Values, next, cursor string) (nextPath, firstPath string) {
	with := func() string {
		if len(query) == 0 {
			return path
		}
		return path + "?" + query.Encode()
	}
	if cursor != "" {
		firstPath = with()
	}
	if next != "" {
		query.Set("cursor", next)
		nextPath = with()
	}
	return nextPath, firstPath
}
