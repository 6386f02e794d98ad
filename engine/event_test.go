package engine

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestStanding(t *testing.T) {
	at := func(n int) time.Time { return time.Unix(int64(n), 0) }
	log := func(lines ...string) []Event { // "like a", "-like a", "seen a 5"
		var out []Event
		for i, line := range lines {
			f := strings.Fields(line)
			e := Event{Change: int64(i + 1), Act: Act(strings.TrimPrefix(f[0], "-")), Undo: f[0][0] == '-', Key: Key(f[1]), At: at(i + 1)}
			if len(f) > 2 {
				e.At = at(int(f[2][0] - '0'))
			}
			out = append(out, e)
		}
		return out
	}
	for _, tc := range []struct {
		events []Event
		act    Act
		want   bool
		at     int
	}{
		{log(), Like, false, 0},
		{log("like a"), Like, true, 1},
		{log("like a", "-like a"), Like, false, 0},
		{log("like a", "dislike a"), Like, false, 0},
		{log("like a", "dislike a"), Dislike, true, 2},
		{log("like a", "dislike a", "-dislike a"), Like, false, 0}, // replaced is gone
		{log("like a", "-dislike a"), Like, true, 1},
		{log("like a", "like a"), Like, true, 2},
		{log("like a 5", "like a 3"), Like, true, 3}, // corrected
		{log("like a", "save a", "hide a"), Save, true, 2},
		{log("like a", "hide a"), Hide, true, 2},
		{log("seen a 5", "seen a 3"), Seen, true, 5}, // the latest
		{log("seen a", "-seen a"), Seen, false, 0},
		{log("opened a 2", "opened a 4"), Opened, true, 4},
		{log("like b"), Like, false, 0},
		{log("fly a"), Like, false, 0},
	} {
		m, ok := Standing(tc.events).Has(tc.act, "a")
		if ok != tc.want || ok && !m.At.Equal(at(tc.at)) {
			t.Errorf("%v: %s stands: %v since %v, want %v since %d", tc.events, tc.act, ok, m.At.Unix(), tc.want, tc.at)
		}
	}
	if got := Standing(log("like a", "like b")).Change; got != 2 {
		t.Errorf("number of the last event: %d", got)
	}
}

func TestCheckUser(t *testing.T) {
	for name, ok := range map[string]bool{
		"me": true, "a.b-c_d": true, "0": true, strings.Repeat("a", 64): true,
		"": false, "Me": false, ".a": false, "a b": false, "a/b": false, "é": false, "a\x00": false, strings.Repeat("a", 65): false,
	} {
		if err := CheckUser(name); (err == nil) != ok || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
