//go:build !unix

package mapped

import (
	"errors"
	"os"
)

// Files are not kept here.
const canMap = false

func mapFile(*os.File) ([]byte, error)       { return nil, errors.ErrUnsupported }
func unmap([]byte) error                     { return errors.ErrUnsupported }
func lock(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }
func flushDir(string) error                  { return errors.ErrUnsupported }
