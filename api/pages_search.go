package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"kindred/embed"
	"kindred/engine"
)

// searchResults is how many papers the search page shows.
const searchResults = 30

// search answers what was typed into the box. Where that cannot be, it says why
// and keeps what was typed.
func (v *views) search(c echo.Context) error {
	p, err := v.readerPage(c, "Search", "/search")
	if err != nil {
		return err
	}
	data := struct {
		list
		Failure string
		Down    bool // because of the embedder
	}{list: list{page: p}}
	ctx, status := c.Request().Context(), http.StatusOK
	data.Q = c.QueryParam("q")
	if data.Status, err = v.engine.Status(ctx); err != nil {
		return err
	}
	if strings.TrimSpace(data.Q) != "" {
		data.Title = embed.Cut(data.Q, 100) + " – Search"
		found, err := v.engine.Search(ctx, data.Q, searchResults)
		switch {
		case noVector(err):
			problem := v.problem(ctx, err)
			status, data.Failure, data.Down = problem.Status, problem.Detail, !errors.Is(err, engine.ErrInvalid)
		case err != nil:
			return err
		}
		if data.Cards, err = v.scored(c, &data.page, found.Items); err != nil {
			return err
		}
	}
	return v.draw(c, status, "search.html", data)
}

// noVector reports whether a text could not be embedded: not now, or not ever.
func noVector(err error) bool {
	return errors.Is(err, embed.ErrUnavailable) || errors.Is(err, embed.ErrSpace) || errors.Is(err, engine.ErrInvalid)
}

// scored makes cards that show their scores.
func (v *views) scored(c echo.Context, p *page, items []engine.Item) ([]card, error) {
	cards, err := v.cards(c.Request().Context(), p, items)
	for i := range cards {
		if len(cards[i].Reasons) == 0 { // a paper that was named has no cosine
			cards[i].Score = strconv.FormatFloat(float64(items[i].Score), 'f', 2, 32)
		}
	}
	return cards, err
}
