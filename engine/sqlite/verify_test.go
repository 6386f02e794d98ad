package sqlite

import (
	"errors"
	"testing"
)

// TestVerify spoils a store in every way that a rule is about.
func TestVerify(t *testing.T) {
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
		"PRAGMA foreign_keys = OFF; UPDATE events SET user_id = 99; PRAGMA foreign_keys = ON",
	} {
		s := openIn(t, t.TempDir())
		stock(t, s)
		if _, err := s.writer.Exec(spoil); err != nil {
			t.Errorf("%s: %v", spoil, err)
		}
		if err := s.Verify(t.Context()); !errors.Is(err, ErrDamaged) {
			t.Errorf("after %s: %v", spoil, err)
		}
		must(t, s.Close())
	}
}
