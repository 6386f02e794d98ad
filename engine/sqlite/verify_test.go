package sqlite

import (
	"errors"
	"testing"
)

// TestVerify spoils a store in every way that a rule is about.
func TestVerify(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer s.Close()
	stock(t, s)
	for _, spoil := range []string{
		"UPDATE state SET papers = papers + 1",
		"UPDATE state SET seq = 3",
		"DELETE FROM records WHERE paper = 7",
		"INSERT INTO records SELECT p.id, 0, '', '', 'x', 'x', '[]', '[]', '[]', '' FROM papers p WHERE removed = 1 LIMIT 1",
		"DELETE FROM ids WHERE id = 'test:7'",
		"UPDATE ids SET paper = 9 WHERE id = 'test:7'",
		`UPDATE papers SET ids = '["test:6","test:0"]' WHERE key = 'test:6'`,
		"DELETE FROM categories WHERE key = 'test:7' AND category = 'stat.ML'",
		"UPDATE categories SET order_day = 1 WHERE key = 'test:7'",
		"UPDATE spaces SET embedded = embedded - 1",
		"UPDATE spaces SET queued = queued + 1",
		"UPDATE vectors SET text = 'other'",
		"DELETE FROM failures",
		"UPDATE queue SET order_day = 1",
		"INSERT INTO queue SELECT space, 5, 'x', paper FROM vectors LIMIT 1",
		"UPDATE events SET user_id = 99",
	} {
		err := spoiled(t, s, spoil)
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("after %s: %v", spoil, err)
		}
	}
	must(t, s.Verify(t.Context()))
}

// spoiled verifies a store with a change that is then rolled back.
func spoiled(t *testing.T, s *Store, change string) error {
	t.Helper()
	tx, err := s.writer.BeginTx(t.Context(), nil)
	must(t, err)
	defer tx.Rollback()
	_, err = tx.Exec("PRAGMA defer_foreign_keys = ON")
	must(t, err)
	_, err = tx.Exec(change)
	must(t, err)
	return verify(t.Context(), tx)
}
