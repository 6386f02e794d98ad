package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/engine/chromem"
	"kindred/engine/eval"
	"kindred/engine/lexicon"
)

// evaluating is the flags of eval.
type evaluating struct {
	bench, cache, run string
	all, json         bool
	strategies        []string
}

// evalSeed is that of the bootstrap.
const evalSeed = 20261125

func evalCmd(sys env) *cobra.Command {
	var a evaluating
	var names, tune, strategies strings.Builder
	for _, s := range eval.Strategies {
		fmt.Fprintf(&strategies, "  %-20s %s\n", s.Name, s.Doc)
	}
	for _, p := range eval.Protocols() {
		to := &names
		if p.Tune {
			to = &tune
		}
		fmt.Fprintf(to, "  %-20s %s\n", p.Name, p.Doc)
	}
	cmd := &cobra.Command{
		Use:   "eval [PROTOCOL...]",
		Short: "Measure how good recommendations are, on data with known answers",
		Long: `Measure how good recommendations are, on data with known answers. --bench names
the folder of the data; see its README.md for what each protocol means. No data
directory is needed. The embedder is the one of --embedder, builtin by default;
its vectors are kept, so that only the first run takes long, and an interrupted
one goes on.

Protocols:
` + names.String() + `
To choose settings on, never to report:
` + tune.String() + `
Strategies:
` + strategies.String() + `
Every figure comes with its 95 % interval (bootstrap over users). With two
--strategy the second is compared with the first, paired by user.

'kindred eval me' measures on your own likes instead.`,
		Example: `  kindred eval csfcube --bench ../shared/data
  kindred eval --all --bench ../shared/data --json
  kindred eval csfcube authorfeed --bench ../shared/data --embedder ollama:all-minilm
  kindred eval authorfeed --bench ../shared/data --run ranking.tsv`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.do(cmd, sys, args) },
	}
	cmd.AddCommand(evalMeCmd(sys, new(evaluating)))
	f := cmd.Flags()
	f.StringVar(&a.bench, "bench", "", "`folder` of the data")
	f.StringVar(&a.run, "run", "", "write the ranking to a `file`: user, paper, score, tab-separated; for one protocol")
	f.BoolVar(&a.all, "all", false, "every protocol")
	a.commonFlags(cmd, []string{eval.Strategies[0].Name}, "how to rank; may be given twice")
	return cmd
}

// commonFlags adds what eval and eval me share.
func (a *evaluating) commonFlags(cmd *cobra.Command, strategies []string, help string) {
	f := cmd.Flags()
	f.StringVar(&a.cache, "cache", "", "`folder` where vectors are kept (default kindred/eval in the user's cache folder)")
	f.StringArrayVar(&a.strategies, "strategy", strategies, help)
	jsonFlag(cmd, &a.json)
	f.Lookup("json").Usage = "print JSON"
}

// A measured is one line of the report, and of its JSON.
type measured struct {
	Protocol string                     `json:"protocol"`
	Users    int                        `json:"users"`
	Metrics  map[string]eval.Estimate   `json:"metrics"`
	Millis   float64                    `json:"ms_per_ranking"`
	Config   config                     `json:"config"`
	Versus   string                     `json:"versus,omitempty"`
	Diff     map[string]eval.Difference `json:"difference,omitempty"`

	outcome eval.Outcome
}

type config struct {
	Strategy string `json:"strategy"`
	Space    string `json:"space"`
}

func (c config) String() string { return c.Strategy + " by " + c.Space }

