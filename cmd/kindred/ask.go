package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"kindred/engine"
)

// asking is the flags of every question.
type asking struct {
	limit int
	json  bool
}

func (a *asking) flags(cmd *cobra.Command) {
	cmd.Flags().IntVarP(&a.limit, "limit", "n", 10, "how many papers, 1 to 200")
	jsonFlag(cmd, &a.json)
}

func jsonFlag(cmd *cobra.Command, to *bool) {
	cmd.Flags().BoolVar(to, "json", false, "print the API's JSON instead")
}

func (a *asking) query() url.Values { return url.Values{"limit": {strconv.Itoa(a.limit)}} }

func searchCmd(sys env) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:     "search QUERY...",
		Short:   "Papers by title, id or meaning",
		Example: "  kindred search learning to solve differential equations",
		Args:    usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := a.query()
			q.Set("q", strings.Join(args, " "))
			return ask(cmd, sys, a.json, "GET", "/v1/search?"+q.Encode(), nil)
		},
	}
	a.flags(cmd)
	return cmd
}

func similarCmd(sys env) *cobra.Command {
	var a asking
	cmd := &cobra.Command{
		Use:   "similar ID|URL|TEXT...",
		Short: "Papers like a paper or a text",
		Long: `Papers like a stored paper, named by any of its ids or by the URL of its page, or
like a text. "-" reads the text from standard input.`,
		Example: `  kindred similar arxiv:2503.11731
  kindred similar https://arxiv.org/abs/2503.11731v2
  kindred similar "speech separation on small devices"`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			what := strings.Join(args, " ")
			if what == "-" {
				text, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), 1<<20))
				if err != nil {
					return fmt.Errorf("read standard input: %w", err)
				}
				what = string(text)
			} else if id, _, err := engine.ParseID(what); err == nil {
				return ask(cmd, sys, a.json, "GET", "/v1/papers/"+url.PathEscape(string(id))+"/similar?"+a.query().Encode(), nil)
			}
			return ask(cmd, sys, a.json, "POST", "/v1/similar", map[string]any{"text": what, "limit": a.limit})
		},
	}
	a.flags(cmd)
	return cmd
}

func feedCmd(sys env) *cobra.Command {
	var a asking
	q := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "feed",
		Short: "What to read next, and why",
		Long: `What to read next, by what you like; newest first until you like something.
Papers you liked, disliked or hid never come back.`,
		Example: `  kindred feed -n 20
  kindred feed --category cs.SD --since 2025
  kindred feed --cursor NEXT        the page after`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd, sys)
			if err != nil {
				return err
			}
			v := a.query()
			for name, value := range q {
				if *value != "" {
					v.Set(name, *value)
				}
			}
			return ask(cmd, sys, a.json, "GET", "/v1/users/"+url.PathEscape(cfg.User)+"/feed?"+v.Encode(), nil)
		},
	}
	a.flags(cmd)
	for name, help := range map[string]string{
		"category": "papers of this `category`, such as cs.LG", "since": "papers from this `date` on: 2025, 2025-03 or 2025-03-14",
		"unseen": "papers seen on earlier days: `only` leaves them out, prefer lets them sink, off does nothing", "cursor": "the `next` of the page before",
		"interest": "only this one of kindred interests counts: its `id`", "preset": "how it is composed: `focused`, balanced or adventurous",
		"diversity": "`0 to 1`: how much nearness to papers before it counts against a paper", "novelty": "`0 to 1`: how much nearness to liked papers does",
		"explore": "`0 to 0.5`: share of places for papers that your likes say little of", "freshness": "`0 to 1`: how far new papers are ahead",
	} {
		q[name] = cmd.Flags().String(name, "", help)
	}
	return cmd
}

// ask sends one question and prints the list it is answered with.
func ask(cmd *cobra.Command, sys env, asJSON bool, method, path string, body any) (err error) {
	_, c, err := dial(cmd, sys, answers)
	if err != nil {
		return err
	}
	defer c.Close()
	var raw json.RawMessage
	if err := c.do(cmd.Context(), method, path, body, &raw); err != nil {
		return err
	}
	if asJSON {
		_, err := fmt.Fprintf(sys.stdout, "%s\n", raw)
		return err
	}
	var l list
	if err := json.Unmarshal(raw, &l); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return l.print(sys.stdout)
}
