package importer

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kindred/engine"
)

// sharedFiles returns the files below a folder of real data that may not be
// part of the repository; none where it is not present. KINDRED_SHARED says
// where it is; the default is beside the repository.
func sharedFiles(t *testing.T, folder string) (files []string) {
	t.Helper()
	root := os.Getenv("KINDRED_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	err := filepath.WalkDir(filepath.Join(root, folder), func(file string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, file)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

// open opens a file, and closes it when the test ends.
func open(t *testing.T, file string) *Input {
	t.Helper()
	in, err := Open(context.Background(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	return in
}

// TestCorpora reads all the papers there are and loses none. Counts are those
// of the corpora's own README.
func TestCorpora(t *testing.T) {
	t.Parallel() // both long tests at once
	want := map[string]int{
		"arxiv-2025-2026.jsonl.gz":            74_701,
		"acl-anthology.jsonl.gz":              35_839,
		"ml-cv-robotics-conferences.jsonl.gz": 84_814,
		"mixed-10k.jsonl.gz":                  10_000, // repeats some of the others
	}
	ids, prefixes := map[engine.ID]bool{}, map[string]bool{}
	seen := 0
	for _, file := range sharedFiles(t, "data/corpus") {
		count, known := want[filepath.Base(file)]
		if !known {
			continue
		}
		seen++
		in := open(t, file)
		if format, err := Detect(in.Text, file); format != FormatJSONL || err != nil {
			t.Errorf("%s: detected as %q, %v", file, format, err)
		}
		n, before := 0, len(ids)
		for p, err := range JSONL(in.Text) {
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if len(p.IDs) != 1 || p.Published.Precision() == 0 || p.Abstract == "" || len(p.Authors) == 0 && len(p.Categories) == 0 {
				t.Fatalf("%s: %+v lacks something", file, p)
			}
			if back, version, err := engine.ParseID(string(p.IDs[0])); back != p.IDs[0] || version != 0 || err != nil {
				t.Fatalf("%s: ParseID(%q) = %q, %d, %v", file, p.IDs[0], back, version, err)
			}
			ids[p.IDs[0]] = true
			prefixes[p.IDs[0].Scheme()] = true
			n++
		}
		fresh := count
		if strings.HasPrefix(filepath.Base(file), "mixed") {
			fresh = len(ids) - before
		}
		if n != count || len(ids)-before != fresh {
			t.Errorf("%s: %d papers with %d new ids, want %d", file, n, len(ids)-before, count)
		}
	}
	if seen == len(want) && (len(ids) != 195_354 || len(prefixes) < 200) {
		t.Errorf("%d different papers with %d prefixes, want 195354 and more than 200", len(ids), len(prefixes))
	}
}

// TestSnapshot reads a cut of arXiv's snapshot.
func TestSnapshot(t *testing.T) {
	for _, file := range sharedFiles(t, "samples/arxiv-kaggle") {
		in := open(t, file)
		if format, err := Detect(in.Text, file); format != FormatArXiv || err != nil {
			t.Errorf("%s: detected as %q, %v", file, format, err)
		}
		n := 0
		for p, err := range ArXiv(in.Text) {
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if n++; n == 1 {
				var got strings.Builder
				p.Abstract = p.Abstract[:20]
				dump(&got, p, nil)
				want := "ids: [arxiv:0704.0001 doi:10.1103/physrevd.76.013009]\ntitle: Calculation of prompt diphoton production cross sections at Tevatron and LHC energies\n" +
					"abstract: A fully differential\nauthors: C. Balázs | E. L. Berger | P. M. Nadolsky | C. -P. Yuan\ncategories: hep-ph\npublished: 2007-04-02\nupdated: 2008-11-26\n\n"
				if got.String() != want {
					t.Errorf("got\n%swant\n%s", &got, want)
				}
			}
			if len(p.Authors) == 0 || len(p.Categories) == 0 || p.Published.Precision() != 3 || p.Updated.Precision() != 3 || strings.Contains(p.Abstract, "\n") {
				t.Errorf("%v lacks something: %+v", p.IDs, p)
			}
		}
		if n != 200 {
			t.Errorf("%s: %d papers, want 200", file, n)
		}
	}
}

// TestForeignFiles feeds every parser files of other formats: whatever they
// make of them, they end, and yield clean papers or line errors.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	for _, file := range sharedFiles(t, "samples") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for name, parser := range map[string]Parser{"page": Page, "jsonl": JSONL, "arxiv": ArXiv} {
			papers, errs := parseAll(t, parser, string(text), strings.NewReader(string(text)))
			if len(papers)+len(errs) > strings.Count(string(text), "\n")+strings.Count(string(text), ",")+2 {
				t.Errorf("%s as %s: %d papers and %d errors", file, name, len(papers), len(errs))
			}
		}
	}
}

func BenchmarkJSONL(b *testing.B) {
	line := `{"id": "arxiv:2503.11731", "title": "A title of usual length, with some words", "abstract": "` + strings.Repeat("An abstract of the usual length, such as arXiv's. ", 26) +
		`", "authors": ["Ada Lovelace", "Alan M. Turing", "Wei Li"], "date": "2025-03-14", "categories": ["cs.LG", "stat.ML"]}` + "\n"
	text := strings.Repeat(line, 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for _, err := range JSONL(strings.NewReader(text)) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}
