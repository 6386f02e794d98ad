package importer

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"kindred/engine"
)

// minAbstract is the length in bytes from which on a line of a page is taken
// for an abstract, not a title. Of the sample's 52 papers the longest title
// has 176 and the shortest abstract 1,401.
const minAbstract = 200

// Page reads the text of a Hugging Face papers page as it comes out of a
// browser by select all, copy and paste: after some lines that belong to the
// page, each paper is a line with its title and a line with its abstract. A
// line of 200 bytes or more is an abstract, the line before it is its title,
// and further long lines continue it. Lines that belong to the page (menus,
// "Subscribe", dates) are passed over. The papers get their TitleID, and no
// date, because the page's "Jun 26" has no year.
//
// Errors are as [Parser] says; malformed is an abstract without title, a line
// of three words or more that no abstract follows, and a paper that
// Paper.Clean refuses.
func Page(r io.Reader) iter.Seq2[engine.Paper, error] {
	return func(yield func(engine.Paper, error) bool) {
		var title record // the last line that may be a title; its data is copied
		var p engine.Paper
		begin := 0 // line of p's title; 0 while there is no p
		// flush yields p, or why it is none; stray, a title without an abstract.
		flush := func() bool {
			if begin == 0 {
				return true
			}
			at := begin
			begin = 0
			if err := p.Clean(); err != nil {
				return yield(engine.Paper{}, &LineError{at, err})
			}
			return yield(p, nil)
		}
		stray := func() bool {
			words := len(strings.Fields(string(title.data)))
			if words < 3 {
				return true
			}
			return yield(engine.Paper{}, &LineError{title.line, fmt.Errorf("no abstract follows %.80q", title.data)})
		}
		for rec, err := range lines(r) {
			var bad *LineError
			switch line := string(rec.data); {
			case errors.As(err, &bad):
				if !flush() || !stray() || !yield(engine.Paper{}, err) {
					return
				}
				title = record{}
			case err != nil:
				if flush() && stray() {
					yield(engine.Paper{}, err)
				}
				return
			case isChrome(line):
			case len(line) < minAbstract:
				if !flush() || !stray() {
					return
				}
				title = record{rec.line, []byte(line)}
			case title.data != nil:
				p = engine.Paper{Title: string(title.data), Abstract: line}
				begin, title = title.line, record{}
			case begin != 0:
				if len(p.Abstract) <= engine.MaxAbstract { // else Clean will say so
					p.Abstract += "\n" + line
				}
			default:
				if !yield(engine.Paper{}, &LineError{rec.line, fmt.Errorf("no title before %.80q", line)}) {
					return
				}
			}
		}
		if flush() {
			stray()
		}
	}
}

// isChrome reports whether a line belongs to the page and not to a paper.
func isChrome(line string) bool {
	switch strings.ToLower(line) {
	case "new", "subscribe", "daily papers", "trending papers", "papers", "submitted by", "upvote", "github", "arxiv page", "project page", "view arxiv page", "view pdf", "previous", "next",
		"get trending papers in your email inbox!", "get trending papers in your email inbox once a day!":
		return true
	}
	if strings.HasPrefix(line, "by") && strings.HasSuffix(line, "AK and the research community") {
		return true
	}
	line = strings.TrimPrefix(line, "Published on ")
	for _, layout := range []string{"Jan 2", "January 2", "Jan 2, 2006", "January 2, 2006"} {
		if _, err := time.Parse(layout, line); err == nil {
			return true
		}
	}
	return !strings.ContainsFunc(line, func(r rune) bool { return r >= 'A' && r != '·' && r != '•' }) // counts of votes
}
