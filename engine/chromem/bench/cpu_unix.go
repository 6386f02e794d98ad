//go:build unix

package bench

import (
	"syscall"
	"time"
)

// cpuTime is what this process has used of all processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil { // unreachable: the arguments are right
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
