package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"

	"kindred/embed"
	"kindred/embed/builtin"
	"kindred/embed/ollama"
	"kindred/engine"
)

// Config is every setting. A flag wins over the environment, that over
// config.toml in the data directory, that over the default.
type Config struct {
	Data      string // directory of the store and config.toml
	Embedder  string // "auto", "builtin", "ollama", "ollama:MODEL" or "distilled:NAME"
	Addr      string // host:port to listen on
	PublicURL string // how others reach the server; "" if they do not
	Ollama    string // base URL of the Ollama server
	Dim       string // numbers kept of each vector; "" is all
	Threads   string // of the model in Ollama; "" leaves it to Ollama
	Batch     string // texts sent to Ollama at once; "" is the default
	Keep      string // how long Ollama keeps the model in memory; "" leaves it to Ollama
	User      string // whose likes and feed
}

// The defaults.
const (
	defaultAddr   = "127.0.0.1:8765"
	defaultOllama = "http://127.0.0.1:11434"
	defaultModel  = "all-minilm" // 46 MB, quick on any machine
)

// A setting is one row of the table that load reads.
type setting struct {
	flag, env, key string // key is the name in config.toml
	fallback       string
	help           string
	value          func(*Config) *string
}

var table = []setting{
	{"data", "KINDRED_DATA", "", "", "data `directory` (default $XDG_DATA_HOME/kindred or ~/.local/share/kindred)", func(c *Config) *string { return &c.Data }},
	{"embedder", "KINDRED_EMBEDDER", "embedder", "auto", "`what` embeds texts: auto, builtin, ollama[:model], or distilled:name", func(c *Config) *string { return &c.Embedder }},
	{"ollama-url", "OLLAMA_HOST", "ollama_url", defaultOllama, "`URL` of the Ollama server", func(c *Config) *string { return &c.Ollama }},
	{"dim", "KINDRED_DIM", "dim", "", "`numbers` kept of each vector, of an Ollama model that was trained for it (default all)", func(c *Config) *string { return &c.Dim }},
	{"ollama-threads", "KINDRED_OLLAMA_THREADS", "ollama_threads", "", "`how` many threads Ollama runs the model with; 1 is quicker on small busy machines (default as Ollama likes)", func(c *Config) *string { return &c.Threads }},
	{"ollama-batch", "KINDRED_OLLAMA_BATCH", "ollama_batch", "", "`texts` sent to Ollama in one request (default 8)", func(c *Config) *string { return &c.Batch }},
	{"ollama-keep", "KINDRED_OLLAMA_KEEP", "ollama_keep", "", "`how` long Ollama keeps the model in memory, such as 1h (default as Ollama likes)", func(c *Config) *string { return &c.Keep }},
	{"user", "KINDRED_USER", "user", engine.DefaultUser, "`whose` likes and feed", func(c *Config) *string { return &c.User }},
	{"addr", "KINDRED_ADDR", "addr", defaultAddr, "host:port to `listen` on", func(c *Config) *string { return &c.Addr }},
	{"public-url", "KINDRED_PUBLIC_URL", "public_url", "", "`URL` under which others reach the server; everyone then needs a token", func(c *Config) *string { return &c.PublicURL }},
}

// settings defines the flags that every command takes.
func settings(root *cobra.Command) {
	for _, s := range table {
		if s.flag != "addr" && s.flag != "public-url" {
			root.PersistentFlags().String(s.flag, "", s.help+shown(s))
		}
	}
}

// serveSettings defines the flags of serve.
func serveSettings(cmd *cobra.Command) {
	for _, s := range table {
		if s.flag == "addr" || s.flag == "public-url" {
			cmd.Flags().String(s.flag, "", s.help+shown(s))
		}
	}
}

func shown(s setting) string {
	if s.fallback == "" {
		return ""
	}
	return fmt.Sprintf(" (default %s)", s.fallback)
}

// load reads the settings for cmd and checks them.
func load(cmd *cobra.Command, sys env) (Config, error) {
	var c Config
	pick := func(s setting, file map[string]string) string {
		if f := cmd.Flags().Lookup(s.flag); f != nil && f.Changed {
			return f.Value.String()
		}
		if v := sys.getenv(s.env); v != "" {
			return v
		}
		if v, ok := file[s.key]; ok {
			return v
		}
		return s.fallback
	}
	c.Data = pick(table[0], nil)
	if c.Data == "" {
		var err error
		if c.Data, err = defaultData(sys.getenv); err != nil {
			return c, usageError{err}
		}
	}
	file, err := readFile(filepath.Join(c.Data, "config.toml"))
	if err != nil {
		return c, usageError{err}
	}
	for _, s := range table[1:] {
		*s.value(&c) = pick(s, file)
	}
	if err := c.check(); err != nil {
		return c, usageError{err}
	}
	return c, nil
}

