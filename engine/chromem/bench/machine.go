package bench

import (
	"os"
	"runtime"
	"strings"
)

// A Machine is where something was measured, and with what.
type Machine struct {
	CPU    string `json:"cpu"`
	Cores  int    `json:"cores"`        // used
	Vector string `json:"instructions"` // vector instructions that matter to a scan
	OS     string `json:"os"`
	Go     string `json:"go"`
}

// vector instructions that matter to the scan, as Linux names them.
var instructions = []string{"avx2", "avx512_vnni", "avx_vnni", "asimddp"}

func thisMachine() (Machine, error) {
	m := Machine{CPU: "unknown", Cores: runtime.GOMAXPROCS(0), OS: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version()}
	text, err := os.ReadFile("/proc/cpuinfo")
	if os.IsNotExist(err) { // not Linux
		return m, nil
	}
	if err != nil {
		return m, err
	}
	var has []string
	for line := range strings.SplitSeq(string(text), "\n") {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name":
			m.CPU = strings.TrimSpace(value)
		case "flags", "Features":
			has = strings.Fields(value)
		}
	}
	for _, i := range instructions {
		for _, h := range has {
			if h == i {
				m.Vector = strings.TrimSpace(m.Vector + " " + i)
			}
		}
	}
	return m, nil
}
