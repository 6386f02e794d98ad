package eval

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// A Liking is a paper that somebody liked, and when.
type Liking struct {
	Paper int // position in the papers of the task
	At    time.Time
}

// Replay is the task of finding each of somebody's last likes from those before
// it: leave the last out, again and again, through time. What could be
// recommended then is what had appeared by then, and was not liked yet. likes
// are in the order in which they were given; at most last cases are made, of the
// latest likes. Each case is a user of its own to the intervals: they say how
// far the figures would differ for another reader with likes like these.
func Replay(papers []Paper, likes []Liking, last int) Task {
	t := Task{Protocol: "me", Papers: papers, Metrics: []Metric{Recall(10), Recall(20), Recall(100), MRR()}, Depth: 100}
	for i := range papers {
		t.Pool = append(t.Pool, i)
	}
	likes = slices.Clone(likes)
	slices.SortStableFunc(likes, func(a, b Liking) int { return a.At.Compare(b.At) })
	for n := max(1, len(likes)-last); n < len(likes); n++ {
		c := Case{User: strconv.Itoa(n), Gain: map[int]float64{likes[n].Paper: 1}, SkipLikes: true, At: likes[n].At, Until: likes[n].At}
		if d := papers[likes[n].Paper].Date; d.After(c.Until) {
			c.Until = d // a date that is only known as a year, or a clock that was wrong
		}
		for _, l := range likes[:n] {
			c.Likes, c.Since = append(c.Likes, l.Paper), append(c.Since, l.At)
		}
		t.Cases = append(t.Cases, c)
	}
	return t
}

// Better returns the place of the outcome that is surely better than the first
// by a metric, 0 if none is: the best of those whose p, times the number of
// comparisons (Bonferroni), is at most .05.
func Better(outcomes []Outcome, metric string, seed uint64) int {
	type found struct {
		at int
		by float64
	}
	var sure []found
	for i := 1; i < len(outcomes); i++ {
		if d := outcomes[i].Compare(outcomes[0], seed)[metric]; d.Value > 0 && d.P*float64(len(outcomes)-1) <= .05 {
			sure = append(sure, found{i, d.Value})
		}
	}
	if len(sure) == 0 {
		return 0
	}
	return slices.MaxFunc(sure, func(a, b found) int { return cmp.Or(cmp.Compare(a.by, b.by), cmp.Compare(b.at, a.at)) }).at
}
