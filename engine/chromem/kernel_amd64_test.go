package chromem

import "golang.org/x/sys/cpu"

// kernels returns the kernels that this machine can run, by name.
func kernels() map[string]kernel {
	all := map[string]kernel{"go": goKernel}
	if cpu.X86.HasAVX2 {
		all["avx2"] = kernel{avx2Products, nil, avx2Sieve}
	}
	if hasVNNI {
		all["vnni"] = kernel{vnniProducts, vnniFour, avx2Sieve}
	}
	return all
}
