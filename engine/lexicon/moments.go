package lexicon

import (
	"runtime"
	"slices"
	"sort"
	"sync"

	"kindred/engine"
)

// A moment is what was counted of the state at a change number.
type moment struct {
	at     int64 // change number
	papers int
	mean   float64 // of Bag.Length; 0 if there are no papers

	once  sync.Once
	table *saturation

	mu   sync.RWMutex
	with map[engine.Term]int // papers that have a term; asked for before
}

const (
	// moments is how many of them are kept.
	moments = 16
	// remembered is how many terms a moment keeps the counts of.
	remembered = 1 << 16
)

// moment returns that of a change number, at or before the version of s.
func (x *Lexicon) moment(s *snapshot, at int64) *moment {
	x.counting.Lock()
	defer x.counting.Unlock()
	i := slices.IndexFunc(x.moments, func(m *moment) bool { return m.at == at })
	if i < 0 {
		m := s.count(at)
		x.moments = append(x.moments, m)
		if len(x.moments) > moments {
			x.moments = slices.Delete(x.moments, 0, 1)
		}
		return m
	}
	m := x.moments[i]
	x.moments = append(slices.Delete(x.moments, i, i+1), m) // the last one asked for
	return m
}

// count makes the moment of a change number.
func (s *snapshot) count(at int64) *moment {
	m := &moment{at: at}
	var length int64
	for _, seg := range s.segments {
		rows := seg.bornBy(at)
		m.papers += rows
		if rows == seg.size() {
			length += seg.total
		} else {
			for _, n := range seg.length[:rows] {
				length += int64(n)
			}
		}
		for _, row := range seg.grave.rows(seg, at) {
			m.papers--
			length -= int64(seg.length[row])
		}
	}
	if m.papers > 0 {
		m.mean = float64(length) / float64(m.papers)
	}
	return m
}

// Statistics implements engine.Lexicon.
func (x *Lexicon) Statistics(terms []engine.Term, asOf int64) engine.Statistics {
	s := x.now.Load()
	defer runtime.KeepAlive(s)
	m := x.moment(s, s.number(asOf))
	out := engine.Statistics{Papers: m.papers, Mean: m.mean, With: make([]int, len(terms))}
	var missing []int
	m.mu.RLock()
	for i, t := range terms {
		n, ok := m.with[t]
		if !ok {
			missing = append(missing, i)
		}
		out.With[i] = n
	}
	m.mu.RUnlock()
	if len(missing) == 0 {
		return out
	}
	for _, seg := range s.segments {
		born := seg.bornBy(m.at)
		if born == 0 {
			continue
		}
		seg.grave.counted(seg, m.at, func(dead func(local uint32) int) {
			for _, i := range missing {
				local, from, to, ok := seg.find(uint64(terms[i]) * spread)
				if !ok {
					continue
				}
				if born < seg.size() {
					to = from + sort.Search(to-from, func(j int) bool { return int(seg.rows[from+j]) >= born })
				}
				out.With[i] += to - from - dead(uint32(local))
			}
		})
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.with == nil {
		m.with = map[engine.Term]int{}
	}
	for _, i := range missing {
		if len(m.with) < remembered {
			m.with[terms[i]] = out.With[i]
		}
	}
	return out
}

// bornBy returns how many rows were born at or before a change number: the
// first ones.
func (s *segment) bornBy(at int64) int {
	if n := s.size(); s.born[n-1] <= at {
		return n
	}
	return sort.Search(s.size(), func(row int) bool { return s.born[row] > at })
}

// A grave holds the rows of a segment that died, in the order in which they
// did, and counts their terms when it is asked to.
type grave struct {
	mu    sync.Mutex
	dead  []uint16
	known int            // how many of dead are in terms
	terms map[uint32]int // rows that have a term, by its number
}

// add adds a row that died.
func (g *grave) add(row int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dead = append(g.dead, uint16(row))
}

// rows returns those that died at or before a change number.
func (g *grave) rows(s *segment, at int64) []uint16 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.dead[:g.by(s, at):len(g.dead)]
}

func (g *grave) by(s *segment, at int64) int {
	return sort.Search(len(g.dead), func(i int) bool { return s.diedAt(int(g.dead[i])) > at })
}

// counted calls f with a function that says how many of the rows that died at
// or before a change number have a term.
func (g *grave) counted(s *segment, at int64, f func(dead func(local uint32) int)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.by(s, at)
	if n == 0 {
		f(func(uint32) int { return 0 })
		return
	}
	each := func(rows []uint16, f func(local uint32)) {
		for _, row := range rows {
			for _, t := range s.forward[s.forwardAt[row]:s.forwardAt[row+1]] {
				f(t >> 8)
			}
		}
	}
	if g.terms == nil {
		g.terms = map[uint32]int{}
	}
	if n > g.known {
		each(g.dead[g.known:n], func(local uint32) { g.terms[local]++ })
		g.known = n
	}
	later := map[uint32]int{} // known, but not dead then
	each(g.dead[n:g.known], func(local uint32) { later[local]++ })
	f(func(local uint32) int { return g.terms[local] - later[local] })
}

// A saturation is a table of engine.Saturation for one mean length.
type saturation struct {
	mean float64
	of   [(maxTableN + 1) * maxTableLength]float32 // by count, then length
}

const (
	maxTableN      = 15
	maxTableLength = 1024
)

// saturation returns the table of the moment.
func (m *moment) saturation() *saturation {
	m.once.Do(func() {
		m.table = &saturation{mean: m.mean}
		for n := range maxTableN + 1 {
			for length := range maxTableLength {
				m.table.of[n*maxTableLength+length] = engine.Saturation(max(n, 1), length, m.mean)
			}
		}
	})
	return m.table
}

// at returns engine.Saturation; a count of 0 is a facet, and counts as 1.
func (t *saturation) at(n uint8, length uint16) float32 {
	if n <= maxTableN && length < maxTableLength {
		return t.of[int(n)*maxTableLength+int(length)]
	}
	return engine.Saturation(max(int(n), 1), int(length), t.mean)
}
