package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// document reads the OpenAPI document as a client does.
func document(t *testing.T, h http.Handler) map[string]any {
	t.Helper()
	rec := do(t, h, request("GET", "/openapi.json", ""))
	var doc map[string]any
	decodeLoose(t, rec, &doc)
	return doc
}

// TestDocumentComplete compares the document with what Echo serves.
func TestDocumentComplete(t *testing.T) {
	w := newWorld(t, nil)
	o := Options{Hosts: []string{host}, Papers: jsonl}
	a, err := build(w.engine, o)
	if err != nil {
		t.Fatal(err)
	}
	var served, described []string
	param := regexp.MustCompile(`:(\w+)`)
	for _, r := range a.echo.Routes() {
		if publicRoutes[r.Path] && !strings.HasSuffix(r.Path, "z") || r.Method == echo.RouteNotFound { // pages
			continue
		}
		served = append(served, r.Method+" "+param.ReplaceAllString(r.Path, "{$1}"))
	}
	for path, item := range document(t, w)["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	sort.Strings(served)
	sort.Strings(described)
	if !slices.Equal(served, described) {
		t.Errorf("served:\n%s\ndescribed:\n%s", strings.Join(served, "\n"), strings.Join(described, "\n"))
	}
	if len(served) != 34 {
		t.Errorf("%d routes", len(served))
	}
	var unused []string
	for name := range abouts {
		if !slices.ContainsFunc(a.operations, func(op *huma.Operation) bool { return op.OperationID == name }) {
			unused = append(unused, name)
		}
	}
	if len(unused) > 0 {
		t.Errorf("described but not served: %v", unused)
	}
}

// TestDocumentSound checks what tools that read the document rely on.
func TestDocumentSound(t *testing.T) {
	w := newWorld(t, nil)
	doc := document(t, w)
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi: %v", doc["openapi"])
	}
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	used := map[string]bool{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				name := strings.TrimPrefix(ref, "#/components/schemas/")
				if schemas[name] == nil {
					t.Errorf("%s: dangling reference %s", at, ref)
				}
				used[name] = true
			}
			if kind, ok := v["type"].([]any); ok && slices.Contains(kind, "array") {
				t.Errorf("%s: an array that may be null", at)
			}
			for k, x := range v {
				walk(at+"/"+k, x)
			}
		case []any:
			for i, x := range v {
				walk(fmt.Sprint(at, "/", i), x)
			}
		}
	}
	walk("", doc)
	for name := range schemas {
		if !used[name] {
			t.Errorf("schema %s is not used", name)
		}
	}
	for name, s := range schemas {
		_, closed := s.(map[string]any)["additionalProperties"]
		if sent := slices.Contains([]string{"SimilarQuery", "Examples", "When", "Shown", "PairRequest", "PairingRequest", "ScoresQuery", "Sight", "Reading", "DislikeWhat", "InterestPatch", "FollowWhat"}, name); closed != sent {
			t.Errorf("schema %s: closed to other members: %v", name, closed)
		}
	}
	ids := map[string]bool{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, v := range item.(map[string]any) {
			op := v.(map[string]any)
			at := method + " " + path
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] {
				t.Errorf("%s: operationId %q", at, id)
			}
			ids[id] = true
			for _, field := range []string{"summary", "description"} {
				if s, _ := op[field].(string); s == "" {
					t.Errorf("%s: no %s", at, field)
				}
			}
			public := path == "/healthz" || path == "/readyz" || path == "/v1/pair"
			if (op["security"] == nil) != public {
				t.Errorf("%s: security %v", at, op["security"])
			}
			responses := op["responses"].(map[string]any)
			for status, r := range responses {
				content, _ := r.(map[string]any)["content"].(map[string]any)
				if status >= "400" && (len(content) != 1 || content["application/problem+json"] == nil) {
					t.Errorf("%s: %s: %v", at, status, content)
				}
				if media, ok := content["application/json"].(map[string]any); ok && media["example"] == nil {
					t.Errorf("%s: %s has no example", at, status)
				}
			}
			if !public && (responses["401"] == nil || responses["403"] == nil) || path == "/v1/pair" && responses["403"] == nil {
				t.Errorf("%s: does not tell of 401 and 403", at)
			}
			for _, p := range toSlice(op["parameters"]) {
				p := p.(map[string]any)
				if p["in"] == "path" && !strings.Contains(path, "{"+p["name"].(string)+"}") {
					t.Errorf("%s: parameter %v is not in the path", at, p["name"])
				}
				if s, _ := p["description"].(string); s == "" {
					t.Errorf("%s: parameter %v is not described", at, p["name"])
				}
			}
			for range strings.Count(path, "{") {
				if len(toSlice(op["parameters"])) < strings.Count(path, "{") {
					t.Errorf("%s: parameters are missing", at)
				}
			}
		}
	}
}

