package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/engine"
	"kindred/engine/eval"
	"kindred/engine/sqlite"
)

// leastLikes is with how many likes eval me begins to say anything.
const leastLikes = 6

func evalMeCmd(sys env, a *evaluating) *cobra.Command {
	var last int
	cmd := &cobra.Command{
		Use:   "me",
		Short: "Measure which setting serves you best, by your own likes",
		Long: `Replay your own likes through time: before each, what would have been recommended
from those before it, and at which rank was the paper that you liked? recall@10 is
the share of likes that were in the first ten.

Every strategy is tried with the embedder that serves, with others whose vectors
are kept ('kindred spaces'), with the builtin one, and with the one of --embedder,
which embeds your corpus for it; nothing is changed. All are compared with the
first, paired by like. With few likes the intervals are wide, and mean it.`,
		Example: `  kindred eval me
  kindred eval me --strategy kindred --embedder ollama:nomic-embed-text
  kindred eval me --last 50 --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.checkStrategies(); err != nil {
				return err
			}
			if last < 1 {
				return usageError{fmt.Errorf("--last %d: want at least 1", last)}
			}
			if len(a.strategies) == 0 {
				for _, s := range eval.Strategies {
					a.strategies = append(a.strategies, s.Name)
				}
			}
			return withStore(cmd, sys, func(ctx context.Context, cfg Config, store *sqlite.Store) error {
				return a.me(ctx, cfg, store, sys, last)
			})
		},
	}
	f := cmd.Flags()
	f.IntVar(&last, "last", 200, "replay the last `n` likes")
	a.commonFlags(cmd, nil, "how to rank; may be given again and again (default all)")
	return cmd
}

// A placed space is one in which the likes are replayed.
type placed struct {
	space   embed.Space
	vectors []embed.Vector
}

func (a *evaluating) me(ctx context.Context, cfg Config, store *sqlite.Store, sys env, last int) error {
	task, err := replayOf(ctx, store, cfg.User, last)
	if err != nil {
		return err
	}
	spaces, err := a.spacesFor(ctx, cfg, store, task.Papers, sys)
	if err != nil {
		return err
	}
	var all []measured
	var outcomes []eval.Outcome
	for _, s := range spaces {
		for _, strategy := range a.strategies {
			m := newMeter(sys.stderr, fmt.Sprintf("%s by %s", strategy, s.space.ID()), true)
			ranker, err := rankerOf(task, s.vectors, s.space, strategy)
			if err != nil {
				return err
			}
			outcome, err := eval.Run(ctx, task, ranker, eval.Options{Progress: func(done, total int) {
				m.set(int64(done), int64(total), fmt.Sprintf("%d of %d likes", done, total), int64(done))
			}})
			m.end()
			if err != nil {
				return err
			}
			x := measured{Protocol: task.Protocol, Users: outcome.Users(), Metrics: outcome.Estimates(evalSeed), outcome: outcome,
				Millis: float64(outcome.PerCase.Microseconds()) / 1000, Config: config{strategy, s.space.ID()}}
			if len(all) > 0 {
				x.Versus, x.Diff = all[0].Config.String(), outcome.Compare(all[0].outcome, evalSeed)
			}
			all, outcomes = append(all, x), append(outcomes, outcome)
		}
	}
	if a.json {
		out := json.NewEncoder(sys.stdout)
		out.SetIndent("", "  ")
		return out.Encode(all)
	}
	return tellMe(sys, len(task.Papers), all, eval.Better(outcomes, "mrr", evalSeed))
}

// replayOf makes the task of a user's standing likes and the papers that are stored.
func replayOf(ctx context.Context, store *sqlite.Store, user string, last int) (eval.Task, error) {
	log, err := store.Log(ctx, user, 0, 0)
	if err != nil {
		return eval.Task{}, err
	}
	papers := map[engine.Key]engine.TextChange{}
	for since := int64(0); ; {
		changes, upTo, err := store.Texts(ctx, since, 5000)
		if err != nil {
			return eval.Task{}, err
		}
		for _, c := range changes {
			papers[c.Key] = c
			if c.Gone {
				delete(papers, c.Key)
			}
		}
		if since = upTo; len(changes) < 5000 {
			break
		}
	}
	place := map[engine.Key]int{}
	var all []eval.Paper
	for _, k := range slices.Sorted(maps.Keys(papers)) {
		p := papers[k]
		place[k] = len(all)
		all = append(all, eval.Paper{ID: string(k), Title: p.Title, Abstract: p.Abstract, Date: p.Published.Time()})
	}
	marks := slices.SortedFunc(maps.Values(engine.Standing(log).Opinion), func(a, b engine.Mark) int { return cmp.Compare(a.Change, b.Change) })
	var likes []eval.Liking
	for _, m := range marks {
		if at, ok := place[m.Key]; ok && m.Act == engine.Like {
			likes = append(likes, eval.Liking{Paper: at, At: m.At})
		}
	}
	if len(likes) < leastLikes {
		return eval.Task{}, fmt.Errorf("%s has %d likes of papers that are stored: from %d on they can be replayed. Like more, or bring those you have with 'kindred import'", user, len(likes), leastLikes)
	}
	return eval.Replay(all, likes, last), nil
}

// spacesFor returns the spaces to compare, that which serves first.
func (a *evaluating) spacesFor(ctx context.Context, cfg Config, store *sqlite.Store, papers []eval.Paper, sys env) ([]placed, error) {
	recorded, active, err := store.Spaces(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(recorded, func(x, y embed.Space) int {
		first := func(s embed.Space) int {
			if s.ID() == active {
				return 0
			}
			return 1
		}
		return cmp.Compare(first(x), first(y))
	})
	var out []placed
	have := func(id string) bool {
		return slices.ContainsFunc(out, func(p placed) bool { return p.space.ID() == id })
	}
	for _, s := range recorded {
		counts, err := store.Counts(ctx, s.ID())
		if err != nil {
			return nil, err
		}
		if counts.Pending > counts.Failed || counts.Embedded == 0 {
			if s.ID() == active {
				return nil, fmt.Errorf("%d papers are not embedded yet by %s: 'kindred status' says how long it takes", counts.Pending-counts.Failed, s.ID())
			}
			continue // half filled
		}
		stored, err := vectorsIn(ctx, store, s)
		if err != nil {
			return nil, err
		}
		p := placed{s, make([]embed.Vector, len(papers))}
		for i, paper := range papers {
			p.vectors[i] = stored[engine.Key(paper.ID)]
		}
		out = append(out, p)
	}
	add := func(e embed.Embedder) error {
		if have(e.Space().ID()) {
			return nil
		}
		dir, err := a.cacheDir()
		if err != nil {
			return err
		}
		m := newMeter(sys.stderr, "Embedding by "+e.Space().ID(), true)
		vectors, err := eval.Vectors(ctx, dir, e, papers, func(done, total int) {
			m.set(int64(done), int64(total), fmt.Sprintf("%s of %s papers", thousands(int64(done)), thousands(int64(total))), int64(done))
		})
		m.end()
		out = append(out, placed{e.Space(), vectors})
		return err
	}
	own, err := builtin.New()
	if err != nil {
		return nil, err
	}
	if err := add(own); err != nil {
		return nil, err
	}
	if kind, _ := cfg.embedder(); kind != "auto" {
		e, err := named(ctx, cfg)
		if err != nil {
			return nil, err
		}
		if err := add(e); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, errors.New("no paper is stored yet: 'kindred import' brings some")
	}
	return out, nil
}

// tellMe prints the table, and what follows from it.
func tellMe(sys env, papers int, all []measured, better int) error {
	fmt.Fprintf(sys.stdout, "The last %d of your likes, each found among %s papers from those before it:\n\n", all[0].Users, thousands(int64(papers)))
	tab := tabwriter.NewWriter(sys.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tab, "  embedder\tstrategy\trecall@10\trecall@100\tMRR (95 % interval)\tto the first")
	for _, m := range all {
		r := m.Metrics["mrr"]
		fmt.Fprintf(tab, "  %s\t%s\t%.3f\t%.3f\t%.3f (%.3f – %.3f)\t", m.Config.Space, m.Config.Strategy, m.Metrics["recall@10"].Value, m.Metrics["recall@100"].Value, r.Value, r.Low, r.High)
		if d, ok := m.Diff["mrr"]; ok {
			fmt.Fprintf(tab, "%+.3f, p %.3f", d.Value, d.P)
		}
		fmt.Fprintln(tab)
	}
	if err := tab.Flush(); err != nil {
		return err
	}
	verdict := "None is surely better for you than the first, which serves you now."
	if c := all[better].Config; better > 0 {
		verdict = fmt.Sprintf("Surely better for you than the first: %s.", c)
		if c.Space != all[0].Config.Space {
			verdict += " Change to it with 'kindred reembed'."
		}
	}
	_, err := fmt.Fprintf(sys.stdout, "\n%s\n", verdict)
	return err
}
