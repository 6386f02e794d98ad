//go:build !amd64

package chromem

// fastKernel returns the quickest kernel of this machine.
func fastKernel() kernel { return goKernel }