func toSlice(v any) []any {
	s, _ := v.([]any)
	return s
}

// TestDocumentTrue sends the document's own examples, and compares the members
// of answers with its schemas.
func TestDocumentTrue(t *testing.T) {
	w := newWorld(t, nil)
	doc := document(t, w)
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	get := func(target string) map[string]any {
		var v map[string]any
		decodeLoose(t, w.do("GET", target, ""), &v)
		return v
	}
	w.do("PUT", "/v1/users/me/likes/2503.11731", "")
	feed := get("/v1/users/me/feed")
	for name, v := range map[string]map[string]any{
		"Paper": get("/v1/papers/2503.11731"), "List": get("/v1/latest"), "Feed": feed, "Status": get("/v1/status"), "Marks": get("/v1/users/me/likes"),
		"Item": feed["items"].([]any)[0].(map[string]any),
	} {
		schema := schemas[name].(map[string]any)
		var want, got []string
		for k := range schema["properties"].(map[string]any) {
			want = append(want, k)
		}
		for k := range v {
			got = append(got, k)
		}
		sort.Strings(want)
		sort.Strings(got)
		required := toSlice(schema["required"])
		if !reflect.DeepEqual(got, want) || len(required) != len(want) {
			t.Errorf("%s: document %v (required %v), answer %v", name, want, required, got)
		}
	}
	for _, target := range []string{"/v1/similar", "/v1/recommendations"} {
		op := doc["paths"].(map[string]any)[target].(map[string]any)["post"].(map[string]any)
		media := op["requestBody"].(map[string]any)["content"].(map[string]any)["application/json"].(map[string]any)
		body, err := json.Marshal(media["example"])
		if err != nil {
			t.Fatal(err)
		}
		if rec := w.do("POST", target, string(body)); rec.Code != 200 {
			t.Errorf("%s: the example %s: %d %s", target, body, rec.Code, rec.Body)
		}
	}
}

// TestDocs reads the docs page like a person without scripts or network.
func TestDocs(t *testing.T) {
	w := newWorld(t, nil)
	rec := w.do("GET", "/docs", "")
	page := rec.Body.String()
	for path, item := range document(t, w)["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			if !strings.Contains(page, fmt.Sprintf(`<span class="method %s">%[1]s</span><code>%s</code>`, strings.ToUpper(method), path)) {
				t.Errorf("the docs do not show %s %s", method, path)
			}
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %s twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		name, inPage := strings.CutPrefix(m[1], "#")
		if inPage && !ids[name] {
			t.Errorf("link to nowhere: %s", m[1])
		}
		if !inPage && !slices.Contains([]string{"/", "/likes", "/pair", "/status", "/docs", "/openapi.json"}, m[1]) && !strings.HasPrefix(m[1], "/static/") {
			t.Errorf("link elsewhere: %s", m[1])
		}
	}
	for _, k := range kinds {
		if !ids[k.Code] {
			t.Errorf("problem %s is not explained", k.Code)
		}
	}
}
