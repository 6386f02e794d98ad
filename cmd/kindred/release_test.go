package main

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// releaseBinary builds the program as people run it, without what the tests are built
// with: for tests that are about much at once.
func releaseBinary(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kindred")
	if out, err := exec.Command("go", "build", "-o", file, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return file
}
