package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"kindred/embed"
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
		Long: `Check the data directory, its disk and permissions, the clock, the store, the
embedder and how fast it is, Ollama and its model, and the server; and list every
host that the program would contact. Each problem comes with what mends it. Nothing
is changed, and no paper is sent anywhere. Exits with 1 if there is a problem.`,
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
	report := []finding{checkDirectory(c), checkDisk(c)}
	add := func(f ...finding) { report = append(report, f...) }
	space := embed.Space{}
	latest := time.Time{} // when the store last changed, by what is in it
	if info, err := os.Stat(storePath(c)); err == nil {
		latest = info.ModTime()
		store, err := openStore(ctx, c)
		if err != nil {
			add(damaged(err))
		} else {
			var more []finding
			var added time.Time
			space, added, more = checkStore(ctx, store)
			if added.After(latest) {
				latest = added
			}
			add(more...)
			if err := store.Close(); err != nil {
				add(damaged(err))
			}
		}
	} else {
		add(finding{"store", true, "none yet; the first 'kindred serve' or 'kindred import' makes it", ""})
	}
	add(checkClock(time.Now(), built(), latest))
	kind, model := c.embedder()
	if space.Embedder != "" { // what the directory remembers
		kind, model = space.Embedder, space.Model
	}
	switch kind {
	case "ollama":
	case "distilled":
		add(checkDistilled(ctx, c, model, space))
	default:
		add(checkBuiltin(ctx, space))
	}
	add(checkOllama(ctx, c, kind, model, space)...)
	return append(report, checkNetwork(c, kind))
}

func damaged(err error) finding {
	return finding{"store", false, err.Error(), "restore a backup into another directory: kindred restore FILE --data DIR"}
}

// built is when the program's source was committed, or the year that the
// project began.
func built() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if at, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil {
				return at
			}
		}
	}
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
}

// checkClock compares the clock with times that must be past: when the program
// was built, and when the store was last written. Feeds weigh likes by their
// age, and leases end by the clock.
func checkClock(now, built, written time.Time) finding {
	const fix = "sudo timedatectl set-ntp true"
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch {
	case now.Before(built.Add(-24 * time.Hour)):
		return finding{"clock", false, fmt.Sprintf("it says %s, and this program was built after that, at %s", at(now), at(built)), fix}
	case now.Before(written.Add(-time.Minute)):
		return finding{"clock", false, fmt.Sprintf("it says %s, and the store was written after that, at %s", at(now), at(written)), fix}
	}
	return finding{"clock", true, at(now), ""}
}

// checkNetwork lists the hosts that the program contacts as it is set up. The
// one exception is Ollama itself, which downloads a model when it is told to.
func checkNetwork(c Config, kind string) finding {
	switch u, err := url.Parse(c.Ollama); {
	case kind == "builtin" || kind == "distilled":
		return finding{"network", true, "no host is contacted", ""}
	case err != nil: // unreachable: check has parsed it
		return finding{"network", false, err.Error(), ""}
	case !loopback(u.Hostname()):
		return finding{"network", true, c.Ollama + " (Ollama), which is another machine: it gets the text of every paper; no other host is contacted", ""}
	}
	return finding{"network", true, c.Ollama + " (Ollama, on this machine); no other host is contacted", ""}
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

// checkStore also returns the space that serves, and when the newest paper was
// added.
func checkStore(ctx context.Context, store *sqlite.Store) (space embed.Space, added time.Time, _ []finding) {
	bad := func(err error) (embed.Space, time.Time, []finding) {
		return embed.Space{}, time.Time{}, []finding{damaged(err)}
	}
	if err := store.Verify(ctx); err != nil {
		return bad(err)
	}
	all, active, err := store.Spaces(ctx)
	if err != nil {
		return bad(err)
	}
	out := []finding{}
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
	for _, n := range newest {
		papers, err := store.GetPapers(ctx, []engine.Key{n.Key})
		if err != nil {
			return bad(err)
		}
		added = papers[n.Key].Added
	}
	server := finding{"server", true, "none is running on this directory", ""}
	if c := findServer(ctx, store); c != nil {
		server.Says = c.base
	}
	return space, added, append(out, server)
}
