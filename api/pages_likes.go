package api

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// kept are the lists of what a person did, by the name that stands in the path.
var kept = []struct {
	Name    engine.Act
	Heading string
	None    string
}{
	{engine.Like, "Liked", "Nothing yet. What you like makes your feed yours."},
	{engine.Save, "Saved", "Nothing yet. Save papers here to read them later; it says nothing about your taste."},
	{engine.Dislike, "Not interested", "Nothing yet. What is like a paper in this list sinks in your feed."},
	{engine.Hide, "Hidden", "Nothing yet. A hidden paper is not shown again; it says nothing about your taste."},
}

// likes is what the reader liked, saved, and did not want.
func (v *views) likes(c echo.Context) error {
	p, err := v.readerPage(c, "Library", "/likes")
	if err != nil {
		return err
	}
	which := kept[0]
	kind := c.QueryParam("kind")
	for _, k := range kept {
		if string(k.Name) == kind {
			which = k
		}
	}
	if kind != "" && kind != string(which.Name) {
		return newProblem("invalid", "kind: want like, save, dislike or hide")
	}
	ctx, cursor := c.Request().Context(), c.QueryParam("cursor")
	marks, next, err := v.engine.Marks(ctx, p.User, which.Name, 0, cursor)
	if err != nil {
		return err
	}
	items := make([]engine.Item, len(marks))
	for i, m := range marks {
		items[i].Paper = m.Paper
	}
	data := struct {
		list
		Kinds any
		Kind  engine.Act
		None  string
	}{list{page: p, Heading: which.Heading}, kept, which.Name, which.None}
	data.Title = which.Heading
	if data.Cards, err = v.cards(ctx, &data.page, items); err != nil {
		return err
	}
	data.Next, data.First = turn("/likes", url.Values{"kind": {string(which.Name)}}, next, cursor)
	return v.draw(c, http.StatusOK, "likes.html", data)
}
