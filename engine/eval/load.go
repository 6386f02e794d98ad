package eval

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// files reads what protocols are made of, below one folder.
type files string

func (f files) path(name string) string { return filepath.Join(string(f), filepath.FromSlash(name)) }

// lines calls each with the tab-separated fields of every line of a file;
// fewer than n fields are an error.
func (f files) lines(name string, n int, each func(fields []string) error) error {
	file, err := os.Open(f.path(name))
	if err != nil {
		return err
	}
	defer file.Close()
	in := bufio.NewScanner(file)
	in.Buffer(nil, 1<<24)
	for at := 1; in.Scan(); at++ {
		line := strings.TrimRight(in.Text(), "\r")
		if line == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) < n {
			return fmt.Errorf("%s, line %d: %d fields, want %d", f.path(name), at, len(fields), n)
		}
		if err := each(fields); err != nil {
			return fmt.Errorf("%s, line %d: %w", f.path(name), at, err)
		}
	}
	return in.Err()
}

// A library is papers in the order of their file, found by id.
type library struct {
	papers []Paper
	at     map[string]int
}

// papers reads JSON Lines of {"id","title","abstract","bow","date"} from files,
// gzipped where the name ends in .gz. Only ids in want are kept (nil: all), the
// first record of each.
func (f files) papers(want map[string]bool, names ...string) (library, error) {
	l := library{at: map[string]int{}}
	for _, name := range names {
		if err := f.read(name, want, &l); err != nil {
			return l, fmt.Errorf("%s: %w", f.path(name), err)
		}
	}
	return l, nil
}

func (f files) read(name string, want map[string]bool, l *library) error {
	file, err := os.Open(f.path(name))
	if err != nil {
		return err
	}
	defer file.Close()
	var in io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(file); err != nil {
			return err
		}
	}
	lines := bufio.NewReaderSize(in, 1<<20)
	for at := 1; ; at++ {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			var p struct {
				ID                         json.RawMessage
				Title, Abstract, Bow, Date string
			}
			if err := json.Unmarshal(line, &p); err != nil {
				return fmt.Errorf("line %d: %w", at, err)
			}
			id := strings.Trim(string(p.ID), `"`)
			if _, have := l.at[id]; !have && (want == nil || want[id]) {
				l.at[id] = len(l.papers)
				l.papers = append(l.papers, Paper{ID: id, Title: p.Title, Abstract: p.Abstract + p.Bow, Date: dateOf(p.Date)})
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// dateOf reads a date of a year, a month or a day; else it is zero.
func dateOf(s string) time.Time {
	for _, form := range []string{time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(form, s); err == nil {
			return t
		}
	}
	return time.Time{}
}

// pairs reads lines of user, item. The users come in the order of the file.
func (f files) pairs(name string) (users []string, items map[string][]string, err error) {
	items = map[string][]string{}
	err = f.lines(name, 2, func(x []string) error {
		if _, ok := items[x[0]]; !ok {
			users = append(users, x[0])
		}
		items[x[0]] = append(items[x[0]], x[1])
		return nil
	})
	return users, items, err
}

// positions of ids in the library; an id that it lacks is an error.
func (l library) positions(ids []string) ([]int, error) {
	out := make([]int, len(ids))
	for i, id := range ids {
		at, ok := l.at[id]
		if !ok {
			return nil, fmt.Errorf("paper %q has no text", id)
		}
		out[i] = at
	}
	return out, nil
}
