//go:build unix

package ollamatest

import (
	"os/exec"
	"syscall"
)

// ownGroup lets killGroup end what cmd starts too: Ollama runs each model in a
// process of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // it may be gone already
