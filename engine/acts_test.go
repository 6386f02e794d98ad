package engine_test

import (
	"fmt"
	"testing"

	"kindred/engine"
)

func TestMarksOnWhatStands(t *testing.T) {
	w := newWorld(t)
	p := papers("speech", 4)
	w.add(p...)
	k := make([]engine.Key, 4)
	for i := range p {
		k[i] = engine.Key(p[i].IDs[0])
	}
	w.act(engine.Save, string(k[0]), string(k[3]))
	w.act(engine.Like, string(k[0]), string(k[1]))
	w.act(engine.Hide, string(k[1]))
	w.act(engine.Seen, string(k[2]))
	marks, err := w.MarksOn(t.Context(), "me", []engine.Key{k[0], k[1], k[2], k[0], "lab:none"})
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, key := range k {
		for _, m := range marks[key] {
			got += fmt.Sprintf("%s ", m.Act)
		}
		got += "| "
	}
	if want := "like save | hide | | | "; got != want || len(marks) != 2 {
		t.Errorf("%s, want %s: %v", got, want, marks)
	}
	if marks, err := w.MarksOn(t.Context(), "nobody-yet", k); err != nil || len(marks) != 0 {
		t.Error(marks, err)
	}
	if _, err := w.MarksOn(t.Context(), "No Body", k); err == nil {
		t.Error("a user who cannot be")
	}
}
