package api

import (
	"context"

	"kindred/engine"
)

// LimitParam is the number of items wanted. More than the maximum is an error,
// not the maximum.
type LimitParam struct {
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"20" doc:"Items wanted; more than 200 is an error" example:"5"`
}

type listOutput struct{ Body List }

func listed(l engine.List, err error) (*listOutput, error) {
	if err != nil {
		return nil, err
	}
	return &listOutput{listOf(l)}, nil
}

type getSimilarInput struct {
	IDParam
	LimitParam
}

func (a *api) getSimilar(ctx context.Context, in *getSimilarInput) (*listOutput, error) {
	return listed(a.engine.Similar(ctx, engine.Subject{ID: in.ID}, in.Limit))
}

// A SimilarQuery asks for papers like something: a text alone, or what is known
// of a paper.
type SimilarQuery struct {
	Text     string   `json:"text,omitempty" doc:"Any text: a question, a draft, an abstract; nothing else goes with it" example:"speech separation with transformers"`
	ID       string   `json:"id,omitempty" doc:"Of a paper, in any form, or the URL of its page"`
	IDs      []string `json:"ids,omitempty" nullable:"false" maxItems:"20" doc:"More of its ids: the first that is known tells which stored paper it is" example:"[]"`
	Title    string   `json:"title,omitempty" doc:"Of a paper that need not be stored"`
	Abstract string   `json:"abstract,omitempty" doc:"Goes with title"`
	Limit    int      `json:"limit,omitempty" minimum:"1" maximum:"200" default:"20" example:"5"`
}

type postSimilarInput struct{ Body SimilarQuery }

func (a *api) postSimilar(ctx context.Context, in *postSimilarInput) (*listOutput, error) {
	b := in.Body
	of := engine.Subject{ID: b.ID, IDs: b.IDs, Text: b.Text, Title: b.Title, Abstract: b.Abstract}
	return listed(a.engine.Similar(ctx, of, b.Limit))
}

type searchInput struct {
	Q string `query:"q" required:"true" doc:"Words, a question, a full title, an id or a URL" example:"neural differential equations"`
	LimitParam
}

func (a *api) search(ctx context.Context, in *searchInput) (*listOutput, error) {
	return listed(a.engine.Search(ctx, in.Q, in.Limit))
}

// Examples are papers to look for more like, and papers to stay away from.
type Examples struct {
	Positive []string `json:"positive" nullable:"false" minItems:"1" maxItems:"500" doc:"Ids in any form; none of them is answered" example:"[\"arxiv:2503.11731\"]"`
	Negative []string `json:"negative,omitempty" nullable:"false" maxItems:"500" doc:"Ids in any form" example:"[\"doi:10.1145/3292500.3330701\"]"`
	Limit    int      `json:"limit,omitempty" minimum:"1" maximum:"200" default:"20" example:"5"`
}

type recommendInput struct{ Body Examples }

func (a *api) recommend(ctx context.Context, in *recommendInput) (*listOutput, error) {
	return listed(a.engine.Recommend(ctx, in.Body.Positive, in.Body.Negative, in.Body.Limit))
}
