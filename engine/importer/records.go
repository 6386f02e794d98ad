package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"unicode/utf8"
)

// maxRecord is the longest record, in bytes, white space around it included,
// that is read; the longest of the corpora seen has 16 kB. A longer one is passed over without being held.
const maxRecord = 1 << 20

// readSize is the size of the read buffers: what Detect can look at.
const readSize = 64 << 10

// A record is one line of a text, or one element of a JSON array.
type record struct {
	line int    // on which it begins, from 1
	data []byte // without white space around it; valid until the next record
}

var (
	errTooLong = fmt.Errorf("record of more than %d bytes", maxRecord)
	errUTF8    = errors.New("not valid UTF-8")
)

// lines yields the lines of r that are not blank. A byte order mark before the
// first is dropped, and so is white space around a line, "\r" included. A line
// that is too long or not valid UTF-8 yields a *LineError instead.
func lines(r io.Reader) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		br := bufio.NewReaderSize(r, readSize)
		skipBOM(br)
		eachLine(br, yield)
	}
}

// objects yields the elements of r if its text begins with "[", else its lines.
func objects(r io.Reader) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		br := bufio.NewReaderSize(r, readSize)
		skipBOM(br)
		line, first, err := skipBlank(br, 1)
		switch {
		case err == io.EOF:
		case err != nil:
			yield(record{}, err)
		case first == '[':
			eachElement(br, line, yield)
		default:
			eachLine(br, func(rec record, err error) bool {
				rec.line += line - 1
				var bad *LineError
				if errors.As(err, &bad) {
					err = &LineError{bad.Line + line - 1, bad.Err}
				}
				return yield(rec, err)
			})
		}
	}
}

func eachLine(br *bufio.Reader, yield func(record, error) bool) {
	var long []byte // a line that the read buffer does not hold
	for n := 1; ; n++ {
		data, err := br.ReadSlice('\n')
		tooLong := false
		if err == bufio.ErrBufferFull {
			long = append(long[:0], data...)
			for err == bufio.ErrBufferFull {
				data, err = br.ReadSlice('\n')
				if tooLong = tooLong || len(long)+len(data) > maxRecord; !tooLong {
					long = append(long, data...)
				}
			}
			data = long
		}
		if err != nil && err != io.EOF {
			yield(record{}, err)
			return
		}
		more := true
		switch data = bytes.TrimSpace(data); {
		case tooLong:
			more = yield(record{}, &LineError{n, errTooLong})
		case !utf8.Valid(data):
			more = yield(record{}, &LineError{n, errUTF8})
		case len(data) > 0:
			more = yield(record{n, data}, nil)
		}
		if !more || err == io.EOF {
			return
		}
	}
}

// eachElement reads a JSON array, its "[" included, and yields each element as
// it stands, whether it is valid JSON or not: it ends at the first "," or "]"
// outside of strings and brackets.
func eachElement(br *bufio.Reader, line int, yield func(record, error) bool) {
	if _, err := br.ReadByte(); err != nil { // the "["; unreachable
		yield(record{}, err)
		return
	}
	var data []byte
	for {
		var c byte
		var err error
		if line, c, err = skipBlank(br, line); err == nil && c == ',' {
			_, err = br.ReadByte()
			if err == nil {
				continue
			}
		}
		if err == nil && c == ']' {
			br.ReadByte()
			switch line, _, err = skipBlank(br, line); {
			case err == nil:
				yield(record{}, &LineError{line, errors.New("text after the JSON array is not read")})
			case err != io.EOF:
				yield(record{}, err)
			}
			return
		}
		begin := line
		if err == nil {
			data, line, err = element(br, data[:0], line)
		}
		switch {
		case err == io.EOF:
			yield(record{}, &LineError{begin, errors.New("the input ends inside a JSON array")})
			return
		case err == errTooLong:
			err = &LineError{begin, err}
		case err != nil:
			yield(record{}, err)
			return
		case !utf8.Valid(data):
			err = &LineError{begin, errUTF8}
		}
		if !yield(record{begin, bytes.TrimSpace(data)}, err) {
			return
		}
	}
}

// element appends to data what is before the next "," or "]" that ends an
// element of the array. It returns errTooLong, having read the element, if
// that is more than maxRecord bytes.
func element(br *bufio.Reader, data []byte, line int) ([]byte, int, error) {
	depth, quoted, escaped, tooLong := 0, false, false, false
	for {
		c, err := br.ReadByte()
		if err != nil {
			return nil, line, err
		}
		switch {
		case c == '\n':
			line++
		case escaped:
			escaped = false
		case quoted:
			escaped = c == '\\'
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			depth++
		case depth > 0 && (c == '}' || c == ']'):
			depth--
		case depth == 0 && (c == ',' || c == ']'):
			if err := br.UnreadByte(); err != nil || tooLong {
				return nil, line, errTooLong
			}
			return data, line, nil
		}
		if tooLong = tooLong || len(data) >= maxRecord; !tooLong {
			data = append(data, c)
		}
	}
}

func skipBOM(br *bufio.Reader) {
	if b, err := br.Peek(3); err == nil && string(b) == "\ufeff" {
		br.Discard(3)
	}
}

// skipBlank passes over white space, counting lines, and returns the byte that
// follows without consuming it.
func skipBlank(br *bufio.Reader, line int) (int, byte, error) {
	for {
		c, err := br.ReadByte()
		switch {
		case err != nil:
			return line, 0, err
		case c == '\n':
			line++
		case c != ' ' && c != '\t' && c != '\r':
			return line, c, br.UnreadByte()
		}
	}
}
