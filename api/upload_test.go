package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

func TestUpload(t *testing.T) {
	const lines, array = "Content-Type: application/x-ndjson", "Content-Type: application/json; charset=utf-8"
	one := func(n int) string { return fmt.Sprintf(`{"id":"lab:new-%d","title":"New paper %d"}`, n, n) }
	for _, c := range []struct {
		name, kind, body     string
		added, updated, same int
		rejected             []int // lines
	}{
		{"lines", lines, one(1) + "\n" + one(2), 2, 0, 0, nil},
		{"lines with windows ends and blanks around", lines, "\n\n" + one(1) + "\r\n\r\n" + one(2) + "\r\n\n", 2, 0, 0, nil},
		{"array", array, "[" + one(1) + "," + one(2) + "]", 2, 0, 0, nil},
		{"array over lines", array, " [\n" + one(1) + ",\n\n" + one(2) + "\n]\n", 2, 0, 0, nil},
		{"empty array", array, "[]", 0, 0, 0, nil},
		{"one object", array, one(1), 1, 0, 0, nil},
		{"one object over lines", array, strings.ReplaceAll(one(1), ",", ",\n "), 1, 0, 0, nil},
		{"twice the same", lines, one(1) + "\n" + one(1), 1, 0, 1, nil},
		{"updated", array, `[{"id":"arxiv:2503.11731","title":"Speech separation, revised"}]`, 0, 1, 0, nil},
		{"told by another source before", lines, corpus, 0, 9, 0, nil},
		{"our own answers", array, `[{"id":"arxiv:2503.11731","title":"Speech separation with transformers","links":[{"rel":"pdf","url":"https://arxiv.org/pdf/2503.11731"}],"sources":[]}]`, 0, 1, 0, nil},
		{"bad ones among good", lines, one(1) + "\nnot json\n\n" + one(2) + "\n{}\n" + `{"title":7}` + "\n" + one(3), 3, 0, 0, []int{2, 5, 6}},
		{"only bad ones", lines, "a\nb\n", 0, 0, 0, []int{1, 2}},
		{"elements that are no papers", array, `[7,` + one(1) + `,null,"x",{"title":""}]`, 1, 0, 0, []int{1, 3, 4, 5}},
		{"an abstract of 10 MB", lines, one(1) + "\n" + `{"title":"t","abstract":"` + strings.Repeat("a ", 5<<20) + `"}` + "\n" + one(2), 2, 0, 0, []int{2}},
		{"one of 2 MB in an array", array, "[" + one(1) + "," + `{"title":"t","abstract":"` + strings.Repeat("a ", 1<<20) + `"}` + "," + one(2) + "]", 2, 0, 0, []int{2}},
		{"an abstract over our limit", lines, `{"title":"t","abstract":"` + strings.Repeat("a ", 100<<10) + `"}`, 0, 0, 0, []int{1}},
		{"invalid UTF-8 and NUL", lines, "{\"title\":\"\xff\"}\n{\"title\":\"a\\u0000b\"}", 0, 0, 0, []int{1, 2}},
		{"date that is none", lines, `{"title":"t","date":"2025-13-01"}`, 0, 0, 0, []int{1}},
	} {
		w := newWorld(t, nil)
		rec := w.do("POST", "/v1/papers", c.body, c.kind)
		if rec.Code != 200 {
			t.Errorf("%s: %d %s", c.name, rec.Code, rec.Body)
			continue
		}
		u := decode[Upload](t, rec)
		var at []int
		for _, r := range u.Rejected {
			at = append(at, r.Line)
			if r.Error == "" || len(r.Error) > 500 || strings.HasPrefix(r.Error, "line ") {
				t.Errorf("%s: line %d: error %.600q", c.name, r.Line, r.Error)
			}
		}
		if u.Added != c.added || u.Updated != c.updated || u.Unchanged != c.same || !reflect.DeepEqual(at, c.rejected) || u.RejectedTotal != len(at) {
			t.Errorf("%s: %.1000s", c.name, rec.Body)
		}
		again := decode[Upload](t, w.do("POST", "/v1/papers", c.body, c.kind))
		if again.Added+again.Updated > 0 || again.Unchanged != c.added+c.updated+c.same || !reflect.DeepEqual(again.Rejected, u.Rejected) {
			t.Errorf("%s, again: %+v", c.name, again)
		}
		if !strings.Contains(rec.Body.String(), `"rejected":[`) {
			t.Errorf("%s: rejected is no array: %s", c.name, rec.Body)
		}
	}
}

