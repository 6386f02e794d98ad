package chromem

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"kindred/engine"
)

// maxShared is how many queries of several searches share a pass at most: two
// times the four that share the reading of the codes.
const maxShared = 8

// A line is where searches wait while passes keep all processors busy. Those that
// wait share the next pass, which costs little more than one of them would: so the
// more ask at once, the less each costs. A search that meets nobody goes ahead.
type line struct {
	mu      sync.Mutex
	busy    int         // goroutines of the passes that run
	waiting []*searcher // in the order in which they came
}

// A searcher is a search that takes part in a pass.
type searcher struct {
	queries []engine.Query
	turn    chan *pass // gets a pass to run, or nil once another ran it for this one
	hits    [][]engine.Hit
	version int64
}

// A pass is what one reading of the codes is for.
type pass struct {
	of      []*searcher
	workers int // goroutines
}

// search takes part in a pass, and returns the answer and its version.
func (l *line) search(ctx context.Context, x *Index, queries []engine.Query) ([][]engine.Hit, int64, error) {
	one := &searcher{queries: queries, turn: make(chan *pass, 1)}
	p := l.enter(x, one)
	if p == nil {
		select {
		case p = <-one.turn:
		case <-ctx.Done():
			if l.leave(one) {
				return nil, 0, ctx.Err()
			}
			p = <-one.turn // it is taken already
		}
	}
	if p != nil {
		l.run(ctx, x, p)
	}
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	if one.hits == nil { // whoever ran the pass did not come to its end
		return nil, 0, errors.New("the scan broke off")
	}
	return one.hits, one.version, nil
}

// enter returns the pass that one is to run at once; nil if it has to wait.
func (l *line) enter(x *Index, one *searcher) *pass {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, one)
	if len(l.waiting) > 1 {
		return nil
	}
	return l.next(x)
}

// next takes those who wait into a pass, if there are processors for it. l.mu is
// held.
func (l *line) next(x *Index) *pass {
	if len(l.waiting) == 0 {
		return nil
	}
	n, queries := 1, len(l.waiting[0].queries)
	for n < len(l.waiting) && queries+len(l.waiting[n].queries) <= maxShared {
		queries += len(l.waiting[n].queries)
		n++
	}
	p := &pass{workers: x.now.Load().workers(queries)}
	if l.busy > 0 && l.busy+p.workers > runtime.GOMAXPROCS(0) {
		return nil
	}
	l.busy += p.workers
	p.of = l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	return p
}

// leave takes one out of the line; false if it is in a pass already.
func (l *line) leave(one *searcher) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, w := range l.waiting {
		if w == one {
			l.waiting = append(l.waiting[:i:i], l.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// run makes a pass and tells everybody in it, and who is to run the next ones. The
// end of ctx ends a pass that is for nobody else.
func (l *line) run(ctx context.Context, x *Index, p *pass) {
	defer func() {
		for _, one := range p.of[1:] {
			one.turn <- nil
		}
		l.mu.Lock()
		defer l.mu.Unlock()
		l.busy -= p.workers
		for {
			next := l.next(x)
			if next == nil {
				return
			}
			next.of[0].turn <- next
		}
	}()
	var queries []engine.Query
	for _, one := range p.of {
		queries = append(queries, one.queries...)
	}
	if len(p.of) > 1 {
		ctx = context.WithoutCancel(ctx)
	}
	hits, version := x.scan(ctx, queries, p.workers)
	for _, one := range p.of {
		one.hits, one.version = hits[:len(one.queries):len(one.queries)], version
		hits = hits[len(one.queries):]
	}
}
