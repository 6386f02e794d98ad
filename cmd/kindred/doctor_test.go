package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDoctor(t *testing.T) {
	data := t.TempDir()
	report := func(code int, args ...string) []finding {
		t.Helper()
		cmd := program(t, data, append([]string{"doctor", "--json"}, args...)...)
		out, _ := cmd.Output()
		if got := cmd.ProcessState.ExitCode(); got != code {
			t.Fatalf("doctor %v: exit %d, want %d:\n%s", args, got, code, out)
		}
		var fs []finding
		if err := json.Unmarshal(out, &fs); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		return fs
	}
	bad := func(fs []finding) map[string]string {
		m := map[string]string{}
		for _, f := range fs {
			if !f.OK {
				m[f.Check] = f.Fix
			}
		}
		return m
	}
	if err := os.Chmod(data, 0o700); err != nil {
		t.Fatal(err)
	}
	says := func(fs []finding) map[string]string {
		m := map[string]string{}
		for _, f := range fs {
			m[f.Check] = f.Says
		}
		return m
	}
	report(0)
	kindred(t, data, 0, "import", jsonl(t, 20))
	got := says(report(0))
	for check, want := range map[string]string{
		"directory": data, "disk": "GB free", "clock": "20", "store": "20 papers, 20 with a vector in builtin:", "server": "none is running",
		"builtin": "abstracts/s", "network": "no host is contacted",
	} {
		if !strings.Contains(got[check], want) {
			t.Errorf("%s says %q, want %q in it", check, got[check], want)
		}
	}
	if got := bad(report(1, "--embedder", "ollama", "--data", t.TempDir()+"/new")); got["ollama"] != "OLLAMA_HOST="+nowhere+" ollama serve" {
		t.Errorf("without Ollama: %v", got)
	}
	if err := os.Chmod(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := bad(report(1)); got["directory"] != "chmod 700 "+data {
		t.Errorf("readable directory: %v", got)
	}
	if err := os.Chmod(data, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(data, storeFile)
	tomorrow := time.Now().Add(24 * time.Hour)
	if err := os.Chtimes(file, tomorrow, tomorrow); err != nil {
		t.Fatal(err)
	}
	if got := bad(report(1)); !strings.Contains(got["clock"], "set-ntp") {
		t.Errorf("store written tomorrow: %v", got)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)/2:], bytes.Repeat([]byte{0xAA}, 8192))
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := bad(report(1)); !strings.Contains(got["store"], "kindred restore") {
		t.Errorf("damaged store: %v", got)
	}
}

func TestDoctorsClock(t *testing.T) {
	built := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		now, written time.Time
		ok           bool
	}{
		{built.AddDate(0, 1, 0), time.Time{}, true},
		{built.AddDate(0, 1, 0), built.AddDate(0, 1, 0).Add(30 * time.Second), true},
		{built.AddDate(0, 1, 0), built.AddDate(0, 2, 0), false},
		{built.AddDate(-10, 0, 0), time.Time{}, false},
	} {
		if got := checkClock(c.now, built, c.written); got.OK != c.ok || (got.Fix == "") != c.ok {
			t.Errorf("%v, written %v: %+v", c.now, c.written, got)
		}
	}
}

func TestDoctorsNetwork(t *testing.T) {
	for _, c := range []struct{ kind, url, want string }{
		{"builtin", defaultOllama, "no host is contacted"},
		{"auto", defaultOllama, "on this machine"},
		{"ollama", "http://192.0.2.7:11434", "another machine"},
	} {
		if got := checkNetwork(Config{Ollama: c.url}, c.kind); !got.OK || !strings.Contains(got.Says, c.want) {
			t.Errorf("%v: %+v", c, got)
		}
	}
}
