package enginetest

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"kindred/engine"
)

// storeFields stores all that a paper can hold and reads it after reopening.
func storeFields(s *shelf) {
	given := engine.Paper{
		IDs:        []engine.ID{"arxiv:2503.11731", "doi:10.1/o'reilly\"x", "example:ψ/100%_?#"},
		Title:      "Ünïcode 中文 العربية 🧪 $\\mathcal{O}(n^2)$ 'quoted' \"twice\" <b>&amp;</b>",
		Abstract:   "First line.\nSecond line; \\cite{x} -- 100% \u2028 done.",
		Authors:    []string{"O'Neil, Ann", "Ann O'Neil", "王 小明", "Ann O'Neil"},
		Published:  engine.Date{Year: 2025, Month: 3},
		Updated:    engine.Date{Year: 2026, Month: 1, D: 31},
		Categories: []string{"cs.LG", "stat.ML", "q-bio.NC"},
		URLs:       []string{"https://example.org/a?b=c&d=%20"},
		Key:        "ignored:1", Change: 99, Added: s.now.Add(-time.Hour), // the store sets these
		Sources: []engine.Source{{Name: "ignored", At: s.now}},
	}
	copied := given
	copied.IDs, copied.Authors = slices.Clone(given.IDs), slices.Clone(given.Authors)
	if out := s.put(given); out[0].Key != "arxiv:2503.11731" || out[0].Result != engine.Added {
		s.Fatalf("outcome %+v", out[0])
	}
	if !reflect.DeepEqual(given, copied) {
		s.Errorf("PutPapers wrote to its argument: %+v", given)
	}
	want := given
	want.Key, want.Change, want.Added = "arxiv:2503.11731", s.head(), s.now
	want.Sources = []engine.Source{{Name: "test", At: s.now}}
	for range 2 {
		if got := s.get(want.Key); !reflect.DeepEqual(got, want) {
			s.Errorf("got  %+v\nwant %+v", got, want)
		}
		s.reopen()
	}
	for _, key := range []engine.Key{"doi:10.1/o'reilly\"x", "arxiv:2503.1173", "", "arxiv:2503.11731\x00", "\xff"} {
		if got, err := s.GetPapers(s.ctx, []engine.Key{key}); err != nil || len(got) != 0 {
			s.Errorf("papers of %q, which is not a key: %v, %v", key, got, err)
		}
	}
}

// storeUpdate checks what a paper that is put again replaces and keeps.
func storeUpdate(s *shelf) {
	full := testPaper(1)
	full.URLs = []string{"https://example.org/1"}
	full.Updated = engine.Date{Year: 2026}
	s.want(engine.Added, full)
	before := s.get("test:000001")
	head := s.head()

	s.now = s.now.Add(time.Hour)
	s.want(engine.Unchanged, full)
	s.want(engine.Unchanged, engine.Paper{IDs: full.IDs, Title: full.Title})                // empty fields keep
	s.want(engine.Unchanged, engine.Paper{IDs: full.IDs, Title: "  " + full.Title + "\n "}) // cleaned
	if s.head() != head {
		s.Errorf("unchanged papers moved the head from %d to %d", head, s.head())
	}
	if got := s.get("test:000001"); !reflect.DeepEqual(got, before) {
		s.Errorf("unchanged paper is %+v, was %+v", got, before)
	}

	want := before
	for _, field := range []struct {
		name   string
		change func(*engine.Paper)
	}{
		{"title", func(p *engine.Paper) { p.Title = "Another title" }},
		{"abstract", func(p *engine.Paper) { p.Abstract = "Another abstract." }},
		{"authors", func(p *engine.Paper) { p.Authors = []string{"Émilie du Châtelet"} }},
		{"categories", func(p *engine.Paper) { p.Categories = []string{"math.AP"} }},
		{"urls", func(p *engine.Paper) { p.URLs = []string{"https://example.org/2"} }},
		{"published", func(p *engine.Paper) { p.Published = engine.Date{Year: 2020, Month: 2} }},
		{"updated", func(p *engine.Paper) { p.Updated = engine.Date{Year: 2026, Month: 5} }},
	} {
		given := engine.Paper{IDs: full.IDs, Title: want.Title}
		field.change(&given)
		s.want(engine.Updated, given)
		field.change(&want)
		want.Change++
		if got := s.get("test:000001"); !reflect.DeepEqual(got, want) {
			s.Errorf("%s: got  %+v\nwant %+v", field.name, got, want)
		}
	}

	// Another source is noted, once, with the time it first told.
	for range 2 {
		_, err := s.PutPapers(s.ctx, engine.Batch{Source: "other", Papers: []engine.Paper{{IDs: full.IDs, Title: want.Title}}}, s.now)
		s.no(err)
		s.now = s.now.Add(time.Hour)
	}
	_, err := s.PutPapers(s.ctx, engine.Batch{Papers: []engine.Paper{{IDs: full.IDs, Title: want.Title}}}, s.now) // "" notes none
	s.no(err)
	want.Sources = append(want.Sources, engine.Source{Name: "other", At: s.now.Add(-2 * time.Hour)})
	want.Change++
	if got := s.get("test:000001"); !reflect.DeepEqual(got, want) {
		s.Errorf("sources: got  %+v\nwant %+v", got, want)
	}
}

