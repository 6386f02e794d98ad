package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A meter shows how far long work has come: a bar with rate and time left on a
// terminal, else a plain line every few seconds, so that logs stay readable.
type meter struct {
	w     io.Writer
	what  string
	bar   *progressbar.ProgressBar // nil if w is not a terminal
	begun time.Time
	told  time.Time
	first mark // what set was told first: the preparation before it is no work done
}

type mark struct {
	at          time.Time
	done, count int64
}

// tellEvery is the time between two plain lines.
const tellEvery = 5 * time.Second

// newMeter makes a meter for work whose size is known, or not.
func newMeter(w io.Writer, what string, known bool) *meter {
	m := &meter{w: w, what: what, begun: time.Now(), told: time.Now()}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		size := int64(-1)
		if known {
			size = 1
		}
		m.bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
			progressbar.OptionSetWidth(24), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionUseANSICodes(true))
	}
	return m
}

// set says that done of total units are done; total 0 is unknown. detail is
// shown beside the bar, and count, of papers, gives the rate.
func (m *meter) set(done, total int64, detail string, count int64) {
	now := time.Now()
	begins := m.first.at.IsZero()
	if begins {
		m.first = mark{now, done, count}
	}
	since := m.first
	if count == since.count || done == since.done {
		since = mark{at: m.begun}
	}
	secs := max(now.Sub(since.at).Seconds(), .001)
	rate := fmt.Sprintf("%s, %s/s", detail, thousands(int64(float64(count-since.count)/secs)))
	if m.bar != nil {
		if total > 0 {
			m.bar.ChangeMax64(total)
		}
		m.bar.Describe(m.what + ": " + rate)
		_ = m.bar.Set64(min(done, max(total, done))) // only the terminal could fail
		return
	}
	if begins || now.Sub(m.told) < tellEvery {
		return
	}
	m.told = now
	line := m.what + ": " + rate
	if done > since.done && total > done {
		line += ", " + span(secs*float64(total-done)/float64(done-since.done)) + " left"
	}
	fmt.Fprintln(m.w, line)
}

// end takes the bar away.
func (m *meter) end() {
	if m.bar != nil {
		_ = m.bar.Clear() // only the terminal could fail
	}
}
