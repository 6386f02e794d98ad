package api

import (
	"context"
	"errors"
	"time"

	"kindred/engine"
)

// marks are the acts that have routes of their own.
var marks = []struct {
	path string
	act  engine.Act
}{
	{"likes", engine.Like},
	{"dislikes", engine.Dislike},
	{"hidden", engine.Hide},
	{"saved", engine.Save},
}

// When says when an act counts.
type When struct {
	At time.Time `json:"at,omitempty" doc:"When it counts, for imports; absent is now" example:"2026-11-23T19:00:00Z"`
}

type markInput struct {
	UserParam
	IDParam
	Body *When
}

type markOutput struct{ Body Mark }

// DislikeWhat says when a dislike counts, and of what.
type DislikeWhat struct {
	When
	Scope string    `json:"scope,omitempty" enum:"paper,topic" default:"topic" doc:"paper: it says nothing of others; topic: papers nearer to it than to anything liked fall"`
	Until time.Time `json:"until,omitzero" doc:"When it ends; absent is never" example:"2027-01-01T00:00:00Z"`
}

type dislikeInput struct {
	UserParam
	IDParam
	Body *DislikeWhat
}

func (a *api) putDislike(ctx context.Context, in *dislikeInput) (*markOutput, error) {
	var b DislikeWhat
	if in.Body != nil {
		b = *in.Body
	}
	m, err := a.engine.Dislike(ctx, in.User, in.ID, engine.DislikeDetail{Scope: b.Scope, Until: b.Until}, b.At)
	return a.marked(ctx, m, err)
}

// marked answers with what was recorded.
func (a *api) marked(ctx context.Context, m engine.Mark, err error) (*markOutput, error) {
	if err != nil {
		return nil, err
	}
	p, err := a.engine.Paper(ctx, string(m.Key))
	if err != nil && !errors.Is(err, engine.ErrNotFound) { // removed meanwhile: the act stands
		return nil, err
	}
	return &markOutput{Mark{Ref{string(m.Key), p.Title}, string(m.Act), m.At.UTC()}}, nil
}

// putMark records an act; doing it again changes nothing.
func (a *api) putMark(act engine.Act) func(context.Context, *markInput) (*markOutput, error) {
	return func(ctx context.Context, in *markInput) (*markOutput, error) {
		var at time.Time
		if in.Body != nil {
			at = in.Body.At
		}
		m, err := a.engine.Act(ctx, in.User, act, in.ID, at)
		return a.marked(ctx, m, err)
	}
}

// deleteMark takes an act back, now; if it does not stand, nothing happens.
func (a *api) deleteMark(act engine.Act) func(context.Context, *markInput) (*struct{}, error) {
	return func(ctx context.Context, in *markInput) (*struct{}, error) {
		return nil, a.engine.Undo(ctx, in.User, act, in.ID)
	}
}

type listMarksInput struct {
	UserParam
	Kind string `query:"kind" enum:"like,dislike,hide,save" default:"like" doc:"Which acts"`
	LimitParam
	CursorParam
}

type marksOutput struct{ Body Marks }

func (a *api) listMarks(ctx context.Context, in *listMarksInput) (*marksOutput, error) {
	found, next, err := a.engine.Marks(ctx, in.User, engine.Act(in.Kind), in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	out := Marks{Items: make([]Marked, len(found)), Next: orNull(next)}
	for i, m := range found {
		out.Items[i] = Marked{paperOf(m.Paper), string(m.Mark.Act), m.Mark.At.UTC()}
	}
	return &marksOutput{out}, nil
}

// Shown is papers that were shown to a person.
type Shown struct {
	IDs []string `json:"ids" nullable:"false" minItems:"1" maxItems:"1000" doc:"Ids in any form" example:"[\"arxiv:2503.11731\"]"`
}

type seenInput struct {
	UserParam
	Body Shown
}

func (a *api) postSeen(ctx context.Context, in *seenInput) (*struct{}, error) {
	return nil, a.engine.See(ctx, in.User, in.Body.IDs)
}