// storeIDs checks how papers are matched.
func storeIDs(s *shelf) {
	title := "One and the same"
	ids := func(ids ...engine.ID) engine.Paper { return engine.Paper{IDs: ids, Title: title} }
	resolve := func(want map[engine.ID]engine.Key) {
		s.Helper()
		for id, key := range want {
			got, err := s.Resolve(s.ctx, []engine.ID{"not:there", id, id})
			s.no(err)
			if !slices.Equal(got, []engine.Key{"", key, key}) {
				s.Errorf("%s resolves to %q, want %q", id, got, key)
			}
		}
	}
	s.want(engine.Added, ids("a:1", "a:2"), ids("b:1"))
	resolve(map[engine.ID]engine.Key{"a:1": "a:1", "a:2": "a:1", "b:1": "b:1", "c:1": ""})

	// By any of its ids; a new one becomes an alias, wherever it stands.
	s.want(engine.Updated, ids("c:1", "a:2", "c:2"))
	s.want(engine.Unchanged, ids("c:2"))
	// The first known id decides; an id of another paper stays there.
	s.want(engine.Updated, ids("d:1", "b:1", "a:1"))
	s.want(engine.Unchanged, ids("a:1", "b:1"))
	want := map[engine.ID]engine.Key{"a:1": "a:1", "a:2": "a:1", "c:1": "a:1", "c:2": "a:1", "b:1": "b:1", "d:1": "b:1"}
	for range 2 {
		resolve(want)
		if got := s.get("a:1").IDs; !slices.Equal(got, []engine.ID{"a:1", "a:2", "c:1", "c:2"}) {
			s.Errorf("ids of a:1: %v", got)
		}
		if got := s.get("b:1").IDs; !slices.Equal(got, []engine.ID{"b:1", "d:1"}) {
			s.Errorf("ids of b:1: %v", got)
		}
		s.reopen()
	}

	// Without any id, the title makes one.
	untitled := engine.Paper{Title: "A long title that tells this paper apart"}
	s.want(engine.Added, untitled)
	s.want(engine.Unchanged, untitled)
	resolve(map[engine.ID]engine.Key{engine.TitleID(&untitled): engine.Key(engine.TitleID(&untitled))})
}

// storeDates checks that a date never loses precision within its period.
func storeDates(s *shelf) {
	y, m, d := engine.Date{Year: 2025}, engine.Date{Year: 2025, Month: 3}, engine.Date{Year: 2025, Month: 3, D: 14}
	jan := engine.Date{Year: 2025, Month: 1}
	for i, c := range []struct{ stored, given, want engine.Date }{
		{d, m, d}, {d, y, d}, {m, y, m}, {d, engine.Date{}, d},
		{y, m, m}, {m, d, d}, {y, d, d}, {engine.Date{}, y, y},
		{d, engine.Date{Year: 2025, Month: 4}, engine.Date{Year: 2025, Month: 4}},
		{d, engine.Date{Year: 2024}, engine.Date{Year: 2024}},
		{m, engine.Date{Year: 2024}, engine.Date{Year: 2024}},
		{d, engine.Date{Year: 2025, Month: 3, D: 15}, engine.Date{Year: 2025, Month: 3, D: 15}},
		{jan, y, jan},
	} {
		p := testPaper(i)
		p.Published, p.Updated = c.stored, c.stored
		s.put(p)
		p.Published, p.Updated = c.given, c.given
		s.put(p)
		if got := s.get(testKey(i)); got.Published != c.want || got.Updated != c.want {
			s.Errorf("%v, then %v: %v and %v, want %v", c.stored, c.given, got.Published, got.Updated, c.want)
		}
	}
}

// storeOneBatch puts the same paper several times in one batch.
func storeOneBatch(s *shelf) {
	a, b := testPaper(1), testPaper(2)
	more := engine.Paper{IDs: []engine.ID{"x:1", a.IDs[0]}, Title: "Changed"}
	out := s.put(a, b, a, more, engine.Paper{IDs: []engine.ID{"x:1"}, Title: "Changed"})
	var got []engine.Result
	for _, o := range out {
		got = append(got, o.Result)
	}
	if want := []engine.Result{engine.Added, engine.Added, engine.Unchanged, engine.Updated, engine.Unchanged}; !slices.Equal(got, want) {
		s.Errorf("results %v, want %v", got, want)
	}
	p := s.get(testKey(1))
	if p.Title != "Changed" || p.Abstract != a.Abstract || !slices.Equal(p.IDs, []engine.ID{a.IDs[0], "x:1"}) || out[4].Key != testKey(1) {
		s.Errorf("paper %+v, outcomes %+v", p, out)
	}
	if q := s.get(testKey(2)); q.Change == p.Change {
		s.Errorf("two papers have the change number %d", q.Change)
	}
}

