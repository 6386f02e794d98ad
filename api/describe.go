package api

import (
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// about is what the OpenAPI document says of one operation.
type about struct {
	tag, summary, text string
	problems           []int // statuses of failure beyond those that follow from its shape
}

// abouts documents every operation of the route table, by name.
var abouts = map[string]about{
	"get-paper":    {"Papers", "Read a paper", "Any id of the paper finds it, also one in another spelling or the URL of its page.", []int{404}},
	"delete-paper": {"Papers", "Remove a paper", "What people did to it stays in their logs, and counts again if the paper is put again.", []int{404}},
	"post-papers": {"Papers", "Add or update papers", "Takes NDJSON, a JSON array or one object; it is read as it comes, up to 64 MiB. " +
		"A record that breaks a rule is rejected with its line; the others are stored. Sending the same papers again changes nothing. " +
		"Papers are searchable once they are embedded, which follows by itself.", []int{400, 408, 413, 415}},

	"get-similar": {"Questions", "Papers like a stored paper", "The nearest by meaning, the paper itself left out.", []int{404, 503}},
	"post-similar": {"Questions", "Papers like a text, or like a paper that need not be stored", "Give a text alone, or what is known of a paper: ids, title, abstract. " +
		"A stored paper is found by the first id that is known, else by its whole title, and its stored vector counts; else title and abstract are embedded. " +
		"What one of the ids or the title names is never among the answers.", []int{404, 503}},
	"search": {"Questions", "Search", "A paper that the words name by id, URL or full title comes first; then the nearest in meaning.", []int{503}},
	"recommend": {"Questions", "Papers from examples", "Near the positive papers and away from the negative ones. Reasons name the positive ones.",
		[]int{404, 503}},
	"latest": {"Questions", "The newest papers", "By date of publication. Papers that arrive meanwhile do not disturb the pages that follow.", nil},

	"feed": {"People", "What to read next", "Never holds what the user likes, dislikes or hides. With likes it is ranked by them, and every item says by which; " +
		"without, it is by date, and says so. The first page fixes the list: the pages after it repeat and skip nothing, whatever their size, to 1,000 items.", []int{410}},
	"explain": {"People", "Why a paper is where it is in the feed", "Every like, word and adjustment that makes its score, to the last: the contributions sum to it. " +
		"And for the likes that count most, the rank the paper would have if they were taken back. Parameters are those of the feed.", []int{404}},
	"onboarding":     {"People", "A few papers to judge first", "Well spread over the corpus, and away from what was judged already: five answers make a useful feed. Asked again, it offers what the answers leave open.", nil},
	"list-interests": {"People", "What a person's likes are about", "Likes grouped by meaning, the weightiest first. An interest keeps its id while likes come and go; each can be asked for as a feed of its own: feed?interest=ID.", nil},
	"patch-interest": {"People", "Name, mute or weigh an interest", "What is left out stays as it is. It is an event like a like: kept, and replayed.", []int{404}},
	"list-subjects":  {"People", "What a person follows and mutes", "By kind, then by name.", nil},
	"put-subject":    {"People", "Follow or mute an author, a keyword or a category", "Papers of a followed one rise and come in, those of a muted one are left out. The one replaces the other; again changes nothing.", nil},
	"delete-subject": {"People", "Follow or mute it no more", "If it does not stand, nothing happens.", nil},
	"post-scores": {"People", "How well papers suit a person", "For the papers of a page, stored or not: the relevance that a feed ranks by, and for which likes. " +
		"A stored paper is found as in POST /v1/similar; the others are embedded by title and abstract. A liked paper is scored without its own like. " +
		"An id that cannot be read is passed over.", nil},
	"list-likes": {"People", "What a person liked", "Newest first; kind asks for the other acts.", nil},
	"post-seen":  {"People", "Note that papers were shown", "Once a day counts; papers seen on an earlier day and not liked sink in the feed.", []int{404}},

	"post-reading": {"People", "Add the paper that a person is reading", "Of a paper that is stored already, by an id or its whole title, nothing is replaced: only what it lacks is filled in. " +
		"At most 64 KiB. It is searchable once it is embedded, which follows by itself.", nil},

	"put-likes":       {"People", "Like a paper", "Replaces a dislike or hide of it. Again changes nothing.", []int{404}},
	"delete-likes":    {"People", "Take a like back", "Counts from now, whatever the body says. If there is none, nothing happens.", []int{404}},
	"put-dislikes":    {"People", "Dislike a paper", "This, and what is like it, unless scope says otherwise, and until it ends, if it does. Replaces a like or hide of it. Again changes nothing.", []int{404}},
	"delete-dislikes": {"People", "Take a dislike back", "Counts from now, whatever the body says. If there is none, nothing happens.", []int{404}},
	"put-hidden":      {"People", "Hide a paper", "Only this one. Replaces a like or dislike of it. Again changes nothing.", []int{404}},
	"delete-hidden":   {"People", "Take a hide back", "Counts from now, whatever the body says. If there is none, nothing happens.", []int{404}},
	"put-saved":       {"People", "Save a paper for later", "Independent of likes. Again changes nothing.", []int{404}},
	"delete-saved":    {"People", "Take a save back", "Counts from now, whatever the body says. If there is none, nothing happens.", []int{404}},

	"post-pairing": {"Pairing", "Ask for a pairing code", "The code is open for two minutes and can be used once; a new one replaces it. Only this server’s own page " +
		"and the operator may ask: kindred pair does.", nil},
	"pair": {"Pairing", "Trade a code for a token", "For browser extensions alone: the request has to come with the Origin of one, and needs no token. The token it is answered with " +
		"is good with that Origin only, for reading and for recording what its user does. Five wrong codes close all that are open.", []int{403, 429}},

	"status":  {"Server", "How the server is doing", "Counts, the embedder, and work in progress.", nil},
	"healthz": {"Server", "Is it there?", "Answers as soon as the server does.", nil},
	"readyz":  {"Server", "Is it ready?", "200 only when every stored vector and every word is searchable and the work of starting is over.", []int{503}},
	"metrics": {"Server", "Metrics", "For Prometheus, in its text format.", nil},
}

// describe is the head of the OpenAPI document. Nothing in it or in an answer
// depends on a request: huma's $schema links, made of the Host header, are off.
func (a *api) describe() huma.Config {
	c := huma.DefaultConfig("Kindred", a.Version)
	c.CreateHooks = nil // the $schema links
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.Transformers = []huma.Transformer{a.asProblem}
	c.Info.Description = "Which papers are like this one, and what to read next. " +
		"Errors are application/problem+json with a stable code. Lists go on with a cursor. " +
		"A program on the same machine needs no token, unless the server requires one."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: "/"}}
	c.Tags = []*huma.Tag{
		{Name: "Questions", Description: "What is like this? What is there?"},
		{Name: "People", Description: "What a person did, and what they should read next."},
		{Name: "Papers", Description: "The corpus."},
		{Name: "Pairing", Description: "How a browser extension gets its token."},
		{Name: "Server", Description: "How it is doing."},
	}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {
		Type: "http", Scheme: "bearer", Description: "A token made by: kindred token create, or by pairing. Its scopes are read; events; write, which includes events; admin, which includes all.",
	}}
	return c
}