// TestUploadNot sends what is not papers as a whole.
func TestUploadNot(t *testing.T) {
	w := newWorld(t, nil)
	const lines, array = "Content-Type: application/x-ndjson", "Content-Type: application/json"
	for _, c := range []struct {
		name, kind, body string
		status           int
		code, detail     string
	}{
		{"no body", array, "", 400, "malformed", "empty"},
		{"no line", lines, "", 400, "malformed", "empty"},
		{"blank lines", lines, "\n \n", 400, "malformed", "empty"},
		{"blanks", array, " \n", 400, "malformed", "empty"},
		{"words", array, "not json", 400, "malformed", "not JSON"},
		{"half an object", array, `{"title":`, 400, "malformed", "not JSON"},
		{"half an array", array, `[{"title":"Half an array"},`, 400, "malformed", "1 added"},
		{"array without commas", array, `[{"title":"Without commas"} {"title":"b"}]`, 400, "malformed", "1 added"},
		{"array and more", array, `[] []`, 400, "malformed", "more follows"},
		{"lines called JSON", array, "{\"title\":\"a\"}\n{\"title\":\"b\"}", 400, "malformed", "more follows"},
		{"number", array, "7", 422, "invalid", "array"},
		{"string", array, `"a"`, 422, "invalid", "array"},
		{"null", array, "null", 422, "invalid", "array"},
		{"form", "Content-Type: application/x-www-form-urlencoded", "title=a", 415, "media_type", ""},
		{"no type", "Content-Type: ", "{}", 415, "media_type", ""},
		{"text", "Content-Type: text/plain", "[]", 415, "media_type", ""},
	} {
		rec := w.do("POST", "/v1/papers", c.body, c.kind)
		if p := problemOf(t, rec); rec.Code != c.status || p.Code != c.code || !strings.Contains(p.Detail, c.detail) {
			t.Errorf("%s: %d %s", c.name, rec.Code, rec.Body)
		}
	}
}

// TestUploadSearchable puts papers in by HTTP and finds them.
func TestUploadSearchable(t *testing.T) {
	w := newWorld(t, nil)
	var body bytes.Buffer
	for i := range 2500 { // three batches
		fmt.Fprintf(&body, `{"id":"lab:%04d","title":"Paper number%04d"}`+"\n", i, i)
	}
	u := decode[Upload](t, w.do("POST", "/v1/papers", body.String(), "Content-Type: application/x-ndjson"))
	if u.Added != 2500 || u.RejectedTotal != 0 {
		t.Fatalf("%+v", u)
	}
	if s := decode[Status](t, w.do("GET", "/v1/status", "")); s.Papers != 2509 || s.Pending != 2500 {
		t.Errorf("before: %+v", s)
	}
	w.settle()
	l := decode[List](t, w.do("GET", "/v1/search?q=number1234&limit=1", ""))
	if len(l.Items) != 1 || l.Items[0].Paper.ID != "lab:1234" {
		t.Errorf("%+v", l)
	}
	if got := decode[Paper](t, w.do("GET", "/v1/papers/lab:2499", "")); got.Sources[0].Name != uploadSource {
		t.Errorf("%+v", got)
	}
}

// TestUploadMany rejects more records than are listed.
func TestUploadMany(t *testing.T) {
	w := newWorld(t, nil)
	u := decode[Upload](t, w.do("POST", "/v1/papers", strings.Repeat("{}\n", 5000), "Content-Type: application/x-ndjson"))
	if u.RejectedTotal != 5000 || len(u.Rejected) != maxRejected || u.Rejected[999].Line != 1000 {
		t.Errorf("%d rejected, %d listed", u.RejectedTotal, len(u.Rejected))
	}
}

// TestUploadTooLarge sends more than is taken, without holding it.
func TestUploadTooLarge(t *testing.T) {
	w := newWorld(t, nil)
	a, err := build(w.engine, w.options)
	if err != nil {
		t.Fatal(err)
	}
	if a.uploadLimit != maxUpload {
		t.Errorf("limit %d", a.uploadLimit)
	}
	a.uploadLimit = 3 << 20
	h := prepared(a.echo)
	line := `{"title":"The same paper","abstract":"` + strings.Repeat("a ", 60<<10) + `"}` + "\n"
	n := int(a.uploadLimit)/len(line) + 2
	for kind, body := range map[string]io.Reader{
		"application/x-ndjson": &repeat{piece: line, times: n},
		"application/json":     io.MultiReader(strings.NewReader("["), &repeat{piece: line + ",", times: n}, strings.NewReader("{}]")),
	} {
		r := httptest.NewRequest("POST", "http://"+host+"/v1/papers", body)
		r.RemoteAddr = "127.0.0.1:50000"
		r.Header.Set("Content-Type", kind)
		rec := do(t, h, r)
		if p := problemOf(t, rec); rec.Code != 413 || p.Code != "too_large" || !strings.Contains(p.Detail, "3 MiB") || !strings.Contains(p.Detail, "unchanged") {
			t.Errorf("%s: %d %s", kind, rec.Code, rec.Body)
		}
	}
}

type repeat struct {
	piece string
	times int
	rest  string
}

func (r *repeat) Read(b []byte) (int, error) {
	if r.rest == "" {
		if r.times == 0 {
			return 0, io.EOF
		}
		r.times--
		r.rest = r.piece
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// TestUnfolder reads a JSON array in awkward pieces.
func TestUnfolder(t *testing.T) {
	in := `[ {"a" : 1} , [2, 3],"x\n", null ]`
	want := "{\"a\":1}\n[2,3]\n\"x\\n\"\nnull\n"
	for size := 1; size < 20; size++ {
		u := &unfolder{dec: json.NewDecoder(strings.NewReader(in)), array: true}
		var out []byte
		for buf := make([]byte, size); ; {
			n, err := u.Read(buf)
			out = append(out, buf[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if string(out) != want {
			t.Fatalf("pieces of %d: %q", size, out)
		}
		if n, err := u.Read(make([]byte, size)); n != 0 || err != io.EOF {
			t.Fatalf("after the end: %d, %v", n, err)
		}
	}
}
