package embedtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"strings"
	"unicode"

	"kindred/embed"
)

// slots is how many components one word touches. With one, two words that
// share it are the same word, which happens often at the small dimensions
// tests use.
const slots = 4

// Hash returns an embedder for the tests of other packages: cheap, without a
// model, deterministic on every machine. Its vectors are bags of hashed words
// (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning",
// ICML 2009, §2): each word, lower-cased, adds ±1 to four of the dim
// components; the sum is scaled to norm 1. So texts that share words are
// near, texts that share none are nearly orthogonal, and the order of words
// does not matter. It ignores kind. A text without any letter or digit counts
// its characters as words. It panics if dim < 1; below 64, unrelated texts
// may look alike.
func Hash(dim int) embed.Embedder {
	if dim < 1 {
		panic(fmt.Sprintf("embedtest: Hash(%d): want at least one dimension", dim))
	}
	return hasher(dim)
}

type hasher int

func (h hasher) Space() embed.Space {
	sum := sha256.Sum256(fmt.Appendf(nil, "embedtest hash/1 %d", int(h)))
	return embed.Space{
		Embedder: "hash",
		Model:    "words",
		Digest:   "sha256:" + hex.EncodeToString(sum[:]),
		Dim:      int(h),
		Join:     embed.JoinRule,
		Truncate: "none",
	}
}

func (h hasher) Embed(ctx context.Context, _ embed.Kind, texts []string) ([]embed.Vector, error) {
	if err := embed.CheckTexts(texts); err != nil {
		return nil, err
	}
	vs := make([]embed.Vector, len(texts))
	for i, t := range texts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		vs[i] = h.vector(t)
	}
	return vs, nil
}

// vector returns the unit vector of a text that is not blank. All its sums
// are of small integers, hence exact in any order.
func (h hasher) vector(text string) embed.Vector {
	v := make(embed.Vector, h)
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(words) == 0 {
		words = strings.Split(text, "")
	}
	for _, w := range words {
		h.add(v, w, slots)
	}
	if u := v.Unit(); u != nil {
		return u
	}
	h.add(v, text, 1) // the words cancelled each other out
	return v
}

// add puts n signed ones of the word into v.
func (h hasher) add(v embed.Vector, word string, n int) {
	f := fnv.New64a()
	f.Write([]byte(word))
	x := f.Sum64()
	for range n {
		// splitmix64 (Steele, Lea & Flood, OOPSLA 2014): FNV's own high bits
		// are poor on short words.
		x += 0x9e3779b97f4a7c15
		z := x
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
		i := (z >> 1) % uint64(h)
		if z&1 == 0 {
			v[i]++
		} else {
			v[i]--
		}
	}
}
