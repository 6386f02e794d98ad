package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"kindred/engine"
)

// A Reading is the one paper that a person has before them.
type Reading struct {
	IDs       []string `json:"ids,omitempty" nullable:"false" maxItems:"20" doc:"In any form; without one the paper is known by its title" example:"[\"arxiv:2503.11731\"]"`
	Title     string   `json:"title" example:"Industrial-Grade Sensor Simulation via Gaussian Splatting"`
	Abstract  string   `json:"abstract,omitempty" example:"Sensor simulation is pivotal for …"`
	Authors   []string `json:"authors,omitempty" nullable:"false" doc:"As printed, in order" example:"[\"Xianming Zeng\",\"Sicong Du\"]"`
	Published string   `json:"published,omitempty" doc:"A year, a month or a day" example:"2025-03-14"`
	URL       string   `json:"url,omitempty" doc:"Of the page; it becomes an id if it names the paper" example:"https://arxiv.org/abs/2503.11731"`
}

type readingInput struct {
	UserParam
	Body Reading
}

// postReading reads the paper as an upload of one record, so the same rules
// hold.
func (a *api) postReading(ctx context.Context, in *readingInput) (*paperOutput, error) {
	for _, id := range in.Body.IDs { // of an upload, others would become ids of their own
		if _, _, err := engine.ParseID(id); err != nil {
			return nil, err
		}
	}
	record, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err // unreachable: strings
	}
	for p, err := range a.Papers(bytes.NewReader(record)) {
		if err != nil {
			return nil, invalid(err)
		}
		stored, err := a.engine.AddReading(ctx, p)
		if err != nil {
			return nil, err
		}
		return &paperOutput{paperOf(stored)}, nil
	}
	return nil, errors.New("reading: Options.Papers gives nothing for a record") // unreachable
}

// invalid makes a problem of a record that is no paper. Its line says nothing.
func invalid(err error) error {
	var at interface {
		error
		LineNumber() int
	}
	if errors.As(err, &at) {
		if inner := errors.Unwrap(at); inner != nil {
			err = inner
		}
	}
	return newProblem("invalid", err.Error())
}
