package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kindred/embed/builtin"
	"kindred/engine"
	"kindred/engine/chromem"
	"kindred/engine/chromem/bench"
)

// A child is this program in a process of its own, with its data.
type child struct {
	self, data string
	stderr     io.Writer
	client     *http.Client
	url        string // of the server
}

func newChild(data string, stderr io.Writer) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 1000
	return &child{self: self, data: data, stderr: stderr, client: &http.Client{Transport: t, Timeout: time.Minute}}, nil
}

func (p *child) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.self, append(args, "--data", p.data, "--embedder", "builtin")...)
	cmd.Stderr = p.stderr
	return cmd
}

// run runs the program and returns what it used of all processors.
func (p *child) run(ctx context.Context, args ...string) (cpu time.Duration, err error) {
	cmd := p.command(ctx, args...)
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("kindred %s: %w", args[0], err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// serve starts a server and returns when it is ready; stop ends it.
func (p *child) serve(ctx context.Context) (pid int, stop func() error, err error) {
	cmd := p.command(ctx, "serve", "--addr", "127.0.0.1:0")
	cmd.Stderr = nil // a line for every request
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, nil, err
	}
	if err := cmd.Start(); err != nil {
		return 0, nil, err
	}
	stop = func() error {
		return errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait())
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, at, ok := strings.Cut(lines.Text(), ", http"); ok && strings.HasPrefix(lines.Text(), "Kindred is ready") {
			p.url = "http" + at
			return cmd.Process.Pid, stop, nil
		}
	}
	return 0, nil, errors.Join(errors.New("kindred serve: it did not get ready"), stop())
}

// request asks the server and returns how long the whole answer took.
func (p *child) request(ctx context.Context, method, path string) (time.Duration, error) {
	begun := time.Now()
	_, err := p.body(ctx, method, path)
	return time.Since(begun), err
}

// body asks the server and returns what it answers.
func (p *child) body(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, nil)
	if err != nil {
		return nil, err
	}
	if method != http.MethodGet {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %d: %s", method, path, resp.StatusCode, bytes.TrimSpace(body))
	}
	return body, err
}

// idle returns when the server has no work left, the reading of the lexicon too.
func (p *child) idle(ctx context.Context) error {
	for {
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		body, err := p.body(ctx, http.MethodGet, "/v1/status")
		if err != nil {
			return err
		}
		var status struct{ Jobs []any }
		if err := json.Unmarshal(body, &status); err != nil {
			return fmt.Errorf("status: %w", err)
		}
		if len(status.Jobs) == 0 {
			return nil
		}
	}
}

// index returns the index of the data directory, in this process.
func (p *child) index(ctx context.Context) (engine.Index, error) {
	e, err := builtin.New()
	if err != nil {
		return nil, err
	}
	store, err := openStore(ctx, Config{Data: p.data})
	if err != nil {
		return nil, err
	}
	index, err := chromem.Open(ctx, e.Space(), filepath.Join(p.data, indexDir), store, slog.New(slog.DiscardHandler))
	if err == nil {
		var own *engine.Engine
		own, err = engine.New(ctx, engine.Options{Store: store, Index: index, Embedder: e, Owner: owner(), Log: slog.New(slog.DiscardHandler)})
		if err == nil {
			err = own.CatchUp(ctx)
		}
	}
	return index, errors.Join(err, store.Close())
}

// chromem returns how many seconds chromem-go takes to open n vectors from its files.
func (p *child) chromem(ctx context.Context, templates []engine.Paper, n int) (float64, error) {
	index, err := p.index(ctx)
	if err != nil {
		return 0, err
	}
	took, err := bench.ChromemStart(ctx, p.data+"-chromem", n, func(i int) (string, []float32) {
		key := engine.Key("arxiv:" + madePaper(templates, i, n).ID)
		return string(key), index.Vectors([]engine.Key{key}, 0)[0]
	})
	return took.Seconds(), err
}

// crowd lets clients ask for the paths at once, and returns how long each
// answer took, and all of them.
func (p *child) crowd(ctx context.Context, clients int, paths []string) (took []time.Duration, seconds float64, err error) {
	took = make([]time.Duration, len(paths))
	errs := make([]error, clients)
	next := make(chan int)
	var wg sync.WaitGroup
	begun := time.Now()
	for c := range clients {
		wg.Go(func() {
			for i := range next {
				var err error
				if took[i], err = p.request(ctx, http.MethodGet, paths[i]); err != nil {
					errs[c] = err
				}
			}
		})
	}
	for i := range paths {
		next <- i
	}
	close(next)
	wg.Wait()
	return took, time.Since(begun).Seconds(), errors.Join(errs...)
}

// quantile is the q-th part of durations, in milliseconds.
func quantile(of []time.Duration, q float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return float64(of[int(q*float64(len(of)-1))].Microseconds()) / 1000
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// anonymous is the memory of a process that is backed by no file, in millions
// of bytes; 0 where the system does not tell.
func anonymous(pid int) float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if value, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(value)[0], 64)
			if err != nil { // unreachable: the kernel writes a number
				return 0
			}
			return kb * 1024 / 1e6
		}
	}
	return 0
}
