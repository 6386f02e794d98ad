//go:build unix

package sqlite

import (
	"errors"
	"os"
	"path/filepath"
)

// flushDir writes to disk that a directory now has the entry name.
func flushDir(name string) error {
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
