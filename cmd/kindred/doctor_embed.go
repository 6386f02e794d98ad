package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/ollama"
)

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

// checkDistilled loads a distilled model and measures it.
func checkDistilled(ctx context.Context, c Config, name string, space embed.Space) finding {
	e, err := c.openModel(name)
	if err != nil {
		return finding{"model", false, err.Error(), "kindred reembed --embedder builtin"}
	}
	if space.Embedder != "" && space != e.Space() {
		return finding{"model", false, fmt.Sprintf("the papers were embedded with %s, the file %s is now %s: what is stored serves, new texts do not", space.ID(), c.modelPath(name), e.Space().ID()), "kindred reembed " + e.Space().Flags()}
	}
	rate, err := throughput(ctx, e, 2000)
	if err != nil {
		return finding{"model", false, err.Error(), "kindred reembed --embedder builtin"}
	}
	return finding{"model", true, fmt.Sprintf("%s, %s abstracts/s", e.Space().ID(), thousands(int64(rate))), ""}
}

// checkOllama says whether Ollama answers, has the model, and is as the papers
// need it. It is a problem only if the data directory or the settings need it.
func checkOllama(ctx context.Context, c Config, kind, model string, space embed.Space) []finding {
	if kind != "ollama" {
		return []finding{{"ollama", true, unused(ctx, c, kind), ""}}
	}
	o, err := c.ollama(model)
	if err != nil { // unreachable: check has seen the settings
		return []finding{{"ollama", false, err.Error(), ""}}
	}
	first, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	info, err := ollama.Inspect(first, o)
	if info.Version == "" {
		return []finding{{"ollama", false, err.Error(), c.onOllama("serve")}}
	}
	out := []finding{{"ollama", true, fmt.Sprintf("version %s at %s", info.Version, c.Ollama), ""}}
	bad := func(says, fix string) []finding { return append(out, finding{"model", false, says, fix}) }
	switch {
	case info.Architecture == "" && err != nil:
		return bad(err.Error(), c.onOllama("pull "+model))
	case info.Capabilities != nil && !slices.Contains(info.Capabilities, "embedding"):
		return bad(fmt.Sprintf("%s cannot embed; it can do: %s", model, strings.Join(info.Capabilities, ", ")), c.onOllama("pull "+defaultModel)+" && kindred reembed --embedder ollama:"+defaultModel)
	case err != nil:
		return bad(err.Error(), c.onOllama("show "+model))
	}
	var e embed.Embedder
	if space.Embedder != "" {
		e, err = c.reach(ctx, space)
	} else {
		e, err = c.newOllama(ctx, model)
	}
	if err != nil {
		return bad(err.Error(), c.onOllama("show "+model))
	}
	s := e.Space()
	if space.Embedder != "" && s != space {
		return bad(fmt.Sprintf("the papers were embedded with %s, Ollama's %s is now %s: what is stored serves, new texts do not", space.ID(), model, s.ID()), "kindred reembed "+s.Flags())
	}
	dims := fmt.Sprintf("%d dimensions", s.Dim)
	if s.Full > 0 {
		dims += fmt.Sprintf(" of %d", s.Full)
	}
	can := strings.Join(info.Capabilities, ", ")
	if info.Capabilities == nil {
		can = "not told by this version"
	}
	out = append(out, finding{"model", true, fmt.Sprintf("%s (%s): can do: %s; %s; context of %d tokens, the first %d are read", model, info.Architecture, can, dims, info.Context, info.Reads), ""})
	rate, err := throughput(ctx, e, 8)
	if err != nil {
		return append(out, finding{"speed", false, err.Error(), c.onOllama("serve")})
	}
	return append(out, finding{"speed", true, fmt.Sprintf("%.1f abstracts/s", rate), ""})
}

// unused says what Ollama could do for a directory that does without. It asks
// only a server on this machine.
func unused(ctx context.Context, c Config, kind string) string {
	u, err := url.Parse(c.Ollama)
	if err != nil || !loopback(u.Hostname()) {
		return "not used"
	}
	if state, _ := ollama.Probe(ctx, c.Ollama, defaultModel); state != ollama.Ready { // why not does not matter here
		return "not used"
	}
	if kind == "auto" {
		return fmt.Sprintf("%s has %s, so a new directory is filled with it", c.Ollama, defaultModel)
	}
	return fmt.Sprintf("not used; %s has %s, and 'kindred reembed --embedder ollama' changes to it", c.Ollama, defaultModel)
}

// onOllama is a command of Ollama's, for the server of the settings.
func (c Config) onOllama(command string) string {
	if c.Ollama == defaultOllama {
		return "ollama " + command
	}
	return fmt.Sprintf("OLLAMA_HOST=%s ollama %s", c.Ollama, command)
}

// throughput embeds n made-up abstracts of about 150 words and returns how
// many it did in a second, the time to load the model left out.
func throughput(ctx context.Context, e embed.Embedder, n int) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	texts := make([]string, n)
	for i := range texts {
		texts[i] = embed.Join(fmt.Sprintf("Sample %d", i), strings.Repeat("we study how neural operators learn the flow of fluids and sound ", 12))
	}
	if _, err := e.Embed(ctx, embed.Document, texts[:1]); err != nil {
		return 0, err
	}
	begun := time.Now()
	if _, err := e.Embed(ctx, embed.Document, texts); err != nil {
		return 0, err
	}
	return float64(n) / time.Since(begun).Seconds(), nil
}
