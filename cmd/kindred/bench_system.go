package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kindred/engine"
)

// A systemReport is what the whole program does with N papers. Times are medians
// in milliseconds, of requests over HTTP by one client unless the name says
// otherwise.
type systemReport struct {
	N           int     `json:"n"`
	ImportS     float64 `json:"import_s"`        // import and embedding, in seconds
	ImportCPUS  float64 `json:"import_cpu_s"`    // what it used of all processors
	ImportRate  float64 `json:"import_per_s"`    // papers
	AgainRate   float64 `json:"again_per_s"`     // papers, the same file once more: all of them known
	Users       int     `json:"users"`           // that like five papers each
	FirstStartS float64 `json:"first_start_s"`   // from the start of the process until it is ready, after the import
	StartS      float64 `json:"start_s"`         // the same again: from files
	ChromemS    float64 `json:"chromem_start_s"` // chromem-go opening as many files of its own, with --chromem; else 0
	StoreMB     float64 `json:"store_mb"`        // the file, in millions of bytes
	AnonMB      float64 `json:"anonymous_mb"`    // memory of the idle server that is no file's; 0 if unknown
	IndexMS     float64 `json:"index_ms"`        // the index alone, one query for 10 papers
	SimilarMS   float64 `json:"similar_ms"`      // similar?limit=10
	FeedMS      float64 `json:"feed_ms"`         // the first page of a feed after 200 likes, right after one more
	AgainMS     float64 `json:"feed_again_ms"`   // the same page once more
	FewMS       float64 `json:"feed_few_ms"`     // of a user with five
	LatestMS    float64 `json:"latest_ms"`       //
	StatusMS    float64 `json:"status_ms"`       //
	SearchMS    float64 `json:"search_ms"`       //
	LikeMS      float64 `json:"like_ms"`         // synced to disk
	ByIDMS      float64 `json:"paper_ms"`        // a paper by its id
	Clients     int     `json:"clients"`         // of the following
	Rate        float64 `json:"similar_per_s"`   // similar?limit=10, all clients together
	P50MS       float64 `json:"similar_p50_ms"`
	P99MS       float64 `json:"similar_p99_ms"`
	IdleP99MS   float64 `json:"idle_p99_ms"`        // similar?limit=10, one client
	BusyP99MS   float64 `json:"busy_p99_ms"`        // the same while another process imports and embeds
	BusyP50MS   float64 `json:"busy_p50_ms"`        //
	OverIndex   float64 `json:"similar_over_index"` // SimilarMS ÷ IndexMS
	FeedOver    float64 `json:"feed_over_similar"`  // FeedMS ÷ SimilarMS
	AgainOver   float64 `json:"again_over_similar"` // AgainMS ÷ SimilarMS
	// In one process, without reading the store: similar papers, 20 of them; the first
	// page of a feed after 200 likes ÷ that, with a known profile, and right after a like.
	EngineSimilarMS float64 `json:"engine_similar_ms"`
	EngineFeedOver  float64 `json:"engine_feed_over_similar"`
	EngineLikedOver float64 `json:"engine_feed_after_like_over_similar"`
	RateOver        float64 `json:"rate_over_index_rate"` // Rate × IndexMS
}

// benchingSystem is the flags of bench system.
type benchingSystem struct {
	n, clients int
	users      int
	from       []string
	keep       string
	chromem    bool
	report     string
	json       bool
}

func benchSystemCmd(sys env) *cobra.Command {
	var b benchingSystem
	cmd := &cobra.Command{
		Use:   "system",
		Short: "Measure import, start, memory and answers of the whole program",
		Long: `Measure the whole program, in processes of its own: import made papers (see
'kindred bench papers') with the builtin embedder, start a server, ask it. The
index is asked in turn with the server, in another process.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return b.do(cmd.Context(), sys) },
	}
	f := cmd.Flags()
	f.IntVar(&b.n, "n", 10_000, "how `many` papers")
	f.IntVar(&b.clients, "clients", 64, "how `many` ask at once for the throughput")
	f.IntVar(&b.users, "users", 10_000, "how `many` users like something")
	f.StringArrayVar(&b.from, "from", nil, "`file` of real papers; may be given more than once (default the sample papers)")
	f.StringVar(&b.keep, "keep", "", "`folder` for papers and data directory, which stay; what is there is used again, and its import not measured")
	f.BoolVar(&b.chromem, "chromem", false, "also how long chromem-go takes to open the same vectors from its own files, one each")
	f.StringVar(&b.report, "report", "", "write JSON to a `file`, whatever is printed")
	jsonFlag(cmd, &b.json)
	f.Lookup("json").Usage = "print JSON"
	return cmd
}

func (b *benchingSystem) do(ctx context.Context, sys env) (err error) {
	if b.n < 1000 || b.clients < 1 || b.users < 1 {
		return usageError{errors.New("want at least 1,000 papers, 1 client and 1 user")}
	}
	dir := b.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "kindred-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	templates, err := readTemplates(ctx, b.from)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "papers.jsonl")
	if err := keepPapers(ctx, file, templates, b.n); err != nil {
		return err
	}
	r := systemReport{N: b.n, Clients: b.clients, Users: b.users}
	p, err := newChild(filepath.Join(dir, "data"), sys.stderr)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(p.data, storeFile)); err != nil { // else it was imported before
		begun := time.Now()
		cpu, err := p.run(ctx, "import", file)
		if err != nil {
			return err
		}
		r.ImportS, r.ImportCPUS = time.Since(begun).Seconds(), cpu.Seconds()
		r.ImportRate = float64(b.n) / r.ImportS
	}
	begun := time.Now()
	if _, err := p.run(ctx, "import", file); err != nil {
		return err
	}
	r.AgainRate = float64(b.n) / time.Since(begun).Seconds()
	info, err := os.Stat(filepath.Join(p.data, storeFile))
	if err != nil {
		return err
	}
	r.StoreMB = float64(info.Size()) / 1e6
	if err := p.populate(ctx, templates, b.n, b.users); err != nil {
		return err
	}
	if err := p.ask(ctx, templates, &r); err != nil {
		return err
	}
	if err := p.engine(ctx, templates, &r); err != nil {
		return err
	}
	if b.chromem {
		if r.ChromemS, err = p.chromem(ctx, templates, b.n); err != nil {
			return err
		}
	}
	return reported(sys.stdout, b.report, b.json, r, func() error { return printSystem(sys.stdout, r) })
}

// keepPapers writes n made papers to a file, unless it is there.
func keepPapers(ctx context.Context, name string, templates []engine.Paper, n int) error {
	if _, err := os.Stat(name); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.Create(name + ".part")
	if err != nil {
		return err
	}
	if err := errors.Join(writePapers(ctx, f, templates, n, false), f.Close()); err != nil {
		return err
	}
	return os.Rename(name+".part", name)
}

// printSystem writes a report for a person: the names of its JSON, a line each.
func printSystem(w io.Writer, r systemReport) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for field := range strings.SplitSeq(strings.Trim(string(line), "{}"), ",") {
		name, value, _ := strings.Cut(field, ":")
		fmt.Fprintf(t, "%s\t%s\n", strings.Trim(name, `"`), strings.Trim(value, `"`))
	}
	return t.Flush()
}
