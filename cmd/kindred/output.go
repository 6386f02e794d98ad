package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
)

// list is what the program shows of an API answer.
type list struct {
	Items []struct {
		Paper   paper
		Score   float64
		Reasons []struct {
			Type, Text          string
			Paper               paper
			Share, Contribution float64
		}
	}
	Next     string
	Strategy string
	Note     string
}

type paper struct {
	ID        string
	Title     string
	Authors   []string
	Published string
}

// print writes the list for a person: rank, score, title, and under it the id,
// date, authors and reasons.
func (l list) print(w io.Writer) error {
	var b strings.Builder
	if l.Note != "" {
		fmt.Fprintf(&b, "%s\n\n", plain(l.Note))
	}
	if len(l.Items) == 0 {
		b.WriteString("Nothing found.\n")
	}
	for i, it := range l.Items {
		score := "    "
		if l.Strategy != "newest" {
			score = fmt.Sprintf("%.2f", it.Score)
		}
		fmt.Fprintf(&b, "%3d  %s  %s\n", i+1, score, plain(it.Paper.Title))
		fmt.Fprintf(&b, "           %s\n", strings.Join(nonEmpty(it.Paper.ID, it.Paper.Published, names(it.Paper.Authors)), "  "))
		var liked, words []string
		for _, r := range it.Reasons {
			switch r.Type {
			case "liked":
				if r.Contribution <= 0 {
					continue
				}
				liked = append(liked, fmt.Sprintf("%s (%.0f %%)", short(plain(r.Paper.Title)), 100*r.Share))
			case "term":
				words = append(words, plain(r.Text))
			case "author", "keyword", "category":
				fmt.Fprintf(&b, "           you follow the %s %s\n", r.Type, plain(r.Text))
			case "disliked":
				fmt.Fprintf(&b, "           lower, for it is like %s\n", short(plain(r.Paper.Title)))
			case "explore":
				b.WriteString("           something else, to explore\n")
			case "id", "title":
				fmt.Fprintf(&b, "           this is its %s\n", r.Type)
			}
		}
		if len(liked) > 0 {
			fmt.Fprintf(&b, "           because you liked %s\n", strings.Join(liked, ", "))
		}
		if len(words) > 0 {
			fmt.Fprintf(&b, "           words: %s\n", strings.Join(words, ", "))
		}
	}
	if l.Next != "" {
		fmt.Fprintf(&b, "\nMore: --cursor %s\n", l.Next)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// plain makes text from papers safe for a terminal: control characters, which
// could move the cursor or recolour it, become blanks.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return ' '
		}
		return r
	}, s)
}

// short is the part of a title before its colon, at most 50 characters.
func short(title string) string {
	if head, _, ok := strings.Cut(title, ": "); ok && len(head) > 3 {
		title = strings.TrimSpace(head)
	}
	if r := []rune(title); len(r) > 50 {
		title = strings.TrimSpace(string(r[:49])) + "…"
	}
	return title
}

func names(authors []string) string {
	if len(authors) > 3 {
		return plain(authors[0]) + " et al."
	}
	return plain(strings.Join(authors, ", "))
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// thousands writes n with commas: 75,123.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// span writes a duration in a person's units, "" for 0.
func span(seconds float64) string {
	if seconds <= 0 {
		return ""
	}
	return cmp.Or(time.Duration(seconds*float64(time.Second)).Round(time.Second), time.Second).String()
}
