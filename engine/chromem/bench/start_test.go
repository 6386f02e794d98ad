package bench

import (
	"path/filepath"
	"strconv"
	"testing"
)

func TestChromemStart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	took, err := ChromemStart(t.Context(), dir, 2500, func(i int) (string, []float32) {
		return strconv.Itoa(i), []float32{float32(i + 1), 1}
	})
	if err != nil || took <= 0 {
		t.Errorf("%v, %v", took, err)
	}
	if left, err := filepath.Glob(dir); err != nil || len(left) > 0 {
		t.Errorf("left %q, %v", left, err)
	}
}
