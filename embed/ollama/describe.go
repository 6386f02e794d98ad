package ollama

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/types/model"
)

// A description is what Ollama says of an installed model.
type description struct {
	digest  string // of the weights: "sha256:<hex>"
	dim     int    // numbers in a vector
	context int    // tokens it reads of a text
}

// maxContext caps the tokens read of a text. Abstracts have a few hundred; a
// model that could read 32,768 would have Ollama reserve memory for all.
const maxContext = 2048

// describe reads the answer of /api/show. It refuses models that cannot
// embed, and those that would send the texts to another machine.
func describe(show *api.ShowResponse) (description, error) {
	var d description
	if show.RemoteHost != "" || show.RemoteModel != "" {
		return d, fmt.Errorf("it runs on another machine (%s), and Kindred keeps papers on this one", cmp.Or(show.RemoteHost, show.RemoteModel))
	}
	// Servers before 0.6.4 do not list capabilities.
	if len(show.Capabilities) > 0 && !slices.Contains(show.Capabilities, model.CapabilityEmbedding) {
		return d, fmt.Errorf("it is not an embedding model; it can do %v", show.Capabilities)
	}
	arch, _ := show.ModelInfo["general.architecture"].(string)
	if arch == "" {
		return d, fmt.Errorf("its description has no general.architecture")
	}
	if d.dim = number(show.ModelInfo[arch+".embedding_length"]); d.dim < 1 {
		return d, fmt.Errorf("its description has no %s.embedding_length", arch)
	}
	d.context = maxContext
	for _, n := range []int{number(show.ModelInfo[arch+".context_length"]), parameter(show.Parameters, "num_ctx")} {
		if n > 0 {
			d.context = min(d.context, n)
		}
	}
	var err error
	d.digest, err = weights(show.Modelfile)
	return d, err
}

// number returns a JSON number that is a positive int32, else 0.
func number(v any) int {
	if f, ok := v.(float64); ok && f >= 1 && f <= 1<<31-1 && f == float64(int(f)) {
		return int(f)
	}
	return 0
}

// parameter returns the number of a line "name number" of the parameters of a
// model, or 0.
func parameter(parameters, name string) int {
	for line := range strings.Lines(parameters) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == name {
			n, _ := strconv.Atoi(f[1])
			return n
		}
	}
	return 0
}

var blob = regexp.MustCompile(`(?m)^(?:FROM|ADAPTER) .*sha256[-:]([0-9a-f]{64})\b`)

// weights returns the digest of the weights a Modelfile names: that of the
// file in its FROM line or, if it is made of several files, one of all their
// digests. The name of a model, or the digest of its manifest, would not do:
// the one can be given to other weights, the other changes when the weights
// do not.
func weights(modelfile string) (string, error) {
	files := blob.FindAllStringSubmatch(modelfile, -1)
	switch len(files) {
	case 0:
		return "", fmt.Errorf("its Modelfile names no weights")
	case 1:
		return "sha256:" + files[0][1], nil
	}
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintln(h, f[1])
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}
