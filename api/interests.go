package api

import (
	"context"
	"strings"
	"time"

	"kindred/engine"
)

// An Interest is something that a person's likes are about.
type Interest struct {
	ID     string   `json:"id" example:"9f86d08188" doc:"Stays while likes come and go"`
	Name   string   `json:"name" example:"speech separation, speaker" doc:"As the person named it, or its first terms"`
	Named  bool     `json:"named" doc:"By the person"`
	Terms  []string `json:"terms" nullable:"false" example:"[\"speech separation\",\"speaker\"]" doc:"What tells it from the rest of the corpus, the most telling first"`
	Muted  bool     `json:"muted" doc:"Its likes and papers are left out of the feed"`
	Weight float64  `json:"weight" example:"1" doc:"What the weights of its likes are multiplied by"`
	Share  float64  `json:"share" example:"0.62" doc:"Of all that is liked, from 0 to 1"`
	Likes  int      `json:"likes" example:"14"`
	Papers []Ref    `json:"papers" nullable:"false" doc:"Three liked papers near its middle"`
}

// Interests is what a person's likes are about.
type Interests struct {
	Items []Interest `json:"items" nullable:"false" doc:"The weightiest first"`
}

func interestOf(x engine.Interest) Interest {
	out := Interest{ID: x.ID, Name: x.Name, Named: x.Named, Terms: append([]string{}, x.Terms...), Muted: x.Muted, Weight: x.Weight,
		Share: six(float32(x.Share)), Likes: x.Likes, Papers: []Ref{}}
	for _, p := range x.Papers {
		out.Papers = append(out.Papers, Ref{string(p.Key), p.Title})
	}
	return out
}

type interestsInput struct{ UserParam }

type interestsOutput struct{ Body Interests }

func (a *api) listInterests(ctx context.Context, in *interestsInput) (*interestsOutput, error) {
	all, err := a.engine.Interests(ctx, in.User)
	if err != nil {
		return nil, err
	}
	out := &interestsOutput{Interests{Items: []Interest{}}}
	for _, x := range all {
		out.Body.Items = append(out.Body.Items, interestOf(x))
	}
	return out, nil
}

// InterestPatch is what a person says of an interest.
type InterestPatch struct {
	Name   *string  `json:"name,omitempty" maxLength:"100" example:"Speech" doc:"Empty goes back to its terms"`
	Muted  *bool    `json:"muted,omitempty" doc:"Leave its likes and papers out of the feed"`
	Weight *float64 `json:"weight,omitempty" minimum:"0.1" maximum:"10" example:"2" doc:"What the weights of its likes are multiplied by"`
}

type patchInterestInput struct {
	UserParam
	Interest string `path:"interest" example:"9f86d08188" doc:"Of the list of interests"`
	Body     InterestPatch
}

type interestOutput struct{ Body Interest }

func (a *api) patchInterest(ctx context.Context, in *patchInterestInput) (*interestOutput, error) {
	x, err := a.engine.ShapeInterest(ctx, in.User, in.Interest, engine.InterestChange(in.Body))
	if err != nil {
		return nil, err
	}
	return &interestOutput{interestOf(x)}, nil
}

// A Followed is an author, keyword or category that a person follows or mutes.
type Followed struct {
	Subject string    `json:"subject" example:"author:Ada Lovelace" doc:"author:NAME, keyword:WORDS or category:NAME"`
	Act     string    `json:"act" enum:"follow,mute" example:"follow"`
	At      time.Time `json:"at" example:"2026-11-23T19:00:00Z"`
}

// Subjects is what a person follows and mutes.
type Subjects struct {
	Items []Followed `json:"items" nullable:"false" doc:"Followed, then muted; by name"`
}

type subjectsOutput struct{ Body Subjects }

func followedOf(m engine.Mark) Followed { return Followed{m.About, string(m.Act), m.At.UTC()} }

func (a *api) listSubjects(ctx context.Context, in *interestsInput) (*subjectsOutput, error) {
	marks, err := a.engine.Subjects(ctx, in.User)
	if err != nil {
		return nil, err
	}
	out := &subjectsOutput{Subjects{Items: []Followed{}}}
	for _, m := range marks {
		out.Body.Items = append(out.Body.Items, followedOf(m))
	}
	return out, nil
}

// FollowWhat is what a person follows or mutes.
type FollowWhat struct {
	Subject string `json:"subject" maxLength:"256" example:"author:Ada Lovelace" doc:"author:NAME, keyword:WORDS or category:NAME"`
	Act     string `json:"act,omitempty" enum:"follow,mute" default:"follow"`
}

type putSubjectInput struct {
	UserParam
	Body FollowWhat
}

type followedOutput struct{ Body Followed }

func (a *api) putSubject(ctx context.Context, in *putSubjectInput) (*followedOutput, error) {
	m, err := a.engine.FollowSubject(ctx, in.User, engine.Act(in.Body.Act), in.Body.Subject)
	if err != nil {
		return nil, err
	}
	return &followedOutput{followedOf(m)}, nil
}

type deleteSubjectInput struct {
	UserParam
	Subject string `query:"subject" required:"true" maxLength:"256" example:"author:Ada Lovelace" doc:"As in the list"`
}

func (a *api) deleteSubject(ctx context.Context, in *deleteSubjectInput) (*struct{}, error) {
	marks, err := a.engine.Subjects(ctx, in.User)
	if err != nil {
		return nil, err
	}
	for _, m := range marks {
		if strings.EqualFold(m.About, in.Subject) {
			return nil, a.engine.UnfollowSubject(ctx, in.User, m.Act, m.About)
		}
	}
	return nil, nil
}
