package api

import (
	"context"
	"time"

	"kindred/engine"
)

// An Engine answers the questions that the routes put. *engine.Engine is the
// one there is; tests of what must not happen use another.
type Engine interface {
	Paper(ctx context.Context, id string) (engine.Paper, error)
	PutPapers(ctx context.Context, source string, papers []engine.Paper) ([]engine.Outcome, error)
	AddReading(ctx context.Context, p engine.Paper) (engine.Paper, error)
	Remove(ctx context.Context, id string) error

	Similar(ctx context.Context, of engine.Subject, limit int) (engine.List, error)
	Search(ctx context.Context, q string, limit int) (engine.List, error)
	Recommend(ctx context.Context, positive, negative []string, limit int) (engine.List, error)
	Latest(ctx context.Context, o engine.LatestOptions) (engine.List, error)
	Feed(ctx context.Context, user string, o engine.FeedOptions) (engine.Feed, error)
	Scores(ctx context.Context, user string, papers []engine.Described) (engine.Scores, error)
	Explain(ctx context.Context, user, id string, o engine.FeedOptions) (engine.Explanation, error)
	Onboarding(ctx context.Context, user string, limit int) (engine.List, error)
	Interests(ctx context.Context, user string) ([]engine.Interest, error)
	ShapeInterest(ctx context.Context, user, id string, c engine.InterestChange) (engine.Interest, error)
	FollowSubject(ctx context.Context, user string, act engine.Act, about string) (engine.Mark, error)
	UnfollowSubject(ctx context.Context, user string, act engine.Act, about string) error
	Subjects(ctx context.Context, user string) ([]engine.Mark, error)

	Act(ctx context.Context, user string, act engine.Act, id string, at time.Time) (engine.Mark, error)
	Dislike(ctx context.Context, user, id string, d engine.DislikeDetail, at time.Time) (engine.Mark, error)
	Undo(ctx context.Context, user string, act engine.Act, id string) error
	See(ctx context.Context, user string, ids []string) error
	Marks(ctx context.Context, user string, act engine.Act, limit int, cursor string) ([]engine.Marked, string, error)
	MarksOn(ctx context.Context, user string, keys []engine.Key) (map[engine.Key][]engine.Mark, error)

	Status(ctx context.Context) (engine.Status, error)
	Ready(ctx context.Context) error
	Authenticate(ctx context.Context, secret string) (engine.Principal, error)
	StartSession(ctx context.Context, user string, ttl time.Duration) (string, engine.Token, error)
	StartPairing(ctx context.Context, user string) (string, engine.Pairing, error)
	Pair(ctx context.Context, code, name, origin string) (string, engine.Token, error)
}

var _ Engine = (*engine.Engine)(nil)
