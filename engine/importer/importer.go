// Package importer turns files into papers: one function for each format, each
// a stream, and [Run], which carries such a stream into a Store, remembers how
// far it came and goes on from there after an interruption.
//
// To read a file:
//
//	in, err := importer.Open(ctx, "papers.jsonl.gz", os.Stdin)
//	if err != nil { … }
//	defer in.Close()
//	sum, err := importer.Run(ctx, store, in, importer.Options{})
//
// or, without a Store, range over JSONL(in.Text), say. What a parser yields has
// passed Paper.Clean, so it has a title and at least one id.
package importer

import (
	"fmt"
	"io"
	"iter"

	"kindred/engine"
)

// A LineError says that one record could not be read, and why. The stream goes
// on after it.
type LineError struct {
	Line int // on which the record begins; the first line is 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// LineNumber returns Line, for callers that know errors only by what they can do.
func (e *LineError) LineNumber() int { return e.Line }

// Unwrap returns the reason.
func (e *LineError) Unwrap() error { return e.Err }

// A Parser yields the papers of r in their order. A malformed record yields a
// zero Paper and a *LineError, and the sequence goes on; a read error is
// yielded once and ends it. Breaking out reads no further. At most one record
// is held in memory.
type Parser func(r io.Reader) iter.Seq2[engine.Paper, error]

// A Format names a Parser.
type Format string

// The formats.
const (
	FormatAuto  Format = "auto"  // Detect decides
	FormatPage  Format = "page"  // see Page
	FormatJSONL Format = "jsonl" // see JSONL
	FormatArXiv Format = "arxiv" // see ArXiv
)

// Formats lists the formats in the order in which they are shown to people.
func Formats() []Format { return []Format{FormatAuto, FormatPage, FormatJSONL, FormatArXiv} }

// Parser returns the parser of f; an error wrapping engine.ErrInvalid for a
// format that does not exist, and for FormatAuto.
func (f Format) Parser() (Parser, error) {
	switch f {
	case FormatPage:
		return Page, nil
	case FormatJSONL:
		return JSONL, nil
	case FormatArXiv:
		return ArXiv, nil
	}
	return nil, fmt.Errorf("%w: format %q: want one of %v", engine.ErrInvalid, f, Formats()[1:])
}
