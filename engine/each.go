package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls f with 0 to n-1, shared out among as many goroutines as there are
// processors, and returns when all is done.
func each(n int, f func(i int)) {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}
