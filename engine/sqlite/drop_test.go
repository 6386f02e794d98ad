package sqlite

import (
	"errors"
	"testing"

	"kindred/embed"
	"kindred/engine"
)

// TestDropResumes interrupts the deletion of a space at every step, and looks
// at the store in between.
func TestDropResumes(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer s.Close()
	ctx := t.Context()
	stock(t, s) // with its space active
	other := testSpace
	other.Model = "other"
	must(t, s.PutSpace(ctx, other))
	waiting, err := s.Unembedded(ctx, other.ID(), 200)
	must(t, err)
	var vectors []engine.Embedded
	for _, w := range waiting[:150] {
		vectors = append(vectors, engine.Embedded{Key: w.Key, Text: w.Text, Vector: embed.Vector{1, 0, 0, 0}})
	}
	must(t, s.PutVectors(ctx, other.ID(), vectors), s.PutFailure(ctx, other.ID(), waiting[160], "why not"))
	counts, err := s.Counts(ctx, testSpace.ID())
	must(t, err)

	must(t, s.write(ctx, func(x *txn) error {
		_, err := x.exec(ctx, "UPDATE spaces SET name = 'dropped', ready = -1 WHERE name = ?", other.ID())
		return err
	}))
	steps := 0
	for more := true; more; steps++ {
		must(t, s.write(ctx, func(x *txn) (err error) {
			more, err = sweepSome(ctx, x, 50)
			return err
		}), s.Verify(ctx))
		if steps == 2 { // life goes on, and the space is put again
			must(t, s.RemovePaper(ctx, waiting[0].Key), s.RemovePaper(ctx, waiting[199].Key))
			must(t, s.PutSpace(ctx, other), s.Verify(ctx))
		}
	}
	if want := 150/50 + 3 + 1 + 1 + 1; steps != want { // vectors, queue, failures, the space, nothing left
		t.Errorf("%d steps, want %d", steps, want)
	}
	// The drop of a space that is not there finishes what was left.
	must(t, s.write(ctx, func(x *txn) error {
		_, err := x.exec(ctx, "UPDATE spaces SET name = 'dropped', ready = -1 WHERE name = ?", other.ID())
		return err
	}))
	if err := s.DropSpace(ctx, other.ID()); !errors.Is(err, engine.ErrNotFound) {
		t.Error(err)
	}
	for _, table := range []string{"spaces", "vectors", "queue", "failures"} {
		column := "space"
		if table == "spaces" {
			column = "id"
		}
		var n int
		must(t, s.reader.QueryRow("SELECT count(*) FROM "+table+" WHERE "+column+" <> 1").Scan(&n))
		if n != 0 {
			t.Errorf("%d rows left in %s", n, table)
		}
	}
	got, err := s.Counts(ctx, testSpace.ID())
	if must(t, err, s.Verify(ctx)); got.Papers != counts.Papers-2 || got.Embedded != counts.Embedded {
		t.Errorf("the space that stays: %+v, was %+v", got, counts)
	}
}
