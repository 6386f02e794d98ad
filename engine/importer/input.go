package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"kindred/engine"
)

// maxWindow bounds the memory that reading zstd takes, in bytes: the largest
// window that the zstd program writes unless it is asked for more.
const maxWindow = 128 << 20

// An Input is a file or stream that is open for import.
type Input struct {
	Name        string        // without folder
	Size        int64         // bytes of the file as it is stored, compressed if it is; 0 if unknown
	Fingerprint string        // tells one file from another: its size and the SHA-256 of its first 64 KiB; "" for streams
	Text        *bufio.Reader // the content, decompressed

	read  atomic.Int64
	close []func() error // in the order in which they are to be called
}

// Open opens a file, or stdin if name is "-". What gzip or zstd wrote is
// recognised by its first bytes and decompressed. Reading fails with ctx's
// error soon after ctx ends, also while stdin has nothing to give. The caller
// closes the Input; stdin itself stays open.
func Open(ctx context.Context, name string, stdin io.Reader) (*Input, error) {
	if name == "-" {
		return NewInput(ctx, "stdin", stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open for import: %w", err)
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%w: %s is a folder", engine.ErrInvalid, name)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open for import: %w", err)
	}
	if !info.Mode().IsRegular() { // a named pipe, such as <(command) in a shell
		in, err := NewInput(ctx, filepath.Base(name), f)
		if err != nil {
			f.Close()
			return nil, err
		}
		in.close = append(in.close, f.Close)
		return in, nil
	}
	in := &Input{Name: filepath.Base(name), Size: info.Size(), close: []func() error{f.Close}}
	head := make([]byte, 64<<10)
	n, err := f.ReadAt(head, 0)
	if err == nil || err == io.EOF {
		in.Fingerprint = fmt.Sprintf("%d-%x", in.Size, sha256.Sum256(head[:n]))
		err = in.decompress(readFunc(func(b []byte) (int, error) {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			return f.Read(b)
		}))
	}
	if err != nil {
		in.Close()
		return nil, fmt.Errorf("open %s for import: %w", name, err)
	}
	return in, nil
}

// NewInput makes an Input of a stream, without Size and Fingerprint. It is read
// in a goroutine of its own, which ends after Close or the end of ctx as soon
// as a Read of r that may be under way returns.
func NewInput(ctx context.Context, name string, r io.Reader) (*Input, error) {
	pr, pw := io.Pipe()
	stop := context.AfterFunc(ctx, func() { pw.CloseWithError(ctx.Err()) })
	go func() {
		_, err := io.Copy(pw, r)
		pw.CloseWithError(err)
	}()
	in := &Input{Name: name, close: []func() error{func() error { stop(); return pr.Close() }}}
	if err := in.decompress(pr); err != nil {
		in.Close()
		return nil, fmt.Errorf("read %s for import: %w", name, err)
	}
	return in, nil
}

// decompress sets Text to what r holds.
func (in *Input) decompress(r io.Reader) error {
	stored := bufio.NewReaderSize(readFunc(func(b []byte) (int, error) {
		n, err := r.Read(b)
		in.read.Add(int64(n))
		return n, err
	}), readSize)
	magic, err := stored.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	text := io.Reader(stored)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(stored)
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		text = z
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(stored, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return fmt.Errorf("zstd: %w", err)
		}
		in.close = append([]func() error{func() error { z.Close(); return nil }}, in.close...)
		text = z
	}
	in.Text = bufio.NewReaderSize(text, readSize)
	return nil
}

// Read returns how many of the Size bytes have been read. It may be called
// while another goroutine reads Text.
func (in *Input) Read() int64 { return in.read.Load() }

// Close closes the file. Nothing may be reading Text.
func (in *Input) Close() error {
	var errs []error
	for _, f := range in.close {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// A readFunc is an io.Reader made of a function.
type readFunc func([]byte) (int, error)

func (f readFunc) Read(b []byte) (int, error) { return f(b) }
