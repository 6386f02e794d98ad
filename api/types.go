package api

import (
	"math"
	"time"

	"kindred/engine"
)

// The JSON of the API. Arrays are never null; what is unknown is null. The
// tags example and doc end up in the OpenAPI document.

// A Paper is one record of the corpus.
type Paper struct {
	ID         string    `json:"id" example:"arxiv:2503.11731" doc:"The name of the paper for ever; put it in paths percent-encoded"`
	IDs        []string  `json:"ids" nullable:"false" doc:"Every id of the paper, the one above first" example:"[\"arxiv:2503.11731\",\"doi:10.1145/3292500.3330701\"]"`
	Title      string    `json:"title" example:"Locally Regularized Neural Differential Equations" doc:"Plain text, may hold LaTeX"`
	Abstract   string    `json:"abstract" doc:"Plain text, may hold LaTeX; may be empty" example:"Training neural differential equations is expensive because …"`
	Authors    []string  `json:"authors" nullable:"false" doc:"As printed, in order" example:"[\"A. Author\",\"B. Author\"]"`
	Published  *string   `json:"published" doc:"As precise as the source: a year, a month or a day" example:"2025-03-14"`
	Updated    *string   `json:"updated" doc:"Of the newest version" example:"2025-04"`
	Categories []string  `json:"categories" nullable:"false" doc:"The first is the primary one" example:"[\"cs.LG\",\"stat.ML\"]"`
	Links      []Link    `json:"links" nullable:"false" doc:"Pages about the paper"`
	Sources    []Sourced `json:"sources" nullable:"false" doc:"Who told this server about it, oldest first"`
}

// A Link is a page about a paper.
type Link struct {
	Rel string `json:"rel" example:"abstract" doc:"What is there: abstract, pdf, doi, page"`
	URL string `json:"url" example:"https://arxiv.org/abs/2503.11731"`
}

// Sourced says who told about a paper, and when first.
type Sourced struct {
	Name string    `json:"name" example:"sample"`
	At   time.Time `json:"at" example:"2026-11-23T19:00:00Z"`
}

// A Ref names a paper.
type Ref struct {
	ID    string `json:"id" example:"arxiv:2306.01202"`
	Title string `json:"title" example:"MossFormer2: Combining Transformer and RNN-Free Recurrent Network"`
}

// An Item is one paper of an answer.
type Item struct {
	Paper      Paper    `json:"paper"`
	Score      float64  `json:"score" example:"0.43" doc:"What ranks it: 0 is a paper like any other of the corpus, 1 one as near in meaning as what was asked by, or is liked; words add to it. To six decimals; 0 where the order is by date"`
	Confidence *float64 `json:"confidence" example:"0.31" doc:"Probability, from 0 to 1, that the person would pick it themselves; null where nothing is known of their taste"`
	Reasons    []Reason `json:"reasons" nullable:"false" doc:"Why it is here, strongest first; other types may come"`
}

// A Reason says why a paper is where it is in an answer.
type Reason struct {
	Type         string  `json:"type" example:"liked" doc:"liked: near in meaning to a liked (or positive) paper; term: it has words of what is liked or asked; meaning: near in meaning to what is asked; author, keyword, category: of a followed subject; fresh: it is new; explore: it has a place kept for papers the profile says little of; disliked, seen, known: what pushes it down; id, title: the search names it"`
	Paper        *Ref    `json:"paper" doc:"The liked or disliked paper; null for other types"`
	Text         string  `json:"text" example:"speech separation" doc:"The term or subject; empty for other types"`
	Similarity   float64 `json:"similarity" example:"0.71" doc:"Cosine with that paper, or with what is asked; 0 for other types"`
	Contribution float64 `json:"contribution" example:"0.21" doc:"To the score, which is the sum over all reasons, of which a list names the strongest; below 0 for what pushes down"`
	Share        float64 `json:"share" example:"0.64" doc:"Contribution over the sum of all that are above 0"`
}

