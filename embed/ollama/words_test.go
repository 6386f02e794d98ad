package ollama

import (
	"strings"
	"testing"
)

func TestBreakWords(t *testing.T) {
	x := func(n int) string { return strings.Repeat("x", n) }
	for in, want := range map[string]string{
		"":                           "",
		"a plain text":               "a plain text",
		x(100):                       x(100),
		x(101):                       x(100) + " x",
		x(250) + " y":                x(100) + " " + x(100) + " " + x(50) + " y",
		strings.Repeat("é", 101):     strings.Repeat("é", 100) + " é",
		strings.Repeat("長", 300):     strings.Repeat("長", 300),
		strings.Repeat("ab cd ", 99): strings.Repeat("ab cd ", 99),
	} {
		if got := breakWords(in); got != want {
			t.Errorf("%.20q: %q, want %q", in, got, want)
		}
	}
}
