//go:build !amd64

package chromem

// allProducts returns the products functions that this machine can run, by name.
func allProducts() map[string]products { return map[string]products{"go": goProducts} }
