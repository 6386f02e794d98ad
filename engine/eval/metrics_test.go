package eval

import (
	"math"
	"testing"
)

// ranked makes a ranking of papers 0, 1, 2, … in this order, with falling scores.
func ranked(papers ...int) []Scored {
	var out []Scored
	for i, p := range papers {
		out = append(out, Scored{Paper: p, Score: 1 - float64(i)/100})
	}
	return out
}

func TestMetrics(t *testing.T) {
	feed := Case{Gain: map[int]float64{1: 1, 3: 1, 99: 1}} // 99 is no candidate
	graded := Case{Gain: map[int]float64{0: 0, 1: 3, 2: 1, 3: 2, 4: 0}}
	tie := []Scored{{Paper: 1, Score: .5}, {Paper: 3, Score: .5}, {Paper: 2, Score: .4}}
	log2 := math.Log2
	for _, x := range []struct {
		name    string
		metric  Metric
		c       Case
		ranking []Scored
		want    float64
	}{
		{"recall counts what is no candidate as missed", Recall(2), feed, ranked(1, 0, 3), 1. / 3},
		{"recall of all", Recall(20), feed, ranked(1, 0, 3), 2. / 3},
		{"recall of nothing", Recall(20), feed, nil, 0},
		{"ndcg", NDCG(3), feed, ranked(0, 1, 3), (1/log2(3) + 1/log2(4)) / (1 + 1/log2(3) + 1/log2(4))},
		{"ndcg cut", NDCG(1), feed, ranked(1), 1},
		{"mrr", MRR(), feed, ranked(0, 2, 3), 1. / 3},
		{"mrr of none", MRR(), feed, ranked(0, 2), 0},
		{"map at gain 2", MAP(2), graded, ranked(1, 0, 3, 2, 4), (1 + 2./3) / 2},
		{"ndcg of two of five", NDCGShare(.4), graded, ranked(0, 1, 2, 3, 4), (3 / log2(3)) / (3 + 2/log2(3))},
		{"ndcg of one of five", NDCGShare(.2), graded, ranked(2, 1, 0, 3, 4), 1. / 3},
		{"loss of the best order", Loss(), graded, ranked(1, 3, 2, 0, 4), 0},
		{"loss of one swap", Loss(), graded, ranked(3, 1, 2), 1. / 4},
		{"half the loss of a tie", Loss(), graded, tie, .5 / 4},
	} {
		if got := x.metric.of(x.c, x.ranking).value; math.Abs(got-x.want) > 1e-12 {
			t.Errorf("%s: %s = %v, want %v", x.name, x.metric.Name, got, x.want)
		}
	}
	if w := Loss().of(graded, ranked(3, 1, 2)).weight; w != 4 {
		t.Errorf("loss weighs %v, want 4, the sum of the gaps", w)
	}
}

func TestEstimates(t *testing.T) {
	// Two draws of each user: the interval is over users, the mean over draws.
	o := Outcome{metrics: []Metric{Recall(1)}}
	p := o
	for u := range 200 {
		for draw := range 2 {
			v := float64((u + draw) % 2)
			o.users, p.users = append(o.users, string(rune('a'+u))), append(p.users, string(rune('a'+u)))
			o.values = append(o.values, []weighted{{v * .5, 1}})
			p.values = append(p.values, []weighted{{v*.5 - .1*float64(u%3), 1}})
		}
	}
	if o.Users() != 200 {
		t.Errorf("%d users, want 200", o.Users())
	}
	e := o.Estimates(1)["recall@1"]
	if math.Abs(e.Value-.25) > 1e-12 || math.Abs(e.Low-.25) > 1e-12 || math.Abs(e.High-.25) > 1e-12 {
		t.Errorf("every user has .25 over two draws, got %+v", e)
	}
	if again := p.Estimates(1)["recall@1"]; again != p.Estimates(1)["recall@1"] || again.Low >= again.Value || again.High <= again.Value {
		t.Errorf("interval %+v: want one around the value, the same each time", again)
	}
	d := o.Compare(p, 1)["recall@1"]
	if math.Abs(d.Value-.0995) > 1e-3 || d.Low <= 0 || d.P > .01 {
		t.Errorf("difference %+v, want about .0995, certain", d)
	}
	if d := o.Compare(o, 1)["recall@1"]; d.Value != 0 || d.P < .99 {
		t.Errorf("difference to itself %+v, want 0 with p 1", d)
	}
}
