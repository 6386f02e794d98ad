package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"

	"github.com/labstack/echo/v4"
)

// staticRoute serves the files that pages load. The first part of the wildcard
// is a digest of all of them, so that a browser may keep them for ever.
const staticRoute = "/static/*"

// static is files by what follows "/static/".
type static struct {
	prefix string // "/static/" and the digest
	files  map[string][]byte
}

// newStatic reads the files below dir.
func newStatic(fsys fs.FS, dir string) (*static, error) {
	sub, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, err
	}
	files, all := map[string][]byte{}, sha256.New()
	err = fs.WalkDir(sub, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(sub, name)
		fmt.Fprintf(all, "%s %d\n%s", name, len(b), b)
		files[name] = b
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	s := &static{files: map[string][]byte{}}
	digest := hex.EncodeToString(all.Sum(nil))[:12]
	s.prefix = "/static/" + digest
	for name, b := range files {
		s.files[digest+"/"+name] = b
	}
	return s, nil
}

// staticTypes are by extension; what is not listed is plain text.
var staticTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
}

func (s *static) serve(c echo.Context) error {
	name := c.Param("*")
	b, ok := s.files[name]
	if !ok {
		return echo.ErrNotFound
	}
	kind, ok := staticTypes[path.Ext(name)]
	if !ok {
		kind = "text/plain; charset=utf-8"
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	return c.Blob(http.StatusOK, kind, b)
}
