// Command bench measures the lexicon against SQLite's FTS5 and bleve: what a feed asks
// of it, some hundred weighted terms, and what similar papers ask, the words of one
// paper. It is a module of its own, so that nothing here is a dependency of
// Kindred. README.md has its results.
//
//	go run . -n 20000 ../../../../shared/data/corpus/arxiv-2025-2026.jsonl.gz
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/search/query"
	_ "modernc.org/sqlite"

	"kindred/engine"
	"kindred/engine/lexicon"
)

type paper struct {
	ID, Title, Abstract string
}

// A term is one of a question, as every engine needs it.
type term struct {
	engine.TermWeight
	spelled string
}

// A peer answers questions with the best so many papers.
type peer struct {
	name  string
	build time.Duration
	bytes int64
	ask   func(terms []term, limit int) (found int, err error)
}

func main() {
	n := flag.Int("n", 20000, "how many papers")
	rounds := flag.Int("rounds", 30, "how many questions of each kind")
	flag.Parse()
	if err := run(context.Background(), flag.Args(), *n, *rounds); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, files []string, n, rounds int) (err error) {
	var papers []paper
	for _, f := range files {
		if papers, err = read(f, papers, n); err != nil {
			return fmt.Errorf("read %s: %w", f, err)
		}
	}
	if len(papers) < 100 {
		return fmt.Errorf("%d papers: name files of papers, one JSON object a line", len(papers))
	}
	dir, err := os.MkdirTemp("", "lexicon-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	words := lexicon.New()
	var peers []peer
	for _, open := range []func() (peer, error){
		func() (peer, error) { return ours(ctx, words, papers) },
		func() (peer, error) { return fts5(ctx, papers, filepath.Join(dir, "fts5.db")) },
		func() (peer, error) { return withBleve(papers, filepath.Join(dir, "bleve")) },
	} {
		p, err := open()
		if err != nil {
			return err
		}
		peers = append(peers, p)
		fmt.Printf("%-8s filled in %.1f s, %d MB\n", p.name, p.build.Seconds(), p.bytes>>20)
	}
	fmt.Printf("\n%d papers, %s, %d cores; medians of %d questions, asked in turn\n\n", len(papers), runtime.Version(), runtime.NumCPU(), rounds)
	random := rand.New(rand.NewPCG(1, 1))
	for _, kind := range []struct {
		name         string
		likes, terms int
		power        float64
	}{{"feed: 128 terms of 15 papers, best 300", 15, 128, 3}, {"similar: the terms of one paper, best 100", 1, math.MaxInt, 1}} {
		took := make([][]time.Duration, len(peers))
		for range rounds {
			var of []paper
			for range kind.likes {
				of = append(of, papers[random.IntN(len(papers))])
			}
			terms := question(words, of, kind.power, kind.terms)
			for i, p := range peers {
				begun := time.Now()
				found, err := p.ask(terms, 100*min(kind.likes, 3))
				if err != nil {
					return fmt.Errorf("%s: %w", p.name, err)
				}
				took[i] = append(took[i], time.Since(begun))
				if found == 0 {
					return fmt.Errorf("%s found nothing", p.name)
				}
			}
		}
		fmt.Println(kind.name)
		for i, p := range peers {
			slices.Sort(took[i])
			slices.Sort(took[0])
			m, first := took[i][rounds/2], took[0][rounds/2]
			fmt.Printf("  %-8s %8.2f ms  × %.1f\n", p.name, m.Seconds()*1000, m.Seconds()/first.Seconds())
		}
	}
	return nil
}

// read appends papers of a file until there are n.
func read(name string, to []paper, n int) ([]paper, error) {
	f, err := os.Open(name)
	if err != nil {
		return to, err
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return to, err
		}
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for len(to) < n && lines.Scan() {
		var p paper
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return to, err
		}
		to = append(to, p)
	}
	return to, lines.Err()
}

// question returns the terms of papers that weigh most, as a profile weighs them:
// saturated, times idf to a power.
func question(l engine.Lexicon, papers []paper, power float64, most int) []term {
	spelled, weight := map[engine.Term]string{}, map[engine.Term]float64{}
	var all []engine.Term
	for _, p := range papers {
		for t, s := range engine.Spellings(p.Title, p.Abstract) {
			spelled[t] = s
		}
		bag := engine.BagOf(p.Title, p.Abstract)
		for _, c := range bag.Terms {
			if weight[c.Term] == 0 {
				all = append(all, c.Term)
			}
			weight[c.Term] += float64(engine.Saturation(int(c.N), bag.Length, 100))
		}
	}
	stats := l.Statistics(all, 0)
	var out []term
	for i, t := range all {
		idf := math.Log(1 + (float64(stats.Papers-stats.With[i])+.5)/(float64(stats.With[i])+.5))
		if stats.With[i] > 1 {
			out = append(out, term{engine.TermWeight{Term: t, Weight: float32(weight[t] * math.Pow(idf, power))}, spelled[t]})
		}
	}
	slices.SortFunc(out, func(a, b term) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Term, b.Term)) })
	return out[:min(len(out), most)]
}

