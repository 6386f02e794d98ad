package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// docs draws the OpenAPI document for people: the same facts, nothing else.
func (v *views) docs(c echo.Context) error {
	p, err := v.page(c, "API", "/docs")
	if err != nil {
		return err
	}
	data := struct {
		page
		About  string
		Groups []docsGroup
		Shapes []docsShape
		Kinds  []kind
	}{page: p, About: v.huma.OpenAPI().Info.Description, Kinds: kinds, Shapes: v.shapes()}
	for _, tag := range v.huma.OpenAPI().Tags {
		g := docsGroup{Name: tag.Name, Text: tag.Description}
		for _, op := range v.operations {
			if op.Tags[0] == tag.Name {
				g.Operations = append(g.Operations, v.docsOperation(op, p.Base))
			}
		}
		data.Groups = append(data.Groups, g)
	}
	return v.draw(c, http.StatusOK, "docs.html", data)
}

type docsGroup struct {
	Name, Text string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Text, Scope string
	Params                                 []docsField
	Bodies                                 []docsBody
	Answer                                 docsBody
	Failures                               []string // statuses
	Curl                                   string
}

// A docsBody is JSON that is sent or answered.
type docsBody struct {
	Kind    string // content type
	Type    docsType
	Example string // indented; "" for none
}

type docsField struct {
	Name, In, Text string
	Required       bool
	Type           docsType
}

// A docsType is a type in words, and the shape that it names, if any.
type docsType struct{ Before, Shape, After string }

type docsShape struct {
	Name   string
	Fields []docsField
}

func (v *views) docsOperation(op *huma.Operation, base string) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Text: op.Description}
	if len(op.Security) > 0 {
		d.Scope = op.Security[0]["bearer"][0]
	}
	for _, p := range op.Parameters {
		d.Params = append(d.Params, docsField{Name: p.Name, In: p.In, Text: p.Description, Required: p.Required, Type: typeInWords(p.Schema)})
	}
	if op.RequestBody != nil {
		d.Bodies = bodies(op.RequestBody.Content)
	}
	for status, r := range op.Responses {
		if !strings.HasPrefix(status, "2") {
			d.Failures = append(d.Failures, status)
		} else if found := bodies(r.Content); len(found) > 0 {
			d.Answer = found[0]
		} else {
			d.Answer = docsBody{Kind: status, Type: docsType{Before: "nothing"}}
		}
	}
	slices.Sort(d.Failures)
	d.Curl = curl(op, base)
	return d
}

func bodies(content map[string]*huma.MediaType) []docsBody {
	var out []docsBody
	for kind, media := range content {
		b := docsBody{Kind: kind, Type: typeInWords(media.Schema)}
		if media.Example != nil {
			b.Example = indented(media.Example)
		}
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b docsBody) int { return strings.Compare(a.Kind, b.Kind) })
	return out
}

func indented(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil { // unreachable: samples are our own types
		return ""
	}
	return strings.TrimSpace(b.String())
}

// curl is a line that calls the operation, made of its examples.
func curl(op *huma.Operation, base string) string {
	path, query := op.Path, url.Values{}
	for _, p := range op.Parameters {
		example := ""
		if p.Example != nil {
			example = fmt.Sprint(p.Example)
		}
		if p.In == "path" {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", inPath(example))
		} else if example != "" && (p.Required || p.Name == "limit") {
			query.Set(p.Name, example)
		}
	}
	line := "curl"
	if op.Method != "GET" {
		line += " -X " + op.Method
	}
	line += " '" + base + path
	if len(query) > 0 {
		line += "?" + query.Encode()
	}
	line += "'"
	if op.RequestBody == nil || !op.RequestBody.Required {
		return line
	}
	for _, b := range bodies(op.RequestBody.Content) {
		if b.Kind == ndjson {
			return line + " \\\n  -H 'Content-Type: " + ndjson + "' --data-binary @papers.jsonl"
		}
	}
	var small bytes.Buffer
	if err := json.Compact(&small, []byte(bodies(op.RequestBody.Content)[0].Example)); err != nil { // unreachable
		return line
	}
	return line + " \\\n  -H 'Content-Type: application/json' -d '" + small.String() + "'"
}

// shapes lists the types of the API by name, their fields as the JSON has them.
func (v *views) shapes() []docsShape {
	schemas := v.huma.OpenAPI().Components.Schemas
	var out []docsShape
	for name, s := range schemas.Map() {
		shape := docsShape{Name: name}
		for _, field := range jsonFields(schemas.TypeFromRef("#/components/schemas/" + name)) {
			if p := s.Properties[field]; p != nil {
				shape.Fields = append(shape.Fields, docsField{Name: field, Text: p.Description,
					Required: slices.Contains(s.Required, field), Type: typeInWords(p)})
			}
		}
		out = append(out, shape)
	}
	slices.SortFunc(out, func(a, b docsShape) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// jsonFields returns the JSON names of a struct's fields, in order.
func jsonFields(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			out = append(out, jsonFields(f.Type)...)
		case f.IsExported() && name != "":
			out = append(out, name)
		}
	}
	return out
}

func typeInWords(s *huma.Schema) docsType {
	switch {
	case s == nil:
		return docsType{}
	case len(s.OneOf) > 0:
		first, second := typeInWords(s.OneOf[0]), typeInWords(s.OneOf[1])
		return docsType{Before: first.Before, Shape: first.Shape, After: first.After + ", or one " + second.Shape}
	case s.Ref != "":
		return docsType{Shape: s.Ref[strings.LastIndex(s.Ref, "/")+1:]}
	case s.Type == "array":
		t := typeInWords(s.Items)
		t.Before = "array of " + t.Before
		return t
	}
	word := s.Type
	if len(s.Enum) > 0 {
		var values []string
		for _, e := range s.Enum {
			values = append(values, fmt.Sprint(e))
		}
		word = strings.Join(values, " | ")
	}
	if s.Format == "date-time" {
		word = "time (RFC 3339)"
	}
	if s.Minimum != nil && s.Maximum != nil {
		word += " from " + strconv.FormatFloat(*s.Minimum, 'f', -1, 64) + " to " + strconv.FormatFloat(*s.Maximum, 'f', -1, 64)
	}
	if s.Nullable {
		word += " or null"
	}
	if s.Default != nil {
		word += fmt.Sprintf(", default %v", s.Default)
	}
	return docsType{Before: word}
}
