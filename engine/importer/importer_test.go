package importer

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kindred/engine"
	"kindred/testdata"
)

var update = flag.Bool("update", false, "rewrite the .want files")

// TestFixtures parses each file of testdata/import and compares what comes
// out, papers and errors, with the file of the same name that ends in .want.
func TestFixtures(t *testing.T) {
	for name, parser := range map[string]Parser{
		"forms.jsonl": JSONL, "array.json": JSONL, "array-cut.json": JSONL,
		"arxiv.json": ArXiv,
		"page.txt":   Page, "page-headless.txt": Page,
	} {
		t.Run(name, func(t *testing.T) {
			in, err := os.Open(filepath.Join("../../testdata/import", name))
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			var got strings.Builder
			for p, err := range parser(in) {
				dump(&got, p, err)
			}
			file := filepath.Join("../../testdata/import", name+".want")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("got\n%s\nwant\n%s", &got, want)
			}
		})
	}
}

// dump writes a paper or an error in a few lines, leaving out what is empty.
func dump(w *strings.Builder, p engine.Paper, err error) {
	if err != nil {
		fmt.Fprintf(w, "error: %v\n\n", err)
		return
	}
	fmt.Fprintf(w, "ids: %s\ntitle: %s\n", p.IDs, p.Title)
	for _, f := range []struct {
		name, value string
	}{
		{"abstract", p.Abstract}, {"authors", strings.Join(p.Authors, " | ")}, {"categories", strings.Join(p.Categories, " | ")},
		{"published", p.Published.String()}, {"updated", p.Updated.String()}, {"urls", strings.Join(p.URLs, " ")},
	} {
		if f.value != "" {
			fmt.Fprintf(w, "%s: %s\n", f.name, f.value)
		}
	}
	fmt.Fprintln(w)
}

// all collects what a parser yields.
func all(t testing.TB, parser Parser, text string) (papers []engine.Paper, bad []*LineError) {
	t.Helper()
	for p, err := range parser(strings.NewReader(text)) {
		var line *LineError
		switch {
		case errors.As(err, &line):
			bad = append(bad, line)
		case err != nil:
			t.Fatal(err)
		default:
			papers = append(papers, p)
		}
	}
	return papers, bad
}

func TestSamplePage(t *testing.T) {
	papers, bad := all(t, Page, testdata.SamplePage)
	if len(papers) != 52 || len(bad) != 0 {
		t.Fatalf("%d papers and %v, want 52 and no errors", len(papers), bad)
	}
	seen := map[engine.ID]bool{}
	for _, p := range papers {
		if len(p.Abstract) < 1000 || len(p.Title) > 200 || strings.Contains(p.Abstract, "\n") {
			t.Errorf("%q has an abstract of %d bytes", p.Title, len(p.Abstract))
		}
		if len(p.IDs) != 1 || p.IDs[0].Scheme() != "title" || seen[p.IDs[0]] {
			t.Errorf("%q has ids %v", p.Title, p.IDs)
		}
		if p.Published != (engine.Date{}) {
			t.Errorf("%q is published on %v: the page says no year", p.Title, p.Published)
		}
		seen[p.IDs[0]] = true
	}
	first, last := "Opening the Blackbox: Accelerating Neural Differential Equations by Regularizing Internal Solver Heuristics", "The Principles of Deep Learning Theory"
	if papers[0].Title != first || papers[51].Title != last {
		t.Errorf("from %q to %q", papers[0].Title, papers[51].Title)
	}
	if crlf, _ := all(t, Page, "\ufeff"+strings.ReplaceAll(testdata.SamplePage, "\n", "\r\n")); len(crlf) != 52 || crlf[7].IDs[0] != papers[7].IDs[0] {
		t.Errorf("with CRLF and a byte order mark: %d papers", len(crlf))
	}
}