// storeRejected puts bad papers among good ones.
func storeRejected(s *shelf) {
	bad := map[string]func(*engine.Paper){
		"no title":      func(p *engine.Paper) { p.Title = " \t " },
		"NUL":           func(p *engine.Paper) { p.Abstract = "a\x00b" },
		"not UTF-8":     func(p *engine.Paper) { p.Title = "a\xffb" },
		"long abstract": func(p *engine.Paper) { p.Abstract = strings.Repeat("x", 10<<20) },
		"bad id":        func(p *engine.Paper) { p.IDs = []engine.ID{"no scheme"} },
		"bad url":       func(p *engine.Paper) { p.URLs = []string{"javascript:alert(1)"} },
		"bad date":      func(p *engine.Paper) { p.Published = engine.Date{Year: 2025, Month: 2, D: 30} },
		"authors":       func(p *engine.Paper) { p.Authors = make([]string, engine.MaxAuthors+1) },
	}
	i := 0
	for name, spoil := range bad {
		p := testPaper(i + 1)
		spoil(&p)
		out := s.put(testPaper(i), p, testPaper(i+2))
		i += 3
		if out[0].Result != engine.Added || out[2].Result != engine.Added {
			s.Errorf("%s: good neighbours: %+v", name, out)
		}
		if out[1].Result != engine.Rejected || out[1].Key != "" {
			s.Errorf("%s: %+v, want it rejected", name, out[1])
		}
		s.is(out[1].Err, engine.ErrInvalid)
	}
	if got, want := s.head(), int64(2*len(bad)); got != want {
		s.Errorf("head %d, want %d", got, want)
	}
}

// storeRemove takes papers away and brings them back.
func storeRemove(s *shelf) {
	p := testPaper(1)
	p.IDs = append(p.IDs, "alias:1")
	s.want(engine.Added, p, testPaper(2))
	_, err := s.Append(s.ctx, []engine.Event{{User: "me", Act: engine.Like, Key: testKey(1)}}, s.now)
	s.no(err)
	head := s.head()
	s.no(s.RemovePaper(s.ctx, testKey(1)))
	if s.head() <= head {
		s.Error("removal took no change number")
	}
	for range 2 {
		got, err := s.GetPapers(s.ctx, []engine.Key{testKey(1), testKey(2)})
		s.no(err)
		if _, there := got[testKey(1)]; there || len(got) != 1 {
			s.Errorf("after removal: %v", got)
		}
		keys, err := s.Resolve(s.ctx, []engine.ID{"alias:1", p.IDs[0]})
		s.no(err)
		if !slices.Equal(keys, []engine.Key{testKey(1), testKey(1)}) {
			s.Errorf("ids of the removed paper name %q", keys)
		}
		newest, err := s.Newest(s.ctx, engine.NewestQuery{Limit: 10, Category: "cs.LG"})
		s.no(err)
		if len(newest) != 1 || newest[0].Key != testKey(2) {
			s.Errorf("newest: %v", newest)
		}
		log, err := s.Log(s.ctx, "me", 0, 0)
		s.no(err)
		if len(log) != 1 || log[0].Key != testKey(1) {
			s.Errorf("log: %v", log)
		}
		s.reopen()
	}
	s.is(s.RemovePaper(s.ctx, testKey(1)), engine.ErrNotFound)
	s.is(s.RemovePaper(s.ctx, "alias:1"), engine.ErrNotFound)
	s.is(s.RemovePaper(s.ctx, "never:1"), engine.ErrNotFound)

	// It comes back under its key, by any of its ids, as it is given now.
	s.now = s.now.Add(time.Hour)
	out := s.put(engine.Paper{IDs: []engine.ID{"new:1", "alias:1"}, Title: "Back again"})
	if out[0].Key != testKey(1) || out[0].Result != engine.Added {
		s.Errorf("outcome %+v", out[0])
	}
	want := engine.Paper{
		Key: testKey(1), IDs: []engine.ID{p.IDs[0], "alias:1", "new:1"}, Title: "Back again",
		Added: s.now, Sources: []engine.Source{{Name: "test", At: s.now}}, Change: s.head(),
	}
	if got := s.get(testKey(1)); !reflect.DeepEqual(got, want) {
		s.Errorf("got  %+v\nwant %+v", got, want)
	}
	newest, err := s.Newest(s.ctx, engine.NewestQuery{Limit: 1})
	s.no(err)
	if len(newest) != 1 || newest[0] != (engine.Dated{Key: testKey(1), Order: engine.DayOf(s.now)}) {
		s.Errorf("newest: %v, want the one without a date, by the time it was added", newest)
	}
}
