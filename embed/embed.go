// Package embed defines what it means to turn a text into a vector: the
// [Embedder] contract, the [Vector] it returns and the [Space] that names the
// geometry those vectors live in. It imports only the standard library.
//
// Two implementations live below: embed/builtin, a static model shipped in the
// binary, and embed/ollama, which asks a local Ollama server. Both pass
// embedtest.TestEmbedder.
package embed

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind says what a text is to be used for. Some models want a different
// prompt for each; those that do not ignore it.
type Kind string

// The two kinds of text.
const (
	Document Kind = "document" // a paper of the corpus
	Query    Kind = "query"    // what a person typed
)

// MaxText is the longest text, in bytes, that an Embedder accepts. Models
// read a few hundred words; what is longer is cut by [Join].
const MaxText = 32 << 10

// ErrUnavailable is wrapped by errors that may pass by themselves: the server
// is down, the model is still loading. The message says what to do.
var ErrUnavailable = errors.New("embedder unavailable")

// ErrSpace is wrapped when the model behind an Embedder is no longer the one
// its Space names (its weights changed), so its vectors must not be used.
var ErrSpace = errors.New("embedding space changed")

// A TextError says that one text can never be embedded (it is empty, say).
// The others of its call may be: call again without it.
type TextError struct {
	Index int // position in the texts of the call
	Err   error
}

func (e *TextError) Error() string { return fmt.Sprintf("text %d: %v", e.Index, e.Err) }

// Unwrap returns the reason.
func (e *TextError) Unwrap() error { return e.Err }

// CheckTexts returns a *TextError for the first text that no Embedder takes: a
// blank one, or one longer than MaxText.
func CheckTexts(texts []string) error {
	for i, t := range texts {
		switch {
		case strings.TrimSpace(t) == "":
			return &TextError{Index: i, Err: errors.New("blank")}
		case len(t) > MaxText:
			return &TextError{Index: i, Err: fmt.Errorf("%d bytes, at most %d", len(t), MaxText)}
		}
	}
	return nil
}

// An Embedder turns texts into vectors of one Space. Implementations are safe
// for concurrent use and hold no goroutine between calls.
type Embedder interface {
	// Embed returns one vector for each text, in the order of texts, each of
	// Space().Dim finite numbers with Euclidean norm 1 ± 1e-3. The vector of a
	// text does not depend on the other texts of the call. No texts give no
	// vectors. It returns either all vectors or an error: a *TextError if one
	// text is at fault (empty, blank, or longer than MaxText), an error
	// wrapping ErrUnavailable if trying again later may help, one wrapping
	// ErrSpace if the model is not the one of Space any more, and ctx's error
	// soon after ctx ends.
	Embed(ctx context.Context, kind Kind, texts []string) ([]Vector, error)
	// Space names the geometry of the vectors. It does not change in the
	// lifetime of the Embedder.
	Space() Space
}

// A Space names one embedding geometry exactly. Vectors of two spaces are
// never compared.
type Space struct {
	Embedder string `json:"embedder"`       // "builtin" or "ollama"
	Model    string `json:"model"`          // as the user writes it: "all-minilm"
	Digest   string `json:"digest"`         // of the weights: "sha256:…"
	Dim      int    `json:"dim"`            // numbers in a vector
	Full     int    `json:"full,omitempty"` // numbers the model gives, if a vector is the first Dim of them; else 0
	Template string `json:"template"`       // prompt put before a document; "" is none
	Join     string `json:"join"`           // how title and abstract become one text; see JoinRule
	Truncate string `json:"truncate"`       // what happens to a text longer than the model reads
}

// ID is a short stable name of the space, such as
// "ollama:all-minilm@797b70c4edf8/384": embedder, model, the first twelve hex
// digits of a digest of every field, and the dimensions.
func (s Space) ID() string {
	if s == (Space{}) {
		return ""
	}
	return fmt.Sprintf("%s:%s@%s/%d", s.Embedder, s.Model, s.hash(), s.Dim)
}

// Name is what a person calls the embedder of the space, as --embedder takes
// it: "builtin", "ollama:all-minilm". Flags says all of it.
func (s Space) Name() string {
	if s.Embedder == "builtin" {
		return s.Embedder
	}
	return s.Embedder + ":" + s.Model
}

// Flags are those that name the embedder of the space on the command line:
// "--embedder ollama:nomic-embed-text --dim 256".
func (s Space) Flags() string {
	f := "--embedder " + s.Name()
	if s.Full > 0 {
		f += fmt.Sprintf(" --dim %d", s.Dim)
	}
	return f
}

// JoinRule names what Join does; it is part of every Space.
const JoinRule = "title\\nabstract/1"

// Join returns the text that is embedded for a paper: title, line break,
// abstract, each with runs of white space made one blank; cut at MaxText
// bytes on a rune boundary. An empty abstract leaves the title alone.
func Join(title, abstract string) string {
	t := squeezed(title)
	if a := squeezed(abstract); a != "" {
		if t != "" {
			t += "\n"
		}
		t += a
	}
	return Cut(t, MaxText)
}

// squeezed returns s with runs of white space made one blank and none at the
// ends. Most texts are like that already, and are returned as they are.
func squeezed(s string) string {
	blank := true // what came before, and the beginning counts
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c > ' ' && c < utf8.RuneSelf:
			blank = false
		case c == ' ' && !blank:
			blank = true
		default: // a second blank, a tab, or more than a byte
			r, n := utf8.DecodeRuneInString(s[i:])
			if unicode.IsSpace(r) {
				return strings.Join(strings.Fields(s), " ")
			}
			i += n - 1
			blank = false
		}
	}
	return strings.TrimSuffix(s, " ")
}

// Cut returns the longest prefix of s of at most n bytes that does not split
// a rune.
func Cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
