package api

import (
	"context"
	"math"
	"time"

	"kindred/engine"
)

// A Sight is a paper as a page shows it. It need not be stored.
type Sight struct {
	ID       string   `json:"id,omitempty" doc:"One more of ids"`
	IDs      []string `json:"ids,omitempty" nullable:"false" maxItems:"20" doc:"In any form; the first that is known tells which paper it is" example:"[\"arxiv:2503.11731\",\"doi:10.1145/3292500.3330701\"]"`
	Title    string   `json:"title,omitempty" example:"Locally Regularized Neural Differential Equations"`
	Abstract string   `json:"abstract,omitempty" doc:"Goes with title" example:"Training neural differential equations is expensive because …"`
}

// ids returns both members as one list.
func (s Sight) ids() []string {
	if s.ID == "" {
		return s.IDs
	}
	return append([]string{s.ID}, s.IDs...)
}

// ScoresQuery asks how well papers suit a person.
type ScoresQuery struct {
	Papers []Sight `json:"papers" nullable:"false" minItems:"1" maxItems:"100" doc:"Each needs an id or a title"`
}

// Scores says how well papers suit a person, in the order asked.
type Scores struct {
	Items          []Score `json:"items" nullable:"false" doc:"One for each paper asked about, in that order"`
	Space          string  `json:"space" example:"builtin:kindred-static@797b70c4edf8/256" doc:"The embedding space that the scores are from"`
	ProfileVersion int64   `json:"profile_version" example:"1042" doc:"Grows with what the person does; 0 for nothing yet"`
}

// A Score says how well one paper suits a person.
type Score struct {
	Paper   *Ref     `json:"paper" doc:"The stored paper that it is; null if there is none"`
	State   string   `json:"state" enum:"scored,no_profile,unknown,unavailable,pending" example:"scored" doc:"no_profile: no likes to go by; unknown: not stored, and no title given; unavailable: a text cannot be embedded now; pending: stored, but not embedded yet"`
	Score   *float64 `json:"score" example:"0.41" doc:"The relevance that a feed ranks by, before papers seen earlier sink; null unless scored"`
	Fit     *float64 `json:"fit" example:"0.97" doc:"Share, from 0 to 1, of a fixed sample of 500 stored papers that suits the person less; null unless scored"`
	Reasons []Reason `json:"reasons" nullable:"false" doc:"Which liked papers the score is from, strongest first"`
	Marks   []Done   `json:"marks" nullable:"false" doc:"What the person did to the paper"`
	Note    string   `json:"note" example:"" doc:"What the person should know about this score; may be empty"`
}

// Done is something a person did to the paper at hand.
type Done struct {
	Kind string    `json:"kind" enum:"like,dislike,hide,save" example:"save"`
	At   time.Time `json:"at" example:"2026-11-23T19:00:00Z"`
}

type scoresInput struct {
	UserParam
	Body ScoresQuery
}

type scoresOutput struct{ Body Scores }

func (a *api) postScores(ctx context.Context, in *scoresInput) (*scoresOutput, error) {
	papers := make([]engine.Described, len(in.Body.Papers))
	for i, p := range in.Body.Papers {
		papers[i] = engine.Described{IDs: p.ids(), Title: p.Title, Abstract: p.Abstract}
	}
	found, err := a.engine.Scores(ctx, in.User, papers)
	if err != nil {
		return nil, err
	}
	out := Scores{Items: make([]Score, len(found.Items)), Space: found.Space, ProfileVersion: found.ProfileVersion}
	for i, s := range found.Items {
		out.Items[i] = scoreOf(s)
	}
	return &scoresOutput{out}, nil
}

func scoreOf(s engine.Score) Score {
	out := Score{State: string(s.State), Reasons: reasonsOf(s.Reasons), Marks: []Done{}, Note: s.Note}
	if s.Paper != nil {
		out.Paper = &Ref{string(s.Paper.Key), s.Paper.Title}
	}
	for _, m := range s.Marks {
		out.Marks = append(out.Marks, Done{string(m.Act), m.At.UTC()})
	}
	if s.State == engine.Scored {
		score := six(s.Score)
		out.Score = &score
		if s.Sample > 0 {
			fit := math.Round(s.Fit*1e6) / 1e6
			out.Fit = &fit
		}
	}
	return out
}
