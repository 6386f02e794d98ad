package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"kindred/api"
	"kindred/engine"
	"kindred/engine/chromem"
	"kindred/engine/importer"
	"kindred/testdata"
)

func serveCmd(sys env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Start the server",
		Long: `Start the server and keep it running until interrupted.

The first start on an empty data directory loads 52 sample papers. The server
listens on this machine only; with --public-url others may reach it, and then
everyone needs a token ('kindred token create').`,
		Example: `  kindred serve
  kindred serve --data ~/papers --addr 127.0.0.1:9000
  kindred serve --addr 0.0.0.0:8765 --public-url https://kindred.example.org`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return serve(cmd, sys) },
	}
	serveSettings(cmd)
	return cmd
}

const (
	grace      = 10 * time.Second // for answers under way at the end
	knownFor   = 30 * time.Second // of a server that died without saying so
	knownEvery = 10 * time.Second
	syncEvery  = time.Second // looks for papers without a vector
	syncPause  = time.Minute // at most, after failures
)

func serve(cmd *cobra.Command, sys env) (err error) {
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	cfg, err := load(cmd, sys)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(sys.stderr, nil))
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	collected := debug.SetGCPercent(-1) // what is opened stays
	e, err := openEngine(ctx, cfg, store, log, func(line string) { fmt.Fprintln(sys.stdout, line) })
	debug.SetGCPercent(collected)
	if err != nil {
		return err
	}
	if err := e.ForgetSessions(ctx); err != nil {
		return err
	}
	e.Starting("the server is loading its papers")
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (is kindred running already? --addr HOST:PORT takes another)", cfg.Addr, err)
	}
	self := running{URL: "http://" + reachable(listener.Addr()), Secret: rand.Text()}
	handler, err := api.New(e, api.Options{
		Version: version(), Hosts: hosts(listener.Addr()), PublicURL: cfg.PublicURL, RequireToken: cfg.PublicURL != "",
		OperatorSecret: self.Secret, Papers: importer.JSONL, Log: log,
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server := api.Server(handler, log)

	var work sync.WaitGroup
	work.Go(func() { _ = e.Follow(ctx) }) // ends with ctx
	work.Go(func() { _ = e.Attend(ctx) }) // so does this
	work.Go(func() { beKnown(ctx, store, self, log) })
	work.Go(func() {
		if err := begin(ctx, store, e); err != nil && ctx.Err() == nil {
			log.Error("start", "err", err)
			e.Starting(err.Error())
			return
		}
		if s, err := e.Status(ctx); err == nil {
			fmt.Fprintf(sys.stdout, "Kindred is ready: %s papers, %s\n", thousands(int64(s.Papers)), self.URL)
		}
		embedOn(ctx, store, e, log)
	})
	failed := make(chan error, 1)
	work.Go(func() { failed <- server.Serve(listener) })

	fmt.Fprintf(sys.stdout, "Serving %s on %s\n", cfg.Data, self.URL)
	select {
	case <-ctx.Done():
		log.Info("stopping")
	case err = <-failed:
		cancel()
	}
	shut, done := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer done()
	if e := server.Shutdown(shut); e != nil {
		err = errors.Join(err, server.Close())
	}
	cancel()
	work.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// begin makes what is stored searchable; a store that never held a paper gets
// the sample corpus first.
func begin(ctx context.Context, store engine.Store, e *engine.Engine) error {
	head, err := store.Head(ctx)
	if err != nil {
		return err
	}
	if head == 0 {
		var papers []engine.Paper
		for p, err := range importer.Page(strings.NewReader(testdata.SamplePage)) {
			if err != nil {
				return fmt.Errorf("sample papers: %w", err)
			}
			papers = append(papers, p)
		}
		if _, err := e.PutPapers(ctx, "sample", papers); err != nil {
			return fmt.Errorf("sample papers: %w", err)
		}
		if err := embedSample(ctx, e); err != nil {
			return fmt.Errorf("sample papers: %w", err)
		}
	}
	if err := loadIndex(ctx, e); err != nil { // texts may take longer
		return err
	}
	e.Starting("")
	debug.FreeOSMemory() // what loading needed for a time
	return nil
}

// loadIndex fills the index. Where that is all in memory it leaves as much garbage as it
// keeps: a million papers would take 5 GB for a time, so it is collected sooner than
// usual.
func loadIndex(ctx context.Context, e *engine.Engine) error {
	if !chromem.InFiles {
		defer debug.SetGCPercent(debug.SetGCPercent(20))
	}
	return e.CatchUpIndex(ctx)
}

// embedSample returns when the sample is embedded, by this server or by another
// that started at the same time.
func embedSample(ctx context.Context, e *engine.Engine) error {
	for {
		if _, err := e.Sync(ctx, nil); err != nil {
			return err
		}
		s, err := e.Status(ctx)
		if err != nil || s.Pending == s.Failed {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// embedOn embeds what arrives until ctx ends, after all that the builtin model of
// another release did. After a failure it waits, longer each time.
func embedOn(ctx context.Context, store engine.Store, e *engine.Engine, log *slog.Logger) {
	wait, renewed := syncEvery, false
	for {
		n, err := 0, error(nil)
		if !renewed {
			err = renew(ctx, store, e, log)
			renewed = err == nil
		}
		if renewed {
			n, err = e.Sync(ctx, nil)
		}
		switch {
		case err == nil:
			wait = syncEvery
		case ctx.Err() == nil:
			wait = min(2*wait, syncPause)
			log.Warn("embedding stopped", "embedded", n, "retry_in", wait, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// beKnown tells other processes of the data directory where the server is,
// until ctx ends.
func beKnown(ctx context.Context, store engine.Store, self running, log *slog.Logger) {
	data, err := json.Marshal(self)
	if err != nil { // unreachable: two strings
		panic(err)
	}
	name := serverLease + owner()
	for {
		if _, err := store.Lease(ctx, name, name, string(data), time.Now(), knownFor); err != nil && ctx.Err() == nil {
			log.Warn("announce the server", "err", err)
		}
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := store.Release(last, name, name); err != nil {
				log.Warn("withdraw the server", "err", err)
			}
			return
		case <-time.After(knownEvery):
		}
	}
}

// reachable is the host:port by which a process on this machine gets to addr.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil { // unreachable: a TCP address
		return addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// hosts lists the Host headers that mean this server.
func hosts(addr net.Addr) []string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil { // unreachable: a TCP address
		return nil
	}
	return []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("localhost", port), net.JoinHostPort("::1", port)}
}
