package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kindred/engine/importer"
)

func importCmd(sys env) *cobra.Command {
	var format string
	var noEmbed, asJSON bool
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Add papers from a file",
		Long: `Add papers from a file, or from standard input: plain, .gz or .zst.

Formats: jsonl (one {"id","title","abstract","authors","date","categories"} a
line), arxiv (the arXiv metadata snapshot), page (text of a trending-papers page).

Records are stored and embedded side by side, the newest of those that wait first;
both go on where they stopped if they are interrupted and started again. A malformed record is reported and skipped.
Importing a file again changes nothing.`,
		Example: `  kindred import papers.jsonl.gz
  zcat arxiv-metadata-oai-snapshot.json.gz | kindred import --format arxiv -`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return importFile(cmd, sys, args[0], importer.Format(format), !noEmbed, asJSON)
		},
	}
	cmd.Flags().StringVar(&format, "format", "auto", "`what` the file holds: auto, page, jsonl or arxiv")
	cmd.Flags().BoolVar(&noEmbed, "no-embed", false, "return once every record is stored; a server embeds them later")
	jsonFlag(cmd, &asJSON)
	return cmd
}

// maxReported is how many rejected records are reported one by one.
const maxReported = 20

// A summary is what an import did, as --json prints it.
type summary struct {
	Added     int64    `json:"added"`
	Updated   int64    `json:"updated"`
	Unchanged int64    `json:"unchanged"`
	Rejected  int64    `json:"rejected"`
	Embedded  int      `json:"embedded"`
	Failed    int      `json:"cannot_be_embedded"`
	Seconds   float64  `json:"seconds"`
	Errors    []string `json:"errors"`
}

func importFile(cmd *cobra.Command, sys env, name string, format importer.Format, embedToo, asJSON bool) (err error) {
	ctx := cmd.Context()
	if _, err := format.Parser(); err != nil && format != importer.FormatAuto {
		return usageError{err}
	}
	cfg, err := load(cmd, sys)
	if err != nil {
		return err
	}
	in, err := importer.Open(ctx, name, sys.stdin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	store, err := openStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	e, err := openWriter(ctx, cfg, store, warnings(sys), func(line string) { fmt.Fprintln(sys.stderr, line) })
	if err != nil {
		return err
	}

	yield()
	begun := time.Now()
	sum := summary{Errors: []string{}}
	beside := embedBeside(ctx, e, sys, embedToo)
	defer beside.stop()
	bar := newMeter(sys.stderr, "Storing "+in.Name, in.Size > 0)
	progress := func(p importer.Progress) {
		bar.set(p.Read, p.Size, fmt.Sprintf("%s papers%s", thousands(p.Position), beside.detail()), p.Position)
	}
	reject := func(r importer.Rejection) {
		where := fmt.Sprintf("record %d", r.Record)
		if r.Line > 0 {
			where = fmt.Sprintf("line %d", r.Line)
		}
		if len(sum.Errors) < maxReported {
			sum.Errors = append(sum.Errors, plain(fmt.Sprintf("%s: %v", where, r.Err)))
		}
	}
	imp, err := importer.Run(ctx, store, in, importer.Options{Format: format, Progress: progress, Reject: reject})
	bar.end()
	sum.Added, sum.Updated, sum.Unchanged, sum.Rejected = imp.Added, imp.Updated, imp.Unchanged, imp.Rejected
	for _, line := range sum.Errors {
		fmt.Fprintf(sys.stderr, "skipped %s\n", line)
	}
	if more := sum.Rejected - int64(len(sum.Errors)); more > 0 && len(sum.Errors) == maxReported {
		fmt.Fprintf(sys.stderr, "… and %s more\n", thousands(more))
	}
	if err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("%w\n%s papers are stored; the same command goes on from there", err, thousands(imp.Position))
		}
		return err
	}
	if embedToo {
		if sum.Embedded, err = beside.finish(); err != nil {
			return fmt.Errorf("every record is stored, but embedding stopped: %w\nThe same command, or a running server, goes on", err)
		}
		s, err := e.Status(ctx)
		if err != nil {
			return err
		}
		sum.Failed = s.Failed
	}
	sum.Seconds = time.Since(begun).Seconds()
	if asJSON {
		return json.NewEncoder(sys.stdout).Encode(sum)
	}
	parts := []string{}
	for _, p := range []struct {
		n    int64
		what string
	}{{sum.Added, "added"}, {sum.Updated, "updated"}, {sum.Unchanged, "unchanged"}, {sum.Rejected, "rejected"}} {
		parts = append(parts, fmt.Sprintf("%s %s", thousands(p.n), p.what))
	}
	if embedToo {
		parts = append(parts, fmt.Sprintf("%s embedded", thousands(int64(sum.Embedded))))
	}
	if sum.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%s cannot be embedded", thousands(int64(sum.Failed))))
	}
	_, err = fmt.Fprintf(sys.stdout, "%s: %s, in %s\n", in.Name, strings.Join(parts, ", "), time.Since(begun).Round(100*time.Millisecond))
	return err
}
