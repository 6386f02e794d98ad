package ollama

import (
	"context"
	"errors"
	"fmt"

	"kindred/embed"
)

// embed embeds the texts of one request. If the server refuses them, or does
// not get them done in time although it is alive, it asks for each half by
// itself, until the text at fault is alone. So one bad text among n costs about
// log2(n) failed requests, and a server that is down or stuck two.
func (e *Embedder) embed(ctx context.Context, texts []string) ([]embed.Vector, error) {
	raw, err := e.client.embed(ctx, texts)
	if err == nil {
		return e.checkAll(ctx, raw)
	}
	slow := errors.Is(err, errSlow)
	switch refused := new(refusal); {
	case !slow && !errors.As(err, &refused):
		return nil, err
	case len(texts) == 1 && slow:
		return e.slow(ctx, texts[0])
	case len(texts) == 1:
		return e.refused(ctx, texts[0], err)
	}
	half := len(texts) / 2
	if slow {
		if err := e.alive(ctx); err != nil {
			return nil, err
		}
		e.batch.Store(min(e.batch.Load(), int64(max(half, 1))))
	}
	first, err := e.embed(ctx, texts[:half])
	if err != nil {
		return nil, err
	}
	second, err := e.embed(ctx, texts[half:])
	if err != nil {
		return nil, shift(half, err)
	}
	return append(first, second...), nil
}

// checkAll returns raw as vectors of the space. A text whose vector cannot be
// used is at fault if that of a plain text can.
func (e *Embedder) checkAll(ctx context.Context, raw [][]float32) ([]embed.Vector, error) {
	vs := make([]embed.Vector, len(raw))
	for i := range raw {
		v, err := e.check(raw[i])
		var te *embed.TextError
		if errors.As(err, &te) {
			if err := e.alive(ctx); err != nil {
				return nil, err
			}
		}
		if err != nil {
			return nil, fmt.Errorf("ollama model %s: %w", e.space.Model, shift(i, err))
		}
		vs[i] = v
	}
	return vs, nil
}

// alive returns nil if the server embeds a short plain text, else why it does
// not.
func (e *Embedder) alive(ctx context.Context) error {
	raw, err := e.client.embed(ctx, []string{"a plain text"})
	if err == nil {
		_, err = e.check(raw[0])
	}
	var te *embed.TextError
	refused := new(refusal)
	switch {
	case errors.As(err, &refused):
		return fmt.Errorf("ollama model %s: %w: it refuses every text: %w", e.space.Model, embed.ErrUnavailable, refused)
	case errors.As(err, &te):
		return fmt.Errorf("ollama model %s: %w: its vectors cannot be used: %w", e.space.Model, embed.ErrUnavailable, te.Err)
	}
	return err
}

// slow embeds a text that the server did not get done in time, once more: the
// machine may have been asleep, or the model loading. If that fails in the same
// way, with the server alive before and after, the text is at fault.
func (e *Embedder) slow(ctx context.Context, text string) ([]embed.Vector, error) {
	if err := e.alive(ctx); err != nil {
		return nil, err
	}
	raw, err := e.client.embed(ctx, []string{text})
	switch {
	case err == nil:
		return e.checkAll(ctx, raw)
	case !errors.Is(err, errSlow):
		return nil, err
	}
	if err := e.alive(ctx); err != nil {
		return nil, err
	}
	return nil, &embed.TextError{Err: fmt.Errorf("ollama does not get it done within %v", e.client.timeout)}
}

// refused embeds a text the server refused with err. One that is too long even
// after Ollama cut it (it counts tokens, makes text of them again, and an
// unknown token becomes several) is cut further, by a quarter each time. For
// any other, a plain text shows whether the text or the server is at fault.
func (e *Embedder) refused(ctx context.Context, text string, err error) ([]embed.Vector, error) {
	refused := new(refusal)
	for errors.As(err, &refused) && refused.tooLong() && len(text) > 64 {
		text = embed.Cut(text, len(text)*3/4)
		var raw [][]float32
		if raw, err = e.client.embed(ctx, []string{text}); err == nil {
			return e.checkAll(ctx, raw)
		}
	}
	if errors.Is(err, errSlow) {
		return e.slow(ctx, text)
	}
	if !errors.As(err, &refused) {
		return nil, err
	}
	if err := e.alive(ctx); err != nil {
		return nil, err
	}
	// Not %w: a refusal by 5xx is an embed.ErrUnavailable, a text at fault is not.
	return nil, &embed.TextError{Err: fmt.Errorf("ollama refuses it: %v", refused)}
}
