package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/ollama"
	"kindred/engine"
	"kindred/engine/sqlite"
)

// A finding is one line of the doctor's report.
type finding struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Says  string `json:"says"`
	Fix   string `json:"fix,omitempty"` // the command, or the act, that mends it
}

// errProblems makes the program exit with 1 after a report.
var errProblems = errors.New("the doctor found problems; each says what mends it")

func doctorCmd(sys env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check that everything works, and say what to do if not",
		Long: `Check the data directory, the store, the embedder and the server, and list every
host that the program would contact. Each problem comes with what mends it. Exits
with 1 if there is a problem.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := load(cmd, sys)
			if err != nil {
				return err
			}
			report := examine(cmd.Context(), cfg)
			if asJSON {
				if err := json.NewEncoder(sys.stdout).Encode(report); err != nil {
					return err
				}
			}
			sick := false
			for _, f := range report {
				sick = sick || !f.OK
				if asJSON {
					continue
				}
				mark := "ok  "
				if !f.OK {
					mark = "BAD "
				}
				fmt.Fprintf(sys.stdout, "%s %-10s %s\n", mark, f.Check, plain(f.Says))
				if f.Fix != "" {
					fmt.Fprintf(sys.stdout, "                → %s\n", f.Fix)
				}
			}
			if sick {
				return errProblems
			}
			return nil
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// examine makes the report. It changes nothing and embeds only texts of its
// own.
func examine(ctx context.Context, c Config) []finding {
	report := []finding{checkDirectory(c)}
	add := func(f finding) { report = append(report, f) }
	add(checkDisk(c))
	space := embed.Space{}
	if _, err := os.Stat(storePath(c)); err == nil {
		store, err := openStore(ctx, c)
		if err != nil {
			add(finding{"store", false, err.Error(), "restore a backup into another directory: kindred restore FILE --data DIR"})
		} else {
			var more []finding
			space, more = checkStore(ctx, store)
			report = append(report, more...)
			if err := store.Close(); err != nil {
				add(finding{"store", false, err.Error(), ""})
			}
		}
	} else {
		add(finding{"store", true, "none yet; the first 'kindred serve' or 'kindred import' makes it", ""})
	}
	kind, model := c.embedder()
	if space.Embedder != "" { // what the directory remembers
		kind, model = space.Embedder, space.Model
	}
	if kind != "ollama" {
		add(checkBuiltin(ctx, space))
	}
	add(checkOllama(ctx, c, kind, model, space))
	hosts := "this machine only: no host is contacted"
	if kind != "builtin" {
		hosts = fmt.Sprintf("%s (Ollama); no other host is contacted", c.Ollama)
	}
	add(finding{"network", true, hosts, ""})
	return report
}

func checkDirectory(c Config) finding {
	info, err := os.Stat(c.Data)
	if errors.Is(err, os.ErrNotExist) {
		return finding{"directory", true, c.Data + " does not exist yet", ""}
	}
	if err != nil || !info.IsDir() {
		return finding{"directory", false, fmt.Sprintf("%s is not a directory (%v)", c.Data, err), "name another one with --data DIR"}
	}
	probe := filepath.Join(c.Data, ".doctor")
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return finding{"directory", false, err.Error(), "chown -R $USER " + c.Data}
	}
	if err := os.Remove(probe); err != nil {
		return finding{"directory", false, err.Error(), ""}
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 && runtime.GOOS != "windows" {
		return finding{"directory", false, fmt.Sprintf("%s can be read by other people on this machine (%v)", c.Data, perm), "chmod 700 " + c.Data}
	}
	return finding{"directory", true, c.Data, ""}
}

// needFree is the free space below which an import is likely to fail: a
// hundred thousand papers take about 400 MB.
const needFree = 1 << 30

func checkDisk(c Config) finding {
	dir := c.Data
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	free, err := freeBytes(dir)
	if err != nil {
		return finding{"disk", true, "free space is not known: " + err.Error(), ""}
	}
	says := fmt.Sprintf("%.1f GB free", float64(free)/1e9)
	if free < needFree {
		return finding{"disk", false, says, "free some space, or name a directory on another disk with --data DIR"}
	}
	return finding{"disk", true, says, ""}
}

func checkStore(ctx context.Context, store *sqlite.Store) (embed.Space, []finding) {
	bad := func(err error) (embed.Space, []finding) {
		return embed.Space{}, []finding{{"store", false, err.Error(), "restore a backup into another directory: kindred restore FILE --data DIR"}}
	}
	if err := store.Verify(ctx); err != nil {
		return bad(err)
	}
	all, active, err := store.Spaces(ctx)
	if err != nil {
		return bad(err)
	}
	out := []finding{}
	var space embed.Space
	for _, s := range all {
		if s.ID() != active {
			continue
		}
		space = s
		n, err := store.Counts(ctx, active)
		if err != nil {
			return bad(err)
		}
		f := finding{"store", true, fmt.Sprintf("%s papers, %s with a vector in %s", thousands(int64(n.Papers)), thousands(int64(n.Embedded)), active), ""}
		if waiting := n.Pending - n.Failed; waiting > 0 {
			f.Says += fmt.Sprintf(", %s waiting for one; 'kindred serve' embeds them", thousands(int64(waiting)))
		}
		if n.Failed > 0 {
			f.Says += fmt.Sprintf(", %s that cannot be embedded", thousands(int64(n.Failed)))
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		out = append(out, finding{"store", true, "intact, and empty", ""})
	}
	newest, err := store.Newest(ctx, engine.NewestQuery{Limit: 1})
	if err != nil {
		return bad(err)
	}
	if len(newest) == 1 {
		if papers, err := store.GetPapers(ctx, []engine.Key{newest[0].Key}); err == nil {
			if added := papers[newest[0].Key].Added; added.After(time.Now().Add(time.Minute)) {
				out = append(out, finding{"clock", false, "a paper was added in the future, at " + added.Format(time.RFC3339), "set the clock"})
			}
		}
	}
	server := finding{"server", true, "none is running on this directory", ""}
	if c := findServer(ctx, store); c != nil {
		server.Says = c.base
	}
	return space, append(out, server)
}

// checkBuiltin loads the builtin model and measures it.
func checkBuiltin(ctx context.Context, space embed.Space) finding {
	e, err := builtin.New()
	if err != nil {
		return finding{"builtin", false, err.Error(), "build kindred again"}
	}
	if space.Embedder == "builtin" && space != e.Space() {
		return finding{"builtin", false, fmt.Sprintf("the papers were embedded with %s, this program has %s", space.ID(), e.Space().ID()), "kindred serve (it embeds them again by itself)"}
	}
	rate, err := throughput(ctx, e, 2000)
	if err != nil {
		return finding{"builtin", false, err.Error(), "build kindred again"}
	}
	return finding{"builtin", true, fmt.Sprintf("%s, %s abstracts/s", e.Space().ID(), thousands(int64(rate))), ""}
}

// checkOllama says whether Ollama has the model. It is a problem only if the
// data directory or the settings need it.
func checkOllama(ctx context.Context, c Config, kind, model string, space embed.Space) finding {
	if kind != "ollama" {
		model = defaultModel
	}
	state, err := ollama.Probe(ctx, c.Ollama, model)
	if kind != "ollama" {
		if state == ollama.Ready {
			return finding{"ollama", true, fmt.Sprintf("%s has %s; 'kindred reembed --embedder ollama' changes to it", c.Ollama, model), ""}
		}
		return finding{"ollama", true, "not used", ""}
	}
	switch state {
	case ollama.Unreachable:
		return finding{"ollama", false, err.Error(), "ollama serve"}
	case ollama.Missing:
		return finding{"ollama", false, err.Error(), "ollama pull " + model}
	}
	e, err := c.newOllama(ctx, model)
	if err != nil {
		return finding{"ollama", false, err.Error(), "ollama show " + model}
	}
	s := e.Space()
	if space.Embedder != "" && s != space {
		return finding{"ollama", false, fmt.Sprintf("the papers were embedded with %s, Ollama's %s is now %s", space.ID(), model, s.ID()), "kindred reembed --embedder ollama:" + model}
	}
	rate, err := throughput(ctx, e, 8)
	if err != nil {
		return finding{"ollama", false, err.Error(), "ollama serve"}
	}
	return finding{"ollama", true, fmt.Sprintf("%s: %s, %d dimensions, reads %s, %.1f abstracts/s", c.Ollama, model, s.Dim, s.Truncate, rate), ""}
}

// throughput embeds n made-up abstracts of about 150 words and returns how
// many it did in a second.
func throughput(ctx context.Context, e embed.Embedder, n int) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	texts := make([]string, n)
	for i := range texts {
		texts[i] = embed.Join(fmt.Sprintf("Sample %d", i), strings.Repeat("we study how neural operators learn the flow of fluids and sound ", 12))
	}
	begun := time.Now()
	if _, err := e.Embed(ctx, embed.Document, texts); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}
