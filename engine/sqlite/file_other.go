//go:build !unix

package sqlite

// flushDir does nothing: directories cannot be synced here.
func flushDir(string) error { return nil }
