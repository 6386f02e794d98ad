package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/builtin/distill"
	"kindred/engine"
	"kindred/engine/eval"
	"kindred/engine/sqlite"
)

// distilling is the flags of distill.
type distilling struct {
	teacher, name string
	papers        int
	seed          uint64
}

func distillCmd(sys env) *cobra.Command {
	var a distilling
	cmd := &cobra.Command{
		Use:   "distill --teacher ollama:MODEL",
		Short: "Make a model of your own, like the builtin one, from your papers and an Ollama model",
		Long: `Make a small static model, which needs no server and embeds thousands of papers a
second, from the papers of the data directory and a model in Ollama, the teacher.

The teacher reads up to --papers papers, spread over the whole corpus. That takes
long; what it has read is kept, and the same command goes on after an interruption.
The model is then fitted to what the teacher said, in minutes, and judged on papers
that it has not seen. Nothing changes until you decide so with the command that is
printed at the end.

It is kept in the folder models of the data directory, which 'kindred backup' does
not copy.`,
		Example: `  kindred distill --teacher ollama:nomic-embed-text
  kindred reembed --embedder distilled:nomic-embed-text`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, sys, func(ctx context.Context, cfg Config, store *sqlite.Store) error {
				return a.do(ctx, cfg, store, sys)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&a.teacher, "teacher", "", "`what` is imitated: ollama:MODEL")
	f.StringVar(&a.name, "name", "", "`name` of the new model (default that of the teacher's)")
	f.IntVar(&a.papers, "papers", 20_000, "at most so `many` papers are read by the teacher")
	f.Uint64Var(&a.seed, "seed", 1, "`number` that decides which papers the model is judged on")
	return cmd
}

// modelName is what a distilled model may be called: it becomes a file name.
var modelName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// modelPath is the file of a distilled model.
func (c Config) modelPath(name string) string {
	return filepath.Join(c.Data, "models", name+builtin.Ext)
}

// openModel opens a distilled model.
func (c Config) openModel(name string) (embed.Embedder, error) {
	e, err := builtin.Open(c.modelPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no model %s in the folder models of the data directory; put %s there, make it with 'kindred distill --name %s', or change to another embedder with 'kindred reembed'",
			embed.ErrUnavailable, name, name+builtin.Ext, name)
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

func (a *distilling) do(ctx context.Context, cfg Config, store *sqlite.Store, sys env) error {
	cfg.Embedder = a.teacher
	kind, model := cfg.embedder()
	if kind != "ollama" || model == "" {
		return usageError{fmt.Errorf("teacher %q: want ollama:MODEL", a.teacher)}
	}
	if a.name == "" {
		a.name = strings.NewReplacer("/", "-", ":", "-").Replace(strings.TrimSuffix(model, ":latest"))
	}
	if !modelName.MatchString(a.name) {
		return usageError{fmt.Errorf("model name %q: want letters, digits and . _ -; give --name", a.name)}
	}
	if a.papers < distill.MinPapers {
		return usageError{fmt.Errorf("--papers %d: want at least %d", a.papers, distill.MinPapers)}
	}
	path := cfg.modelPath(a.name)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return usageError{fmt.Errorf("there is a model %s already (%v): give the new one another --name, or remove %s", a.name, err, path)}
	}
	teacher, err := cfg.newOllama(ctx, model)
	if err != nil {
		return err
	}
	papers, err := a.read(ctx, cfg, store, teacher, sys)
	if err != nil {
		return err
	}
	m := newMeter(sys.stderr, "Fitting", true)
	made, err := distill.Fit(ctx, papers, distill.Options{Name: a.name, Seed: a.seed, Progress: func(step string, done, of int) {
		m.set(int64(done), int64(of), step, int64(done))
	}})
	m.end()
	if err != nil {
		return err
	}
	if err := writeModel(path, made.File); err != nil {
		return err
	}
	own, err := builtin.Open(path)
	if err != nil {
		return err
	}
	fmt.Fprintf(sys.stdout, "Made %s of %s papers: %s\n", path, thousands(int64(made.Fitted)), own.Space().ID())
	return a.judge(ctx, made, teacher, own, sys)
}

// read returns papers with the teacher's vectors: those that the store has in its
// space, and new ones, which are kept in the folder distill.
func (a *distilling) read(ctx context.Context, cfg Config, store *sqlite.Store, teacher embed.Embedder, sys env) ([]distill.Paper, error) {
	keys, err := store.Sample(ctx, a.papers, 0)
	if err != nil {
		return nil, err
	}
	if len(keys) < distill.MinPapers {
		return nil, fmt.Errorf("%s has %d papers; a model cannot be made of fewer than %d: import more", cfg.Data, len(keys), distill.MinPapers)
	}
	stored, err := store.GetPapers(ctx, keys)
	if err != nil {
		return nil, err
	}
	have, err := vectorsIn(ctx, store, teacher.Space())
	if err != nil {
		return nil, err
	}
	var out []distill.Paper // in the order of keys, whoever has their vectors
	var unread []eval.Paper
	var places []int // of unread in out
	for _, k := range keys {
		p, ok := stored[k]
		if !ok { // removed meanwhile
			continue
		}
		if have[k] == nil {
			places = append(places, len(out))
			unread = append(unread, eval.Paper{ID: string(k), Title: p.Title, Abstract: p.Abstract})
		}
		out = append(out, distill.Paper{Title: p.Title, Abstract: p.Abstract, Vector: have[k]})
	}
	m := newMeter(sys.stderr, "The teacher reads", true)
	vectors, err := eval.Vectors(ctx, filepath.Join(cfg.Data, "distill"), teacher, unread, func(done, total int) {
		m.set(int64(done), int64(total), fmt.Sprintf("%s of %s papers", thousands(int64(done)), thousands(int64(total))), int64(done))
	})
	m.end()
	if err != nil {
		return nil, fmt.Errorf("%w\nThe same command goes on from there", err)
	}
	for i, v := range vectors {
		out[places[i]].Vector = v
	}
	// What the teacher cannot read has none.
	return slices.DeleteFunc(out, func(p distill.Paper) bool { return p.Vector == nil }), nil
}

// vectorsIn returns what the store holds in a space, if it knows it.
func vectorsIn(ctx context.Context, store *sqlite.Store, space embed.Space) (map[engine.Key]embed.Vector, error) {
	out := map[engine.Key]embed.Vector{}
	for since := int64(0); ; {
		changes, upTo, err := store.Changes(ctx, space.ID(), since, 5000)
		if errors.Is(err, engine.ErrNotFound) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		for _, c := range changes {
			if c.Vector != nil {
				out[c.Key] = c.Vector
			}
		}
		if since = upTo; len(changes) < 5000 {
			return out, nil
		}
	}
}

// writeModel writes a file that is whole or not there.
func writeModel(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("folder of models: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".making-*")
	if err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	defer os.Remove(f.Name()) // of no effect once it is renamed
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write model %s: %w", path, err)
	}
	return nil
}

// judge compares the teacher, the builtin model and the new one on papers that the
// new one has not seen, and says what to do with it.
func (a *distilling) judge(ctx context.Context, made distill.Result, teacher, own embed.Embedder, sys env) error {
	base, err := builtin.New()
	if err != nil {
		return err
	}
	var whole []embed.Vector // the teacher's
	var both, titles, abstracts []string
	for _, p := range made.Judged {
		whole, both = append(whole, p.Vector), append(both, embed.Join(p.Title, p.Abstract))
		if p.Title != "" && p.Abstract != "" && len(titles) < maxTitles {
			titles, abstracts = append(titles, embed.Join(p.Title, "")), append(abstracts, embed.Join("", p.Abstract))
		}
	}
	fmt.Fprintf(sys.stdout, "On %d papers that it has not seen:\n", len(both))
	w := tabwriter.NewWriter(sys.stdout, 0, 0, 2, ' ', 0)
	near := min(10, len(both)/2)
	fmt.Fprintf(w, "  model\tnearest %d as the teacher's\ta title finds its abstract (mean reciprocal rank)\n", near)
	best, last := 0.0, 0.0 // finds, of the builtin model and of the new one
	for _, m := range []struct {
		name string
		e    embed.Embedder
	}{{"teacher", teacher}, {"builtin", base}, {a.name, own}} {
		vectors := whole
		if m.e != teacher {
			if vectors, err = m.e.Embed(ctx, embed.Document, both); err != nil {
				return err
			}
		}
		agree, err := distill.Agreement(whole, vectors, near)
		if err != nil {
			return err
		}
		finds := "–"
		if len(titles) > 0 {
			t, err := m.e.Embed(ctx, embed.Document, titles)
			if err != nil {
				return err
			}
			x, err := m.e.Embed(ctx, embed.Document, abstracts)
			if err != nil {
				return err
			}
			best, last = last, distill.Finds(t, x)
			finds = fmt.Sprintf("%.3f of %d", last, len(titles))
		}
		fmt.Fprintf(w, "  %s\t%.3f\t%s\n", m.name, agree, finds)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if last <= best {
		fmt.Fprintln(sys.stdout, "Titles find abstracts no better than with the builtin model: keep that, unless you know why you want this one.")
	}
	_, err = fmt.Fprintf(sys.stdout, "Use it with: kindred reembed --embedder distilled:%s\n", a.name)
	return err
}

// maxTitles is how many titles and abstracts the teacher reads to judge the model.
const maxTitles = 200
