package bench

import (
	"math"

	"kindred/embed"
)

// tolerance is how far two sums of the same products may be apart. Others add in
// another order, one product after the other, say, and come out up to 1.2e-6
// beside the true sum on 10,000 synthetic vectors (4e-7 on real ones); ours up to
// 3e-7. Result.Apart tells how far they were.
const tolerance = 2e-6

// same compares a peer's answer to query q with ours. It is the same if at every
// rank stands the same row with the same score to within tolerance; rows whose
// scores are within tolerance of each other may stand the other way round, also
// at the cut, and ties counts the ranks where that is so. recall is the share of
// our rows that are among theirs, apart the largest difference between their
// score of a row and ours.
func (s *Set) same(q embed.Vector, ours, theirs answer) (same bool, ties int, recall, apart float64) {
	mine := map[int]bool{}
	for _, r := range ours.rows {
		mine[r] = true
	}
	seen := map[int]bool{}
	found := 0
	same = len(ours.rows) == len(theirs.rows)
	for i, r := range theirs.rows {
		if r < 0 || r >= s.Len() || seen[r] {
			return false, ties, 0, apart
		}
		seen[r] = true
		if mine[r] {
			found++
		}
		if i >= len(ours.rows) {
			continue
		}
		score := embed.Dot(q, s.row(r)) // what we say that row scores
		apart = max(apart, math.Abs(float64(score-theirs.scores[i])))
		if !near(score, theirs.scores[i]) || !near(score, ours.scores[i]) {
			same = false
		} else if r != ours.rows[i] {
			ties++
		}
	}
	return same, ties, float64(found) / float64(len(ours.rows)), apart
}

func near(a, b float32) bool { return math.Abs(float64(a)-float64(b)) <= tolerance }
