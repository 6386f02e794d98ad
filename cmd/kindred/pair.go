package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kindred/engine"
	"kindred/engine/sqlite"
)

// pairEvery is how often pair looks whether its code was used.
const pairEvery = 250 * time.Millisecond

func pairCmd(sys env) *cobra.Command {
	var asJSON, noWait bool
	cmd := &cobra.Command{
		Use:   "pair",
		Short: "Show the code that connects the browser extension",
		Long: `Show a code to type into the browser extension, which gets a token for it: it may
read, and record what you like, and nothing else. The code is good for two
minutes and for one extension; a new one replaces it, and five wrong ones close
it. Waits until one of these has happened, and says which.

'kindred token list' shows the extension, 'kindred token revoke' ends its access.`,
		Example: `  kindred pair
  kindred pair --user alice --no-wait`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, sys, func(ctx context.Context, cfg Config, store *sqlite.Store) error {
				e, err := openWriter(ctx, cfg, store, warnings(sys), func(string) {})
				if err != nil {
					return err
				}
				code, p, err := e.StartPairing(ctx, cfg.User)
				if err != nil {
					return err
				}
				if err := showCode(sys.stdout, asJSON, code, p); err != nil {
					return err
				}
				if c := findServer(ctx, store); c != nil {
					fmt.Fprintf(sys.stderr, "Type it into the Kindred extension, which asks the server at %s.\n", c.base)
				} else {
					fmt.Fprintln(sys.stderr, "No server is running: start it with 'kindred serve', then type the code into the Kindred extension.")
				}
				if noWait {
					return nil
				}
				t, err := awaitPairing(ctx, e, p)
				if err != nil {
					return err
				}
				return showPaired(sys.stdout, asJSON, t)
			})
		},
	}
	cmd.Flags().BoolVar(&noWait, "no-wait", false, "do not wait until the code was used")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON: an object with the code, then one with the token")
	return cmd
}

func showCode(w io.Writer, asJSON bool, code string, p engine.Pairing) error {
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{"code": code, "user": p.User, "expires": p.Expires})
	}
	_, err := fmt.Fprintf(w, "%s   for %s, until %s\n", code, p.User, p.Expires.Local().Format(time.TimeOnly))
	return err
}

func showPaired(w io.Writer, asJSON bool, t engine.Token) error {
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{"token": t.ID, "user": t.User, "name": t.Name, "origin": t.Origin, "scopes": t.Scopes})
	}
	_, err := fmt.Fprintf(w, "Paired: %s, token %s\n", plain(t.Name), t.ID)
	return err
}

// awaitPairing waits until the code p was traded, and returns the token. That
// nothing came of the code is an error.
func awaitPairing(ctx context.Context, e *engine.Engine, p engine.Pairing) (engine.Token, error) {
	for {
		now, err := e.Pairing(ctx, p.User)
		switch {
		case err != nil:
			return engine.Token{}, err
		case now.Hash != p.Hash:
			return engine.Token{}, fmt.Errorf("a newer code for %s has replaced this one", p.User)
		case now.Token != "":
			return tokenOf(ctx, e, now.Token)
		case now.Expires.Before(p.Expires):
			return engine.Token{}, fmt.Errorf("%w were tried, so this one is closed; run pair again", engine.ErrTries)
		case !time.Now().Before(p.Expires):
			return engine.Token{}, fmt.Errorf("the code was not used and has expired; run pair again")
		}
		select {
		case <-ctx.Done():
			return engine.Token{}, fmt.Errorf("stopped waiting; the code is good until %s: %w", p.Expires.Local().Format(time.TimeOnly), ctx.Err())
		case <-time.After(pairEvery):
		}
	}
}

func tokenOf(ctx context.Context, e *engine.Engine, id string) (engine.Token, error) {
	tokens, err := e.Tokens(ctx)
	if err != nil {
		return engine.Token{}, err
	}
	for _, t := range tokens {
		if t.ID == id {
			return t, nil
		}
	}
	return engine.Token{}, fmt.Errorf("token %s: %w", id, engine.ErrNotFound)
}
