package main

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport says, for each package of the module, which other packages of the
// module it may import. Arrows point from the outside in: knowing how the
// outside works never leaks into engine or embed.
var mayImport = map[string][]string{
	"embed":                   {},
	"embed/builtin":           {"embed"},
	"embed/builtin/distill":   {"embed", "embed/builtin"},
	"embed/ollama":            {"embed"},
	"embed/embedtest":         {"embed"},
	"embed/ollama/ollamatest": {},
	"engine":                  {"embed"},
	"engine/sqlite":           {"engine", "embed"},
	"engine/mapped":           {},
	"engine/chromem":          {"engine", "engine/mapped", "embed"},
	"engine/chromem/bench":    {"engine", "engine/chromem", "embed"},
	"engine/eval":             {"engine", "embed"},
	"engine/importer":         {"engine", "embed"},
	"engine/lexicon":          {"engine", "engine/mapped", "embed"},
	"engine/enginetest":       {"engine", "embed"},
	"api":                     {"engine", "embed"},
	"testdata":                {},
	"cmd/kindred": {
		"api", "embed", "embed/builtin", "embed/builtin/distill", "embed/ollama", "engine", "engine/chromem", "engine/chromem/bench", "engine/eval", "engine/importer", "engine/lexicon", "engine/sqlite", "testdata",
	},
}

// belongsTo says in which directory each third-party module is imported; what
// is not listed may not be imported at all.
var belongsTo = map[string]string{
	"github.com/philippgille/chromem-go":  "engine/chromem",
	"modernc.org/sqlite":                  "engine/sqlite",
	"github.com/pressly/goose/v3":         "engine/sqlite",
	"github.com/klauspost/compress":       "engine/importer",
	"github.com/ollama/ollama":            "embed/ollama",
	"golang.org/x/sys":                    "engine/chromem",
	"github.com/cespare/xxhash/v2":        "engine/mapped",
	"golang.org/x/text":                   "embed/builtin",
	"gonum.org/v1/gonum":                  "embed/builtin/distill",
	"github.com/labstack/echo/v4":         "api",
	"github.com/danielgtaylor/huma/v2":    "api",
	"github.com/prometheus/client_golang": "api",
	"github.com/spf13/cobra":              "cmd/kindred",
	"github.com/BurntSushi/toml":          "cmd/kindred",
	"github.com/schollz/progressbar/v3":   "cmd/kindred",
	"golang.org/x/term":                   "cmd/kindred",
}

// coreOnly are the packages that may import the standard library and each
// other, and nothing else.
var coreOnly = []string{"embed", "engine", "testdata"}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Standard", "kindred/...", "kindred/testdata").Output()
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for dec.More() {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		pkg := strings.TrimPrefix(p.ImportPath, "kindred/")
		allowed, known := mayImport[pkg]
		if !known {
			t.Errorf("package %s has no row in mayImport", pkg)
			continue
		}
		seen++
		for _, path := range p.Imports {
			if own, ok := strings.CutPrefix(path, "kindred/"); ok {
				if !slices.Contains(allowed, own) {
					t.Errorf("%s may not import %s", pkg, own)
				}
				continue
			}
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				continue // standard library
			}
			if slices.Contains(coreOnly, pkg) {
				t.Errorf("%s may import only the standard library, not %s", pkg, path)
			}
			if dir, ok := owner3rd(path); !ok {
				t.Errorf("%s imports %s, which has no row in belongsTo", pkg, path)
			} else if dir != pkg && !strings.HasPrefix(pkg, dir+"/") {
				t.Errorf("%s imports %s, which belongs to %s alone", pkg, path, dir)
			}
		}
	}
	if seen != len(mayImport) {
		t.Errorf("saw %d packages, mayImport has %d: remove rows of packages that are gone", seen, len(mayImport))
	}
}

func owner3rd(path string) (string, bool) {
	for module, dir := range belongsTo {
		if path == module || strings.HasPrefix(path, module+"/") {
			return dir, true
		}
	}
	return "", false
}
