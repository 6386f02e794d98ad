package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"kindred/embed"
)

// around returns n unit vectors near the given axis of a space of 16
// dimensions, as examples with weight w.
func around(axis, n int, w float64, seed uint64) []example {
	r := rand.New(rand.NewPCG(seed, uint64(axis)))
	out := make([]example, n)
	for i := range out {
		v := make(embed.Vector, 16)
		for d := range v {
			v[d] = float32(r.NormFloat64() * 0.1)
		}
		v[axis] += 1
		out[i] = example{Key(fmt.Sprintf("a%d:%03d", axis, i)), v.Unit(), w}
	}
	return out
}

func TestInterests(t *testing.T) {
	examples := slices.Concat(around(0, 20, 1, 1), around(5, 1, 1, 2), around(9, 4, 0.5, 3))
	want := interests(examples, 0.3)
	if len(want) != 3 {
		t.Fatalf("%d interests, want 3", len(want))
	}
	for i, n := range []int{20, 4, 1} { // 20·1, 4·½, 1·1
		if got := len(want[i].examples); got != n {
			t.Errorf("interest %d has %d examples, want %d", i, got, n)
		}
		if norm := want[i].centroid.Norm(); math.Abs(norm-1) > 1e-6 {
			t.Errorf("centroid %d has norm %v", i, norm)
		}
	}
	rand.New(rand.NewPCG(4, 4)).Shuffle(len(examples), func(i, j int) { examples[i], examples[j] = examples[j], examples[i] })
	for i, x := range interests(examples, 0.3) {
		if !slices.Equal(x.centroid, want[i].centroid) || x.weight != want[i].weight {
			t.Errorf("interest %d depends on the order of the examples", i)
		}
	}
}

func TestInterestsOfManyLikes(t *testing.T) {
	var examples []example
	for axis := range 16 {
		examples = append(examples, around(axis, 40, 1+float64(axis)/100, 7)...)
	}
	got := interests(examples, 0.3)
	if len(got) > maxInterests {
		t.Errorf("%d interests, at most %d", len(got), maxInterests)
	}
	n := 0
	for _, x := range got {
		n += len(x.examples)
	}
	if n != len(examples) {
		t.Errorf("%d examples are in an interest, of %d", n, len(examples))
	}
}

func TestExamplesThatCancelOut(t *testing.T) {
	v := around(3, 1, 1, 1)[0]
	minus := example{"z", slices.Clone(v.vector), 1}
	for d := range minus.vector {
		minus.vector[d] = -minus.vector[d]
	}
	x := interest{examples: []example{v, minus}}.summed()
	if err := x.centroid.Check(16); err != nil {
		t.Error(err)
	}
}

func TestSharesSumToOneAndRelevanceIsTheirSum(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for round := range 200 {
		x := interest{examples: around(round%16, 1+r.IntN(maxReasons), 0.1+r.Float64(), uint64(round))}.summed()
		v := around(round%16, 1, 1, uint64(round)+1000)[0].vector
		var shares, sum float64
		for _, reason := range x.reasons(v) {
			shares += float64(reason.Share)
		}
		for _, ex := range x.examples {
			sum += ex.weight * float64(embed.Dot(ex.vector, v)) / x.norm
		}
		if math.Abs(shares-1) > 1e-5 {
			t.Errorf("round %d: shares sum to %v", round, shares)
		}
		if rel := float64(embed.Dot(x.centroid, v)); math.Abs(rel-sum) > 1e-5 {
			t.Errorf("round %d: relevance %v, sum over the likes %v", round, rel, sum)
		}
	}
}

// queue makes candidates far from each other, unless twins is set.
func queue(name string, n int, twins bool) []ranked {
	out := make([]ranked, n)
	for i := range out {
		v := make(embed.Vector, 64)
		at := i % 64
		if twins {
			at = 0
		}
		v[at] = 1
		out[i] = ranked{Hit: Hit{Key(fmt.Sprintf("%s%02d", name, i)), 1 - float32(i)/100}, vector: v}
	}
	return out
}

