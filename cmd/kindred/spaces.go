package main

import (
	"context"
	"fmt"
	"log/slog"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/engine"
	"kindred/engine/sqlite"
)

func reembedCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:   "reembed",
		Short: "Change the embedder: embed all papers again, then switch",
		Long: `Embed all papers with another embedder, newest first, and then switch to it in one
step; running servers follow. Until then the old vectors serve. An interrupted run
goes on where it stopped. The old vectors stay until 'kindred spaces drop'.`,
		Example: "  kindred reembed --embedder ollama:all-minilm\n  kindred reembed --embedder builtin",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, sys, func(ctx context.Context, cfg Config, store *sqlite.Store) error {
				with, err := named(ctx, cfg)
				if err != nil {
					return err
				}
				cfg.Embedder = "auto" // the engine's is the one that serves meanwhile
				e, err := openEngine(ctx, cfg, store, warnings(sys), func(string) {})
				if err != nil {
					return err
				}
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