// An Explanation says everything about one paper in a person's feed.
type Explanation struct {
	Item
	Rank           *int    `json:"rank" example:"7" doc:"By relevance, before diversity and the rest; null past the depth that is looked at"`
	Of             int     `json:"of" example:"1200" doc:"How many papers were ranked"`
	Without        []Doubt `json:"without" nullable:"false" doc:"What if a liked paper were not: for the five that count most"`
	ProfileVersion int64   `json:"profile_version" example:"1042"`
	Space          string  `json:"space" example:"builtin:kindred-static@797b70c4edf8/256"`
}

// A Doubt is the rank that a paper would have without one like.
type Doubt struct {
	Paper Ref  `json:"paper"`
	Rank  *int `json:"rank" example:"41" doc:"null past the depth that is looked at, or where nothing would be left to rank by"`
}

// A List is an answer, best first.
type List struct {
	Items []Item  `json:"items" nullable:"false"`
	Next  *string `json:"next" doc:"Cursor of the next page; null at the end" example:"b3BhcXVl"`
	Space string  `json:"space" example:"builtin:kindred-static@797b70c4edf8/256" doc:"The embedding space that the scores are from"`
}

// A Feed is what a person should read next.
type Feed struct {
	List
	Strategy       string `json:"strategy" enum:"newest,profile" example:"profile" doc:"newest: by date, because nothing is known of the person's taste"`
	Note           string `json:"note" doc:"What the person should know about this list; may be empty" example:"Based on 3 likes."`
	ProfileVersion int64  `json:"profile_version" example:"1042" doc:"Grows with what the person does; 0 for nothing yet"`
}

// A Mark is something a person did to a paper, as answered to the doing.
type Mark struct {
	Paper Ref       `json:"paper"`
	Kind  string    `json:"kind" enum:"like,dislike,hide,save" example:"like"`
	At    time.Time `json:"at" example:"2026-11-23T19:00:00Z"`
}

// Marks is a page of what a person did.
type Marks struct {
	Items []Marked `json:"items" nullable:"false" doc:"Newest first"`
	Next  *string  `json:"next" doc:"Cursor of the next page; null at the end" example:"b3BhcXVl"`
}

// Marked is a paper and what a person did to it.
type Marked struct {
	Paper Paper     `json:"paper"`
	Kind  string    `json:"kind" enum:"like,dislike,hide,save" example:"like"`
	At    time.Time `json:"at" example:"2026-11-23T19:00:00Z"`
}

// Upload says what became of uploaded papers. Every record is in one of the
// four.
type Upload struct {
	Added         int        `json:"added" example:"48"`
	Updated       int        `json:"updated" example:"3"`
	Unchanged     int        `json:"unchanged" example:"1"`
	Rejected      []Rejected `json:"rejected" nullable:"false" doc:"The first 1,000 rejected records"`
	RejectedTotal int        `json:"rejected_total" example:"1" doc:"All rejected records"`
}

// Rejected is a record that was not taken, and why.
type Rejected struct {
	Line  int    `json:"line" example:"17" doc:"Of the body, from 1; in a JSON array the number of the element"`
	Error string `json:"error" example:"invalid: no title"`
}

// A Status says how the server is doing.
type Status struct {
	Version  string        `json:"version" example:"v0.1.0"`
	Papers   int           `json:"papers" example:"52"`
	Embedded int           `json:"embedded" example:"52" doc:"Papers with a vector, stale ones included"`
	Pending  int           `json:"pending" example:"0" doc:"Papers without a current vector"`
	Space    string        `json:"space" example:"builtin:kindred-static@797b70c4edf8/256"`
	Embedder EmbedderState `json:"embedder"`
	Jobs     []Job         `json:"jobs" nullable:"false"`
}

// EmbedderState says whether new texts can be embedded.
type EmbedderState struct {
	Name  string `json:"name" example:"builtin:kindred-static"`
	State string `json:"state" example:"ready" doc:"ready or unavailable, as of the last attempt"`
	Hint  string `json:"hint" example:"" doc:"What to do if it is unavailable"`
}

