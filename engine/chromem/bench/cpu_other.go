//go:build !unix

package bench

import "time"

// cpuTime is not known here: CPU times come out as 0.
func cpuTime() time.Duration { return 0 }
