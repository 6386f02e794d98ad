package engine

import "sync"

// A memo keeps the last few results of a function that gives the same for the
// same key, and that nobody writes to. It is safe for concurrent use; two who ask
// at once may both compute.
type memo[T any] struct {
	mu   sync.Mutex
	kept []keptResult[T] // the last used first
}

type keptResult[T any] struct {
	key string
	is  T
}

// memoSize is how many results a memo keeps: those of the few people who read on
// one machine at a time. A profile may take some megabytes.
const memoSize = 8

// get returns the result for key, that of make if it is not kept. Errors are not
// kept.
func (m *memo[T]) get(key string, make func() (T, error)) (T, error) {
	m.mu.Lock()
	for i, k := range m.kept {
		if k.key == key {
			copy(m.kept[1:i+1], m.kept[:i])
			m.kept[0] = k
			m.mu.Unlock()
			return k.is, nil
		}
	}
	m.mu.Unlock()
	is, err := make()
	if err != nil {
		return is, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) < memoSize {
		m.kept = append(m.kept, keptResult[T]{})
	}
	copy(m.kept[1:], m.kept)
	m.kept[0] = keptResult[T]{key, is}
	return is, nil
}
