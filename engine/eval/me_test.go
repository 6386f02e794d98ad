package eval

import (
	"testing"
	"time"
)

// Each case asks for one like from those before it, among what had appeared by then.
func TestReplay(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	papers := []Paper{{ID: "a", Date: day(1)}, {ID: "b", Date: day(2)}, {ID: "c", Date: day(9)}, {ID: "d", Date: day(3)}}
	task := Replay(papers, []Liking{{3, day(5)}, {0, day(4)}, {2, day(8)}}, 10)
	if len(task.Cases) != 2 {
		t.Fatalf("%d cases, want 2: nothing comes before the first like", len(task.Cases))
	}
	first, second := task.Cases[0], task.Cases[1]
	if len(first.Likes) != 1 || first.Likes[0] != 0 || first.Gain[3] != 1 || !first.Until.Equal(day(5)) {
		t.Errorf("the first case is %+v, want d from a, as of the 5th", first)
	}
	if len(second.Likes) != 2 || second.Gain[2] != 1 || !second.Until.Equal(day(9)) {
		t.Errorf("the second case is %+v, want c from a and d, as of its own date", second)
	}
	if got := Replay(papers, []Liking{{3, day(5)}, {0, day(4)}, {2, day(8)}}, 1).Cases; len(got) != 1 || got[0].Gain[2] != 1 {
		t.Errorf("the last like alone: %+v", got)
	}
}
