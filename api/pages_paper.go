package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// kindredShown is how many papers are shown beside one.
const kindredShown = 12

// paper is one paper whole, and what is like it.
func (v *views) paper(c echo.Context) error {
	p, err := v.readerPage(c, "", "")
	if err != nil {
		return err
	}
	ctx, id := c.Request().Context(), c.Param("id")
	found, err := v.engine.Paper(ctx, id)
	if err != nil {
		return err
	}
	data := struct {
		page
		Paper   card
		IDs     []engine.ID
		Kindred []card
		Failure string // why there are none
	}{page: p, IDs: found.IDs}
	data.Title = found.Title
	one, err := v.cards(ctx, &data.page, []engine.Item{{Paper: found}})
	if err != nil {
		return err
	}
	data.Paper = one[0]
	like, err := v.engine.Similar(ctx, engine.Subject{ID: string(found.Key)}, kindredShown)
	switch {
	case noVector(err):
		data.Failure = v.problem(ctx, err).Detail
	case err != nil:
		return err
	}
	if data.Kindred, err = v.scored(c, &data.page, like.Items); err != nil {
		return err
	}
	return v.draw(c, http.StatusOK, "paper.html", data)
}
