package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peersPy is the program of the Python peers. It reads the number of a query on
// each line and writes the answer as a line of JSON.
//
//go:embed peers.py
var peersPy string

// A python is a peer in a process of its own. It measures itself.
type python struct {
	called string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	said   *bytes.Buffer // its stderr
	dir    string        // of its files
}

func openPython(ctx context.Context, name string, set *Set, o Options) (_ peer, err error) {
	p := &python{called: name, said: &bytes.Buffer{}}
	if p.dir, err = os.MkdirTemp(o.Temp, "kindred-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(p.dir))
		}
	}()
	rows, queries := filepath.Join(p.dir, "rows"), filepath.Join(p.dir, "queries")
	if err := writeFloats(rows, set.Rows); err != nil {
		return nil, err
	}
	var flat []float32
	for _, q := range set.Queries {
		flat = append(flat, q...)
	}
	if err := writeFloats(queries, flat); err != nil {
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, cmp.Or(o.Python, "python3"), "-c", peersPy, name, rows, queries, strconv.Itoa(set.Dim), strconv.Itoa(o.K))
	p.cmd.Stderr = p.said
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	if line, err := p.out.ReadString('\n'); err != nil || line != "ready\n" {
		return nil, p.failed(errors.Join(err, p.end()))
	}
	if err := os.Remove(rows); err != nil { // it has them
		return nil, errors.Join(err, p.end())
	}
	return p, nil
}

// failed is err with the last line of what the process said.
func (p *python) failed(err error) error {
	lines := strings.Split(strings.TrimSpace(p.said.String()), "\n")
	return fmt.Errorf("%s: %s: %w", p.cmd.Path, lines[len(lines)-1], err)
}

// end ends the process.
func (p *python) end() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

func (p *python) name() string { return p.called }
func (p *python) exact() bool  { return p.called != "faiss-hnsw" }
func (p *python) close() error { return errors.Join(p.end(), os.RemoveAll(p.dir)) }

func (p *python) ask(_ context.Context, i int) (a answer, err error) {
	if _, err := fmt.Fprintln(p.in, i); err != nil {
		return a, p.failed(err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return a, p.failed(err)
	}
	var said struct {
		Rows      []int
		Scores    []float32
		Wall, CPU int64 // nanoseconds
	}
	if err := json.Unmarshal(line, &said); err != nil {
		return a, p.failed(err)
	}
	return answer{said.Rows, said.Scores, cost{time.Duration(said.Wall), time.Duration(said.CPU)}}, nil
}

func writeFloats(name string, values []float32) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	const page = 1 << 16
	for len(values) > 0 {
		n := min(page, len(values))
		if err := binary.Write(w, binary.LittleEndian, values[:n]); err != nil {
			return errors.Join(err, f.Close())
		}
		values = values[n:]
	}
	return errors.Join(w.Flush(), f.Close())
}
