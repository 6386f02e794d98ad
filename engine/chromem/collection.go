package chromem

import (
	"context"
	"errors"
	"fmt"

	chromem "github.com/philippgille/chromem-go"

	"kindred/embed"
	"kindred/engine"
)

// A collection is chromem-go's collection with its traps closed: it is only
// given checked vectors of one length and norm 1, only asked to delete by id,
// and only used under Index.writing. Its documents have no content, and their
// embeddings are slices of our arena (chromem-go copies only what it has to
// normalise), so the vectors are held once.
type collection struct{ docs *chromem.Collection }

func newCollection(space embed.Space) (*collection, error) {
	// Without a function of ours chromem-go would ask a service on the
	// internet for missing embeddings.
	never := func(context.Context, string) ([]float32, error) {
		return nil, errors.New("the index embeds nothing") // unreachable
	}
	docs, err := chromem.NewDB().CreateCollection(space.ID(), nil, never)
	if err != nil {
		return nil, fmt.Errorf("chromem: %w", err)
	}
	return &collection{docs}, nil
}

// put adds or replaces a document. v is kept, not copied.
func (c *collection) put(key engine.Key, v embed.Vector) error {
	// The context is only for the embedding function, which is never called.
	err := c.docs.AddDocument(context.Background(), chromem.Document{ID: string(key), Embedding: v})
	if err != nil {
		return fmt.Errorf("chromem: %w", err)
	}
	return nil
}

// putAll puts the rows of segments that are alive.
func (c *collection) putAll(segments []*segment) error {
	for _, s := range segments {
		dim := len(s.vectors) / segmentRows
		for r, key := range s.keys {
			if s.died[r].Load() != 0 {
				continue
			}
			if err := c.put(key, s.vector(r, dim)); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove deletes a document. Both filters must be nil: chromem-go deletes
// every document that passes one, whatever its id.
func (c *collection) remove(key engine.Key) error {
	if err := c.docs.Delete(context.Background(), nil, nil, string(key)); err != nil {
		return fmt.Errorf("chromem: %w", err)
	}
	return nil
}
