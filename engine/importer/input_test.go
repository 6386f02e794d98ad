package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"kindred/engine"
	"kindred/testdata"
)

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t *testing.T, text string) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll([]byte(text), nil)
}

func TestOpen(t *testing.T) {
	text := strings.Repeat("some lines of text\n", 20_000)
	half := len(text) / 2
	for name, data := range map[string][]byte{
		"plain.txt":      []byte(text),
		"empty":          nil,
		"three":          []byte("abc"),
		"text.gz":        gzipped(t, text),
		"two members.gz": append(gzipped(t, text[:half]), gzipped(t, text[half:])...),
		"misnamed.txt":   zstandard(t, text),
		"two frames.zst": append(zstandard(t, text[:half]), zstandard(t, text[half:])...),
	} {
		want := text
		if len(data) < 4 {
			want = string(data)
		}
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		in, err := Open(t.Context(), file, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if in.Name != name || in.Size != int64(len(data)) || in.Fingerprint == "" {
			t.Errorf("%s: Name %q, Size %d of %d, Fingerprint %q", name, in.Name, in.Size, len(data), in.Fingerprint)
		}
		got, err := io.ReadAll(in.Text)
		if err != nil || string(got) != want {
			t.Errorf("%s: %d bytes and %v, want %d bytes", name, len(got), err, len(want))
		}
		if in.Read() != in.Size {
			t.Errorf("%s: read %d of %d bytes", name, in.Read(), in.Size)
		}
		if err := in.Close(); err != nil {
			t.Errorf("%s: close: %v", name, err)
		}

		in, err = Open(t.Context(), "-", bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s on stdin: %v", name, err)
		}
		got, err = io.ReadAll(in.Text)
		if err != nil || string(got) != want || in.Name != "stdin" || in.Size != 0 || in.Fingerprint != "" {
			t.Errorf("%s on stdin: %d bytes and %v, want %d bytes; %+v", name, len(got), err, len(want), in)
		}
		if err := in.Close(); err != nil {
			t.Errorf("%s on stdin: close: %v", name, err)
		}
	}
}

func TestOpenFails(t *testing.T) {
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "missing"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Open(t.Context(), t.TempDir(), nil); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("folder: %v", err)
	}
	if _, err := Open(t.Context(), "-", strings.NewReader("\x1f\x8bnot gzip")); err == nil {
		t.Error("broken gzip was opened")
	}
	for name, data := range map[string][]byte{"gzip": gzipped(t, testdata.SamplePage), "zstd": zstandard(t, testdata.SamplePage)} {
		in, err := NewInput(t.Context(), name, bytes.NewReader(data[:len(data)/2]))
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, in.Text); err == nil || n >= int64(len(testdata.SamplePage)) {
			t.Errorf("half a %s file: %d bytes and no error", name, n)
		}
		in.Close()
	}
}