// operation is an operation with everything documented that its types do not
// say.
func (a *api) operation(name, method, path, scope string) huma.Operation {
	d, ok := abouts[name]
	if !ok {
		panic("api: " + name + " is not described") // a mistake in the route table; every test meets it
	}
	op := huma.Operation{
		OperationID: name, Method: method, Path: path, Tags: []string{d.tag}, Summary: d.summary, Description: d.text,
		// checkBody reads bodies, with its own limits; huma's deadline would
		// outlive the reading and end the context of slow answers.
		BodyReadTimeout: -1, MaxBodyBytes: -1,
		Responses: map[string]*huma.Response{},
	}
	statuses := append([]int{500}, d.problems...)
	if scope != public {
		op.Security = []map[string][]string{{"bearer": {scope}}}
		statuses = append(statuses, 401, 403)
	}
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "")
	for _, s := range statuses {
		op.Responses[strconv.Itoa(s)] = &huma.Response{
			Description: http.StatusText(s),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
	return op
}

// finish documents what huma has only found out by registering: the failures
// that follow from parameters and bodies, and what it was not told.
func (a *api) finish(name, method, path string) {
	doc := a.huma.OpenAPI()
	item := doc.Paths[path]
	op := map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "DELETE": item.Delete, "PATCH": item.Patch}[method]
	switch name {
	case "post-papers":
		op.RequestBody = a.uploadBody()
	case "metrics":
		op.Responses["200"].Content = map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: "string"}}}
	}
	var more []int
	if op.RequestBody != nil && name != "post-papers" {
		more = append(more, 400, 408, 413, 415)
	}
	if op.RequestBody != nil || len(op.Parameters) > 0 {
		more = append(more, 422)
	}
	problem := op.Responses["500"]
	a.exemplify(op)
	for _, s := range more {
		op.Responses[strconv.Itoa(s)] = &huma.Response{Description: http.StatusText(s), Content: problem.Content}
	}
	for _, p := range op.Parameters {
		if p.Schema != nil && len(p.Schema.Examples) > 0 {
			p.Example = p.Schema.Examples[0]
		}
	}
	a.operations = append(a.operations, op)
	// huma's own error types are never sent.
	delete(doc.Components.Schemas.Map(), "ErrorModel")
	delete(doc.Components.Schemas.Map(), "ErrorDetail")
}

