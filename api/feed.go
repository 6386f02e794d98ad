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

type feedInput struct {
	UserParam
	LimitParam
	CursorParam
	Unseen string `query:"unseen" enum:"only,prefer,off" default:"prefer" doc:"Papers seen on an earlier day and not liked: leave them out (only), let them sink and return with time (prefer), or take no notice (off)"`
	CategoryParam
	Since string `query:"since" doc:"Only papers published from this year, month or day on" example:"2025-03"`
}

type feedOutput struct{ Body Feed }

func (a *api) feed(ctx context.Context, in *feedInput) (*feedOutput, error) {
	since, err := engine.ParseDate(in.Since)
	if err != nil {
		return nil, err
	}
	f, err := a.engine.Feed(ctx, in.User, engine.FeedOptions{
		Limit: in.Limit, Cursor: in.Cursor, Unseen: engine.Unseen(in.Unseen), Category: in.Category, Since: since,
	})
	if err != nil {
		return nil, err
	}
	return &feedOutput{Feed{listOf(f.List), f.Strategy, f.Note, f.ProfileVersion}}, nil
}
