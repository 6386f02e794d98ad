package api

import (
	"context"

	"kindred/engine"
)

// CursorParam continues a list.
type CursorParam struct {
	Cursor string `query:"cursor" doc:"The next of the page before; only limit may differ from it"`
}

type CategoryParam struct {
	Category string `query:"category" doc:"Only papers with this category" example:"cs.LG"`
}

type latestInput struct {
	CategoryParam
	LimitParam
	CursorParam
}

func (a *api) latest(ctx context.Context, in *latestInput) (*listOutput, error) {
	return listed(a.engine.Latest(ctx, engine.LatestOptions{Category: in.Category, Limit: in.Limit, Cursor: in.Cursor}))
}

// UserParam is a user in a path.
type UserParam struct {
	User string `path:"user" doc:"A user’s name; users come into being on their first write" example:"me"`
}

// FeedParams is what feed is meant.
type FeedParams struct {
	Unseen string `query:"unseen" enum:"only,prefer,off" default:"prefer" doc:"Papers seen on an earlier day and not liked: leave them out (only), let them sink and return with time (prefer), or take no notice (off)"`
	CategoryParam
	Since     string  `query:"since" doc:"Only papers published from this year, month or day on" example:"2025-03"`
	Interest  string  `query:"interest" doc:"Only this one of the person's interests counts" example:""`
	Preset    string  `query:"preset" enum:"focused,balanced,adventurous" default:"balanced" doc:"How the list is composed; what follows replaces single dials of it"`
	Diversity float64 `query:"diversity" minimum:"-1" maximum:"1" default:"-1" doc:"From 0 to 1: how much nearness to papers before it counts against a paper; -1 is that of the preset"`
	Novelty   float64 `query:"novelty" minimum:"-1" maximum:"1" default:"-1" doc:"From 0 to 1: how much nearness to liked papers counts against a paper; -1 is that of the preset"`
	Explore   float64 `query:"explore" minimum:"-1" maximum:"0.5" default:"-1" doc:"From 0 to 0.5: share of places for papers that the profile says little of; -1 is that of the preset"`
	Freshness float64 `query:"freshness" minimum:"-1" maximum:"1" default:"-1" doc:"From 0 to 1: how far a paper of today is ahead of an old one, in units of the score; -1 is that of the preset"`
}

// options is what the engine is asked for.
func (p FeedParams) options() (engine.FeedOptions, error) {
	since, err := engine.ParseDate(p.Since)
	dial := func(x float64) *float64 {
		if x == -1 {
			return nil
		}
		return &x
	}
	return engine.FeedOptions{
		Unseen: engine.Unseen(p.Unseen), Category: p.Category, Since: since, Interest: p.Interest,
		Dials: engine.Dials{Preset: engine.Preset(p.Preset), Diversity: dial(p.Diversity), Novelty: dial(p.Novelty), Explore: dial(p.Explore), Freshness: dial(p.Freshness)},
	}, err
}

type feedInput struct {
	UserParam
	LimitParam
	CursorParam
	FeedParams
}

type feedOutput struct{ Body Feed }

func (a *api) feed(ctx context.Context, in *feedInput) (*feedOutput, error) {
	o, err := in.options()
	if err != nil {
		return nil, err
	}
	o.Limit, o.Cursor = in.Limit, in.Cursor
	f, err := a.engine.Feed(ctx, in.User, o)
	if err != nil {
		return nil, err
	}
	return &feedOutput{Feed{listOf(f.List), f.Strategy, f.Note, f.ProfileVersion}}, nil
}

type explainInput struct {
	UserParam
	IDParam
	FeedParams
}

type explainOutput struct{ Body Explanation }

func (a *api) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	o, err := in.options()
	if err != nil {
		return nil, err
	}
	x, err := a.engine.Explain(ctx, in.User, in.ID, o)
	if err != nil {
		return nil, err
	}
	return &explainOutput{explanationOf(x)}, nil
}

type onboardingInput struct {
	UserParam
	LimitParam
}

func (a *api) onboarding(ctx context.Context, in *onboardingInput) (*listOutput, error) {
	return listed(a.engine.Onboarding(ctx, in.User, in.Limit))
}