func ours(ctx context.Context, l *lexicon.Lexicon, papers []paper) (peer, error) {
	before := heap()
	begun := time.Now()
	var changes []engine.TextChange
	for i, p := range papers {
		changes = append(changes, engine.TextChange{Seq: int64(i + 1), Key: engine.Key(p.ID), Title: p.Title, Abstract: p.Abstract})
		if len(changes) == 5000 || i == len(papers)-1 {
			if err := l.Apply(changes, int64(i+1)); err != nil {
				return peer{}, err
			}
			changes = changes[:0]
		}
	}
	took := time.Since(begun)
	return peer{"kindred", took, heap() - before, func(terms []term, limit int) (int, error) {
		q := engine.TermQuery{K: limit}
		for _, t := range terms {
			q.Terms = append(q.Terms, t.TermWeight)
		}
		hits, _, err := l.Search(ctx, []engine.TermQuery{q})
		if err != nil {
			return 0, err
		}
		return len(hits[0]), nil
	}}, nil
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// fts5 cannot weigh terms: its bm25 takes weights of columns. It is asked for the
// same words all the same.
func fts5(ctx context.Context, papers []paper, file string) (peer, error) {
	db, err := sql.Open("sqlite", file+"?_pragma=journal_mode(wal)&_pragma=synchronous(off)&_pragma=mmap_size(4000000000)")
	if err != nil {
		return peer{}, err
	}
	begun := time.Now()
	if _, err := db.ExecContext(ctx, `CREATE VIRTUAL TABLE words USING fts5(title, abstract, content='')`); err != nil {
		return peer{}, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return peer{}, err
	}
	for i, p := range papers {
		if _, err := tx.ExecContext(ctx, `INSERT INTO words(rowid, title, abstract) VALUES(?, ?, ?)`, i+1, p.Title, p.Abstract); err != nil {
			return peer{}, errors.Join(err, tx.Rollback())
		}
	}
	if err := tx.Commit(); err != nil {
		return peer{}, err
	}
	if _, err := db.ExecContext(ctx, `INSERT INTO words(words) VALUES('optimize')`); err != nil {
		return peer{}, err
	}
	if _, err := db.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		return peer{}, err
	}
	took := time.Since(begun)
	return peer{"fts5", took, size(file), func(terms []term, limit int) (int, error) {
		var or []string
		for _, t := range terms {
			or = append(or, `"`+strings.ReplaceAll(t.spelled, `"`, "")+`"`)
		}
		rows, err := db.QueryContext(ctx, `SELECT rowid FROM words WHERE words MATCH ? ORDER BY rank LIMIT ?`, strings.Join(or, " OR "), limit)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		found := 0
		for rows.Next() {
			found++
		}
		return found, rows.Err()
	}}, nil
}

func withBleve(papers []paper, dir string) (peer, error) {
	mapping := bleve.NewIndexMapping()
	mapping.DefaultAnalyzer = "en"
	mapping.StoreDynamic, mapping.DocValuesDynamic = false, false
	begun := time.Now()
	index, err := bleve.New(dir, mapping)
	if err != nil {
		return peer{}, err
	}
	batch := index.NewBatch()
	for i, p := range papers {
		if err := batch.Index(p.ID, map[string]string{"text": p.Title + "\n" + p.Abstract}); err != nil {
			return peer{}, err
		}
		if batch.Size() == 1000 || i == len(papers)-1 {
			if err := index.Batch(batch); err != nil {
				return peer{}, err
			}
			batch.Reset()
		}
	}
	took := time.Since(begun)
	return peer{"bleve", took, size(dir), func(terms []term, limit int) (int, error) {
		var or []query.Query
		for _, t := range terms {
			q := bleve.NewMatchPhraseQuery(t.spelled)
			q.SetField("text")
			q.SetBoost(float64(t.Weight))
			or = append(or, q)
		}
		answer, err := index.Search(bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(or...), limit, 0, false))
		if err != nil {
			return 0, err
		}
		return len(answer.Hits), nil
	}}, nil
}

// size is that of a file or of all files in a folder, in bytes; 0 if it cannot be
// read.
func size(name string) (sum int64) {
	_ = filepath.WalkDir(name, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := d.Info(); err == nil && !d.IsDir() {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
