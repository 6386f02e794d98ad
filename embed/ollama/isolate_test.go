package ollama

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"kindred/embed"
)

func TestSlowServer(t *testing.T) {
	f := &fake{embed: func(_ http.ResponseWriter, r *http.Request, _ *request, _ func()) bool {
		<-r.Context().Done()
		return true
	}}
	e := start(t, f, Options{Timeout: 50 * time.Millisecond})
	_, err := e.Embed(t.Context(), embed.Document, []string{"a"})
	if !errors.Is(err, embed.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("own time limit: got error %v, want ErrUnavailable that does not look like the caller's deadline", err)
	}
	if n := len(f.embedRequests()); n != 2 {
		t.Errorf("%d requests to a server that is too slow, want the text and a plain one", n)
	}
	e = start(t, f, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err = e.Embed(ctx, embed.Document, []string{"a"}); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, embed.ErrUnavailable) {
		t.Errorf("caller's deadline: got error %v", err)
	}
}

// hang makes the server answer nothing to requests that match.
func hang(match func(*request) bool) func(http.ResponseWriter, *http.Request, *request, func()) bool {
	return func(_ http.ResponseWriter, r *http.Request, req *request, _ func()) bool {
		if !match(req) {
			return false
		}
		<-r.Context().Done()
		return true
	}
}

// A text that is never done in time is found among others; they are embedded.
func TestSlowText(t *testing.T) {
	f := &fake{embed: hang(func(r *request) bool { return slices.Contains(r.Input, "endless") })}
	e := start(t, f, Options{Timeout: 100 * time.Millisecond})
	texts := []string{"a", "b", "c", "d", "e", "endless", "g", "h", "i"}
	vs, err := e.Embed(t.Context(), embed.Document, texts)
	if !isText(err, 5) || vs != nil || errors.Is(err, embed.ErrUnavailable) {
		t.Fatalf("got %d vectors, error %v, want text 5", len(vs), err)
	}
	if n := len(f.embedRequests()); n > 12 { // 8, 4, 4, 2, 2, 1, 1, 1 texts, and a plain one after each failure
		t.Errorf("%d requests to find it", n)
	}
	if vs, err := e.Embed(t.Context(), embed.Document, slices.Delete(texts, 5, 6)); err != nil || len(vs) != 8 {
		t.Errorf("the others: %d vectors, error %v", len(vs), err)
	}
}

// A batch that is too much for the server in the time there is goes through in
// parts, and what follows is sent in smaller ones at once.
func TestSlowBatch(t *testing.T) {
	f := &fake{embed: hang(func(r *request) bool { return len(r.Input) > 2 })}
	e := start(t, f, Options{Timeout: 100 * time.Millisecond})
	var texts []string
	for i := range 16 {
		texts = append(texts, fmt.Sprintf("text %d", i))
	}
	want, err := start(t, new(fake), Options{}).Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Embed(t.Context(), embed.Document, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("text %d has the vector of another", i)
		}
	}
	before := len(f.embedRequests())
	if _, err := e.Embed(t.Context(), embed.Document, texts); err != nil {
		t.Fatal(err)
	}
	if n := len(f.embedRequests()) - before; n != 8 {
		t.Errorf("%d requests for the same texts again, want 8 of 2 texts", n)
	}
}

// A text that failed once, because the machine slept, is not at fault.
func TestSlowOnce(t *testing.T) {
	var n atomic.Int64 // the second request may come before the server is done with the first
	f := &fake{embed: hang(func(*request) bool { return n.Add(1) == 1 })}
	if _, err := start(t, f, Options{Timeout: 100 * time.Millisecond}).Embed(t.Context(), embed.Document, []string{"a"}); err != nil {
		t.Error(err)
	}
}

// The caller's context ends the search for the text at fault.
func TestSlowTextAndCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	f := &fake{embed: hang(func(r *request) bool {
		if n.Add(1) == 3 { // the batch, a plain text, the first half
			cancel()
		}
		return slices.Contains(r.Input, "endless")
	})}
	e := start(t, f, Options{Timeout: 100 * time.Millisecond})
	if _, err := e.Embed(ctx, embed.Document, []string{"endless", "b", "c", "d"}); !errors.Is(err, context.Canceled) || isText(err, 0) {
		t.Errorf("got error %v", err)
	}
}