// openUp says of the shapes of answers that members may come: only what is sent
// to us is held to what is listed.
func (a *api) openUp() {
	schemas := a.huma.OpenAPI().Components.Schemas
	sent := map[string]bool{}
	var mark func(*huma.Schema)
	mark = func(s *huma.Schema) {
		if s.Ref != "" {
			sent[s.Ref] = true
			s = schemas.SchemaFromRef(s.Ref)
		}
		for _, p := range s.Properties {
			mark(p)
		}
		if s.Items != nil {
			mark(s.Items)
		}
	}
	for _, op := range a.operations {
		if op.RequestBody == nil || op.OperationID == "post-papers" {
			continue
		}
		for _, media := range op.RequestBody.Content {
			mark(media.Schema)
		}
	}
	for name, s := range schemas.Map() {
		if !sent["#/components/schemas/"+name] {
			s.AdditionalProperties = nil
		}
	}
}

// A Record is one uploaded paper, as the docs show it; Options.Papers may know
// other names for its members.
type Record struct {
	ID         string   `json:"id,omitempty" example:"arxiv:2503.11731" doc:"Any form of an id; without one the paper is known by its title"`
	Title      string   `json:"title" example:"Industrial-Grade Sensor Simulation via Gaussian Splatting"`
	Abstract   string   `json:"abstract,omitempty" example:"Sensor simulation is pivotal for …"`
	Authors    []string `json:"authors,omitempty" nullable:"false" example:"[\"Xianming Zeng\",\"Sicong Du\"]"`
	Date       string   `json:"date,omitempty" example:"2025-03-18" doc:"A year, a month or a day"`
	Categories []string `json:"categories,omitempty" nullable:"false" example:"[\"cs.CV\",\"cs.RO\"]"`
}

// uploadBody describes the body of POST /v1/papers, which huma does not read.
func (a *api) uploadBody() *huma.RequestBody {
	record := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Record](), true, "")
	return &huma.RequestBody{
		Required:    true,
		Description: fmt.Sprintf("Papers, at most %d MiB", maxUpload>>20),
		Content: map[string]*huma.MediaType{
			ndjson:             {Schema: record},
			"application/json": {Schema: &huma.Schema{OneOf: []*huma.Schema{{Type: "array", Items: record}, record}}},
		},
	}
}
