package main

import (
	"os"
	"strconv"
	"syscall"
)

// niceness is that of work nobody waits for; 19 would be the most.
const niceness = 10

// yield lets other programs go first from now on, such as a server that answers while
// this process imports. On Linux each thread has a priority of its own, and passes it
// on to those it starts.
func yield() {
	for range 2 { // a thread may have been started by one that had not yielded yet
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return
		}
		for _, t := range threads {
			if id, err := strconv.Atoi(t.Name()); err == nil {
				_ = syscall.Setpriority(syscall.PRIO_PROCESS, id, niceness) // or the thread has ended
			}
		}
	}
}
