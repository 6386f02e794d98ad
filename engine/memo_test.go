package engine

import (
	"errors"
	"fmt"
	"testing"
)

// TestMemo checks that the last used are kept, and no errors.
func TestMemo(t *testing.T) {
	var m memo[int]
	made := 0
	get := func(key int) int {
		got, err := m.get(fmt.Sprint(key), func() (int, error) { made++; return 10 * key, nil })
		if err != nil || got != 10*key {
			t.Fatalf("key %d: %d, %v", key, got, err)
		}
		return made
	}
	for i := range memoSize {
		get(i)
	}
	if get(0) != memoSize || get(memoSize) != memoSize+1 { // 1 gives way, 0 does not
		t.Errorf("made %d", made)
	}
	if get(0) != memoSize+1 || get(1) != memoSize+2 || get(0) != memoSize+2 {
		t.Errorf("made %d", made)
	}
	broken := errors.New("broken")
	for range 2 {
		if _, err := m.get("x", func() (int, error) { made++; return 0, broken }); err != broken {
			t.Error(err)
		}
	}
	if made != memoSize+4 {
		t.Errorf("made %d", made)
	}
}
