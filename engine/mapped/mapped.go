// Package mapped keeps what was computed from a store in files, which the next
// start maps instead of computing it again. They can be deleted at any time:
// whatever is damaged, of another store or of another version of the program is
// not used. It lies below the packages that keep something (chromem, lexicon) and
// knows nothing of what that is.
//
//	mapped.go  Dir: a directory of files, and the list that makes them one thing
//	arrays.go  what is in a file: numbers, as they lie in memory
//	lists.go   lists of strings in one of its arrays
package mapped

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// A Dir is a directory of files of one kind. Several processes may open one; one
// of them writes. It is for one goroutine at a time.
type Dir struct {
	path   string
	of     string // tells what the files were computed from
	format int
	log    *slog.Logger
	last   []byte // the list as we read or wrote it last
	off    bool   // another process keeps the files, or they cannot be kept
}

// A List says which files belong together, and up to which change of the store
// they hold everything. It is the file "list": a line with a checksum, then this
// as JSON.
type List struct {
	Format  int    `json:"format"`
	Of      string `json:"of"`
	Version int64  `json:"version"`
	Files   []File `json:"files"`
}

// A File is one of a list.
type File struct {
	Name string `json:"file"`
	Sum  uint64 `json:"sum"`  // XXH64 of the file: it takes less than reading the memory
	Dead []byte `json:"dead"` // a bit for each row that is dead; empty if none is
}

const (
	listName = "list"
	lockName = "lock"
	suffix   = ".rows"
)

// ErrDamaged says that a file is not what was written.
var ErrDamaged = errors.New("the file is damaged")

var errOther = errors.New("another process keeps them")

// Can says whether this system can map files; where it cannot there is no Dir.
const Can = canMap

// Open returns the directory, which it makes, for what is computed in some format
// from something that only secret and name tell from others.
func Open(path string, secret []byte, name string, format int, log *slog.Logger) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append(bytes.Clone(secret), name...))
	return &Dir{path: path, of: hex.EncodeToString(sum[:8]), format: format, log: log}, nil
}

// Load calls use with the list of the files that are there, if there is one, which
// returns an error if they are not to be used, having used nothing. It may be called
// again: another process may be putting in new files. What is wrong with them is
// logged; the error is that of ctx.
func (d *Dir) Load(ctx context.Context, use func(List) error) error {
	for try := 1; ; try++ {
		err := d.load(use)
		if err == nil || errors.Is(err, fs.ErrNotExist) && d.last == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if try == 3 {
			d.log.Warn("files are made anew", "dir", d.path, "err", err)
			return nil
		}
	}
}

func (d *Dir) load(use func(List) error) error {
	raw, err := os.ReadFile(filepath.Join(d.path, listName))
	d.last = raw
	if err != nil {
		return err
	}
	l, err := d.parse(raw)
	if err != nil {
		return err
	}
	return use(l)
}

func (d *Dir) parse(raw []byte) (l List, err error) {
	sum, body, _ := bytes.Cut(raw, []byte("\n"))
	if string(sum) != checksum(body) {
		return l, errors.New("the list of files is damaged")
	}
	if err := json.Unmarshal(body, &l); err != nil {
		return l, err
	}
	switch {
	case l.Format != d.format:
		return l, fmt.Errorf("format %d of the files, not %d", l.Format, d.format)
	case l.Of != d.of:
		return l, errors.New("the files are of another store")
	}
	for _, f := range l.Files {
		if f.Name != filepath.Base(f.Name) || !strings.HasSuffix(f.Name, suffix) {
			return l, fmt.Errorf("file %q", f.Name)
		}
	}
	return l, nil
}

func checksum(b []byte) string { return fmt.Sprintf("%016x", xxhash.Sum64(b)) }

// Map returns the content of a file, which is checked, in memory that may not be
// written to.
func (d *Dir) Map(f File) ([]byte, error) {
	name := filepath.Join(d.path, f.Name)
	in, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := mapFile(in)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", name, err)
	}
	if xxhash.Sum64(data) != f.Sum {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, ErrDamaged), Unmap(data))
	}
	return data, nil
}

// Unmap gives back what Map returned. Nothing may look at it any more.
func Unmap(data []byte) error { return unmap(data) }

// Off says that files are kept no more, or never were: d is nil.
func (d *Dir) Off() bool { return d == nil || d.off }

// Update lets change write files and returns the list of all that are to stay. If
// anything goes wrong that is logged, and ends the keeping: nothing is lost by it
// but time at the next start.
func (d *Dir) Update(change func(*Writer) (List, error)) {
	if d.Off() {
		return
	}
	if err := d.update(change); err != nil {
		d.off = true
		d.log.Warn("files are kept no more", "dir", d.path, "err", err)
	}
}

func (d *Dir) update(change func(*Writer) (List, error)) error {
	unlock, err := lock(filepath.Join(d.path, lockName))
	if err != nil {
		return err
	}
	defer unlock()
	now, err := os.ReadFile(filepath.Join(d.path, listName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !bytes.Equal(now, d.last) {
		return errOther
	}
	l, err := change(&Writer{d})
	if err != nil {
		return err
	}
	l.Format, l.Of = d.format, d.of
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	raw := append([]byte(checksum(body)+"\n"), body...)
	if _, err := d.write(listName, func(w io.Writer) error { _, err := w.Write(raw); return err }); err != nil {
		return err
	}
	d.last = raw
	return d.sweep(l.Files)
}

// A Writer makes files of a Dir.
type Writer struct{ d *Dir }

// Write makes a file with the arrays in it, its name beginning with a number, and
// returns it and its content, mapped.
func (w *Writer) Write(number int64, magic uint64, arrays []Array) (File, []byte, error) {
	f := File{Name: fmt.Sprintf("%d-%s%s", number, strings.ToLower(rand.Text()[:8]), suffix)}
	var err error
	f.Sum, err = w.d.write(f.Name, func(out io.Writer) error { return writeArrays(out, magic, arrays) })
	if err != nil {
		return f, nil, err
	}
	data, err := w.d.Map(f)
	return f, data, err
}

// write makes a file, whole, on disk, or not at all, and returns its checksum.
func (d *Dir) write(name string, fill func(io.Writer) error) (uint64, error) {
	f, err := os.CreateTemp(d.path, "new-*"+suffix)
	if err != nil {
		return 0, err
	}
	sum := xxhash.New()
	err = errors.Join(fill(io.MultiWriter(sum, f)), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(d.path, name))
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(f.Name()))
	}
	return sum.Sum64(), flushDir(d.path)
}

// sweep deletes the files that are not in the list, those of earlier versions of the
// program too.
func (d *Dir) sweep(files []File) error {
	keep := map[string]bool{listName: true, lockName: true}
	for _, f := range files {
		keep[f.Name] = true
	}
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); e.Type().IsRegular() && !keep[name] {
			if err := os.Remove(filepath.Join(d.path, name)); err != nil {
				return err
			}
		}
	}
	return nil
}