// A Job is long work in progress, or the error that ended it.
type Job struct {
	Kind  string   `json:"kind" example:"embed"`
	Done  int64    `json:"done" example:"1200"`
	Total int64    `json:"total" example:"195354"`
	Rate  *float64 `json:"rate" example:"4600" doc:"Per second, over the last minute; null if unknown"`
	ETA   *float64 `json:"eta" example:"42" doc:"Seconds; null if unknown"`
	Error *string  `json:"error" example:"ollama is not running" doc:"What went wrong; null if nothing"`
}

func paperOf(p engine.Paper) Paper {
	out := Paper{
		ID: string(p.Key), IDs: make([]string, len(p.IDs)), Title: p.Title, Abstract: p.Abstract,
		Authors: append([]string{}, p.Authors...), Published: orNull(p.Published.String()), Updated: orNull(p.Updated.String()),
		Categories: append([]string{}, p.Categories...), Links: []Link{}, Sources: []Sourced{},
	}
	for i, id := range p.IDs {
		out.IDs[i] = string(id)
	}
	for _, l := range p.Links() {
		out.Links = append(out.Links, Link{l.Rel, l.URL})
	}
	for _, s := range p.Sources {
		out.Sources = append(out.Sources, Sourced{s.Name, s.At.UTC()})
	}
	return out
}

func listOf(l engine.List) List {
	out := List{Items: make([]Item, len(l.Items)), Next: orNull(l.Next), Space: l.Space}
	for i, it := range l.Items {
		out.Items[i] = itemOf(it)
	}
	return out
}

func itemOf(it engine.Item) Item {
	out := Item{Paper: paperOf(it.Paper), Score: six(it.Score), Reasons: reasonsOf(it.Reasons)}
	if it.Confidence > 0 {
		c := six(float32(it.Confidence))
		out.Confidence = &c
	}
	return out
}

func explanationOf(x engine.Explanation) Explanation {
	rank := func(n int) *int {
		if n == 0 {
			return nil
		}
		return &n
	}
	out := Explanation{Item: itemOf(x.Item), Rank: rank(x.Rank), Of: x.Of, Without: []Doubt{}, ProfileVersion: x.Version, Space: x.Space}
	for _, d := range x.Without {
		out.Without = append(out.Without, Doubt{Ref{string(d.Key), d.Title}, rank(d.Rank)})
	}
	return out
}

func reasonsOf(reasons []engine.Reason) []Reason {
	out := make([]Reason, len(reasons))
	for i, r := range reasons {
		out[i] = Reason{Type: r.Type, Text: r.Text, Similarity: six(r.Similarity), Contribution: six(r.Contribution), Share: six(r.Share)}
		if r.Key != "" {
			out[i].Paper = &Ref{string(r.Key), r.Title}
		}
	}
	return out
}

func statusOf(s engine.Status, version string) Status {
	out := Status{
		Version: version, Papers: s.Papers, Embedded: s.Embedded, Pending: s.Pending, Space: s.Space,
		Embedder: EmbedderState(s.Embedder), Jobs: []Job{},
	}
	for _, j := range s.Jobs {
		job := Job{Kind: j.Kind, Done: j.Done, Total: j.Total, Error: orNull(j.Err)}
		if j.Rate > 0 {
			rate := math.Round(10*j.Rate) / 10
			job.Rate = &rate
		}
		if j.ETA > 0 {
			secs := j.ETA.Seconds()
			job.ETA = &secs
		}
		out.Jobs = append(out.Jobs, job)
	}
	return out
}

// six rounds to six decimals: float32 has hardly more, and the shorter number
// is the same on every machine.
func six(x float32) float64 {
	return math.Round(float64(x)*1e6)/1e6 + 0 // -0 + 0 is 0
}

// orNull returns nil for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
