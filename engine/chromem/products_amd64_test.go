package chromem

import "golang.org/x/sys/cpu"

// allProducts returns the products functions that this machine can run, by name.
func allProducts() map[string]products {
	all := map[string]products{"go": goProducts}
	if cpu.X86.HasAVX2 {
		all["avx2"] = avx2Products
	}
	if hasVNNI {
		all["vnni"] = vnniProducts
	}
	return all
}
