package enginetest

import (
	"slices"

	"kindred/engine"
)

// storeSample takes samples while papers come and go.
func storeSample(s *shelf) {
	sample := func(limit int) []engine.Key {
		s.Helper()
		keys, err := s.Sample(s.ctx, limit, 0)
		s.no(err)
		if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
			s.Errorf("sample of %d is not in order: %v", limit, keys)
		}
		return keys
	}
	add := func(from, to int) {
		var papers []engine.Paper
		for i := from; i < to; i++ {
			papers = append(papers, testPaper(i))
		}
		s.want(engine.Added, papers...)
	}
	common := func(a, b []engine.Key) (n int) {
		for _, k := range a {
			if slices.Contains(b, k) {
				n++
			}
		}
		return n
	}
	if n := len(sample(10)); n != 0 {
		s.Errorf("%d papers of an empty store", n)
	}
	add(0, 400)
	first := sample(40)
	if len(first) != 40 || len(sample(0)) != 0 || len(sample(1000)) != 400 {
		s.Fatalf("samples of %d, %d and %d papers, want 40, 0, 400", len(first), len(sample(0)), len(sample(1000)))
	}
	if got := common(first, sample(50)); got != 40 {
		s.Errorf("the larger sample has %d of the smaller one's 40", got)
	}
	for i := range 4 { // from all over: 10 of each hundred, more or less
		n := 0
		for j := range 100 {
			if slices.Contains(first, testKey(100*i+j)) {
				n++
			}
		}
		if n < 5 || n > 15 {
			s.Errorf("%d of the sample's 40 papers are among hundred %d", n, i)
		}
	}
	s.reopen()
	if !slices.Equal(first, sample(40)) {
		s.Error("another sample after opening again")
	}
	change := testPaper(7)
	change.Title, change.Published = "Quite another title", engine.DateOf(engine.Day(1).Time())
	s.want(engine.Updated, change)
	if !slices.Equal(first, sample(40)) {
		s.Error("another sample after a paper changed")
	}
	s.no(s.RemovePaper(s.ctx, first[3]))
	if got := sample(40); len(got) != 40 || slices.Contains(got, first[3]) || common(first, got) != 39 {
		s.Errorf("after one was removed: %v, before %v", got, first)
	}
	before := sample(40)
	head := s.head()
	add(400, 440)
	if got, err := s.Sample(s.ctx, 40, head); err != nil || !slices.Equal(got, before) {
		s.Errorf("as of the time before papers came: %v (%v), then %v", got, err, before)
	}
	if got := common(first, sample(40)); got < 30 {
		s.Errorf("a tenth more papers changed %d of 40", 40-got)
	}
}