func TestMix(t *testing.T) {
	// Orthogonal blocks, so that nothing repeats across queues.
	a, b := queue("a", 30, false), queue("b", 30, false)
	for i := range b {
		b[i].vector = slices.Clone(b[i].vector)
		b[i].vector[i%64], b[i].vector[63-i%64] = 0, 1
	}
	queues := [][]ranked{a, b}
	whole := mix(queues, []float64{20, 1}, 40)
	for n := range 40 {
		if got := mix(queues, []float64{20, 1}, n); !slices.EqualFunc(got, whole[:n], func(x, y ranked) bool { return x.Key == y.Key }) {
			t.Fatalf("the first %d are not the beginning of the list", n)
		}
	}
	first := 0
	for _, r := range whole[:10] {
		if r.Key[0] == 'b' {
			first++
		}
	}
	if first < 1 || first > 3 {
		t.Errorf("an interest of 1 beside one of 20 has %d of the first ten", first)
	}
	if got := mix([][]ranked{queue("t", 5, true)}, []float64{1}, 5); len(got) != 1 || got[0].Key != "t00" {
		t.Errorf("five twins give %d", len(got))
	}
	if got := mix(nil, nil, 5); got != nil {
		t.Errorf("no queue gives %v", got)
	}
}

func TestLikeWeight(t *testing.T) {
	for age, want := range map[time.Duration]float64{0: 1, -time.Hour: 1, likeAge: 1 / math.E, 2 * likeAge: 1 / (math.E * math.E)} {
		if got := likeWeight(age); math.Abs(got-want) > 1e-12 {
			t.Errorf("a like of age %v weighs %v, want %v", age, got, want)
		}
	}
	if likeWeight(90*likeAge) <= 0 {
		t.Error("an old like weighs nothing")
	}
}

func TestPushOnlyWhereADislikeIsNearer(t *testing.T) {
	likes, dislikes := around(0, 3, 1, 1), around(1, 3, 1, 2)
	x := interest{examples: likes}.summed()
	p := newProfile([]interest{x}, likes, dislikes)
	if got := p.push(x, embed.Dot(x.centroid, likes[0].vector), likes[0].vector); got != 0 {
		t.Errorf("a paper at a like is pushed by %v", got)
	}
	v := dislikes[0].vector
	want := nearest(dislikes, v) - nearest(likes, v)
	if got := p.push(x, embed.Dot(x.centroid, v), v); got != want || got <= 0 {
		t.Errorf("a paper at a dislike is pushed by %v, want %v", got, want)
	}
}

func TestProfileWithoutSomeLikes(t *testing.T) {
	likes := slices.Concat(around(0, 3, 1, 1), around(5, 1, 1, 2))
	p := newProfile(interests(likes, 0.3), likes, nil)
	if same, ok := p.without([]Key{"none"}); !ok || len(same.likes) != 4 || &same.interests[0] != &p.interests[0] {
		t.Error("a paper that is not liked changes the profile")
	}
	less, ok := p.without([]Key{likes[0].key, likes[3].key})
	if !ok || len(less.interests) != 1 || len(less.likes) != 2 || len(less.interests[0].examples) != 2 {
		t.Fatalf("%+v, %v", less, ok)
	}
	want := interest{examples: less.interests[0].examples}.summed()
	if !slices.Equal(less.interests[0].centroid, want.centroid) || len(p.interests) != 2 || len(p.interests[0].examples) != 3 {
		t.Error("the interest is not what is left of it, or the whole profile has changed")
	}
	if s, x := p.suits(likes[3].vector); math.Abs(float64(s)-1) > 1e-6 || len(x.examples) != 1 {
		t.Errorf("a paper suits its own interest by %v, of %d examples", s, len(x.examples))
	}
	if _, ok := p.without([]Key{likes[0].key, likes[1].key, likes[2].key, likes[3].key}); ok {
		t.Error("a profile without likes")
	}
}

func TestBackground(t *testing.T) {
	x, y := embed.Vector{1, 0}, embed.Vector{0, 1}
	for _, tc := range []struct {
		vectors []embed.Vector
		want    float64
	}{
		{nil, 0}, {[]embed.Vector{x}, 0}, {[]embed.Vector{x, nil, x}, 1}, {[]embed.Vector{x, y}, 0}, {[]embed.Vector{x, x, y}, 1.0 / 3},
	} {
		if got := background(tc.vectors); math.Abs(got-tc.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", tc.vectors, got, tc.want)
		}
	}
}
