package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/engine/chromem/bench"
	"kindred/engine/importer"
)

// benching is the flags of bench.
type benching struct {
	n, dim, k, queries, rounds int
	peers                      []string
	papers, python, report     string
	json                       bool
}

func benchCmd(sys env) *cobra.Command {
	var b benching
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the index against others on this machine",
		Long: `Measure the index: the same queries, in turn, to it and to others over the same
vectors, and whether the answers are the same. The vectors are made up, with the
structure of real ones, or those of real papers (--papers, with the builtin
embedder). ratio is the time of a peer over ours; medians.

Peers: ` + strings.Join(bench.Names(), ", ") + `.
chromem is chromem-go's own query, go a plain loop. The others are Python
packages, which 'make bench' installs beside; --python names the interpreter that
has them. faiss-hnsw is approximate, and slow to fill. No data directory is
needed.`,
		Example: `  kindred bench --n 100000 --dim 384 --peers chromem,go
  kindred bench --n 100000 --peers chromem --papers corpus.jsonl.gz --json`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return b.do(cmd.Context(), sys) },
	}
	f := cmd.Flags()
	f.IntVar(&b.n, "n", 100_000, "how `many` vectors")
	f.IntVar(&b.dim, "dim", 384, "`numbers` in a vector, where they are made up")
	f.IntVar(&b.k, "k", 50, "how `many` nearest are asked for")
	f.IntVar(&b.queries, "queries", 20, "how `many` different queries")
	f.IntVar(&b.rounds, "rounds", 3, "how `often` each is asked")
	f.StringSliceVar(&b.peers, "peers", []string{"chromem", "go"}, "`which`, separated by commas")
	f.StringVar(&b.papers, "papers", "", "`file` of papers to embed, instead of made-up vectors")
	f.StringVar(&b.python, "python", "", "the Python `interpreter` (default $KINDRED_BENCH_PYTHON or python3)")
	f.StringVar(&b.report, "report", "", "write JSON to a `file`, whatever is printed")
	jsonFlag(cmd, &b.json)
	f.Lookup("json").Usage = "print JSON"
	cmd.AddCommand(benchPapersCmd(sys), benchSystemCmd(sys))
	return cmd
}

func (b *benching) do(ctx context.Context, sys env) error {
	if b.n < 1 || b.dim < 1 || b.k < 1 || b.k > b.n || b.queries < 1 || b.rounds < 1 {
		return usageError{fmt.Errorf("want n, dim, k, queries and rounds of at least 1, and k at most n")}
	}
	say := func(line string) { fmt.Fprintln(sys.stderr, line) }
	set, err := b.set(ctx, say)
	if err != nil {
		return err
	}
	if b.python == "" {
		b.python = sys.getenv("KINDRED_BENCH_PYTHON")
	}
	r, err := bench.Run(ctx, set, bench.Options{Peers: b.peers, K: b.k, Rounds: b.rounds, Python: b.python, Say: say})
	if err != nil {
		return err
	}
	return reported(sys.stdout, b.report, b.json, r, func() error { return printBench(sys.stdout, r) })
}

// reported writes r as JSON to a file, if one is named, and prints it as JSON or
// as a person wants it.
func reported(w io.Writer, file string, asJSON bool, r any, print func() error) error {
	if file != "" {
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := os.WriteFile(file, append(line, '\n'), 0o644); err != nil {
			return err
		}
	}
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	return print()
}

// set returns the vectors to measure with.
func (b *benching) set(ctx context.Context, say func(string)) (*bench.Set, error) {
	if b.papers == "" {
		say(fmt.Sprintf("making %s vectors of %d dimensions", thousands(int64(b.n)), b.dim))
		return bench.Synthetic(ctx, b.n, b.dim, b.queries, benchSeed)
	}
	e, err := builtin.New()
	if err != nil {
		return nil, err
	}
	say(fmt.Sprintf("embedding %s papers", thousands(int64(b.n))))
	in, err := importer.Open(ctx, b.papers, nil)
	if err != nil {
		return nil, err
	}
	vectors, err := embedSome(ctx, in, e, b.n+b.queries)
	if err := errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("embed papers of %s: %w", b.papers, err)
	}
	if len(vectors) < b.n+b.queries {
		return nil, usageError{fmt.Errorf("%s holds %d papers; want %d, and %d to ask for", b.papers, len(vectors), b.n, b.queries)}
	}
	set := &bench.Set{Name: in.Name + ", builtin", Dim: e.Space().Dim, Queries: vectors[b.n:]}
	for _, v := range vectors[:b.n] {
		set.Rows = append(set.Rows, v...)
	}
	return set, nil
}

// embedSome returns the vectors of the first n papers of in, scaled to norm 1 as
// the index keeps them.
func embedSome(ctx context.Context, in *importer.Input, e embed.Embedder, n int) (out []embed.Vector, err error) {
	var texts []string
	flush := func() error {
		vectors, err := e.Embed(ctx, embed.Document, texts)
		texts = nil
		for _, v := range vectors {
			out = append(out, v.Unit())
		}
		return err
	}
	for p, err := range importer.JSONL(in.Text) {
		if bad := (*importer.LineError)(nil); errors.As(err, &bad) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if texts = append(texts, p.Text()); len(out)+len(texts) == n {
			break
		}
		if len(texts) == 1000 {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return out, flush()
}

// printBench writes a report for a person.
func printBench(w io.Writer, r bench.Report) error {
	m := r.Machine
	fmt.Fprintf(w, "%s vectors of %d dimensions (%s), the nearest %d\n", thousands(int64(r.N)), r.Dim, r.Vectors, r.K)
	fmt.Fprintf(w, "%s, %d cores, %s, %s, %s\n\n", m.CPU, m.Cores, m.Vector, m.OS, m.Go)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tms\tCPU ms\t× ours\t× CPU\tfill s\tanswers\t")
	fmt.Fprintf(t, "kindred\t%.3f\t%.3f\t1\t1\t%.1f\t\t\n", r.MedianMS, r.CPUMS, r.FillS)
	for _, p := range r.Peers {
		answers := "identical"
		switch {
		case !p.Exact:
			answers = fmt.Sprintf("recall %.3f", p.Recall)
		case !p.Identical:
			answers = "DIFFERENT"
		case p.Ties > 0:
			answers = fmt.Sprintf("identical, %d near ties", p.Ties)
		}
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.1f\t%.1f\t%.1f\t%s\t\n", p.Name, p.MedianMS, p.CPUMS, p.Ratio, p.CPURatio, p.FillS, answers)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nour index against itself:")
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\tms\tCPU ms\t÷ one query\tCPU ÷ one query\t")
	for _, s := range r.Shapes {
		fmt.Fprintf(t, "%s\t%.3f\t%.3f\t%.2f\t%.2f\t\n", s.Name, s.MedianMS, s.CPUMS, s.Ratio, s.CPURatio)
	}
	return t.Flush()
}
