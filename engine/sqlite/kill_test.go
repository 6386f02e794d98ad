package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kindred/embed"
	"kindred/engine"
)

// TestMain runs the writer of TestKill where that asks for it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("KINDRED_KILL_DIR"); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(context.Background(), dir, os.Stdout))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

const killBatch = 40 // papers in a batch of the writer

func killPaper(i int) engine.Paper {
	return engine.Paper{IDs: []engine.ID{engine.ID(fmt.Sprintf("kill:%d", i))}, Title: fmt.Sprint("Paper ", i), Abstract: strings.Repeat("All work and no play. ", 50)}
}

// writeUntilKilled goes on where the store in dir ends: batches of papers with
// the progress of their import, likes, vectors. It writes a line to acks
// whenever the store has acknowledged something.
func writeUntilKilled(ctx context.Context, dir string, acks io.Writer) error {
	s, err := Open(ctx, filepath.Join(dir, "kindred.db"), Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.PutSpace(ctx, testSpace); err != nil {
		return err
	}
	progress, err := s.ImportOf(ctx, "kill")
	if err != nil && !errors.Is(err, engine.ErrNotFound) {
		return err
	}
	progress.ID, progress.Fingerprint = "kill", "kill"
	for {
		first := int(progress.Position)
		progress.Position += killBatch
		batch := engine.Batch{Progress: &progress}
		for i := range killBatch {
			batch.Papers = append(batch.Papers, killPaper(first+i))
		}
		outcomes, err := s.PutPapers(ctx, batch, time.Now())
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Result != engine.Added {
				return fmt.Errorf("%s was there before its progress: %+v", o.Key, o)
			}
		}
		fmt.Fprintf(acks, "papers %d\n", progress.Position)
		for i := range 5 {
			events, err := s.Append(ctx, []engine.Event{{User: "me", Act: engine.Like, Key: outcomes[i].Key}}, time.Now())
			if err != nil {
				return err
			}
			fmt.Fprintf(acks, "like %d %s\n", events[0].Change, events[0].Key)
		}
		waiting, err := s.Unembedded(ctx, testSpace.ID(), killBatch/2)
		if err != nil {
			return err
		}
		var vectors []engine.Embedded
		for _, w := range waiting {
			vectors = append(vectors, engine.Embedded{Key: w.Key, Text: w.Text, Vector: embed.Vector{0, 0, 1, 0}})
		}
		if err := s.PutVectors(ctx, testSpace.ID(), vectors); err != nil {
			return err
		}
		fmt.Fprintf(acks, "vectors %d\n", len(vectors))
	}
}

// TestKill kills a process that writes, with -9 and at random moments, as often
// as KINDRED_KILLS says, 3 times by default. What it has acknowledged must be
// there, no paper without its progress, and the store whole.
func TestKill(t *testing.T) {
	kills := 3
	if v := os.Getenv("KINDRED_KILLS"); v != "" {
		var err error
		kills, err = strconv.Atoi(v)
		must(t, err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d, %d kills", seed, kills)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	var position, vectors int
	likes := map[int64]engine.Key{}
	for range kills {
		for _, line := range killed(t, dir, time.Duration(r.IntN(400))*time.Millisecond) {
			var n int64
			var key engine.Key
			switch {
			case scanned(line, "papers %d", &n):
				position = int(n)
			case scanned(line, "like %d %s", &n, &key):
				likes[n] = key
			case scanned(line, "vectors %d", &n):
				vectors += int(n)
			default:
				t.Fatalf("acknowledgement %q", line)
			}
		}

		s := openIn(t, dir)
		must(t, s.Verify(t.Context()))
		progress, err := s.ImportOf(t.Context(), "kill")
		must(t, err)
		counts, err := s.Counts(t.Context(), testSpace.ID())
		must(t, err)
		if int(progress.Position) < position || counts.Papers != int(progress.Position) || counts.Embedded < vectors {
			t.Errorf("%d papers and %d vectors acknowledged; progress %d, %+v", position, vectors, progress.Position, counts)
		}
		var keys []engine.Key
		for i := range position {
			keys = append(keys, engine.Key(killPaper(i).IDs[0]))
		}
		papers, err := s.GetPapers(t.Context(), keys)
		must(t, err)
		for i, key := range keys {
			if papers[key].Title != killPaper(i).Title {
				t.Fatalf("acknowledged paper %s is %+v", key, papers[key])
			}
		}
		log, err := s.Log(t.Context(), "me", 0, 0)
		must(t, err)
		there := map[int64]engine.Key{}
		for _, e := range log {
			there[e.Change] = e.Key
		}
		for change, key := range likes {
			if there[change] != key {
				t.Errorf("acknowledged like %d of %s: %q", change, key, there[change])
			}
		}
		must(t, s.Close())
		t.Logf("%d papers, %d likes, %d vectors acknowledged so far", position, len(likes), vectors)
	}
	if len(likes) == 0 || vectors == 0 {
		t.Error("nothing was acknowledged: the test has tested nothing")
	}
}

// killed runs the writer, kills it some time after it first acknowledged
// something, and returns its complete lines.
func killed(t *testing.T, dir string, after time.Duration) (lines []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "KINDRED_KILL_DIR="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err, cmd.Start())
	in := bufio.NewReader(out)
	for {
		line, err := in.ReadString('\n')
		if err != nil { // what is cut off was not acknowledged
			break
		}
		if lines = append(lines, strings.TrimSuffix(line, "\n")); len(lines) == 1 {
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the writer ended by itself: %v", err)
	}
	return lines
}

func scanned(line, format string, into ...any) bool {
	_, err := fmt.Sscanf(line, format, into...)
	return err == nil
}
