package importer

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"kindred/engine"
)

// decode unmarshals one record, with errors that a person can use.
func decode(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON: %w", err)
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("is a JSON %s: want an object", kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("field %q is a JSON %s", kind.Field, kind.Value)
	}
	return err
}

// text is a JSON string, or a number as it is written, or "" for null.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	switch b[0] {
	case '"':
		return json.Unmarshal(b, (*string)(t))
	case '{', '[', 't', 'f':
		return fmt.Errorf("%.40s: want a string", b)
	case 'n':
		*t = ""
	default:
		*t = text(b)
	}
	return nil
}

// texts is a list of texts, or one text.
type texts []text

func (l *texts) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]text)(l))
	}
	*l = make(texts, 1)
	return (*l)[0].UnmarshalJSON(b)
}

// words is a list of texts, or one text of words with blanks, commas or
// semicolons between them.
type words []text

func (l *words) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]text)(l))
	}
	var t text
	if err := t.UnmarshalJSON(b); err != nil {
		return err
	}
	*l = nil
	for _, w := range strings.FieldsFunc(string(t), func(r rune) bool { return strings.ContainsRune(" \t\r\n,;", r) }) {
		*l = append(*l, text(w))
	}
	return nil
}

// names is a list of authors, each a string or an object with a "name", or all
// of them in one string; see splitAuthors.
type names []string

func (l *names) UnmarshalJSON(b []byte) error {
	if b[0] != '[' {
		var t text
		err := t.UnmarshalJSON(b)
		*l = splitAuthors(string(t))
		return err
	}
	if json.Unmarshal(b, (*[]string)(l)) == nil {
		return nil
	}
	var people []person
	if err := json.Unmarshal(b, &people); err != nil {
		return err
	}
	*l = nil
	for _, p := range people {
		*l = append(*l, p.Name)
	}
	return nil
}

type person struct {
	Name string `json:"name"`
}

func (p *person) UnmarshalJSON(b []byte) error {
	if b[0] == '{' {
		type plain person
		return json.Unmarshal(b, (*plain)(p))
	}
	return json.Unmarshal(b, &p.Name)
}

// splitAuthors splits the names of one string. Between names stands ";" if
// there is one anywhere, else "and" or ",". "Lovelace, Ada" is one name: a
// comma after a single word, and no other, belongs to the name. What is in
// parentheses is an affiliation and dropped.
func splitAuthors(s string) []string {
	s = strings.Join(strings.Fields(cutParentheses(s)), " ")
	if strings.Contains(s, ";") {
		return trimAll(strings.Split(s, ";"))
	}
	var out []string
	for part := range strings.SplitSeq(s, " and ") {
		part = strings.Trim(part, " ,")
		if last, _, found := strings.Cut(part, ","); found && strings.Count(part, ",") == 1 && !strings.Contains(last, " ") {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Split(part, ",")...)
	}
	return trimAll(out)
}

func cutParentheses(s string) string {
	if !strings.Contains(s, "(") {
		return s
	}
	depth := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth = max(depth-1, 0)
		case depth == 0:
			return r
		}
		return ' '
	}, s)
}

// trimAll trims each string and drops the empty ones.
func trimAll(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// date reads what ParseDate does, and a year that went through a float.
func date(t text) (engine.Date, error) {
	s := strings.TrimSpace(string(t))
	return engine.ParseDate(strings.TrimSuffix(s, ".0"))
}
