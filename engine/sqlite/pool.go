package sqlite

import (
	"context"
	"database/sql"
	"sync"
)

// A pool is connections that read. Preparing a statement takes as long as
// running one that looks up a few papers, so it prepares each text once for
// each connection.
type pool struct {
	*sql.DB
	mu    sync.Mutex
	stmts map[string]*sql.Stmt // closed with the DB
}

// maxPrepared bounds how many texts are kept; there are about 40. What comes
// after that is prepared every time.
const maxPrepared = 200

func newPool(db *sql.DB) *pool { return &pool{DB: db, stmts: map[string]*sql.Stmt{}} }

// QueryContext is that of sql.DB.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return p.DB.QueryContext(ctx, query, args...)
	}
	return stmt.QueryContext(ctx, args...)
}

// prepared returns the statement of a text, or nil if it is not kept.
func (p *pool) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	p.mu.Lock()
	stmt, full := p.stmts[query], len(p.stmts) >= maxPrepared
	p.mu.Unlock()
	if stmt != nil || full {
		return stmt, nil
	}
	stmt, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.stmts[query]; other != nil { // somebody was quicker
		return other, stmt.Close()
	}
	p.stmts[query] = stmt
	return stmt, nil
}
