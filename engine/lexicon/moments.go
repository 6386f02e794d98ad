package lexicon

import (
	"runtime"
	"sync"

	"kindred/engine"
)

// A moment is a state that was counted.
type moment struct {
	at     int64 // change number
	papers int
	mean   float64 // Bag.Length; 0 if there are no papers

	once  sync.Once
	table *saturation

	mu   sync.RWMutex
	with map[engine.Term]int // papers that have a term; asked for before
}

// remembered is how many terms a moment keeps the counts of.
const remembered = 1 << 16

// count adds a moment to a snapshot if its time has come.
func (x *Lexicon) count(s *snapshot) {
	if x.made == 0 || x.made*16 < s.last().papers {
		return
	}
	x.made = 0
	m := &moment{at: s.version, papers: s.live}
	if s.live > 0 {
		m.mean = float64(x.length) / float64(s.live)
	}
	s.moments = append(s.moments[:len(s.moments):len(s.moments)], m)
}

func (s *snapshot) last() *moment { return s.moments[len(s.moments)-1] }

// moment returns the last moment at or before a change number, or the first
// there was: the one before it, of no papers, is nothing to weigh by.
func (s *snapshot) moment(asOf int64) *moment {
	i := len(s.moments) - 1
	for i > 0 && s.moments[i].at > asOf {
		i--
	}
	if i == 0 && s.moments[0].at == 0 && len(s.moments) > 1 {
		i = 1
	}
	return s.moments[i]
}

// Statistics implements engine.Lexicon.
func (x *Lexicon) Statistics(terms []engine.Term, asOf int64) engine.Statistics {
	s := x.now.Load()
	defer runtime.KeepAlive(s)
	m := s.moment(s.number(asOf))
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
		whole := seg.whole(m.at)
		for _, i := range missing {
			_, from, to, ok := seg.find(uint64(terms[i]) * spread)
			switch {
			case !ok:
			case whole:
				out.With[i] += to - from
			default:
				for _, row := range seg.rows[from:to] {
					if seg.alive(int(row), m.at) {
						out.With[i]++
					}
				}
			}
		}
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

// whole says whether all rows of a segment are part of the state at a change
// number.
func (s *segment) whole(at int64) bool {
	return s.died.Load() == nil && s.born[len(s.born)-1] <= at
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
