package chromem

import (
	"math/bits"
	"sync"
	"sync/atomic"

	"kindred/embed"
	"kindred/engine"
	"kindred/engine/mapped"
)

// Rows are numbered from 0. The high bits of a number are its segment, the low
// bits its place there.
const (
	segmentBits = 10
	segmentRows = 1 << segmentBits // 1.5 MB of vectors at 384 dimensions
	rowMask     = segmentRows - 1
	none        = int32(-1) // no row
)

// A table is rows in the order they were added, in segments that never move.
// One writer appends. Readers look at the rows that a snapshot has published
// to them, and at the rest only through history.
type table struct {
	dim     int
	rows    int           // appended, published or not; the writer's
	sum     []float64     // of all vectors; the writer's
	centres []*centre     // of segments, oldest first; the writer's
	files   []mapped.File // of the first groups; the writer's

	mu       sync.RWMutex         // guards what follows, and prev of unpublished rows
	segments []*segment           // replaced, never written to, once a snapshot has it
	newest   map[engine.Key]int32 // the last row of each key, dead or alive
}

// A segment is segmentRows rows, by column. Once it is full its larger columns may be
// moved to a file: that makes another segment of the same columns otherwise.
type segment struct {
	vectors  []float32 // the arena: row-major
	codes    []uint8   // code + bias, row-major, codeWidth each
	meanings *meanings
	*columns
}

// columns are what of a segment stays in memory.
type columns struct {
	centre    *centre
	days      span
	keys      [segmentRows]engine.Key
	published [segmentRows]engine.Day
	set       [segmentRows]setID
	prev      [segmentRows]int32        // the row that had the key before, or none
	born      [segmentRows]int64        // change number
	died      [segmentRows]atomic.Int64 // change number; 0 while alive
	newest    atomic.Int64              // the latest birth; the writer's to raise
	dead      atomic.Int64              // how many have died
}

// A row is what is known of one paper between two changes.
type row struct {
	key       engine.Key
	vector    embed.Vector
	published engine.Day
	set       setID
	born      int64
}

func newTable(dim int) *table {
	return &table{dim: dim, sum: make([]float64, dim), newest: map[engine.Key]int32{}}
}

// append copies v into the next row of the table and returns where its vector
// now is. Only the writer calls it.
func (t *table) append(v row) embed.Vector {
	n, r := t.rows>>segmentBits, t.rows&rowMask
	t.mu.Lock()
	defer t.mu.Unlock()
	if n == len(t.segments) {
		t.segments = append(t.segments, t.newSegment())
	}
	prev, ok := t.newest[v.key]
	if !ok {
		prev = none
	}
	s := t.segments[n]
	copy(s.vector(r, t.dim), v.vector)
	for i, x := range v.vector {
		t.sum[i] += float64(x)
	}
	width := codeWidth(t.dim)
	s.centre.encode(v.vector, s.codes[r*width:(r+1)*width], s.meanings, r)
	s.days.add(v.published)
	s.newest.Store(max(s.newest.Load(), v.born))
	s.keys[r], s.published[r], s.set[r], s.prev[r], s.born[r] = v.key, v.published, v.set, prev, v.born
	t.newest[v.key] = int32(t.rows)
	t.rows++
	return s.vector(r, t.dim)
}

// newSegment returns an empty segment. Some begin with a new centre, the mean of all
// rows so far: any centre will do, a near one makes the codes finer, and each costs a
// query some preparation.
func (t *table) newSegment() *segment {
	if begins(len(t.segments)) {
		mean := make([]float32, t.dim)
		for i, x := range t.sum {
			mean[i] = float32(x / float64(max(t.rows, 1)))
		}
		t.begin(mean)
	}
	s := &segment{
		vectors:  make([]float32, segmentRows*t.dim),
		codes:    make([]uint8, segmentRows*codeWidth(t.dim)),
		meanings: new(meanings),
		columns:  &columns{centre: t.centres[len(t.centres)-1]},
	}
	s.days.clear()
	return s
}

// begins says whether segment n begins with a new centre: those whose number is 0 or
// a power of four do.
func begins(n int) bool { return n&(n-1) == 0 && bits.TrailingZeros(uint(n))%2 == 0 }

// begin adds a centre.
func (t *table) begin(mean []float32) {
	t.centres = append(t.centres, &centre{number: len(t.centres), mean: mean})
}

// current returns where the key's row is if it is alive. Only the writer calls
// it, so it needs no lock.
func (t *table) current(key engine.Key) (*segment, int, bool) {
	n, ok := t.newest[key]
	if !ok {
		return nil, 0, false
	}
	s, r := t.segments[n>>segmentBits], int(n&rowMask)
	return s, r, s.died[r].Load() == 0
}

// history calls f with each of the first rows rows of the table that one of
// keys has or had, i being the position in keys. f is called under a lock that
// the writer may be waiting for.
func (t *table) history(keys []engine.Key, rows int, f func(i int, row int32)) {
	const most = 1024 // keys looked up before the writer gets a chance
	for from := 0; from < len(keys); from += most {
		t.mu.RLock()
		for i := from; i < min(from+most, len(keys)); i++ {
			row, ok := t.newest[keys[i]]
			for ok && row != none {
				if int(row) < rows {
					f(i, row)
				}
				row = t.segments[row>>segmentBits].prev[row&rowMask]
			}
		}
		t.mu.RUnlock()
	}
}

// vector returns the vector of row r of the segment.
func (s *segment) vector(r, dim int) embed.Vector {
	return s.vectors[r*dim : (r+1)*dim : (r+1)*dim]
}

// alive says whether row r of the segment is part of the state at change
// number asOf. Readers may ask while the writer lets the row die: the number
// of its death is above their version, so they see it alive before and after.
func (s *segment) alive(r int, asOf int64) bool {
	if s.born[r] > asOf {
		return false
	}
	died := s.died[r].Load()
	return died == 0 || asOf < died
}

// whole says that all rows that a search at asOf may look at are alive there. A
// row that dies meanwhile dies after asOf.
func (s *segment) whole(asOf int64) bool {
	return s.dead.Load() == 0 && s.newest.Load() <= asOf
}

// die notes that row r is dead as of change seq. Only the writer calls it.
func (s *segment) die(r int, seq int64) {
	s.died[r].Store(seq)
	s.dead.Add(1)
}
