//go:build !amd64

package chromem

// kernels returns the kernels that this machine can run, by name.
func kernels() map[string]kernel { return map[string]kernel{"go": goKernel} }
