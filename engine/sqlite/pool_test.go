package sqlite

import (
	"fmt"
	"sync"
	"testing"
)

// Statements are kept, but not without bound, by many at once.
func TestPool(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer s.Close()
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for i := range 2 * maxPrepared {
				n := -1
				err := each(t.Context(), s.reader, fmt.Sprintf("SELECT %d + ?", i), []any{1}, func(scan scanner) error { return scan(&n) })
				if err != nil || n != i+1 {
					t.Errorf("%d + 1 = %d, %v", i, n, err)
				}
			}
		})
	}
	work.Wait()
	if n := len(s.reader.stmts); n < maxPrepared || n > maxPrepared+8 {
		t.Errorf("%d statements are kept", n)
	}
	if _, err := s.reader.QueryContext(t.Context(), "SELECT nothing FROM nowhere"); err == nil {
		t.Error("a wrong statement is taken")
	}
}
