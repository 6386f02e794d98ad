package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/ollama"
	"kindred/engine"
	"kindred/engine/chromem"
	"kindred/engine/lexicon"
	"kindred/engine/sqlite"
)

// What is in a data directory. Index and lexicon can be deleted at any time.
const (
	storeFile  = "kindred.db"
	indexDir   = "index"
	lexiconDir = "lexicon"
)

func storePath(c Config) string { return filepath.Join(c.Data, storeFile) }

// openStore opens the store of the data directory, making both if needed.
func openStore(ctx context.Context, c Config) (*sqlite.Store, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	return sqlite.Open(ctx, storePath(c), sqlite.Options{})
}

// openEngine makes an engine over the store, with what the files of the data
// directory hold of its index and lexicon. say gets one line when the embedder had to
// be chosen.
func openEngine(ctx context.Context, c Config, store engine.Store, log *slog.Logger, say func(string)) (*engine.Engine, error) {
	e, err := chooseEmbedder(ctx, c, store, say)
	if err != nil {
		return nil, err
	}
	index := func(ctx context.Context, s embed.Space) (engine.Index, error) {
		return chromem.Open(ctx, s, filepath.Join(c.Data, indexDir), store, log)
	}
	o := engine.Options{Store: store, Embedder: e, Log: log, Owner: owner()}
	words := make(chan error, 1)
	go func() { // of a million papers each takes a second
		var err error
		o.Lexicon, err = lexicon.Open(ctx, filepath.Join(c.Data, lexiconDir), store, log)
		words <- err
	}()
	o.Index, err = index(ctx, e.Space())
	if err := errors.Join(err, <-words); err != nil {
		return nil, err
	}
	o.Open = func(ctx context.Context, s embed.Space) (engine.Index, embed.Embedder, error) {
		index, err := index(ctx, s)
		return index, embedderOf(c, s), err
	}
	return engine.New(ctx, o)
}

// openWriter makes an engine over the store that is asked nothing: its index is empty.
func openWriter(ctx context.Context, c Config, store engine.Store, log *slog.Logger, say func(string)) (*engine.Engine, error) {
	e, err := chooseEmbedder(ctx, c, store, say)
	if err != nil {
		return nil, err
	}
	index, err := chromem.New(e.Space())
	if err != nil {
		return nil, err
	}
	return engine.New(ctx, engine.Options{Store: store, Index: index, Embedder: e, Log: log, Owner: owner()})
}

// owner names this process in leases.
func owner() string {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	return fmt.Sprintf("%s/%d/%s", host, os.Getpid(), rand.Text()[:8])
}

// chooseEmbedder returns the embedder of the space that the data directory
// remembers, or chooses one for a directory that holds no vectors yet: what
// c.Embedder says; for "auto" Ollama if it answers and already has the default
// model, else the builtin one. Nothing is downloaded.
func chooseEmbedder(ctx context.Context, c Config, store engine.Store, say func(string)) (embed.Embedder, error) {
	spaces, active, err := store.Spaces(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range spaces {
		if s.ID() != active {
			continue
		}
		counts, err := store.Counts(ctx, active)
		if err != nil {
			return nil, err
		}
		if counts.Embedded > 0 {
			return remembered(c, s)
		}
	}
	e, err := wanted(ctx, c, say)
	if err != nil {
		return nil, err
	}
	return embedderOf(c, e.Space()), activate(ctx, store, e.Space())
}

func activate(ctx context.Context, store engine.Store, s embed.Space) error {
	if err := store.PutSpace(ctx, s); err != nil {
		return err
	}
	return store.SetActive(ctx, s.ID())
}

// remembered returns the embedder of the space that a data directory was
// filled with. Another one may not be asked for: its vectors would not compare.
func remembered(c Config, s embed.Space) (embed.Embedder, error) {
	kind, model, _ := strings.Cut(c.Embedder, ":") // a model that is not named may be any
	if kind != "auto" && kind != s.Embedder || model != "" && !sameModel(model, s.Model) {
		return nil, usageError{fmt.Errorf("%s was filled with the embedder %s:%s, whose vectors cannot be compared with those of %s.\n"+
			"Leave --embedder out, or fill it again: kindred reembed --embedder %s", c.Data, s.Embedder, s.Model, c.Embedder, c.Embedder)}
	}
	if c.Dim != "" && c.Dim != strconv.Itoa(s.Dim) {
		return nil, usageError{fmt.Errorf("%s was filled with vectors of %d dimensions.\n"+
			"Leave --dim out, or fill it again: kindred reembed --embedder ollama:MODEL --dim %s", c.Data, s.Dim, c.Dim)}
	}
	return embedderOf(c, s), nil
}

// embedderOf returns the embedder of a space. It connects when it is needed,
// and refuses then if the model is another one by now.
func embedderOf(c Config, s embed.Space) *embed.Lazy {
	return &embed.Lazy{Want: s, Connect: func(ctx context.Context) (embed.Embedder, error) { return c.reach(ctx, s) }}
}

// sameModel compares two names of Ollama models, ":latest" being the default.
func sameModel(a, b string) bool {
	return strings.TrimSuffix(a, ":latest") == strings.TrimSuffix(b, ":latest")
}

// named returns the embedder that --embedder names outright.
func named(ctx context.Context, c Config) (embed.Embedder, error) {
	switch kind, model := c.embedder(); kind {
	case "builtin":
		if c.Dim != "" {
			return nil, errDim
		}
		return builtin.New()
	case "distilled":
		if c.Dim != "" {
			return nil, errDim
		}
		return c.openModel(model)
	case "ollama":
		return c.newOllama(ctx, model)
	}
	return nil, usageError{errors.New("embed with what? --embedder builtin, ollama:MODEL, or distilled:NAME")}
}

var errDim = usageError{errors.New("--dim is for models that were trained for it: --embedder ollama:MODEL, such as ollama:nomic-embed-text")}

// wanted returns the embedder that the settings ask for.
func wanted(ctx context.Context, c Config, say func(string)) (embed.Embedder, error) {
	kind, model := c.embedder()
	if kind != "auto" {
		return named(ctx, c)
	}
	if c.Dim != "" {
		return nil, errDim
	}
	state, err := ollama.Probe(ctx, c.Ollama, model)
	if state == ollama.Ready && err == nil {
		e, err := c.newOllama(ctx, model)
		if err == nil {
			say(fmt.Sprintf("Embedding with %s by Ollama (--embedder builtin uses the built-in model instead).", model))
			return e, nil
		}
	}
	why := "no Ollama answers at " + c.Ollama
	if state == ollama.Missing {
		why = fmt.Sprintf("Ollama has no %s; 'ollama pull %s' gets it", model, model)
	}
	say(fmt.Sprintf("Embedding with the built-in model (%s; 'kindred reembed --embedder ollama:%s' changes to Ollama).", why, model))
	return builtin.New()
}
