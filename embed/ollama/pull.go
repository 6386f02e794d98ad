package ollama

import (
	"context"
	"fmt"

	"github.com/ollama/ollama/api"
)

// Pull makes the server download a model, and calls progress with the bytes
// that are there and the bytes there are to be, of the part being downloaded.
// It is for a person who asked for that model by name: nothing else in Kindred
// makes anything download anything.
func Pull(ctx context.Context, o Options, progress func(part string, done, total int64)) error {
	c, err := newClient(o.withDefaults())
	if err != nil {
		return err
	}
	began := false // then what fails is the download, not the way to the server
	err = c.api.Pull(ctx, &api.PullRequest{Model: o.Model}, func(p api.ProgressResponse) error {
		began = true
		progress(p.Status, p.Completed, p.Total)
		return nil
	})
	if ctx.Err() != nil {
		return fmt.Errorf("pull %s: %w", o.Model, ctx.Err())
	}
	if err != nil {
		if !began {
			_, err = c.explain(err)
		}
		return fmt.Errorf("pull %s: %w", o.Model, err)
	}
	return nil
}
