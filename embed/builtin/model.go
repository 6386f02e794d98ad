package builtin

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"kindred/embed"
)

// A model holds one vector for each word piece of a vocabulary. The vector of
// a text is the sum over its different pieces of the piece's vector times the
// square root of how often it occurs, scaled to norm 1.
//
// The file, little endian, as distill/distill.py writes it:
//
//	8 bytes       magic: "KINDRED" 0x01
//	3 × uint32    dim, rows, length of name
//	uint32        length of vocab
//	name          of the model, UTF-8
//	vocab         rows pieces, UTF-8, separated by line feeds
//	rows × uint16 scale of each row
//	rows × dim    int8 components of each row
//
// The vector of row i is scale[i] × its components. Its length says how much
// the piece counts: the weights of the pieces are inside. The unit is
// arbitrary, since every sum is scaled to norm 1.
type model struct {
	name   string
	dim    int
	tok    *tokenizer
	scales string // rows little-endian uint16
	rows   string // rows × dim int8
}

const magic = "KINDRED\x01"

// Limits of a model file, far above any use. No sum in embed can overflow: a
// text has at most 2^15 pieces (embed.MaxText), each of which adds less than
// 2^10 (see times) × 2^16 (its scale) × 2^7 to a component.
const (
	maxDim  = 4096
	maxRows = 1 << 20
	maxText = 1 << 24 // bytes of name, and of vocabulary
)

// parse reads a model file. It keeps references to data, which strings cannot
// change, and copies none of the rows.
func parse(data string) (*model, error) {
	if !strings.HasPrefix(data, magic) {
		return nil, errors.New("not a model file of version 1")
	}
	rest := data[len(magic):]
	var head [4]int
	for i := range head {
		if len(rest) < 4 {
			return nil, errors.New("header cut short")
		}
		head[i], rest = int(binary.LittleEndian.Uint32([]byte(rest[:4]))), rest[4:]
	}
	dim, rows, nameLen, vocabLen := head[0], head[1], head[2], head[3]
	if dim < 1 || dim > maxDim || rows < 1 || rows > maxRows || uint(nameLen) > maxText || uint(vocabLen) > maxText {
		return nil, fmt.Errorf("header asks for %d rows of %d dimensions, %d bytes of name and %d of vocabulary", rows, dim, nameLen, vocabLen)
	}
	if want := nameLen + vocabLen + 2*rows + rows*dim; len(rest) != want {
		return nil, fmt.Errorf("%d bytes after the header, want %d", len(rest), want)
	}
	name, rest := rest[:nameLen], rest[nameLen:]
	vocab, rest := strings.Split(rest[:vocabLen], "\n"), rest[vocabLen:]
	if len(vocab) != rows {
		return nil, fmt.Errorf("vocabulary of %d pieces for %d rows", len(vocab), rows)
	}
	return &model{
		name:   name,
		dim:    dim,
		tok:    newTokenizer(vocab),
		scales: rest[:2*rows],
		rows:   rest[2*rows:],
	}, nil
}

// A scratch is the memory one goroutine needs to embed texts.
type scratch struct {
	ids []int32
	sum []int64
}

// embed returns the unit vector of a text that is not blank.
//
// The same text gives the same bits on every machine: the sum is of integers,
// and what follows is IEEE 754 arithmetic in a fixed order, every product
// rounded before it is added (the conversions forbid fused multiply-add).
func (m *model) embed(text string, s *scratch) embed.Vector {
	s.ids = m.tok.append(s.ids[:0], text)
	slices.Sort(s.ids)
	if len(s.sum) != m.dim {
		s.sum = make([]int64, m.dim)
	}
	clear(s.sum)
	for ids := s.ids; len(ids) > 0; {
		n := 1
		for n < len(ids) && ids[n] == ids[0] {
			n++
		}
		m.add(s.sum, int(ids[0]), times(n))
		ids = ids[n:]
	}
	sq := squares(s.sum)
	if sq == 0 {
		characters(s.sum, text)
		sq = squares(s.sum)
	}
	norm := math.Sqrt(sq)
	v := make(embed.Vector, m.dim)
	for i, x := range s.sum {
		v[i] = float32(float64(x) / norm)
	}
	return v
}

// times returns √n × 1024, rounded down: exact, as IEEE 754 demands of a square
// root. The root keeps a word that is repeated from outweighing the others; it
// is worth .03 of MAP on csfcube (README.md).
func times(n int) int64 { return int64(math.Sqrt(float64(n << 20))) }

// add adds the vector of a row, times factor, to sum, which has m.dim
// components.
func (m *model) add(sum []int64, row int, factor int64) {
	scale := factor * (int64(m.scales[2*row]) | int64(m.scales[2*row+1])<<8)
	r := m.rows[row*m.dim:][:m.dim]
	sum = sum[:len(r)]
	for len(r) >= 4 && len(sum) >= 4 {
		sum[0] += scale * int64(int8(r[0]))
		sum[1] += scale * int64(int8(r[1]))
		sum[2] += scale * int64(int8(r[2]))
		sum[3] += scale * int64(int8(r[3]))
		r, sum = r[4:], sum[4:]
	}
	for i := range r {
		sum[i] += scale * int64(int8(r[i]))
	}
}

func squares(sum []int64) float64 {
	var sq float64
	for _, x := range sum {
		f := float64(x)
		sq += float64(f * f)
	}
	return sq
}

// characters fills sum for a text of which the vocabulary knows nothing: each
// character that is not white space adds its own fixed random signs, so that
// texts of the same characters are near, and near nothing else. Should the
// signs cancel, sum points along the first axis.
func characters(sum []int64, text string) {
	clear(sum)
	for _, r := range text {
		if unicode.IsSpace(r) {
			continue
		}
		x := uint64(r)
		var bits uint64
		for i := range sum {
			if i%64 == 0 { // splitmix64 (Steele, Lea & Flood, OOPSLA 2014)
				x += 0x9e3779b97f4a7c15
				bits = x
				bits = (bits ^ bits>>30) * 0xbf58476d1ce4e5b9
				bits = (bits ^ bits>>27) * 0x94d049bb133111eb
				bits ^= bits >> 31
			}
			sum[i] += int64(bits&1)*2 - 1
			bits >>= 1
		}
	}
	if squares(sum) == 0 {
		sum[0] = 1
	}
}
