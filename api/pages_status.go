package api

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"kindred/engine"
)

// status says how the server is doing.
func (v *views) status(c echo.Context) error {
	p, err := v.readerPage(c, "Status", "/status")
	if err != nil {
		return err
	}
	s, err := v.engine.Status(c.Request().Context())
	if err != nil {
		return err
	}
	data := struct {
		page
		Status engine.Status
		Jobs   []jobLine
		Live   bool // something is going on, so the script reloads the page
	}{page: p, Status: s, Live: waiting(s) > 0}
	for _, j := range s.Jobs {
		data.Jobs = append(data.Jobs, jobLine{j, rateInWords(j.Rate), inWords(j.ETA)})
		data.Live = data.Live || j.Done < j.Total && j.Err == ""
	}
	return v.draw(c, http.StatusOK, "status.html", data)
}

// waiting is how many papers will be embedded yet; some cannot be.
func waiting(s engine.Status) int { return max(0, s.Pending-s.Failed) }

// A jobLine is a job with its rate and the time to go in words.
type jobLine struct {
	engine.Job
	Speed, ToGo string // "" if unknown
}

func rateInWords(perSecond float64) string {
	switch {
	case perSecond <= 0:
		return ""
	case perSecond < 10:
		return fmt.Sprintf("%.1f a second", perSecond)
	}
	return grouped(int64(math.Round(perSecond))) + " a second"
}

// inWords writes a duration as a person would: the two largest units.
func inWords(d time.Duration) string {
	switch s := int(d.Seconds()); {
	case s <= 0:
		return ""
	case s < 60:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %d min", s/3600, s%3600/60)
	}
}

// grouped writes a whole number with a comma between thousands.
func grouped(n any) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// percent writes a share; "" for the whole, which says nothing.
func percent(share float32) string {
	if share > .995 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}
