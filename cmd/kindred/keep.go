package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"runtime/debug"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/ollama"
	"kindred/engine"
	"kindred/engine/sqlite"
)

// withStore runs f with the store of the data directory.
func withStore(cmd *cobra.Command, sys env, f func(context.Context, Config, *sqlite.Store) error) (err error) {
	cfg, err := load(cmd, sys)
	if err != nil {
		return err
	}
	store, err := openStore(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return f(cmd.Context(), cfg, store)
}

// withEngine runs f with an engine over the store that has no index loaded.
func withEngine(cmd *cobra.Command, sys env, f func(*engine.Engine) error) error {
	return withStore(cmd, sys, func(ctx context.Context, cfg Config, store *sqlite.Store) error {
		e, err := openWriter(ctx, cfg, store, warnings(sys), func(string) {})
		if err != nil {
			return err
		}
		return f(e)
	})
}

// warnings is the log of commands that end: what a person should know.
func warnings(sys env) *slog.Logger {
	return slog.New(slog.NewTextHandler(sys.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func removeCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ID|URL...",
		Short: "Remove papers from the corpus",
		Long:  "Remove papers and their vectors. What you did to them is kept, and counts again if\nthey are imported again.",
		Args:  usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, c, err := dial(cmd, sys, records)
			if err != nil {
				return err
			}
			defer c.Close()
			for _, id := range args {
				if err := c.do(cmd.Context(), "DELETE", "/v1/papers/"+url.PathEscape(id), nil, nil); err != nil {
					return err
				}
				fmt.Fprintf(sys.stdout, "Removed: %s\n", id)
			}
			return nil
		},
	}
}

func statusCmd(sys env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "How much there is, and what is going on",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, c, sick, err := dialStatus(cmd, sys)
			if err != nil {
				return err
			}
			defer c.Close()
			var raw json.RawMessage
			if err := c.get(cmd.Context(), "/v1/status", nil, &raw); err != nil {
				return err
			}
			if asJSON {
				_, err := fmt.Fprintf(sys.stdout, "%s\n", raw)
				return err
			}
			var s struct {
				Papers, Embedded, Pending int64
				Space                     string
				Embedder                  struct{ Name, State, Hint string }
				Jobs                      []struct {
					Kind        string
					Done, Total int64
					Rate, ETA   float64
					Error       string
				}
			}
			if err := json.Unmarshal(raw, &s); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			if sick != nil {
				s.Embedder.State, s.Embedder.Hint = "unavailable:", plain(sick.Error())
			}
			w := tabwriter.NewWriter(sys.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintf(w, "data\t%s\n", cfg.Data)
			server := "not running"
			if c.secret != "" {
				server = c.base
			}
			fmt.Fprintf(w, "server\t%s\n", server)
			fmt.Fprintf(w, "papers\t%s, %s embedded, %s waiting\n", thousands(s.Papers), thousands(s.Embedded), thousands(s.Pending))
			fmt.Fprintf(w, "embedder\t%s, %s\n", s.Embedder.Name, strings.TrimSpace(s.Embedder.State+" "+s.Embedder.Hint))
			fmt.Fprintf(w, "space\t%s\n", s.Space)
			for _, j := range s.Jobs {
				line := fmt.Sprintf("%s of %s", thousands(j.Done), thousands(j.Total))
				if j.Rate > 0 {
					line += fmt.Sprintf(", %.3g/s", j.Rate)
				}
				if eta := span(j.ETA); eta != "" {
					line += ", " + eta + " left"
				}
				if j.Error != "" {
					line += ": " + j.Error
				}
				fmt.Fprintf(w, "%s\t%s\n", j.Kind, line)
			}
			return w.Flush()
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// dialStatus is dial, but loads no index of its own if no server runs; sick is
// then why texts cannot be embedded.
func dialStatus(cmd *cobra.Command, sys env) (cfg Config, c *client, sick, err error) {
	if cfg, err = load(cmd, sys); err != nil {
		return cfg, nil, nil, err
	}
	ctx := cmd.Context()
	store, err := openStore(ctx, cfg)
	if err != nil {
		return cfg, nil, nil, err
	}
	if c := findServer(ctx, store); c != nil {
		c.close = store.Close
		return cfg, c, nil, nil
	}
	all, active, err := store.Spaces(ctx)
	if err := errors.Join(err, store.Close()); err != nil {
		return cfg, nil, nil, err
	}
	for _, s := range all {
		if s.ID() == active {
			sick = canEmbed(ctx, cfg, s)
		}
	}
	cfg, c, err = dial(cmd, sys, records)
	return cfg, c, sick, err
}

// canEmbed returns why texts cannot be embedded in a space now; nil if they can.
func canEmbed(ctx context.Context, c Config, s embed.Space) error {
	if s.Embedder == "ollama" { // tells within a second that nobody is there
		if state, err := ollama.Probe(ctx, c.Ollama, s.Model); state != ollama.Ready {
			return err
		}
	}
	return embedderOf(c, s).Check(ctx)
}

func tokenCmd(sys env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Tokens, with which programs act for a user",
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(tokenCreateCmd(sys), tokenListCmd(sys), tokenRevokeCmd(sys))
	return cmd
}

func tokenCreateCmd(sys env) *cobra.Command {
	var name string
	var scopes []string
	var ttl time.Duration
	cmd := &cobra.Command{
		Use:     "create",
		Short:   "Make a token; its secret is shown once",
		Example: `  kindred token create --user alice --name "reading machine" --scope read,write`,
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd, sys)
			if err != nil {
				return err
			}
			return withEngine(cmd, sys, func(e *engine.Engine) error {
				secret, t, err := e.CreateToken(cmd.Context(), cfg.User, name, scopes, ttl)
				if err != nil {
					return err
				}
				fmt.Fprintf(sys.stderr, "Token %s of %s (%s). Keep the secret; it is not shown again:\n", t.ID, t.User, strings.Join(t.Scopes, ", "))
				_, err = fmt.Fprintln(sys.stdout, secret)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what it is `for`")
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{engine.ScopeRead, engine.ScopeWrite}, "`what` it may do: read, events, write, admin")
	cmd.Flags().DurationVar(&ttl, "expires", 0, "how `long` it lives, such as 720h (default for ever)")
	return cmd
}

func tokenListCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List tokens, with the browser extension that one is good for alone",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withEngine(cmd, sys, func(e *engine.Engine) error {
				tokens, err := e.Tokens(cmd.Context())
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(sys.stdout, 0, 0, 2, ' ', 0)
				fmt.Fprintln(w, "ID\tUSER\tSCOPES\tCREATED\tLAST USED\tSTATE\tNAME\tONLY FROM")
				for _, t := range tokens {
					state := "good"
					if !t.Revoked.IsZero() {
						state = "revoked"
					} else if !t.Expires.IsZero() && time.Now().After(t.Expires) {
						state = "expired"
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.ID, t.User, strings.Join(t.Scopes, ","), day(t.Created), day(t.LastUsed), state, plain(t.Name), t.Origin)
				}
				return w.Flush()
			})
		},
	}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}

func tokenRevokeCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a token for ever",
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withEngine(cmd, sys, func(e *engine.Engine) error {
				if err := e.RevokeToken(cmd.Context(), args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(sys.stdout, "Revoked: %s\n", args[0])
				return err
			})
		},
	}
}

func backupCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:     "backup FILE",
		Short:   "Write a verified copy of everything to a new file",
		Long:    "Write a complete, verified copy of the store to a new file. The server may be\nrunning. An existing file is not overwritten.",
		Example: "  kindred backup kindred-$(date +%F).db",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withStore(cmd, sys, func(ctx context.Context, _ Config, s *sqlite.Store) error {
				if err := s.Backup(ctx, args[0]); err != nil {
					return err
				}
				_, err := fmt.Fprintf(sys.stdout, "Backed up to %s\n", args[0])
				return err
			})
		},
	}
}

func restoreCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:     "restore FILE",
		Short:   "Begin a data directory from a backup",
		Long:    "Verify a backup and make it the store of the data directory, which must not hold\npapers yet.",
		Example: "  kindred restore kindred-2026-11-23.db --data ~/elsewhere",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd, sys)
			if err != nil {
				return err
			}
			if err := sqlite.Restore(cmd.Context(), args[0], storePath(cfg)); err != nil {
				return err
			}
			_, err = fmt.Fprintf(sys.stdout, "Restored %s to %s\n", args[0], cfg.Data)
			return err
		},
	}
}

func versionCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(sys.stdout, "kindred %s\n", version())
			return err
		},
	}
}

// release is the version of the next release; see CHANGELOG.md.
const release = "0.1.0"

// version is the release, with the commit where the build recorded it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return release + "+" + s.Value[:12]
			}
		}
	}
	return release
}
