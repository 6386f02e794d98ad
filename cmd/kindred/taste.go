package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kindred/engine"
)

// told is an interest as the API answers it.
type told struct {
	ID, Name      string
	Terms         []string
	Muted         bool
	Weight, Share float64
	Likes         int
	Papers        []paper
}

func interestsCmd(sys env) *cobra.Command {
	var asJSON, mute, unmute bool
	var name string
	var weight float64
	cmd := &cobra.Command{
		Use:   "interests [ID]",
		Short: "What your likes are about; name, mute or weigh one",
		Long: `What your likes are about: likes grouped by meaning, the weightiest first. With an
ID, what the flags say is recorded of that one. Each is a feed of its own, too:
kindred feed --interest ID.`,
		Example: "  kindred interests\n  kindred interests 9f86d08188 --name Speech\n  kindred interests 9f86d08188 --mute",
		Args:    usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			change := map[string]any{}
			if cmd.Flags().Changed("name") {
				change["name"] = name
			}
			if cmd.Flags().Changed("weight") {
				change["weight"] = weight
			}
			switch {
			case mute && unmute:
				return usageError{fmt.Errorf("--mute and --unmute: which?")}
			case mute || unmute:
				change["muted"] = mute
			}
			if (len(args) == 1) != (len(change) > 0) {
				return usageError{fmt.Errorf("give an ID together with --name, --mute, --unmute or --weight, or neither")}
			}
			cfg, c, err := dial(cmd, sys, answers)
			if err != nil {
				return err
			}
			defer c.Close()
			var raw json.RawMessage
			path := "/v1/users/" + cfg.User + "/interests"
			var all struct{ Items []told }
			if len(args) == 1 {
				if err := c.do(cmd.Context(), http.MethodPatch, path+"/"+url.PathEscape(args[0]), change, &raw); err != nil {
					return err
				}
				all.Items = make([]told, 1)
				err = json.Unmarshal(raw, &all.Items[0])
			} else {
				if err := c.do(cmd.Context(), http.MethodGet, path, nil, &raw); err != nil {
					return err
				}
				err = json.Unmarshal(raw, &all)
			}
			switch {
			case err != nil:
				return fmt.Errorf("answer: %w", err)
			case asJSON:
				_, err = fmt.Fprintf(sys.stdout, "%s\n", raw)
				return err
			case len(all.Items) == 0:
				_, err = fmt.Fprintln(sys.stdout, "Nothing yet: like a few papers.")
				return err
			}
			tab := tabwriter.NewWriter(sys.stdout, 0, 0, 2, ' ', 0)
			for _, x := range all.Items {
				state := ""
				if x.Muted {
					state = "muted"
				} else if x.Weight != 1 {
					state = fmt.Sprintf("weight %g", x.Weight)
				}
				fmt.Fprintf(tab, "%s\t%3.0f %%\t%d liked\t%s\t%s\n", x.ID, 100*x.Share, x.Likes, plain(x.Name), state)
			}
			return tab.Flush()
		},
	}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "what to call it; empty goes back to its words")
	f.BoolVar(&mute, "mute", false, "leave its likes and papers out of the feed")
	f.BoolVar(&unmute, "unmute", false, "take --mute back")
	f.Float64Var(&weight, "weight", 1, "what its likes count: `times`, from 0.1 to 10")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func explainCmd(sys env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "explain ID|URL",
		Short: "Why a paper is where it is in your feed",
		Long: `Why a paper is where it is in your feed: every like, word and adjustment that makes
its score, which is their sum; and for the likes that count most, the rank that the
paper would have without them.`,
		Example: "  kindred explain arxiv:2503.11731",
		Args:    usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, c, err := dial(cmd, sys, answers)
			if err != nil {
				return err
			}
			defer c.Close()
			var raw json.RawMessage
			if err := c.do(cmd.Context(), "GET", "/v1/users/"+cfg.User+"/feed/"+url.PathEscape(args[0])+"/explain", nil, &raw); err != nil {
				return err
			}
			if asJSON {
				_, err := fmt.Fprintf(sys.stdout, "%s\n", raw)
				return err
			}
			var x struct {
				Paper      paper
				Score      float64
				Confidence *float64
				Rank       *int
				Of         int
				Reasons    []struct {
					Type, Text   string
					Paper        *paper
					Contribution float64
				}
				Without []struct {
					Paper paper
					Rank  *int
				}
			}
			if err := json.Unmarshal(raw, &x); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			rank := func(n *int) string {
				if n == nil {
					return "none of the first"
				}
				return fmt.Sprintf("rank %d", *n)
			}
			var b strings.Builder
			fmt.Fprintf(&b, "%s\nscore %.3f, %s of %d by relevance\n\n", plain(x.Paper.Title), x.Score, rank(x.Rank), x.Of)
			const most = 15
			rest, n := 0.0, 0
			for i, r := range x.Reasons {
				if i >= most && r.Contribution > 0 || i >= 2*most {
					rest += r.Contribution
					n++
					continue
				}
				what := r.Type
				switch {
				case r.Paper != nil:
					what += " " + short(plain(r.Paper.Title))
				case r.Text != "":
					what += " " + plain(r.Text)
				}
				fmt.Fprintf(&b, "  %+.4f  %s\n", r.Contribution, what)
			}
			if n > 0 {
				fmt.Fprintf(&b, "  %+.4f  %d more\n", rest, n)
			}
			for _, w := range x.Without {
				fmt.Fprintf(&b, "\nwithout %s: %s", short(plain(w.Paper.Title)), rank(w.Rank))
			}
			b.WriteString("\n")
			_, err = fmt.Fprint(sys.stdout, b.String())
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func followCmd(sys env) *cobra.Command {
	return subjectCmd(sys, engine.Follow, "Followed", "Follow an author, a keyword or a category: its papers come in and rise")
}

func muteCmd(sys env) *cobra.Command {
	return subjectCmd(sys, engine.Mute, "Muted", "Leave papers of an author, a keyword or a category out of the feed")
}

func subjectCmd(sys env, act engine.Act, done, short string) *cobra.Command {
	var asJSON, undo bool
	cmd := &cobra.Command{
		Use:     string(act) + " [author:NAME|keyword:WORDS|category:NAME]...",
		Short:   short,
		Long:    short + ".\nWithout an argument, lists what you follow and mute.",
		Example: fmt.Sprintf("  kindred %s 'author:Ada Lovelace' keyword:'speech separation' category:cs.SD\n  kindred %s --undo category:cs.SD", act, act),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, c, err := dial(cmd, sys, records)
			if err != nil {
				return err
			}
			defer c.Close()
			path := "/v1/users/" + cfg.User + "/subjects"
			for _, subject := range args {
				if undo {
					if err := c.do(cmd.Context(), "DELETE", path+"?"+url.Values{"subject": {subject}}.Encode(), nil, nil); err != nil {
						return err
					}
					continue
				}
				var raw json.RawMessage
				if err := c.do(cmd.Context(), "PUT", path, map[string]any{"subject": subject, "act": act}, &raw); err != nil {
					return err
				}
				if asJSON {
					fmt.Fprintf(sys.stdout, "%s\n", raw)
				} else {
					fmt.Fprintf(sys.stdout, "%s: %s\n", done, plain(subject))
				}
			}
			if len(args) > 0 {
				return nil
			}
			var raw json.RawMessage
			if err := c.do(cmd.Context(), "GET", path, nil, &raw); err != nil {
				return err
			}
			if asJSON {
				_, err := fmt.Fprintf(sys.stdout, "%s\n", raw)
				return err
			}
			var all struct {
				Items []struct{ Subject, Act string }
			}
			if err := json.Unmarshal(raw, &all); err != nil {
				return fmt.Errorf("answer: %w", err)
			}
			for _, x := range all.Items {
				fmt.Fprintf(sys.stdout, "%-6s  %s\n", x.Act, plain(x.Subject))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&undo, "undo", false, "follow or mute it no more")
	jsonFlag(cmd, &asJSON)
	return cmd
}
