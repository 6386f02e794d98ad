package sqlite

import (
	"slices"
	"testing"
)

// smallest gives the ids of the smallest lots, whatever the bound lets through.
func TestSmallestLots(t *testing.T) {
	const last = 5000
	all := smallest(last, last)
	if len(all) != last {
		t.Fatalf("%d of %d ids", len(all), last)
	}
	if !slices.IsSortedFunc(all, func(a, b int64) int { return int(int64(lot(a)) - int64(lot(b))) }) {
		t.Error("not by lot")
	}
	for _, n := range []int64{1, 10, 300, 4999} {
		some := smallest(last, n)
		if !slices.Equal(some, all[:len(some)]) {
			t.Errorf("the %d smallest are others", n)
		}
		if d := int64(len(some)) - n; d < -20 || d > 20 {
			t.Errorf("%d ids for %d", len(some), n)
		}
	}
}
