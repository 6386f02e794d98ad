package chromem

import (
	"slices"
	"sync"

	"kindred/engine/mapped"
)

// A setID names a list of categories. There are far fewer lists than papers,
// so a row holds a number, and a filter is one bit for each list.
type setID uint32

// categorySets numbers the lists of categories that were ever seen.
type categorySets struct {
	mu   sync.RWMutex
	ids  map[string]setID
	with map[string][]setID // by category, the lists that hold it
	all  [][]string
	name []byte // scratch
}

func newCategorySets() *categorySets {
	return &categorySets{ids: map[string]setID{}, with: map[string][]setID{}}
}

// intern returns the number of a list of categories.
func (c *categorySets) intern(categories []string) setID {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.name = mapped.AppendList(c.name[:0], categories)
	id, ok := c.ids[string(c.name)]
	if !ok {
		id = setID(len(c.ids))
		c.ids[string(c.name)] = id
		c.all = append(c.all, slices.Clone(categories))
		for _, k := range categories {
			c.with[k] = append(c.with[k], id)
		}
	}
	return id
}

// list returns the list of categories that has a number.
func (c *categorySets) list(id setID) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.all[id]
}

// having returns the lists that hold at least one of the categories, never nil.
func (c *categorySets) having(categories []string) bitset {
	c.mu.RLock()
	defer c.mu.RUnlock()
	sets := newBitset(len(c.ids))
	for _, k := range categories {
		for _, id := range c.with[k] {
			sets.add(int(id))
		}
	}
	return sets
}
