package chromem

import (
	"slices"

	"kindred/engine"
)

// due says whether a table should be compacted: when more than a fifth of its
// rows are dead. The dead of a small table may stay; they cost a segment.
func due(rows, live int) bool {
	dead := rows - live
	return dead > segmentRows && dead > rows/5
}

// compact returns a table without the half of the dead rows of t that died
// first, so that at least the last segmentRows/2 - 1 changes stay remembered:
// more than engine.Query promises. A row whose
// forerunner is left behind takes over its birth: as of a forgotten number a
// paper changed since is seen as it became, one removed since is not seen.
// Documents point to the new arena afterwards; t is as before, for the
// searches that still use it.
func (x *Index) compact(t *table) (*table, error) {
	type life struct{ born, died int64 }
	var deaths []int64
	for i := range t.rows {
		if died := t.segments[i>>segmentBits].died[i&rowMask].Load(); died != 0 {
			deaths = append(deaths, died)
		}
	}
	slices.Sort(deaths)
	forgotten := deaths[len(deaths)/2]
	left := map[engine.Key]life{} // the last row of a key that was left behind
	out := newTable(t.dim)
	for i := range t.rows {
		s, r := t.segments[i>>segmentBits], i&rowMask
		key, born, died := s.keys[r], s.born[r], s.died[r].Load()
		if before, ok := left[key]; ok && before.died == born {
			born = before.born
		}
		if died != 0 && died <= forgotten {
			left[key] = life{born, died}
			continue
		}
		n := out.rows
		v := out.append(row{key, s.vector(r, t.dim), s.published[r], s.set[r], born})
		if died != 0 {
			out.segments[n>>segmentBits].die(n&rowMask, died)
		} else if err := x.collection.put(key, v); err != nil {
			return t, err
		}
		if err := x.keep(out); err != nil {
			return t, err
		}
	}
	x.waiting = nil // every paper has been put
	return out, nil
}
