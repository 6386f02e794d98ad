package api

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// exemplify gives the bodies of an operation whole examples, made of the
// examples of their fields.
func (a *api) exemplify(op *huma.Operation) {
	fill := func(content map[string]*huma.MediaType) {
		for kind, media := range content {
			if !strings.Contains(kind, "json") || media.Schema == nil || media.Schema.Ref == "" {
				continue
			}
			v := reflect.New(a.typeOf(media.Schema.Ref)).Elem()
			sample(v)
			media.Example = v.Interface()
		}
	}
	if op.RequestBody != nil {
		fill(op.RequestBody.Content)
	}
	for status, r := range op.Responses {
		if strings.HasPrefix(status, "2") {
			fill(r.Content)
		}
	}
}

// typeOf returns the Go type that a schema reference stands for.
func (a *api) typeOf(ref string) reflect.Type {
	return a.huma.OpenAPI().Components.Schemas.TypeFromRef(ref)
}

// sample fills v with the values of its fields' example tags; a slice without
// one gets one element.
func sample(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			if ex, ok := f.Tag.Lookup("example"); ok {
				set(v.Field(i), ex)
			} else if v.Field(i).Kind() == reflect.Struct || v.Field(i).Kind() == reflect.Slice || v.Field(i).Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct {
				sample(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		sample(v.Index(0))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		sample(v.Elem())
	}
}

// set parses an example into v: JSON, or the text itself for a string.
func set(v reflect.Value, example string) {
	target := v.Addr().Interface()
	if json.Unmarshal([]byte(example), target) == nil {
		return
	}
	quoted, err := json.Marshal(example)
	if err == nil {
		err = json.Unmarshal(quoted, target)
	}
	if err != nil {
		panic("api: example " + example + ": " + err.Error()) // a mistake in types.go; every test meets it
	}
}