func (a *evaluating) do(cmd *cobra.Command, sys env, args []string) error {
	protocols, err := a.protocols(args)
	if err != nil {
		return err
	}
	cfg, err := load(cmd, sys)
	if err != nil {
		return err
	}
	if kind, _ := cfg.embedder(); kind == "auto" {
		cfg.Embedder = "builtin"
	}
	e, err := named(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	var all []measured
	for _, p := range protocols {
		ms, err := a.measure(cmd.Context(), sys, p, e)
		if err != nil {
			return err
		}
		all = append(all, ms...)
		if !a.json {
			if err := tell(sys.stdout, ms); err != nil {
				return err
			}
		}
	}
	if a.json {
		out := json.NewEncoder(sys.stdout)
		out.SetIndent("", "  ")
		return out.Encode(all)
	}
	return nil
}

// protocols returns those that are named, or all that are not for tuning.
func (a *evaluating) protocols(args []string) ([]eval.Protocol, error) {
	switch {
	case a.bench == "":
		return nil, usageError{errors.New("where is the data? --bench DIR, a folder laid out like its README.md says")}
	case a.all == (len(args) > 0):
		return nil, usageError{errors.New("name protocols, or --all")}
	case a.run != "" && (a.all || len(args) > 1 || len(a.strategies) > 1):
		return nil, usageError{errors.New("--run writes the ranking of one protocol and one strategy")}
	case len(a.strategies) > 2:
		return nil, usageError{errors.New("at most two --strategy can be compared")}
	}
	if err := a.checkStrategies(); err != nil {
		return nil, err
	}
	var out []eval.Protocol
	known := eval.Protocols()
	for _, name := range args {
		at := slices.IndexFunc(known, func(p eval.Protocol) bool { return p.Name == name })
		if at < 0 {
			return nil, usageError{fmt.Errorf("protocol %q: there is none of that name; kindred eval --help lists them", name)}
		}
		out = append(out, known[at])
	}
	if a.all {
		out = slices.DeleteFunc(known, func(p eval.Protocol) bool { return p.Tune })
	}
	return out, nil
}

func (a *evaluating) checkStrategies() error {
	for _, name := range a.strategies {
		if !slices.ContainsFunc(eval.Strategies, func(s eval.Strategy) bool { return s.Name == name }) {
			return usageError{fmt.Errorf("strategy %q: there is none of that name; kindred eval --help lists them", name)}
		}
	}
	return nil
}

// cacheDir returns the folder where vectors are kept.
func (a *evaluating) cacheDir() (string, error) {
	if a.cache != "" {
		return a.cache, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", usageError{fmt.Errorf("no folder to keep vectors in: %w; give --cache", err)}
	}
	return filepath.Join(base, "kindred", "eval"), nil
}

// measure runs every strategy on a protocol.
func (a *evaluating) measure(ctx context.Context, sys env, p eval.Protocol, e embed.Embedder) ([]measured, error) {
	task, err := p.Load(a.bench)
	if err != nil {
		return nil, err
	}
	dir, err := a.cacheDir()
	if err != nil {
		return nil, err
	}
	m := newMeter(sys.stderr, p.Name+": embedding", true)
	vectors, err := eval.Vectors(ctx, dir, e, task.Papers, func(done, total int) {
		m.set(int64(done), int64(total), fmt.Sprintf("%s of %s papers", thousands(int64(done)), thousands(int64(total))), int64(done))
	})
	m.end()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	var out []measured
	for _, strategy := range a.strategies {
		m := newMeter(sys.stderr, p.Name+": ranking", true)
		o := eval.Options{Progress: func(done, total int) {
			m.set(int64(done), int64(total), fmt.Sprintf("%s of %s", thousands(int64(done)), thousands(int64(total))), int64(done))
		}}
		finish := func() error { return nil }
		if a.run != "" {
			if o.Each, finish, err = writeRun(a.run, task); err != nil {
				return nil, err
			}
		}
		ranker, err := rankerOf(task, vectors, e.Space(), strategy)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		outcome, err := eval.Run(ctx, task, ranker, o)
		m.end()
		if err := errors.Join(err, finish()); err != nil {
			return nil, err
		}
		x := measured{Protocol: p.Name, Users: outcome.Users(), Metrics: outcome.Estimates(evalSeed), outcome: outcome,
			Millis: float64(outcome.PerCase.Microseconds()) / 1000, Config: config{strategy, e.Space().ID()}}
		if len(out) > 0 {
			x.Versus, x.Diff = a.strategies[0], outcome.Compare(out[0].outcome, evalSeed)
		}
		out = append(out, x)
	}
	return out, nil
}

// rankerOf returns what ranks the cases of a task.
func rankerOf(t eval.Task, vectors []embed.Vector, space embed.Space, strategy string) (eval.Ranker, error) {
	if strategy == "mean" {
		return eval.MeanDense{Vectors: vectors}, nil
	}
	index, err := chromem.New(space)
	if err != nil {
		return nil, err
	}
	return eval.NewEngine(t, vectors, index, lexicon.New(), strategy)
}

// writeRun returns what writes each ranking to a new file, and what closes it.
func writeRun(name string, t eval.Task) (each func(eval.Case, []eval.Scored) error, finish func() error, err error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, err
	}
	out := bufio.NewWriter(f)
	each = func(c eval.Case, ranking []eval.Scored) error {
		for _, s := range ranking {
			if _, err := fmt.Fprintf(out, "%s\t%s\t%.9g\n", c.User, t.Papers[s.Paper].ID, s.Score); err != nil {
				return err
			}
		}
		return nil
	}
	return each, func() error { return errors.Join(out.Flush(), f.Close()) }, nil
}

// tell prints what was measured on one protocol.
func tell(w io.Writer, ms []measured) error {
	first := ms[0]
	if _, err := fmt.Fprintf(w, "%s: %s users, %.1f ms for a ranking, %s\n", first.Protocol, thousands(int64(first.Users)), first.Millis, first.Config.Space); err != nil {
		return err
	}
	tab := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range ms {
		for _, name := range m.outcome.Metrics() {
			x := m.Metrics[name]
			fmt.Fprintf(tab, "  %s\t%s\t%.4f\t%.4f – %.4f", m.Config.Strategy, name, x.Value, x.Low, x.High)
			if d, ok := m.Diff[name]; ok {
				fmt.Fprintf(tab, "\t%+.4f (%+.4f – %+.4f) to %s, p %.3f", d.Value, d.Low, d.High, m.Versus, d.P)
			}
			fmt.Fprintln(tab)
		}
	}
	return tab.Flush()
}
