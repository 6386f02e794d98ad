package lexicon

import (
	"math"
	"math/bits"
	"runtime"
	"slices"
)

const (
	batchRows     = 1 << 13 // rows of a new segment, at most
	batchPostings = 1 << 23 // and postings, but for a single row
	fan           = 4       // segments of a class that become one
	full          = 8       // the class that is merged no more
)

// class is how large a segment is: the logarithm of its rows to base fan.
func class(s *segment) int {
	if s.sealed || s.size() > segmentRows*3/4 {
		return full
	}
	return (bits.Len(uint(s.size())) - 1) / 2
}

// tidy returns segments with those at the end merged: as many as are of a class
// or a lower one, when they are fan or more and no single one is most of it. So
// a row is merged about once in each class: eight times if it came alone, twice
// if it came with thousands.
func tidy(segments []*segment, forgotten int64) []*segment {
	for c := 0; c < full; c++ {
		from, rows := len(segments), 0
		for from > 0 && class(segments[from-1]) <= c {
			from--
			rows += segments[from].size()
		}
		run := segments[from:]
		if len(run) < fan || 2*run[0].size() > rows {
			continue
		}
		n := fitting(run)
		one := run[:n]
		if n > 1 {
			one = merge(one, forgotten)
		}
		if len(one) > 0 && n < len(run) {
			one[0].sealed = true // it cannot take the next
		}
		segments = slices.Concat(segments[:from], one, run[n:])
		c = -1 // begin again
	}
	return segments
}

// fitting returns how many segments, from the first on, fit into one.
func fitting(segments []*segment) int {
	rows, terms := 0, 0
	for i, s := range segments {
		rows, terms = rows+s.size(), terms+len(s.terms)
		if rows > segmentRows || terms > maxTerms {
			return i
		}
	}
	return len(segments)
}

// merge makes one segment of several that follow each other, without the rows
// that died at or before forgotten. It returns none if no row is left.
func merge(segments []*segment, forgotten int64) []*segment {
	rows, postings, terms := 0, 0, 0
	for _, s := range segments {
		rows, postings, terms = rows+s.size(), postings+len(s.rows), terms+len(s.terms)
	}
	b := newBuilder(rows, postings)
	b.s.terms, b.s.with1 = make([]uint64, 0, terms), make([]uint16, 0, terms)
	const left = -1
	places := make([][]int32, len(segments)) // where each row goes
	kept := int32(0)
	for i, s := range segments {
		places[i] = make([]int32, s.size())
		for row := range places[i] {
			died := s.diedAt(row)
			if died != 0 && died <= forgotten {
				places[i][row] = left
				continue
			}
			places[i][row] = kept
			kept++
			b.row(s.key(row), s.born[row], died, s.published[row], s.length[row], s.sets[s.set[row]], int(s.forwardAt[row+1]-s.forwardAt[row]))
		}
	}
	next, at := make([]int, len(segments)), make([]int, len(segments)) // term, and its postings
	for {
		term, more := uint64(math.MaxUint64), false
		for i, s := range segments {
			if next[i] < len(s.terms) {
				term, more = min(term, s.terms[next[i]]), true
			}
		}
		if !more {
			break
		}
		if len(b.s.rows)%(breath/64) == 0 {
			runtime.Gosched()
		}
		began := false
		for i, s := range segments {
			if next[i] == len(s.terms) || s.terms[next[i]] != term {
				continue
			}
			to := at[i] + int(s.with1[next[i]]) + 1
			for p := at[i]; p < to; p++ {
				place := places[i][s.rows[p]]
				if place == left {
					continue
				}
				if !began {
					b.term(term)
					began = true
				}
				b.posting(uint16(place), s.counts[p])
			}
			at[i] = to
			next[i]++
		}
	}
	if kept == 0 {
		return nil
	}
	return []*segment{b.finish()}
}
