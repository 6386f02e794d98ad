package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// ndjson is the type of one JSON object a line.
const ndjson = "application/x-ndjson"

func isNDJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == ndjson
}

// uploadInput takes the body from huma before it is read: an upload is not
// held in memory.
type uploadInput struct {
	body   io.Reader
	ndjson bool // else JSON
}

// Resolve is how huma hands over what the tags cannot ask for.
func (in *uploadInput) Resolve(hc huma.Context) []error {
	c := humaecho.Unwrap(hc)
	in.ndjson = isNDJSON(hc.Header("Content-Type"))
	in.body = &patient{c.Request().Body, http.NewResponseController(c.Response())}
	return nil
}

// open returns the records of the body, one a line, if it begins like what its
// type says: for JSON, an array or an object.
func (in *uploadInput) open() (*source, error) {
	if in.ndjson {
		return &source{Reader: in.body}, nil
	}
	br := bufio.NewReader(in.body)
	first, err := firstByte(br)
	switch {
	case err == io.EOF:
		return nil, newProblem("malformed", "the body is empty")
	case err != nil:
		return nil, bodyProblem(err)
	case first == '{' || first == '[':
		return &source{Reader: &unfolder{dec: json.NewDecoder(br), array: first == '['}}, nil
	}
	some, err := io.ReadAll(io.LimitReader(br, maxBody))
	if err == nil && json.Valid(some) {
		return nil, newProblem("invalid", "want an array of papers or one paper")
	}
	return nil, newProblem("malformed", "the body is not JSON")
}

// firstByte returns the first byte that is not white space, and leaves it.
func firstByte(br *bufio.Reader) (byte, error) {
	for {
		b, err := br.ReadByte()
		if err != nil {
			return 0, err
		}
		if b != ' ' && b != '\t' && b != '\r' && b != '\n' {
			return b, br.UnreadByte()
		}
	}
}

// A source remembers why it could not be read to its end.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// patient gives every piece of a body its own time to arrive.
type patient struct {
	io.Reader
	conn *http.ResponseController
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(bodyTimeout)) // not supported: a test's recorder
	n, err := p.Reader.Read(b)
	_ = p.conn.SetReadDeadline(time.Time{})
	return n, err
}

// An unfolder reads a JSON array, or one value, as NDJSON: each element on a
// line of its own. What is not JSON is a read error, wrapping errNotJSON.
type unfolder struct {
	dec   *json.Decoder
	array bool
	begun bool
	line  bytes.Buffer
	end   error // why there is no next element
}

var errNotJSON = errors.New("the body is not JSON")

func (u *unfolder) Read(b []byte) (int, error) {
	if u.line.Len() == 0 && u.end == nil {
		u.end = u.next()
	}
	if u.end != nil {
		return 0, u.end
	}
	return u.line.Read(b)
}

// next puts the next element into line; io.EOF if there is none.
func (u *unfolder) next() error {
	if u.array && !u.begun {
		if _, err := u.dec.Token(); err != nil { // the "["
			return notJSON(err)
		}
	}
	if u.array && !u.dec.More() || !u.array && u.begun {
		if u.array {
			if _, err := u.dec.Token(); err != nil { // the "]"
				return notJSON(err)
			}
		}
		switch _, err := u.dec.Token(); err {
		case io.EOF:
			return io.EOF
		case nil:
			return fmt.Errorf("%w: more follows its end", errNotJSON)
		default:
			return notJSON(err)
		}
	}
	u.begun = true
	var element json.RawMessage
	if err := u.dec.Decode(&element); err != nil {
		return notJSON(err)
	}
	u.line.Reset()
	if err := json.Compact(&u.line, element); err != nil { // unreachable: it was decoded
		return notJSON(err)
	}
	return u.line.WriteByte('\n')
}

// notJSON wraps errNotJSON around what the decoder says; failures of the
// connection, and a body that is too large, stay what they are.
func notJSON(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) || err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: %w", errNotJSON, err)
	}
	return err
}
