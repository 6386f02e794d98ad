package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"kindred/engine"
)

func likeCmd(sys env) *cobra.Command {
	return actCmd(sys, engine.Like, "likes", "Liked", "Like papers: the feed brings more of the kind")
}

func dislikeCmd(sys env) *cobra.Command {
	return actCmd(sys, engine.Dislike, "dislikes", "Disliked", "Not interested: the feed brings less of the kind")
}

func hideCmd(sys env) *cobra.Command {
	return actCmd(sys, engine.Hide, "hidden", "Hidden", "Never show these papers; says nothing of others")
}

func saveCmd(sys env) *cobra.Command {
	return actCmd(sys, engine.Save, "saved", "Saved", "Put papers on the reading list")
}

// actCmd is the command that does act to papers. It writes to the store, and a
// running server follows.
func actCmd(sys env, act engine.Act, route, done, short string) *cobra.Command {
	var at string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     string(act) + " ID|URL...",
		Short:   short,
		Example: fmt.Sprintf("  kindred %s arxiv:2503.11731\n  kindred %s https://huggingface.co/papers/2503.11731 --at 2025-03-20T12:00:00Z", act, act),
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, c, err := dial(cmd, sys, records)
			if err != nil {
				return err
			}
			defer c.Close()
			var body any
			if at != "" {
				when, err := time.Parse(time.RFC3339, at)
				if err != nil {
					return usageError{fmt.Errorf("--at %q: want a time such as 2025-03-20T12:00:00Z", at)}
				}
				body = map[string]any{"at": when}
			}
			for _, id := range args {
				var raw json.RawMessage
				if err := c.do(cmd.Context(), "PUT", "/v1/users/"+cfg.User+"/"+route+"/"+url.PathEscape(id), body, &raw); err != nil {
					return err
				}
				var answer struct{ Paper paper }
				if err := json.Unmarshal(raw, &answer); err != nil {
					return fmt.Errorf("answer: %w", err)
				}
				if asJSON {
					fmt.Fprintf(sys.stdout, "%s\n", raw)
				} else {
					fmt.Fprintf(sys.stdout, "%s: %s\n", done, plain(answer.Paper.Title))
				}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "`when` it counts from (default now)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func undoCmd(sys env) *cobra.Command {
	return &cobra.Command{
		Use:     "undo [ID|URL]",
		Short:   "Take back the last like, dislike, hide or save",
		Long:    "Take back the newest like, dislike, hide or save that stands: of all papers, or of\none. Nothing is erased: the log of what you did gets one more line.",
		Example: "  kindred undo\n  kindred undo arxiv:2503.11731",
		Args:    usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := load(cmd, sys)
			if err != nil {
				return err
			}
			return withEngine(cmd, sys, func(e *engine.Engine) error {
				id := ""
				if len(args) == 1 {
					id = args[0]
				}
				m, err := e.UndoLast(cmd.Context(), cfg.User, id)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(sys.stdout, "Undone: %s %s\n", m.Act, m.Key)
				return err
			})
		},
	}
}

func likesCmd(sys env) *cobra.Command {
	var a asking
	var kind, cursor string
	cmd := &cobra.Command{
		Use:   "likes",
		Short: "What you liked, newest first",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, c, err := dial(cmd, sys, records)
			if err != nil {
				return err
			}
			defer c.Close()
			q := url.Values{"limit": {strconv.Itoa(a.limit)}, "kind": {kind}}
			if cursor != "" {
				q.Set("cursor", cursor)
			}
			var raw json.RawMessage
			if err := c.get(cmd.Context(), "/v1/users/"+cfg.User+"/likes", q, &raw); err != nil {
				return err
			}
			if a.json {
				_, err := fmt.Fprintf(sys.stdout, "%s\n", raw)
				return err
			}
			var marks struct {
				Items []struct {
					Paper paper
					At    time.Time
				}
				Next string
			}
			if err := json.Unmarshal(raw, &marks); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			if len(marks.Items) == 0 {
				fmt.Fprintf(sys.stdout, "Nothing yet. 'kindred %s ID' adds to this list.\n", kind)
			}
			for _, m := range marks.Items {
				fmt.Fprintf(sys.stdout, "%s  %s\n            %s\n", m.At.Format(time.DateOnly), plain(m.Paper.Title), m.Paper.ID)
			}
			if marks.Next != "" {
				fmt.Fprintf(sys.stdout, "\nMore: --cursor %s\n", marks.Next)
			}
			return nil
		},
	}
	a.flags(cmd)
	cmd.Flags().StringVar(&kind, "kind", "like", "`what` you did: like, dislike, hide or save")
	cmd.Flags().StringVar(&cursor, "cursor", "", "the `next` of the page before")
	return cmd
}