// TestTooLong puts records of more than 1 MiB where they could do harm.
func TestTooLong(t *testing.T) {
	good := func(i int) string { return fmt.Sprintf(`{"id": "x:%d", "title": "A good one"}`, i) }
	long := `{"id": "x:9", "title": "A long one", "abstract": "` + strings.Repeat("x", 10<<20) + `"}`
	edge := `{"id": "x:8", "title": "At the limit", "x": "` + strings.Repeat("y", maxRecord-49) + `"}`
	if len(edge) != maxRecord-2 { // room for the line break
		t.Fatalf("edge has %d bytes", len(edge))
	}
	for _, sep := range []string{"\n", "\r\n", ",\n"} {
		text := strings.Join([]string{good(1), long, good(2), edge, edge[:len(edge)-1] + "   }", good(3)}, sep)
		if sep[0] == ',' {
			text = "[" + text + "]"
		}
		got, bad := all(t, JSONL, text)
		if len(got) != 4 || len(bad) != 2 || bad[0].Line != 2 || bad[1].Line != 5 || bad[0].Err != errTooLong || bad[1].Err != errTooLong {
			t.Errorf("with %q between: %d papers, errors %v", sep, len(got), bad)
		}
	}
	got, bad := all(t, JSONL, strings.Repeat("[", 3<<20))
	if len(got) != 0 || len(bad) != 1 {
		t.Errorf("endless nesting: %d papers, errors %v", len(got), bad)
	}
	got, bad = all(t, Page, "A Title of One\n\n"+strings.Repeat("long ", maxRecord)+"\n\nA Title of Two\n\n"+strings.Repeat("good ", 100))
	if len(got) != 1 || len(bad) != 2 || bad[0].Line != 1 || bad[1].Line != 3 {
		t.Errorf("page: %d papers, errors %v", len(got), bad)
	}
	got, bad = all(t, Page, "A Title of One\n"+strings.Repeat(strings.Repeat("long ", 200)+"\n", 5000))
	if len(got) != 0 || len(bad) != 1 || !errors.Is(bad[0], engine.ErrInvalid) {
		t.Errorf("page with an endless abstract: %d papers, errors %v", len(got), bad)
	}
}

// TestStops checks that a read error comes once and last, and that nothing is
// read after the loop was left.
func TestStops(t *testing.T) {
	text := map[string]string{
		"jsonl": strings.Repeat(`{"id": "x:1", "title": "A paper"}`+"\n", 20000),
		"array": "[" + strings.Repeat(`{"id": "x:1", "title": "A paper"},`, 20000),
		"arxiv": strings.Repeat(`{"id": "2503.11731", "title": "A paper"}`+"\n", 20000),
		"page":  strings.Repeat("A Title of Several Words\n\n"+strings.Repeat("word ", 50)+"\n\n", 3000),
	}
	parsers := map[string]Parser{"jsonl": JSONL, "array": JSONL, "arxiv": ArXiv, "page": Page}
	for name, parser := range parsers {
		broken := errors.New("broken disk")
		good, failed := 0, 0
		for _, err := range parser(&failing{strings.NewReader(text[name]), broken}) {
			switch {
			case failed > 0:
				t.Fatalf("%s: something came after the read error", name)
			case err == nil:
				good++
			case errors.Is(err, broken):
				failed++
			default:
				t.Fatalf("%s: %v", name, err)
			}
		}
		if good == 0 || failed != 1 {
			t.Errorf("%s: %d papers, then %d read errors", name, good, failed)
		}
		r := strings.NewReader(text[name])
		for range parser(r) {
			break
		}
		if r.Len() < len(text[name])-2*readSize {
			t.Errorf("%s: %d of %d bytes read for one paper", name, len(text[name])-r.Len(), len(text[name]))
		}
	}
}

// failing gives what r has and then an error.
type failing struct {
	r   *strings.Reader
	err error
}

func (f *failing) Read(b []byte) (int, error) {
	if f.r.Len() == 0 {
		return 0, f.err
	}
	return f.r.Read(b)
}
