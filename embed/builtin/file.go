package builtin

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Ext is how the names of model files end.
const Ext = ".bin"

// maxFile is the size of the largest model file that Open reads: twenty times
// that of the builtin one.
const maxFile = 256 << 20

// Open loads a model file that Encode made. Its space is of the embedder
// "distilled", and Model is the file's name without Ext: who has the space finds
// the file. The error wraps fs.ErrNotExist if there is none.
func Open(path string) (*Embedder, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("model file %s has %d bytes, at most %d are read", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("model file: %w", err)
	}
	file := string(data)
	e, err := of("distilled", strings.TrimSuffix(filepath.Base(path), Ext), file, digest(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return e, nil
}

// Vocabulary returns the pieces of words that the model knows, by number; those
// that continue a word begin with "##".
func (e *Embedder) Vocabulary() []string {
	t := e.model.tok
	v := make([]string, len(e.model.scales)/2)
	for p, i := range t.first {
		v[i] = p
	}
	for p, i := range t.rest {
		v[i] = "##" + p
	}
	return v
}

// Pieces appends the numbers of the pieces of a text, in its order, to ids.
func (e *Embedder) Pieces(ids []int32, text string) []int32 { return e.model.tok.append(ids, text) }

// Row writes the vector of a piece, in the model's unit, to row, which has
// Space().Dim components.
func (e *Embedder) Row(piece int32, row []float32) {
	m, i := e.model, int(piece)
	scale := float32(uint16(m.scales[2*i]) | uint16(m.scales[2*i+1])<<8)
	for k, x := range []byte(m.rows[i*m.dim:][:m.dim]) {
		row[k] = scale * float32(int8(x))
	}
}

// Encode returns the model file of a vocabulary and the vectors of its pieces, one
// after the other, dim finite numbers each: rounded to eight bits with one scale a
// piece. The unit of the vectors does not matter.
func Encode(name string, vocabulary []string, dim int, rows []float32) ([]byte, error) {
	if dim < 1 || len(rows) != dim*len(vocabulary) {
		return nil, fmt.Errorf("encode model: %d numbers for %d pieces of %d dimensions", len(rows), len(vocabulary), dim)
	}
	tops, top := make([]float64, len(vocabulary)), 0.0 // the largest component of each row, and of all
	for i, x := range rows {
		a := math.Abs(float64(x))
		if !(a <= math.MaxFloat32) {
			return nil, fmt.Errorf("encode model: piece %q: component %v", vocabulary[i/dim], x)
		}
		tops[i/dim] = max(tops[i/dim], a)
		top = max(top, a)
	}
	if top == 0 {
		return nil, errors.New("encode model: every vector is zero")
	}
	text := strings.Join(vocabulary, "\n")
	out := []byte(magic)
	for _, n := range []int{dim, len(vocabulary), len(name), len(text)} {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	out = append(append(out, name...), text...)
	scales := make([]float64, len(tops))
	for i, t := range tops {
		s := uint16(max(1, math.Round(t/top*math.MaxUint16)))
		scales[i] = float64(s) * top / (127 * math.MaxUint16)
		out = binary.LittleEndian.AppendUint16(out, s)
	}
	for i, x := range rows {
		out = append(out, byte(int8(min(max(math.Round(float64(x)/scales[i/dim]), -127), 127))))
	}
	if _, err := parse(string(out)); err != nil { // more pieces or dimensions than a file may have
		return nil, fmt.Errorf("encode model: %w", err)
	}
	return out, nil
}
