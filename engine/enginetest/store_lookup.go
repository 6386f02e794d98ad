package enginetest

import (
	"fmt"
	"slices"
	"strings"

	"kindred/engine"
)

// storeTitles looks papers up by title.
func storeTitles(s *shelf) {
	for _, i := range []int{3, 1, 2} {
		p := testPaper(i)
		p.Title = []string{"", "Été: a “Title”!", "été A title", "ÉTÉ-a-TITLE"}[i]
		s.want(engine.Added, p)
	}
	s.want(engine.Added, testPaper(4))
	find := func(title string, limit int, want ...engine.Key) {
		s.Helper()
		got, err := s.WithTitle(s.ctx, engine.NormalTitle(title), limit)
		s.no(err)
		if !slices.Equal(got, want) {
			s.Errorf("with title %q, at most %d: %v, want %v", title, limit, got, want)
		}
	}
	find("été a title", 10, testKey(1), testKey(2), testKey(3))
	find("été a title", 2, testKey(1), testKey(2))
	find("été a title", 0)
	find("été a", 10)
	find("a'; DROP TABLE papers; --", 10)
	s.no(s.RemovePaper(s.ctx, testKey(1)))
	p := testPaper(2)
	s.want(engine.Updated, p)
	find("été a title", 10, testKey(3))
	find(p.Title, 10, testKey(2))
	if got, err := s.WithTitle(s.ctx, "a\x00b", 10); err != nil || len(got) != 0 {
		s.Errorf("title with a NUL: %v, %v", got, err)
	}
}

// storeManyKeys asks for 100,000 keys and ids, hostile ones among them.
func storeManyKeys(s *shelf) {
	const n, every = 100_000, 100
	var papers []engine.Paper
	keys := []engine.Key{"", "\x00", "\xff\xfe", "'; DROP TABLE papers; --", "%", "test:000000\x00", "test:\xff", engine.Key(strings.Repeat("x", 1<<20))}
	hostile := len(keys)
	for i := range n {
		if i%every == 0 {
			papers = append(papers, testPaper(i))
		}
		keys = append(keys, testKey(i))
	}
	s.want(engine.Added, papers...)
	s.want(engine.Added, engine.Paper{IDs: []engine.ID{"test:\ufffd"}, Title: "What bad UTF-8 may turn into"})
	got, err := s.GetPapers(s.ctx, keys)
	s.no(err)
	ids := make([]engine.ID, len(keys))
	for i, k := range keys {
		ids[i] = engine.ID(k)
	}
	resolved, err := s.Resolve(s.ctx, ids)
	s.no(err)
	if len(got) != n/every || len(resolved) != len(keys) {
		s.Fatalf("%d papers and %d keys, want %d and %d", len(got), len(resolved), n/every, len(keys))
	}
	for i, k := range keys {
		want := engine.Key("")
		if i >= hostile && (i-hostile)%every == 0 {
			want = k
		}
		if resolved[i] != want {
			s.Fatalf("%.80q resolves to %.80q, want %q", ids[i], resolved[i], want)
		}
		if p, ok := got[k]; ok != (want != "") || p.Key != want {
			s.Fatalf("paper of %.80q: %v %q", k, ok, p.Key)
		}
	}
	twice, err := s.GetPapers(s.ctx, []engine.Key{testKey(0), testKey(1), testKey(0)})
	s.no(err)
	if len(twice) != 1 {
		s.Errorf("a key asked for twice: %v", twice)
	}
}

// storeLargePaper stores the largest paper there may be.
func storeLargePaper(s *shelf) {
	p := testPaper(1)
	p.Abstract = strings.Repeat("ж", engine.MaxAbstract/2)
	p.Authors = nil
	for i := range engine.MaxAuthors {
		p.Authors = append(p.Authors, fmt.Sprintf("Author %d", i))
	}
	s.want(engine.Added, p)
	s.want(engine.Unchanged, p)
	if got := s.get(testKey(1)); got.Abstract != p.Abstract || !slices.Equal(got.Authors, p.Authors) {
		s.Errorf("abstract of %d bytes and %d authors came back", len(got.Abstract), len(got.Authors))
	}
}
