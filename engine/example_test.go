package engine_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"kindred/embed/embedtest"
	"kindred/engine"
	"kindred/engine/chromem"
	"kindred/engine/sqlite"
)

// Papers in, a like in, a feed out, with the reason for each paper.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "kindred")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	store, err := sqlite.Open(ctx, filepath.Join(dir, "kindred.db"), sqlite.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	embedder := embedtest.Hash(256) // the program uses embed/builtin or embed/ollama
	index, err := chromem.New(embedder.Space())
	if err != nil {
		log.Fatal(err)
	}
	e, err := engine.New(ctx, engine.Options{Store: store, Index: index, Embedder: embedder, Owner: "example"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = e.PutPapers(ctx, "example", []engine.Paper{
		{IDs: []engine.ID{"arxiv:2312.11825"}, Title: "Speech separation with transformers", Abstract: "We separate speech of several speakers."},
		{IDs: []engine.ID{"arxiv:2206.09611"}, Title: "Earbuds for speech enhancement", Abstract: "We enhance speech of one of several speakers."},
		{IDs: []engine.ID{"arxiv:2310.19809"}, Title: "Operators via multigrid", Abstract: "We learn operators of differential equations."},
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := e.Sync(ctx, nil); err != nil { // embed what has no vector yet
		log.Fatal(err)
	}
	if err := e.CatchUp(ctx); err != nil { // make it searchable
		log.Fatal(err)
	}
	if _, err := e.Act(ctx, "me", engine.Like, "https://arxiv.org/abs/2312.11825v2", time.Time{}); err != nil {
		log.Fatal(err)
	}
	feed, err := e.Feed(ctx, "me", engine.FeedOptions{Limit: 1})
	if err != nil {
		log.Fatal(err)
	}
	for _, it := range feed.Items {
		fmt.Println(it.Paper.Title)
		for _, r := range it.Reasons {
			if r.Type == "liked" {
				fmt.Printf("because you liked %s\n", r.Title)
			}
		}
	}
	// Output:
	// Earbuds for speech enhancement
	// because you liked Speech separation with transformers
}
