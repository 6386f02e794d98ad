package sqlite

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/enginetest"
)

// benchPapers makes papers of the size of arXiv's: a title of 10 words, an
// abstract of 180, four authors, two categories, about 1,400 bytes; and about
// in the order of their dates, as arXiv numbers them.
func benchPapers(from, n int) []engine.Paper {
	r := rand.New(rand.NewPCG(uint64(from), 1))
	words := func(n int) string {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, "word%d ", r.IntN(1000))
		}
		return b.String()
	}
	out := make([]engine.Paper, n)
	for i := range out {
		out[i] = engine.Paper{
			IDs:        []engine.ID{engine.ID(fmt.Sprintf("arxiv:%04d.%05d", 1500+(from+i)/100_000, (from+i)%100_000))},
			Title:      words(10),
			Abstract:   words(180),
			Authors:    []string{"Ada Lovelace", "Émilie du Châtelet", "Sofja Kowalewskaja", "Emmy Noether"},
			Categories: []string{fmt.Sprintf("cs.%d", r.IntN(40)), fmt.Sprintf("stat.%d", r.IntN(10))},
			Published:  engine.DateOf(engine.Day(10000 + (from+i)/500).Time()),
		}
	}
	return out
}

// BenchmarkPutPapers stores batches of 1,000 new papers, with one space to
// queue them for, in a store that grows; and the same ones again.
func BenchmarkPutPapers(b *testing.B) {
	s := openIn(b, b.TempDir())
	defer s.Close()
	if err := s.PutSpace(b.Context(), testSpace); err != nil {
		b.Fatal(err)
	}
	put := func(b *testing.B, want engine.Result, papers []engine.Paper) {
		out, err := s.PutPapers(b.Context(), engine.Batch{Source: "bench", Papers: papers}, time.Now())
		if err != nil || out[len(out)-1].Result != want {
			b.Fatal(out[len(out)-1], err)
		}
	}
	from := 0
	b.Run("New", func(b *testing.B) {
		n := 0
		for b.Loop() {
			b.StopTimer()
			papers := benchPapers(from, 1000)
			from += 1000
			n += 1000
			b.StartTimer()
			put(b, engine.Added, papers)
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "papers/s")
	})
	b.Run("Same", func(b *testing.B) {
		papers, n := benchPapers(0, 1000), 0
		for b.Loop() {
			put(b, engine.Unchanged, papers)
			n += 1000
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "papers/s")
	})
}

// BenchmarkChangesFromZero fills an index: all changes of 20,000 papers with
// vectors of 384 dimensions, in pages of 1,000.
func BenchmarkChangesFromZero(b *testing.B) {
	const n = 20_000
	s := openIn(b, b.TempDir())
	defer s.Close()
	space := embed.Space{Embedder: "bench", Model: "x", Dim: 384}
	if err := s.PutSpace(b.Context(), space); err != nil {
		b.Fatal(err)
	}
	vectors := enginetest.Vectors(1000, space.Dim, 1)
	for from := 0; from < n; from += 1000 {
		if _, err := s.PutPapers(b.Context(), engine.Batch{Papers: benchPapers(from, 1000)}, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
	for range n / 1000 {
		waiting, err := s.Unembedded(b.Context(), space.ID(), 1000)
		if err != nil {
			b.Fatal(err)
		}
		var put []engine.Embedded
		for i, w := range waiting {
			put = append(put, engine.Embedded{Key: w.Key, Text: w.Text, Vector: vectors[i]})
		}
		if err := s.PutVectors(b.Context(), space.ID(), put); err != nil {
			b.Fatal(err)
		}
	}
	rounds := 0
	for b.Loop() {
		got := 0
		for since := int64(0); ; {
			changes, upTo, err := s.Changes(b.Context(), space.ID(), since, 1000)
			if err != nil {
				b.Fatal(err)
			}
			if len(changes) == 0 {
				break
			}
			got += len(changes)
			since = upTo
		}
		if got != n {
			b.Fatalf("%d changes, want %d", got, n)
		}
		rounds++
	}
	b.ReportMetric(float64(n*rounds)/b.Elapsed().Seconds(), "vectors/s")
}

// BenchmarkAppend records likes, one at a time; each is synced to disk.
func BenchmarkAppend(b *testing.B) {
	s := openIn(b, b.TempDir())
	defer s.Close()
	papers := benchPapers(0, 1000)
	if _, err := s.PutPapers(b.Context(), engine.Batch{Papers: papers}, time.Now()); err != nil {
		b.Fatal(err)
	}
	i := 0
	for b.Loop() {
		i++
		event := engine.Event{User: "me", Act: engine.Like, Key: engine.Key(papers[i%1000].IDs[0])}
		if _, err := s.Append(b.Context(), []engine.Event{event}, time.Now()); err != nil {
			b.Fatal(err)
		}
	}
}
