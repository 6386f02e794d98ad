package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A listener is a database/sql driver that remembers the statements that pass
// to another.
type listener struct {
	driver.Driver
	mu   sync.Mutex
	said map[string]bool
}

func (l *listener) Open(name string) (driver.Conn, error) {
	c, err := l.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	return &listening{c.(connection), l}, nil
}

func (l *listener) hear(query string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said[query] = true
}

// connection is what modernc's connections can do and database/sql asks for.
type connection interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
}

type listening struct {
	connection
	l *listener
}

func (c *listening) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.l.hear(query)
	return c.connection.PrepareContext(ctx, query)
}

func (c *listening) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.l.hear(query)
	return c.connection.ExecContext(ctx, query, args)
}

func (c *listening) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.l.hear(query)
	return c.connection.QueryContext(ctx, query, args)
}

// mayWalk says which statements may go through a table or an index from its
// beginning, and why that does not take long in a store of millions of papers
// and thousands of users. Everything else is found by a search in an index.
var mayWalk = []struct{ statement, why string }{
	{`^SELECT key, order_day FROM (papers|categories) `, "the index is in the order asked for, and the walk ends at the limit"},
	{` FROM json_each\(`, "the list that was asked for"},
	{` FROM spaces `, "there are a few spaces"},
	{` FROM leases `, "there are a few leases"},
	{` FROM tokens ORDER BY created`, "all tokens are asked for"},
	{`^DELETE FROM tokens WHERE session = 1 `, "once at the start of a server"},
	{` FROM imports `, "a line for each import"},
	{` FROM users ORDER BY name`, "all users are asked for"},
	{`^(SELECT|UPDATE) .*\bstate\b`, "one row"},
	{`^(SELECT|UPDATE) .*\bpairing_tries\b`, "one row"},
	{`^UPDATE pairings SET expires`, "a line for each user who pairs; when codes have been guessed at"},
	{`^SELECT seq, \(SELECT count`, "once after a backup"},
}

var setUp = regexp.MustCompile(`(?i)goose|sqlite_master|pragma|^\s*(create|drop|alter|vacuum)`)

// listen returns a listener to modernc's driver, known to database/sql by a name.
func listen(t *testing.T) (l *listener, name string) {
	t.Helper()
	plain, err := sql.Open("sqlite", "")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	l = &listener{Driver: plain.Driver(), said: map[string]bool{}}
	name = "listener " + rand.Text()
	sql.Register(name, l)
	return l, name
}

// plans checks that no statement that was heard reads more as the store grows:
// the plan of each is a search in an index, but for those of mayWalk.
func (l *listener) plans(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer s.Close()
	migrated := ""
	for _, name := range must1(fs.Glob(migrations, "migrations/*.sql")) {
		migrated += string(must1(migrations.ReadFile(name)))
	}
	statements := 0
	for query := range l.said {
		if setUp.MatchString(query) || strings.Contains(migrated, query) {
			continue
		}
		statements++
		plan, err := explain(t.Context(), s.reader, query)
		if err != nil {
			t.Errorf("%v: %s", err, query)
			continue
		}
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN ") && !strings.Contains(step, "VIRTUAL TABLE") && !strings.Contains(step, "CONSTANT ROW") &&
				!slices.ContainsFunc(mayWalk, func(w struct{ statement, why string }) bool {
					return regexp.MustCompile(w.statement).MatchString(query)
				}) {
				t.Errorf("%s\n%s", step, query)
			}
		}
	}
	if statements < 60 {
		t.Errorf("only %d statements were heard", statements)
	}
	t.Logf("%d statements", statements)
}

func must1[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A statement that goes through a table is noticed.
func TestExplainSeesAScan(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer s.Close()
	plan, err := explain(t.Context(), s.reader, "SELECT key FROM papers WHERE text = ?")
	if err != nil || len(plan) != 1 || !strings.HasPrefix(plan[0], "SCAN papers") {
		t.Errorf("%q %v", plan, err)
	}
}

// explain returns the steps of the plan of a statement.
func explain(ctx context.Context, q querier, query string) (steps []string, err error) {
	args := make([]any, strings.Count(query, "?")+9) // $1 to $9 at most; more than are needed do no harm
	err = each(ctx, q, "EXPLAIN QUERY PLAN "+query, args, func(scan scanner) error {
		var id, parent, unused int
		var step string
		err := scan(&id, &parent, &unused, &step)
		steps = append(steps, step)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	return steps, nil
}
