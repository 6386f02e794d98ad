package eval

import (
	"context"
	"math"
	"testing"
)

// A stated confidence of .2 that is right in one of five is calibrated; stated .7, it is half off.
func TestCalibration(t *testing.T) {
	for _, x := range []struct{ stated, want float64 }{{.2, 0}, {.7, .5}} {
		task := Task{Protocol: "toy", Papers: make([]Paper, 5), Pool: []int{0, 1, 2, 3, 4}, Metrics: []Metric{MRR()}, Calibrated: true}
		for range 30 {
			task.Cases = append(task.Cases, Case{User: "u", Likes: []int{0}, Gain: map[int]float64{0: 1}})
		}
		o, err := Run(t.Context(), task, stating(x.stated), Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := o.Estimates(1)["ece@100"]
		// Ties in confidence go to bins in the order of the cases, which the toy has in fives.
		if math.Abs(got.Value-x.want) > .001 || got.Low > got.Value || got.High < got.Value {
			t.Errorf("stated %v: calibration error %+v, want %v", x.stated, got, x.want)
		}
	}
	o, err := Run(t.Context(), Task{Papers: make([]Paper, 1), Pool: []int{0}, Metrics: []Metric{MRR()}, Calibrated: true,
		Cases: []Case{{User: "u", Likes: []int{0}, Gain: map[int]float64{0: 1}}}}, stating(0), Options{})
	if _, ok := o.Estimates(1)["ece@100"]; err != nil || ok {
		t.Errorf("a ranker that states nothing has a calibration error (%v)", err)
	}
}

// stating is a Ranker that gives every candidate one confidence.
type stating float64

func (s stating) Rank(_ context.Context, _ Case, pool []int, _ int) ([]Scored, error) {
	var out []Scored
	for _, p := range pool {
		out = append(out, Scored{Paper: p, Confidence: float64(s)})
	}
	return out, nil
}
