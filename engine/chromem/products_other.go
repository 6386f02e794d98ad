//go:build !amd64

package chromem

// fastProducts returns the quickest products function of this machine.
func fastProducts() products { return goProducts }
