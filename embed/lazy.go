package embed

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Lazy is an Embedder of a known space whose server may not be there yet: it
// connects when it is first needed and again after a failure, so a program can
// start, and answer what needs no embedding, without it.
type Lazy struct {
	// Want is the space that the vectors must be of.
	Want Space
	// Connect reaches the embedder. It wraps ErrUnavailable if trying again
	// later may help.
	Connect func(context.Context) (Embedder, error)

	mu   sync.Mutex
	real Embedder
}

// Space returns l.Want.
func (l *Lazy) Space() Space { return l.Want }

// Embed implements Embedder. If what Connect reaches is of another space than
// l.Want the error wraps ErrSpace.
func (l *Lazy) Embed(ctx context.Context, kind Kind, texts []string) ([]Vector, error) {
	e, err := l.connected(ctx)
	if err != nil {
		return nil, err
	}
	vectors, err := e.Embed(ctx, kind, texts)
	if errors.Is(err, ErrSpace) {
		return nil, fmt.Errorf("%w; %s", err, cure(l.Want))
	}
	return vectors, err
}

// Check reports whether texts can be embedded: it connects if need be. The error
// is the one that Embed would return.
func (l *Lazy) Check(ctx context.Context) error {
	_, err := l.connected(ctx)
	return err
}

// cure says how the papers get into the space that their embedder is of now.
func cure(now Space) string {
	return fmt.Sprintf("'kindred reembed %s' embeds the papers again", now.Flags())
}

func (l *Lazy) connected(ctx context.Context) (Embedder, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.real != nil {
		return l.real, nil
	}
	e, err := l.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if got := e.Space(); got != l.Want {
		return nil, fmt.Errorf("%w: the papers were embedded with %s, which is now %s; %s", ErrSpace, l.Want.ID(), got.ID(), cure(got))
	}
	l.real = e
	return e, nil
}
