package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	chromemgo "github.com/philippgille/chromem-go"
)

// ChromemStart writes n documents to files in dir as chromem-go's persistent database
// does, which dir must not hold yet, and returns how long it takes to open that again.
// The files are deleted.
func ChromemStart(ctx context.Context, dir string, n int, document func(i int) (id string, v []float32)) (took time.Duration, err error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := chromemgo.NewPersistentDB(dir, false)
	if err != nil {
		return 0, err
	}
	docs, err := db.CreateCollection("papers", nil, func(context.Context, string) ([]float32, error) {
		return nil, errors.New("every document has an embedding")
	})
	if err != nil {
		return 0, err
	}
	const atOnce = 1000
	batch := make([]chromemgo.Document, 0, atOnce)
	for i := range n {
		id, v := document(i)
		if batch = append(batch, chromemgo.Document{ID: id, Embedding: v}); len(batch) < atOnce && i < n-1 {
			continue
		}
		if err := docs.AddDocuments(ctx, batch, runtime.GOMAXPROCS(0)); err != nil {
			return 0, fmt.Errorf("write documents up to %d: %w", i, err)
		}
		batch = batch[:0]
	}
	begun := time.Now()
	if _, err := chromemgo.NewPersistentDB(dir, false); err != nil {
		return 0, err
	}
	return time.Since(begun), nil
}
