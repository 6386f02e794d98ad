package importer

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"kindred/engine"
)

// Detect tells the format of a text by its beginning, which stays to be read.
// JSON whose first object has arXiv's "authors_parsed" or "versions" and
// "update_date" is its snapshot, other JSON is JSONL, and a text whose first
// two paragraphs are a title and an abstract, apart from lines of the page, is
// a page. An empty text is JSONL without papers. Anything else, or a text that
// br's buffer is too small for, is an error wrapping engine.ErrInvalid that
// names the text by name; a read error is returned as it is.
func Detect(br *bufio.Reader, name string) (Format, error) {
	head, err := br.Peek(min(br.Size(), readSize))
	if err != nil && err != io.EOF {
		return "", err
	}
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	switch {
	case len(head) == 0:
		return FormatJSONL, nil
	case head[0] == '{' || head[0] == '[':
		first := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 && head[0] == '{' {
			first = head[:i]
		}
		has := func(key string) bool { return bytes.Contains(first, []byte(`"`+key+`"`)) }
		if has("authors_parsed") || has("versions") && has("update_date") {
			return FormatArXiv, nil
		}
		return FormatJSONL, nil
	case looksLikePage(string(head)):
		return FormatPage, nil
	}
	return "", fmt.Errorf("%w: cannot tell the format of %s: it is neither JSON nor a papers page; name it with one of %v", engine.ErrInvalid, name, Formats()[1:])
}

// looksLikePage reports whether the first two paragraphs of s that are not
// chrome are one line each, a title and an abstract.
func looksLikePage(s string) bool {
	if strings.ContainsAny(s[:1], "<@%") || strings.ContainsRune(s, 0) { // HTML and XML, BibTeX, binary
		return false
	}
	title := ""
	for paragraph := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n\n") {
		paragraph = strings.TrimSpace(paragraph)
		switch {
		case paragraph == "" || isChrome(paragraph):
		case strings.Contains(paragraph, "\n"):
			return false
		case title != "":
			return len(paragraph) >= minAbstract
		case len(paragraph) >= minAbstract:
			return false
		default:
			title = paragraph
		}
	}
	return false
}
