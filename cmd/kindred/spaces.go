package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/ollama"
	"kindred/engine"
	"kindred/engine/sqlite"
)

func reembedCmd(sys env) *cobra.Command {
	var pull bool
	cmd := &cobra.Command{
		Use:   "reembed",
		Short: "Change the embedder: embed all papers again, then switch",
		Long: `Embed all papers with another embedder, newest first, and then switch to it in one
step; running servers follow. Until then the old vectors serve. An interrupted run
goes on where it stopped. The old vectors stay until 'kindred spaces drop'.

--dim keeps the first numbers of each vector, of a model trained for that: smaller
and quicker to search.`,
		Example: `  kindred reembed --embedder ollama:all-minilm
  kindred reembed --embedder ollama:nomic-embed-text --dim 256 --pull
  kindred reembed --embedder builtin`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, sys, func(ctx context.Context, cfg Config, store *sqlite.Store) error {
				if pull {
					if err := pullModel(ctx, cfg, sys); err != nil {
						return err
					}
				}
				with, err := named(ctx, cfg)
				if err != nil {
					return err
				}
				cfg.Embedder, cfg.Dim = "auto", "" // the engine's is the one that serves meanwhile
				e, err := openWriter(ctx, cfg, store, warnings(sys), func(string) {})
				if err != nil {
					return err
				}
				yield()
				bar := newMeter(sys.stderr, "Embedding", true)
				var top int64
				err = fillAndSwitch(ctx, store, e, with, func(_, left int) {
					top = max(top, int64(left))
					bar.set(top-int64(left), top, fmt.Sprintf("%s of %s papers", thousands(top-int64(left)), thousands(top)), top-int64(left))
				})
				bar.end()
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(sys.stdout, "Serving %s now.\n", with.Space().ID())
				return err
			})
		},
	}
	cmd.Flags().BoolVar(&pull, "pull", false, "first let Ollama download the model that --embedder names")
	return cmd
}

// pullModel lets Ollama download the model that --embedder names.
func pullModel(ctx context.Context, c Config, sys env) error {
	kind, model := c.embedder()
	if kind != "ollama" {
		return usageError{errors.New("--pull needs --embedder ollama:MODEL")}
	}
	o, err := c.ollama(model)
	if err != nil {
		return usageError{err}
	}
	bar := newMeter(sys.stderr, "Downloading "+model, true)
	defer bar.end()
	return ollama.Pull(ctx, o, func(part string, done, total int64) {
		bar.set(done, total, part, done)
	})
}

// fillAndSwitch embeds every paper in the space of with, then makes that the
// active one. If another process is filling the same space, it waits for it.
func fillAndSwitch(ctx context.Context, store engine.Store, e *engine.Engine, with embed.Embedder, progress func(done, left int)) error {
	id := with.Space().ID()
	for {
		if _, err := e.Fill(ctx, with, progress); err != nil {
			return fmt.Errorf("fill %s: %w\nThe same command goes on from there", id, err)
		}
		c, err := store.Counts(ctx, id)
		if err != nil {
			return err
		}
		if c.Pending == c.Failed {
			return store.SetActive(ctx, id)
		}
		progress(0, c.Pending-c.Failed)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// renew embeds everything again if the data directory was filled by the builtin
// model of another release. The old vectors serve until that is done.
func renew(ctx context.Context, store engine.Store, e *engine.Engine, log *slog.Logger) error {
	with, err := builtin.New()
	if err != nil {
		return err
	}
	all, active, err := store.Spaces(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.ID() == active && s.Embedder == "builtin" && s != with.Space() {
			log.Info("the builtin model is a new one; embedding all papers again", "from", active, "to", with.Space().ID())
			return fillAndSwitch(ctx, store, e, with, func(int, int) {})
		}
	}
	return nil
}

func spacesCmd(sys env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "spaces",
		Short: "The embedding spaces that the papers have vectors in",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, sys, func(ctx context.Context, _ Config, store *sqlite.Store) error {
				all, active, err := store.Spaces(ctx)
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(sys.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "SPACE\tEMBEDDED\tWAITING\tSTATE")
				for _, s := range all {
					c, err := store.Counts(ctx, s.ID())
					if err != nil {
						return err
					}
					state := "kept"
					if s.ID() == active {
						state = "serving"
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.ID(), thousands(int64(c.Embedded)), thousands(int64(c.Pending)), state)
				}
				return w.Flush()
			})
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "drop SPACE",
		Short: "Delete the vectors of a space that does not serve",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, sys, func(ctx context.Context, _ Config, store *sqlite.Store) error {
				if err := store.DropSpace(ctx, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(sys.stdout, "Dropped: %s\n", args[0])
				return err
			})
		},
	})
	return cmd
}
