package sqlite

import (
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
)

// TestMigrate opens a store of the first schema, with tokens in it.
func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	db, err := connect(filepath.Join(dir, "kindred.db"), 1, "journal_mode(WAL)")
	must(t, err)
	files, err := fs.Sub(migrations, "migrations")
	must(t, err)
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	must(t, err)
	_, err = db.Exec("PRAGMA application_id = 1265525874") // appID
	must(t, err)
	_, err = p.UpTo(t.Context(), 1)
	must(t, err)
	_, err = db.Exec(`INSERT INTO tokens VALUES
		('a', 'me', 'browser session', '["read","write"]', 'h1', 1, 9, 0, 0),
		('b', 'me', 'browser session', '["admin"]', 'h2', 2, 9, 0, 0),
		('c', 'me', 'laptop', '["read","write"]', 'h3', 3, 0, 0, 0)`)
	must(t, err, db.Close())

	s := openIn(t, dir)
	defer s.Close()
	tokens, err := s.Tokens(t.Context())
	must(t, err, s.Verify(t.Context()))
	if len(tokens) != 3 || !tokens[0].Session || tokens[1].Session || tokens[2].Session {
		t.Errorf("%+v", tokens)
	}
	for _, tok := range tokens {
		if tok.Origin != "" {
			t.Errorf("%+v", tok)
		}
	}
}
