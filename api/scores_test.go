package api

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func (w *world) scores(body string, headers ...string) Scores {
	w.t.Helper()
	rec := w.do("POST", "/v1/users/me/scores", body, headers...)
	if rec.Code != 200 {
		w.t.Fatalf("%d %s", rec.Code, rec.Body)
	}
	return decode[Scores](w.t, rec)
}

// TestScores asks as an extension does for the papers of a page.
func TestScores(t *testing.T) {
	w := newWorld(t, nil)
	bearer := "Authorization: Bearer " + w.paired("me", chromeExt)
	with := append([]string{bearer}, chromeExt...)
	const ask = `{"papers":[
		{"id":"https://arxiv.org/abs/2306.01202v3"},
		{"ids":["arxiv:9999.99999","doi:10.1145/3292500.3330701"],"title":"Another title"},
		{"title":"Separating the speech of speakers","abstract":"Transformers separate speech."},
		{"ids":["arxiv:2503.11731"]},
		{"ids":["arxiv:9999.99999"]},
		{"title":"<script>alert('title')</script>","abstract":"\u202e </pre><img src=x onerror=alert(1)>"}]}`
	for i, s := range w.scores(ask, with...).Items {
		if s.State != "no_profile" || s.Score != nil || s.Fit != nil || s.Note == "" || (s.Paper == nil) != (i == 2 || i == 4) {
			t.Errorf("before any like: paper %d: %+v", i, s)
		}
	}
	for _, id := range []string{"likes/2503.11731", "saved/2306.01202", "hidden/2306.01202"} {
		if rec := w.do("PUT", "/v1/users/me/"+id, "{}", with...); rec.Code != 200 {
			t.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
	got := w.scores(ask, with...)
	if got.Space == "" || got.ProfileVersion == 0 || len(got.Items) != 6 {
		t.Fatalf("%+v", got)
	}
	for i, want := range []struct{ id, state, marks string }{
		{"arxiv:2306.01202", "scored", "hide save"}, {"doi:10.1145/3292500.3330701", "scored", ""}, {"", "scored", ""},
		{"arxiv:2503.11731", "no_profile", "like"}, {"", "unknown", ""}, {"arxiv:2206.00003", "scored", ""},
	} {
		s := got.Items[i]
		id, marks := "", []string{}
		if s.Paper != nil {
			id = s.Paper.ID
		}
		for _, m := range s.Marks {
			marks = append(marks, m.Kind)
		}
		if id != want.id || s.State != want.state || strings.Join(marks, " ") != want.marks {
			t.Errorf("paper %d: %+v, want %+v", i, s, want)
		}
		if scored := want.state == "scored"; scored != (s.Score != nil) || scored != (s.Fit != nil) || scored != (len(s.Reasons) > 0) || scored != (s.Note == "") {
			t.Errorf("paper %d: %+v", i, s)
		}
	}
	speech, optuna := got.Items[2], got.Items[1]
	if *speech.Score <= *optuna.Score || *speech.Fit <= *optuna.Fit || speech.Reasons[0].Paper.ID != "arxiv:2503.11731" || speech.Reasons[0].Paper.Title != "Speech separation with transformers" {
		t.Errorf("%+v\n%+v", speech, optuna)
	}
	feed := decode[Feed](t, w.do("GET", "/v1/users/me/feed?unseen=off&preset=focused", ""))
	for _, it := range feed.Items {
		s := w.scores(fmt.Sprintf(`{"papers":[{"ids":[%q]}]}`, it.Paper.ID)).Items[0]
		if *s.Score != it.Score || math.Abs(s.Reasons[0].Share-it.Reasons[0].Share) > 1e-9 {
			t.Errorf("feed %+v\nscore %+v", it, s)
		}
	}
}

// TestScoresRefused sends what cannot be scored.
func TestScoresRefused(t *testing.T) {
	w := newWorld(t, nil)
	w.do("PUT", "/v1/users/me/likes/2503.11731", "")
	many := strings.Repeat(`{"id":"a:b"},`, 100)
	for name, c := range map[string]struct {
		body         string
		status       int
		code, detail string
	}{
		"nothing":           {``, 415, "media_type", ""},
		"no papers":         {`{}`, 422, "invalid", "papers"},
		"null":              {`{"papers":null}`, 422, "invalid", "papers"},
		"empty":             {`{"papers":[]}`, 422, "invalid", "papers"},
		"101":               {`{"papers":[` + many + `{"id":"a:b"}]}`, 422, "invalid", "papers"},
		"neither":           {`{"papers":[{"id":"a:b"},{"ids":[]}]}`, 422, "invalid", "paper 2 of 2"},
		"more members":      {`{"papers":[{"id":"a:b","user":"you"}]}`, 422, "invalid", "papers[0]"},
		"a number":          {`{"papers":[{"id":7}]}`, 422, "invalid", "id"},
		"ids":               {`{"papers":[{"ids":[` + strings.Repeat(`"a:b",`, 20) + `"a:b"]}]}`, 422, "invalid", "ids"},
		"an abstract alone": {`{"papers":[{"id":"a:b"},{"id":"a:b","abstract":"x"}]}`, 422, "invalid", "paper 2 of 2"},
		"a long title":      {`{"papers":[{"title":"` + strings.Repeat("x", 5000) + `"}]}`, 422, "invalid", "bytes"},
		"NUL":               {`{"papers":[{"title":"x\u0000"}]}`, 422, "invalid", "NUL"},
		"too much":          {`{"papers":[{"title":"` + strings.Repeat("x", maxBody) + `"}]}`, 413, "too_large", "1 MiB"},
	} {
		refused(t, name, w.do("POST", "/v1/users/me/scores", c.body), c.status, c.code, c.detail)
	}
	for name, body := range map[string]string{
		"100 papers":        `{"papers":[` + strings.TrimSuffix(many, ",") + `]}`,
		"half a surrogate":  `{"papers":[{"title":"\ud800 of speech"}]}`,
		"signs":             `{"papers":[{"title":"?!"}]}`,
		"ids of all sorts":  `{"papers":[{"ids":["","../../etc","javascript:alert(1)","` + strings.Repeat("n", 5000) + `","2503.11731"]}]}`,
		"the same, unknown": `{"papers":[{"ids":["","` + strings.Repeat("n", 5000) + `"]}]}`,
	} {
		got := w.scores(body)
		for _, s := range got.Items {
			if s.State == "scored" && (math.IsNaN(*s.Score) || *s.Score < -1.001 || *s.Score > 1.001) || len(s.Note) > 1000 {
				t.Errorf("%s: %+v", name, s)
			}
		}
	}
	refused(t, "another's", w.do("POST", "/v1/users/bob/scores", `{"papers":[{"id":"a:b"}]}`, "Authorization: Bearer "+w.token("ann", "read")), 403, "other_user", "")
	refused(t, "may not read", w.do("POST", "/v1/users/ann/scores", `{"papers":[{"id":"a:b"}]}`, "Authorization: Bearer "+w.token("ann", "write")), 403, "scope", "")
}

// TestSimilarToAPage asks once for what is like the paper of a page, which may
// be stored or not.
func TestSimilarToAPage(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct{ body, first, never string }{
		{`{"ids":["doi:10.1/none","arxiv:2503.11731v2"],"title":"Another title","abstract":"On strings.","limit":3}`, "arxiv:2306.01202", "arxiv:2503.11731"},
		{`{"ids":["arxiv:9999.99999"],"title":"Noisy speech","abstract":"Recurrent networks enhance noisy speech of speakers.","limit":3}`, "arxiv:2306.01202", "none"},
		{`{"ids":["doi:10.1145/1.1"],"title":"Speech enhancement WITH recurrent networks!","abstract":"x","limit":200}`, "arxiv:2503.11731", "arxiv:2306.01202"},
	} {
		l := decode[List](t, w.do("POST", "/v1/similar", c.body))
		if len(l.Items) < 3 || l.Items[0].Paper.ID != c.first {
			t.Errorf("%s: %+v", c.body, l.Items)
		}
		for _, it := range l.Items {
			if it.Paper.ID == c.never {
				t.Errorf("%s: has itself", c.body)
			}
		}
	}
	refused(t, "text and ids", w.do("POST", "/v1/similar", `{"ids":["2503.11731"],"text":"x"}`), 422, "invalid", "a text alone")
	refused(t, "unknown", w.do("POST", "/v1/similar", `{"ids":["arxiv:9999.99999"]}`), 404, "not_found", "")
}

// TestReading adds the paper that somebody reads, from an extension.
func TestReading(t *testing.T) {
	w := newWorld(t, nil)
	with := append([]string{"Authorization: Bearer " + w.paired("me", firefoxExt)}, firefoxExt...)
	const target = "/v1/users/me/papers"
	page := `{"ids":["arxiv:2402.00001v2"],"title":"Gaussian splatting of speech","abstract":"We splat speech.","authors":["A. One","B. Two"],"published":"2024-02-01","url":"https://arxiv.org/abs/2402.00001"}`
	rec := w.do("POST", target, page, with...)
	p := decode[Paper](t, rec)
	if rec.Code != 200 || p.ID != "arxiv:2402.00001" || len(p.Authors) != 2 || *p.Published != "2024-02-01" || p.Sources[0].Name != "reading" || len(p.IDs) != 1 {
		t.Errorf("%s", rec.Body)
	}
	if again := decode[Paper](t, w.do("POST", target, strings.Replace(page, "We splat", "Buy", 1), with...)); again.Abstract != "We splat speech." {
		t.Errorf("replaced: %+v", again)
	}
	if rec := w.do("PUT", "/v1/users/me/likes/2402.00001", "{}", with...); rec.Code != 200 {
		t.Errorf("like: %d %s", rec.Code, rec.Body)
	}
	for name, c := range map[string]struct {
		body         string
		status       int
		code, detail string
	}{
		"no title":     {`{"ids":["arxiv:2402.00002"]}`, 422, "invalid", "title"},
		"blank title":  {`{"title":" "}`, 422, "invalid", "no title"},
		"no id":        {`{"ids":["not an id"],"title":"x"}`, 422, "invalid", "not an id"},
		"a date":       {`{"title":"x","published":"soon"}`, 422, "invalid", "soon"},
		"author":       {`{"title":"x","authors":["` + strings.Repeat("x", 2000) + `"]}`, 422, "invalid", "authors"},
		"NUL":          {`{"title":"x\u0000"}`, 422, "invalid", "NUL"},
		"more members": {`{"title":"x","sources":[]}`, 422, "invalid", "sources"},
		"an array":     {`[` + page + `]`, 422, "invalid", ""},
		"too long":     {`{"title":"x","abstract":"` + strings.Repeat("x", 64<<10) + `"}`, 413, "too_large", "64 KiB"},
	} {
		refused(t, name, w.do("POST", target, c.body, with...), c.status, c.code, c.detail)
	}
	refused(t, "another's", w.do("POST", "/v1/users/bob/papers", page, with...), 403, "other_user", "")
	refused(t, "a reader's token", w.do("POST", target, page, "Authorization: Bearer "+w.token("me", "read")), 403, "scope", "")
	if rec := w.do("POST", target, `{"title":"x","url":"javascript:alert(1)"}`, with...); rec.Code != 200 || len(decode[Paper](t, rec).Links) != 0 {
		t.Errorf("an address that is none: %d %s", rec.Code, rec.Body)
	}
}
