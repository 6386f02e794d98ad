package eval

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"kindred/embed"
)

// Vectors returns the embedding of each paper's title and abstract, nil for a
// paper that has no text that can be embedded. What was embedded before, by any
// run, is read from a file in dir for the embedder's space; what was not is
// added to it batch by batch, so that an interrupted run goes on where it was.
// dir "" keeps nothing. progress is called after each batch with the papers
// done and all papers that were not in the file.
func Vectors(ctx context.Context, dir string, e embed.Embedder, papers []Paper, progress func(done, total int)) ([]embed.Vector, error) {
	texts := make([]string, len(papers))
	want := map[digest]bool{}
	for i, p := range papers {
		texts[i] = embed.Join(p.Title, p.Abstract)
		if texts[i] != "" {
			want[digestOf(texts[i])] = true
		}
	}
	cache, err := openCache(dir, e.Space(), want)
	if err != nil {
		return nil, fmt.Errorf("cached vectors: %w", err)
	}
	defer cache.close()
	var missing []string
	for _, t := range texts {
		if d := digestOf(t); t != "" && want[d] && cache.have[d] == nil {
			want[d] = false // once
			missing = append(missing, t)
		}
	}
	for done := 0; done < len(missing); {
		batch := missing[done:min(done+embedBatch, len(missing))]
		if err := cache.fill(ctx, e, batch); err != nil {
			return nil, err
		}
		done += len(batch)
		if progress != nil {
			progress(done, len(missing))
		}
	}
	out := make([]embed.Vector, len(papers))
	for i, t := range texts {
		out[i] = cache.have[digestOf(t)]
	}
	return out, nil
}

// embedBatch is how many texts are embedded between two writes to the cache.
const embedBatch = 64

type digest [16]byte

func digestOf(text string) digest {
	h := sha256.Sum256([]byte(text))
	return digest(h[:16])
}

// A cache is a file of records: digest of a text, then its vector as
// little-endian float32. What a stopped process left of a record is cut off.
type cache struct {
	file *os.File // nil keeps nothing
	have map[digest]embed.Vector
}

// openCache reads the wanted vectors of the space.
func openCache(dir string, space embed.Space, want map[digest]bool) (*cache, error) {
	c := &cache{have: map[digest]embed.Vector{}}
	if dir == "" {
		return c, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	name := strings.NewReplacer("/", "_", ":", "_").Replace(space.ID()) + ".vectors"
	f, err := os.OpenFile(filepath.Join(dir, name), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	c.file = f
	record := make([]byte, len(digest{})+4*space.Dim)
	in := bufio.NewReaderSize(f, 1<<20)
	var good int64
	for {
		if _, err := io.ReadFull(in, record); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				break
			}
			f.Close()
			return nil, err
		}
		good += int64(len(record))
		d := digest(record[:len(digest{})])
		if !want[d] {
			continue
		}
		v := make(embed.Vector, space.Dim)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(record[len(digest{})+4*i:]))
		}
		if v.Check(space.Dim) == nil {
			c.have[d] = v
		}
	}
	if err := f.Truncate(good); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := f.Seek(good, io.SeekStart); err != nil {
		f.Close()
		return nil, err
	}
	return c, nil
}

// fill embeds texts and appends them to the file; one that can never be
// embedded is left out.
func (c *cache) fill(ctx context.Context, e embed.Embedder, texts []string) error {
	texts = append([]string{}, texts...)
	for len(texts) > 0 {
		vectors, err := e.Embed(ctx, embed.Document, texts)
		var bad *embed.TextError
		if errors.As(err, &bad) {
			texts = append(texts[:bad.Index], texts[bad.Index+1:]...)
			continue
		}
		if err != nil {
			return fmt.Errorf("embed %d papers: %w", len(texts), err)
		}
		var b []byte
		for i, v := range vectors {
			d := digestOf(texts[i])
			c.have[d] = v
			b = append(b, d[:]...)
			for _, x := range v {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
			}
		}
		if c.file != nil {
			if _, err := c.file.Write(b); err != nil {
				return fmt.Errorf("write cached vectors: %w", err)
			}
		}
		return nil
	}
	return nil
}

func (c *cache) close() {
	if c.file != nil {
		c.file.Close()
	}
}
