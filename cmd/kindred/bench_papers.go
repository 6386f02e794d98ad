package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kindred/engine"
	"kindred/engine/importer"
	"kindred/testdata"
)

// maxTemplates bounds the memory that makes papers: about 2 KB each.
const maxTemplates = 50_000

// benchSeed is that of everything bench makes up.
const benchSeed = 20261126

func benchPapersCmd(sys env) *cobra.Command {
	var n int
	var from []string
	var shuffled bool
	cmd := &cobra.Command{
		Use:   "papers",
		Short: "Write any number of papers, made of real ones, as arXiv's snapshot has them",
		Long: `Write papers to standard output in the format of arXiv's metadata snapshot: real
ones with some of their words and a sentence taken from another, under ids and
dates of their own. The same command writes the same papers.`,
		Example: `  kindred bench papers --n 1000000 --from corpus.jsonl.gz | kindred import -`,
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 1 {
				return usageError{fmt.Errorf("--n %d: want at least 1", n)}
			}
			templates, err := readTemplates(cmd.Context(), from)
			if err != nil {
				return err
			}
			return writePapers(cmd.Context(), sys.stdout, templates, n, shuffled)
		},
	}
	cmd.Flags().IntVar(&n, "n", 10_000, "how `many`")
	cmd.Flags().StringArrayVar(&from, "from", nil, "`file` of real papers; may be given more than once (default the sample papers)")
	cmd.Flags().BoolVar(&shuffled, "shuffled", false, "in no order; else by id, as arXiv's are")
	return cmd
}

// readTemplates returns real papers with abstracts: those of the files, at most
// maxTemplates, or the sample papers if no file is given.
func readTemplates(ctx context.Context, files []string) ([]engine.Paper, error) {
	var out []engine.Paper
	take := func(papers iter.Seq2[engine.Paper, error]) error {
		for p, err := range papers {
			if bad := (*importer.LineError)(nil); errors.As(err, &bad) {
				continue
			}
			if err != nil {
				return err
			}
			if len(p.Abstract) < 200 {
				continue
			}
			if out = append(out, p); len(out) == maxTemplates {
				break
			}
		}
		return nil
	}
	for _, name := range files {
		in, err := importer.Open(ctx, name, nil)
		if err != nil {
			return nil, err
		}
		if err := errors.Join(take(importer.JSONL(in.Text)), in.Close()); err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
	}
	if len(files) == 0 {
		if err := take(importer.Page(strings.NewReader(testdata.SamplePage))); err != nil {
			return nil, fmt.Errorf("sample papers: %w", err)
		}
	}
	if len(out) == 0 {
		return nil, usageError{errors.New("no paper with an abstract of 200 bytes in the files")}
	}
	return out, nil
}

// A snapshotLine is a line of arXiv's metadata snapshot, as importer.ArXiv
// reads it.
type snapshotLine struct {
	ID            string            `json:"id"`
	Title         string            `json:"title"`
	Abstract      string            `json:"abstract"`
	AuthorsParsed [][]string        `json:"authors_parsed"`
	Categories    string            `json:"categories"`
	Versions      []snapshotVersion `json:"versions"`
	UpdateDate    string            `json:"update_date"`
}

type snapshotVersion struct {
	Version string `json:"version"`
	Created string `json:"created"`
}

// writePapers writes n papers made of templates, a line each.
func writePapers(ctx context.Context, w io.Writer, templates []engine.Paper, n int, shuffled bool) error {
	out := bufio.NewWriterSize(w, 1<<20)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	step := 1
	if shuffled { // a step without a common divisor goes through all
		for step = n*5/8 + 1; gcd(step, n) != 1; step++ {
		}
	}
	for i, at := 0, 0; i < n; i, at = i+1, (at+step)%n {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := enc.Encode(madePaper(templates, at, n)); err != nil {
			return fmt.Errorf("write paper %d: %w", i, err)
		}
	}
	return out.Flush()
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// The months of arXiv's ids of today that made papers are spread over.
const (
	firstMonth = 2015*12 + 0  // January 2015, the first of five digits
	lastMonth  = 2026*12 + 10 // November 2026
)

const months = lastMonth - firstMonth + 1

// perMonth is how many of n made papers each month has; the last has what is left.
func perMonth(n int) int { return (n + months - 1) / months }

// madePaper returns paper i of n, in the order of ids.
func madePaper(templates []engine.Paper, i, n int) snapshotLine {
	return madeOf(templates, i/perMonth(n), i%perMonth(n))
}

// madeOf returns paper number i, from 0, of a month, from 0. It depends on nothing
// else.
func madeOf(templates []engine.Paper, of, i int) snapshotLine {
	month, number := firstMonth+of, i*months+of
	r := rand.New(rand.NewPCG(benchSeed, uint64(number)))
	day := time.Date(month/12, time.Month(month%12+1), 1+i%28, 12, 0, 0, 0, time.UTC)
	p, other := templates[number%len(templates)], templates[r.IntN(len(templates))]
	line := snapshotLine{
		ID:         fmt.Sprintf("%02d%02d.%05d", day.Year()%100, day.Month(), i+1),
		Title:      p.Title,
		Abstract:   p.Abstract,
		Categories: strings.Join(p.Categories, " "),
		Versions:   []snapshotVersion{{"v1", day.Format("Mon, 2 Jan 2006 15:04:05 GMT")}},
		UpdateDate: day.Format(time.DateOnly),
	}
	if number >= len(templates) {
		line.Title = mixed(r, p.Title, other.Title, 5)
		line.Abstract = mixed(r, p.Abstract, other.Abstract, 8)
	}
	for _, name := range p.Authors {
		first, last := "", name
		if cut := strings.LastIndexByte(name, ' '); cut >= 0 {
			first, last = name[:cut], name[cut+1:]
		}
		line.AuthorsParsed = append(line.AuthorsParsed, []string{last, first, ""})
	}
	return line
}

// mixed returns text with one word in every, at least one, replaced by one of
// other, and its last part by that of other.
func mixed(r *rand.Rand, text, other string, every int) string {
	words, spare := strings.Fields(text), strings.Fields(other)
	for range max(len(words)/every, 1) {
		words[r.IntN(len(words))] = spare[r.IntN(len(spare))]
	}
	tail := r.IntN(max(len(words)/4, 1))
	words = append(words[:len(words)-tail], spare[max(len(spare)-tail, 0):]...)
	return strings.Join(words, " ")
}
