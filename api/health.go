package api

import (
	"context"
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

type statusOutput struct{ Body Status }

func (a *api) status(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	s, err := a.engine.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &statusOutput{statusOf(s, a.Version)}, nil
}

// Health says that the server is there, or ready.
type Health struct {
	Status string `json:"status" enum:"ok,ready" example:"ok"`
}

type healthOutput struct{ Body Health }

func (a *api) healthz(context.Context, *struct{}) (*healthOutput, error) {
	return &healthOutput{Health{"ok"}}, nil
}

// readyWait is how long a readiness probe may wait for the answer to be yes.
const readyWait = 2 * time.Second

// readyz answers 200 only when every stored vector is searchable and the work
// of starting is over.
func (a *api) readyz(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	wait, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	if err := a.engine.Ready(wait); err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if errors.Is(err, context.DeadlineExceeded) {
			return nil, newProblem("not_ready", "stored vectors are still being loaded")
		}
		return nil, newProblem("not_ready", err.Error())
	}
	return &healthOutput{Health{"ready"}}, nil
}

type metricsOutput struct {
	Body func(huma.Context)
}

func (a *api) getMetrics(ctx context.Context, _ *struct{}) (*metricsOutput, error) {
	s, err := a.engine.Status(ctx)
	if err != nil {
		return nil, err
	}
	a.metrics.set(s)
	return &metricsOutput{func(hc huma.Context) {
		c := humaecho.Unwrap(hc)
		a.metrics.handler.ServeHTTP(c.Response(), c.Request())
	}}, nil
}
