package sqlite

import (
	"errors"
	"io/fs"
	"os"
)

// draft makes an empty file of mode 0600 with a new name in a directory. What
// is written there becomes a store or a backup by publish, or is removed.
func draft(dir string) (name string, err error) {
	f, err := os.CreateTemp(dir, ".kindred-*")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// publish gives a finished draft its name, once its content is on disk. It
// returns fs.ErrExist, and changes nothing, if the name is taken. A link,
// unlike a rename, never replaces; where there are no links, looking first has
// to do.
func publish(tmp, name string) error {
	if err := flush(tmp); err != nil {
		return err
	}
	err := os.Link(tmp, name)
	if errors.Is(err, fs.ErrExist) {
		return fs.ErrExist
	}
	if err != nil {
		if _, err := os.Lstat(name); err == nil {
			return fs.ErrExist
		}
		if err := os.Rename(tmp, name); err != nil {
			return err
		}
	}
	return flushDir(name)
}

// flush writes a file to disk.
func flush(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