// readFile reads config.toml, if there is one. A key that is not a setting is
// an error: it is a misspelling.
func readFile(name string) (map[string]string, error) {
	values := map[string]string{}
	_, err := toml.DecodeFile(name, &values)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var keys []string
	for _, s := range table[1:] {
		keys = append(keys, s.key)
	}
	for k := range values {
		if !slices.Contains(keys, k) {
			return nil, fmt.Errorf("%s: unknown setting %q: want one of %s", name, k, strings.Join(keys, ", "))
		}
	}
	return values, nil
}

func defaultData(getenv func(string) string) (string, error) {
	if d := getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "kindred"), nil
	}
	if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "kindred"), nil
	}
	return "", errors.New("no home directory: say where the data is with --data DIR")
}

// check validates and completes the settings.
func (c *Config) check() error {
	if err := engine.CheckUser(c.User); err != nil {
		return err
	}
	kind, model, named := strings.Cut(c.Embedder, ":")
	if !slices.Contains([]string{"auto", "builtin", "ollama", "distilled"}, kind) || named && (kind == "auto" || kind == "builtin" || model == "") ||
		kind == "distilled" && !modelName.MatchString(model) {
		return fmt.Errorf("embedder %q: want auto, builtin, ollama, ollama:MODEL or distilled:NAME", c.Embedder)
	}
	if !strings.Contains(c.Ollama, "://") { // OLLAMA_HOST is often host:port, or what the server listens on
		c.Ollama = "http://" + strings.Replace(c.Ollama, "0.0.0.0", "127.0.0.1", 1)
		if u, err := url.Parse(c.Ollama); err == nil && u.Port() == "" {
			u.Host = net.JoinHostPort(u.Hostname(), "11434")
			c.Ollama = u.String()
		}
	}
	if u, err := url.Parse(c.Ollama); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("ollama URL %q: want http://host:port", c.Ollama)
	}
	if _, err := c.ollama(""); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("address %q: want host:port, such as %s", c.Addr, defaultAddr)
	}
	if c.PublicURL != "" {
		u, err := url.Parse(c.PublicURL)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("public URL %q: want http(s)://host[:port]", c.PublicURL)
		}
	} else if !loopback(host) {
		return fmt.Errorf("address %s can be reached from other machines: give --public-url too, and everyone will need a token", c.Addr)
	}
	return nil
}

// embedder splits the setting into what embeds, and the name of its model.
func (c Config) embedder() (kind, model string) {
	kind, model, named := strings.Cut(c.Embedder, ":")
	if !named {
		model = defaultModel
	}
	return kind, model
}

// ollama returns the options for a model of Ollama.
func (c Config) ollama(model string) (o ollama.Options, err error) {
	o.URL, o.Model = c.Ollama, model
	for _, n := range []struct {
		what, value string
		to          *int
	}{{"dim", c.Dim, &o.Dim}, {"ollama threads", c.Threads, &o.Threads}, {"ollama batch", c.Batch, &o.Batch}} {
		if n.value == "" {
			continue
		}
		if *n.to, err = strconv.Atoi(n.value); err != nil || *n.to < 1 {
			return o, fmt.Errorf("%s %q: want a number from 1 on", n.what, n.value)
		}
	}
	if c.Keep != "" {
		if o.Keep, err = time.ParseDuration(c.Keep); err != nil || o.Keep <= 0 {
			return o, fmt.Errorf("ollama keep %q: want a time such as 30m", c.Keep)
		}
	}
	return o, nil
}

// newOllama reaches a model of Ollama, its vectors as --dim says.
func (c Config) newOllama(ctx context.Context, model string) (embed.Embedder, error) {
	o, err := c.ollama(model)
	if err != nil {
		return nil, usageError{err}
	}
	return ollama.New(ctx, o)
}

// reach reaches the embedder of a space, whatever --dim says now.
func (c Config) reach(ctx context.Context, s embed.Space) (embed.Embedder, error) {
	switch s.Embedder {
	case "builtin":
		return builtin.New()
	case "distilled":
		return c.openModel(s.Model)
	}
	c.Dim = ""
	if s.Full > 0 {
		c.Dim = strconv.Itoa(s.Dim)
	}
	return c.newOllama(ctx, s.Model)
}

// loopback reports whether a host to listen on is this machine only.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
