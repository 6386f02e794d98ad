package api

import "context"

// IDParam is a paper in a path. Like the other parameters that several routes
// share it is embedded in their inputs; huma sees only exported ones.
type IDParam struct {
	ID string `path:"id" doc:"Any form of an id: arXiv, DOI, ACL, a URL of a paper page, …; percent-encoded, also its “/”" example:"arxiv:2503.11731"`
}

type paperOutput struct{ Body Paper }

func (a *api) getPaper(ctx context.Context, in *IDParam) (*paperOutput, error) {
	p, err := a.engine.Paper(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &paperOutput{paperOf(p)}, nil
}

func (a *api) deletePaper(ctx context.Context, in *IDParam) (*struct{}, error) {
	return nil, a.engine.Remove(ctx, in.ID)
}
