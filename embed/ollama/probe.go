package ollama

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ollama/ollama/api"
)

// State is what Probe found.
type State int

// The states of a server.
const (
	Unreachable State = iota // no Ollama answers at the URL
	Missing                  // it answers, and lacks the model
	Ready                    // it has the model
)

func (s State) String() string {
	return [...]string{"unreachable", "model missing", "ready"}[s]
}

// Probe reports within a second whether a server has a model. The error says
// why it is not Ready: the same that New returns.
func Probe(ctx context.Context, url, model string) (State, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := newClient(Options{URL: url, Model: model}.withDefaults())
	if err != nil {
		return Unreachable, err
	}
	c.retries = 0
	if _, err := c.describe(ctx); err != nil {
		var status api.StatusError
		if errors.As(err, &status) && status.StatusCode == http.StatusNotFound {
			return Missing, err
		}
		return Unreachable, err
	}
	return Ready, nil
}

// Info is what a server says of itself and of a model it has, for people.
type Info struct {
	Version      string   // of Ollama
	Architecture string   // of the model: "bert"
	Capabilities []string // of the model; nil if the server is too old to say
	Dim          int      // numbers in a vector
	Context      int      // tokens that the model can read
	Reads        int      // tokens that an Embedder lets it read
}

// Inspect asks a server about itself and a model. The error is the one that New
// would return; what is known in spite of it is in Info.
func Inspect(ctx context.Context, o Options) (Info, error) {
	c, err := newClient(o.withDefaults())
	if err != nil {
		return Info{}, err
	}
	c.retries = 0
	var info Info
	err = c.retry(ctx, func(ctx context.Context) (err error) {
		info.Version, err = c.api.Version(ctx)
		return err
	})
	if err != nil {
		return info, err
	}
	show, err := c.show(ctx)
	if err != nil {
		return info, err
	}
	info.Architecture, _ = show.ModelInfo["general.architecture"].(string)
	info.Dim = number(show.ModelInfo[info.Architecture+".embedding_length"])
	info.Context = number(show.ModelInfo[info.Architecture+".context_length"])
	for _, c := range show.Capabilities {
		info.Capabilities = append(info.Capabilities, c.String())
	}
	d, err := c.describe(ctx)
	info.Reads = d.context
	return info, err
}