// TestBomb decompresses a line that is a thousand times what it was stored in.
func TestBomb(t *testing.T) {
	text := strings.Repeat("x", 64<<20) + "\n" + `{"id": "x:1", "title": "After the bomb"}`
	for _, data := range [][]byte{gzipped(t, text), zstandard(t, text)} {
		in, err := NewInput(t.Context(), "bomb", bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for p, err := range JSONL(in.Text) {
			var bad *LineError
			if n++; n == 1 && !errors.As(err, &bad) || n == 2 && (err != nil || p.IDs[0] != "x:1") {
				t.Errorf("record %d: %v, %v", n, p.IDs, err)
			}
		}
		if n != 2 {
			t.Errorf("%d records, want the bomb and a paper", n)
		}
		in.Close()
	}
}

func TestFingerprint(t *testing.T) {
	print := func(text string) string {
		file := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return open(t, file).Fingerprint
	}
	page := testdata.SamplePage
	if first, again := print(page), print(page); first != again {
		t.Error("one content has two fingerprints")
	}
	if print(page) == print(page+"x") || print(page) == print("x"+page[1:]) || print("") == print("x") {
		t.Error("two contents have one fingerprint")
	}
}

// TestCancelStdin ends the context while stdin has nothing to give.
func TestCancelStdin(t *testing.T) {
	stdin, typing := io.Pipe()
	defer typing.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go io.WriteString(typing, strings.Repeat("some text\n", 10))
	in, err := Open(ctx, "-", stdin)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := io.ReadAll(in.Text); !errors.Is(err, context.Canceled) {
		t.Errorf("reading ended with %v, want context.Canceled", err)
	}

	file := filepath.Join(t.TempDir(), "page.txt")
	if err := os.WriteFile(file, bytes.Repeat([]byte("text\n"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	in, err = Open(ctx, file, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	cancel()
	if _, err := io.ReadAll(in.Text); !errors.Is(err, context.Canceled) {
		t.Errorf("reading a file ended with %v, want context.Canceled", err)
	}
}

func TestDetect(t *testing.T) {
	fixture := func(name string) string {
		b, err := os.ReadFile("../../testdata/import/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	long := strings.Repeat("words of an abstract, ", 20)
	for _, test := range []struct {
		name, text string
		want       Format // "" for an error
	}{
		{"sample page", testdata.SamplePage, FormatPage},
		{"page with CRLF", strings.ReplaceAll(testdata.SamplePage, "\n", "\r\n"), FormatPage},
		{"two papers", "A Title of Some Words\n\n" + long + "\n\nAnother\n\n" + long, FormatPage},
		{"jsonl", fixture("forms.jsonl"), FormatJSONL},
		{"array", fixture("array.json"), FormatJSONL},
		{"long first line", `{"abstract": "` + strings.Repeat("x", 200_000) + `"}`, FormatJSONL},
		{"broken JSON", "{", FormatJSONL},
		{"arXiv", fixture("arxiv.json"), FormatArXiv},
		{"arXiv as array", "[\n{\"id\": \"2503.11731\",\n\"authors_parsed\": []}]", FormatArXiv},
		{"a quoted key", `{"id": "x:1", "title": "On \"authors_parsed\" and others"}`, FormatJSONL},
		{"empty", "", FormatJSONL},
		{"blank", "\ufeff \n\n", FormatJSONL},
		{"BibTeX", "@article{x,\n  title = {A title},\n}\n\n" + long, ""},
		{"HTML", "<html>\n\n<p>A title</p>\n\n" + long, ""},
		{"RIS", "TY  - JOUR\nTI  - A title\n\n" + long, ""},
		{"prose", long + "\n\n" + long, ""},
		{"short lines", "one\n\ntwo\n\nthree", ""},
		{"one line", "one", ""},
		{"binary", "\x00\x01\x02 abc\n\n" + long, ""},
	} {
		br := bufio.NewReaderSize(strings.NewReader(test.text), readSize)
		got, err := Detect(br, test.name)
		if got != test.want || (err != nil) != (test.want == "") || err != nil && (!errors.Is(err, engine.ErrInvalid) || !strings.Contains(err.Error(), test.name)) {
			t.Errorf("%s: %q, %v; want %q", test.name, got, err, test.want)
		}
		if rest, err := io.ReadAll(br); err != nil || string(rest) != test.text {
			t.Errorf("%s: %d bytes are left to be read, of %d", test.name, len(rest), len(test.text))
		}
	}
	broken := errors.New("broken disk")
	if _, err := Detect(bufio.NewReader(&failing{strings.NewReader(""), broken}), "x"); !errors.Is(err, broken) {
		t.Errorf("read error: %v", err)
	}
	for _, f := range Formats() {
		if p, err := f.Parser(); (p == nil) != (f == FormatAuto) || (err != nil) != (f == FormatAuto) {
			t.Errorf("parser of %q: %v", f, err)
		}
	}
}
