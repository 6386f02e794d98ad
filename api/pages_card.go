package api

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"kindred/engine"
)

// A card is one paper on a page.
type card struct {
	Hook       string // the id attribute of its heading
	ID         string // its key
	Path       string // of its page
	Title      string
	Abstract   string
	Authors    []string // the first of them
	More       []string // the other authors
	Published  string   // such as "14 March 2025", as precise as it is known
	Updated    string   // if it differs
	Categories []string
	Links      []Link
	Score      string // relevance with two decimals; "" where there is none
	Reasons    []why
	Acts       []act // buttons; none for those who may only read
	Opinion    string
	State      string // what the reader did, such as "liked 3 March"
}

// A why is a reason in words.
type why struct {
	Text  string
	Path  string // of the paper that is the reason; "" for none
	Title string // of it
	Share string // such as "64 %"; "" where it says nothing
}

// An act is a button.
type act struct {
	Act   engine.Act
	Label string
	Since string // RFC 3339, if it stands; else ""
}

const (
	shownAuthors = 6
	shownReasons = 2
)

// cards makes cards of papers, with what the reader of p did to them.
func (v *views) cards(ctx context.Context, p *page, items []engine.Item) ([]card, error) {
	keys := make([]engine.Key, len(items))
	for i, it := range items {
		keys[i] = it.Paper.Key
	}
	marks, err := v.engine.MarksOn(ctx, p.User, keys)
	if err != nil {
		return nil, err
	}
	out := make([]card, len(items))
	for i, it := range items {
		out[i] = cardOf(it)
		p.papers++
		out[i].Hook = fmt.Sprintf("paper-%d", p.papers)
		out[i].mark(marks[it.Paper.Key], p.Acts, v.Now())
		p.Math = p.Math || out[i].hasMath()
	}
	return out, nil
}

func cardOf(it engine.Item) card {
	p := it.Paper
	c := card{
		ID: string(p.Key), Path: "/paper/" + inPath(string(p.Key)), Title: p.Title, Abstract: p.Abstract,
		Authors: p.Authors, Published: dateInWords(p.Published), Categories: p.Categories, Links: webLinks(p.Links()),
	}
	if len(p.Authors) > shownAuthors+1 {
		c.Authors, c.More = p.Authors[:shownAuthors], p.Authors[shownAuthors:]
	}
	if p.Updated != p.Published {
		c.Updated = dateInWords(p.Updated)
	}
	c.Reasons = whys(it.Reasons)
	return c
}

// whys puts the strongest reasons into words: of each kind the first
// shownReasons, all words in one. What another version may add is passed over.
func whys(reasons []engine.Reason) []why {
	var out []why
	var terms []string
	liked := 0
	for _, r := range reasons {
		path := "/paper/" + inPath(string(r.Key))
		switch r.Type {
		case "liked":
			if liked++; liked <= shownReasons && r.Contribution > 0 {
				out = append(out, why{"Because you liked", path, r.Title, percent(r.Share)})
			}
		case "term":
			terms = append(terms, r.Text)
		case "author", "keyword", "category":
			out = append(out, why{Text: "You follow " + r.Text})
		case "disliked":
			out = append(out, why{"Lower, for it is like", path, r.Title, ""})
		case "explore":
			out = append(out, why{Text: "Something else, to explore"})
		case "id":
			out = append(out, why{Text: "The paper that you named"})
		case "title":
			out = append(out, why{Text: "Has this title"})
		}
	}
	if len(terms) > 0 {
		out = append(out, why{Text: "Words: " + strings.Join(terms, ", ")})
	}
	return out
}

// mark notes what stands on the paper, and makes the buttons.
func (c *card) mark(marks []engine.Mark, acts bool, now time.Time) {
	buttons := []act{{engine.Like, "Like", ""}, {engine.Dislike, "Not interested", ""}, {engine.Save, "Save", ""}}
	var states []string
	for _, m := range marks {
		since := m.At.UTC().Format(time.RFC3339Nano)
		states = append(states, stateWords[m.Act]+" "+dayInWords(m.At, now))
		if m.Act != engine.Save {
			c.Opinion = string(m.Act)
		}
		if m.Act == engine.Hide { // a button only where it can be taken back
			buttons = append(buttons, act{engine.Hide, "Hide", since})
		}
		for i := range buttons {
			if buttons[i].Act == m.Act {
				buttons[i].Since = since
			}
		}
	}
	c.State = strings.Join(states, ", ")
	if acts {
		c.Acts = buttons
	}
}

var stateWords = map[engine.Act]string{
	engine.Like: "liked", engine.Dislike: "not interested since", engine.Hide: "hidden", engine.Save: "saved",
}

// hasMath reports whether a text of the card may hold a formula.
func (c *card) hasMath() bool {
	texts := []string{c.Title, c.Abstract}
	for _, r := range c.Reasons {
		texts = append(texts, r.Title)
	}
	for _, s := range texts {
		if strings.Contains(s, "$") || strings.Contains(s, `\(`) || strings.Contains(s, `\[`) {
			return true
		}
	}
	return false
}

// webLinks keeps the links that a browser may follow.
func webLinks(links []engine.Link) []Link {
	var out []Link
	for _, l := range links {
		if u, err := url.Parse(l.URL); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
			out = append(out, Link{l.Rel, u.String()})
		}
	}
	return out
}

// dateInWords writes a date as precisely as it is known; "" if it is not.
func dateInWords(d engine.Date) string {
	t := d.Day().Time()
	switch d.Precision() {
	case 1:
		return t.Format("2006")
	case 2:
		return t.Format("January 2006")
	case 3:
		return t.Format("2 January 2006")
	}
	return ""
}

// dayInWords writes the day of t where now is: "today", "3 March" in the same
// year, else with the year.
func dayInWords(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return "today"
	case t.Year() == now.Year():
		return t.Format("2 January")
	}
	return t.Format("2 January 2006")
}
