package importer

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"kindred/engine"
	"kindred/testdata"
)

func FuzzPage(f *testing.F) {
	f.Add(testdata.SamplePage[:8000])
	fuzz(f, Page, "page.txt", "page-headless.txt", "forms.jsonl")
}

func FuzzJSONL(f *testing.F) {
	fuzz(f, JSONL, "forms.jsonl", "array.json", "array-cut.json", "arxiv.json")
}

func FuzzArXiv(f *testing.F) { fuzz(f, ArXiv, "arxiv.json", "forms.jsonl", "array.json") }

// fuzz checks what holds for every parser on every input: it ends; what it
// yields is clean; what it cannot read is an error with a line of the input,
// in order; and it does not matter in which pieces the input arrives.
func fuzz(f *testing.F, parser Parser, files ...string) {
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join("../../testdata/import", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
		for line := range strings.SplitSeq(string(text), "\n") {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		papers, errs := parseAll(t, parser, text, strings.NewReader(text))
		again, errs2 := parseAll(t, parser, text, iotest.OneByteReader(strings.NewReader(text)))
		if !reflect.DeepEqual(papers, again) || !reflect.DeepEqual(errs, errs2) {
			t.Fatalf("read whole:\n%v %v\nread byte by byte:\n%v %v", papers, errs, again, errs2)
		}
	})
}

func parseAll(t *testing.T, parser Parser, text string, r io.Reader) (papers []engine.Paper, errs []string) {
	last := 1
	for p, err := range parser(r) {
		var bad *LineError
		switch {
		case err == nil:
			again := p
			if e := again.Clean(); e != nil || len(p.IDs) == 0 || !reflect.DeepEqual(p, again) {
				t.Fatalf("%+v is not clean: %v", p, e)
			}
			papers = append(papers, p)
		case !errors.As(err, &bad):
			t.Fatalf("a read error out of nowhere: %v", err)
		case bad.Line < last || bad.Line > strings.Count(text, "\n")+1 || bad.Err == nil:
			t.Fatalf("%v, after line %d of %d", err, last, strings.Count(text, "\n")+1)
		default:
			last = bad.Line
			errs = append(errs, err.Error())
		}
	}
	return papers, errs
}
