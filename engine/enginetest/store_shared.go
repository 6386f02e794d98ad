package enginetest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kindred/engine"
)

// storeCancelled calls every method with a context that has ended.
func storeCancelled(s *shelf) {
	s.want(engine.Added, testPaper(1))
	space := s.space(4)
	p := s.pending(space, 1)[0]
	head := s.head()
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	other := testSpace(5)
	for name, call := range map[string]func() error{
		"PutPapers": func() error {
			_, err := s.PutPapers(ctx, engine.Batch{Papers: []engine.Paper{testPaper(2)}}, s.now)
			return err
		},
		"RemovePaper": func() error { return s.RemovePaper(ctx, testKey(1)) },
		"Resolve":     func() error { _, err := s.Resolve(ctx, []engine.ID{"a:1"}); return err },
		"GetPapers":   func() error { _, err := s.GetPapers(ctx, []engine.Key{testKey(1)}); return err },
		"WithTitle":   func() error { _, err := s.WithTitle(ctx, "x", 1); return err },
		"Newest":      func() error { _, err := s.Newest(ctx, engine.NewestQuery{Limit: 1}); return err },
		"Sample":      func() error { _, err := s.Sample(ctx, 1, 0); return err },
		"Unembedded":  func() error { _, err := s.Unembedded(ctx, space, 1); return err },
		"Waiting":     func() error { _, err := s.Waiting(ctx, space, []engine.Key{p.Key}); return err },
		"PutVectors": func() error {
			return s.PutVectors(ctx, space, []engine.Embedded{{Key: p.Key, Text: p.Text, Vector: axis(4, 0)}})
		},
		"PutFailure": func() error { return s.PutFailure(ctx, space, p, "why") },
		"Changes":    func() error { _, _, err := s.Changes(ctx, space, 0, 1); return err },
		"Head":       func() error { _, err := s.Head(ctx); return err },
		"PutSpace":   func() error { return s.PutSpace(ctx, other) },
		"Spaces":     func() error { _, _, err := s.Spaces(ctx); return err },
		"SetActive":  func() error { return s.SetActive(ctx, space) },
		"DropSpace":  func() error { return s.DropSpace(ctx, space) },
		"Counts":     func() error { _, err := s.Counts(ctx, space); return err },
		"Append": func() error {
			_, err := s.Append(ctx, []engine.Event{{User: "me", Act: engine.Like, Key: testKey(1)}}, s.now)
			return err
		},
		"Log":            func() error { _, err := s.Log(ctx, "me", 0, 0); return err },
		"Users":          func() error { _, err := s.Users(ctx); return err },
		"Lease":          func() error { _, err := s.Lease(ctx, "l", "me", "", s.now, time.Hour); return err },
		"Release":        func() error { return s.Release(ctx, "l", "me") },
		"Leases":         func() error { _, err := s.Leases(ctx, "", s.now); return err },
		"Secret":         func() error { _, err := s.Secret(ctx, "x"); return err },
		"PutToken":       func() error { return s.PutToken(ctx, engine.Token{ID: "t", Hash: "h"}) },
		"Tokens":         func() error { _, err := s.Tokens(ctx); return err },
		"TokenByHash":    func() error { _, err := s.TokenByHash(ctx, "h"); return err },
		"TouchToken":     func() error { return s.TouchToken(ctx, "t", s.now) },
		"RevokeToken":    func() error { return s.RevokeToken(ctx, "t", s.now) },
		"DeleteSessions": func() error { return s.DeleteSessions(ctx, s.now) },
		"PutPairing": func() error {
			return s.PutPairing(ctx, engine.Pairing{User: "me", Expires: s.now.Add(time.Hour)}, s.now)
		},
		"Pairing":      func() error { _, err := s.Pairing(ctx, "me"); return err },
		"TradePairing": func() error { _, _, err := s.TradePairing(ctx, "h", engine.Token{ID: "t"}, s.now); return err },
		"ImportOf":     func() error { _, err := s.ImportOf(ctx, "f"); return err },
		"PutImport":    func() error { return s.PutImport(ctx, engine.Import{ID: "i"}) },
		"Imports":      func() error { _, err := s.Imports(ctx, 1); return err },
		"Backup":       func() error { return s.Backup(ctx, filepath.Join(s.TempDir(), "b")) },
	} {
		if err := call(); !errors.Is(err, context.Canceled) {
			s.Errorf("%s: %v, want %v", name, err, context.Canceled)
		}
	}
	// Nothing has happened, and the store works on.
	s.counts(space, 1, 0, 1, 0)
	tokens, err := s.Tokens(s.ctx)
	s.no(err)
	leases, err := s.Leases(s.ctx, "", s.now)
	s.no(err)
	if s.head() != head || len(tokens)+len(leases) != 0 {
		s.Errorf("head %d, want %d; tokens %v, leases %v", s.head(), head, tokens, leases)
	}
	s.want(engine.Added, testPaper(2))
}

// storeTwoHandles opens the store twice, as two processes do, and writes
// through both at once.
func storeTwoHandles(s *shelf) {
	const each = 60
	other := s.open(s.T, s.dir)
	defer func() { s.no(other.Close()) }()
	s.want(engine.Added, testPaper(0))
	space := s.space(4)
	head := s.head()
	handles := []engine.Store{s.Store, other, s.Store, other}
	numbers := make([][]int64, len(handles))
	leased := make([]int, len(handles))
	secrets := make([]string, len(handles))
	errs := make(chan error, len(handles))
	var wg sync.WaitGroup
	for w, h := range handles {
		wg.Go(func() {
			errs <- func() error {
				me := fmt.Sprintf("user%d", w)
				secret, err := h.Secret(s.ctx, "shared")
				if err != nil {
					return err
				}
				secrets[w] = string(secret)
				for i := range each {
					out, err := h.Append(s.ctx, []engine.Event{{User: me, Act: engine.Seen, Key: testKey(0)}, {User: "all", Act: engine.Seen, Key: testKey(0)}}, s.now)
					if err != nil {
						return err
					}
					numbers[w] = append(numbers[w], out[0].Change, out[1].Change)
					// Half of the papers are new to both handles at once.
					put, err := h.PutPapers(s.ctx, engine.Batch{Papers: []engine.Paper{testPaper(1 + i), testPaper(1000*(w+1) + i)}}, s.now)
					if err != nil {
						return err
					}
					if put[1].Result != engine.Added {
						return fmt.Errorf("own paper: %+v", put[1])
					}
					ok, err := h.Lease(s.ctx, fmt.Sprint("lease/", i), me, "", s.now, time.Hour)
					if err != nil {
						return err
					}
					if ok {
						leased[w]++
					}
				}
				return nil
			}()
		})
	}
	wg.Wait()
	for range handles {
		s.no(<-errs)
	}
	all := slices.Concat(numbers...)
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != 2*each*len(handles) {
		s.Errorf("%d different numbers, want %d", n, 2*each*len(handles))
	}
	n := len(handles)
	if got, want := s.head(), head+int64(2*each*n+each+n*each); got != want {
		s.Errorf("head %d, want %d", got, want)
	}
	got := 0
	for _, l := range leased {
		got += l
	}
	if got != each {
		s.Errorf("%d leases given out, want each of the %d once", got, each)
	}
	if slices.Sort(secrets); secrets[0] != secrets[n-1] {
		s.Error("two handles made different secrets")
	}
	for _, h := range []engine.Store{s.Store, other} {
		log, err := h.Log(s.ctx, "all", 0, 0)
		s.no(err)
		counts, err := h.Counts(s.ctx, space)
		s.no(err)
		if len(log) != each*n || counts.Papers != 1+each+each*n || counts.Pending != counts.Papers {
			s.Errorf("%d events, want %d; %+v", len(log), each*n, counts)
		}
	}
}

// storeInOrder reads while two handles write: what is at or below a head that
// was seen must never change afterwards.
func storeInOrder(s *shelf) {
	space := s.space(4)
	const papers = 100
	for i := range papers {
		s.want(engine.Added, testPaper(i))
	}
	handles := []engine.Store{s.Store, s.open(s.T, s.dir), s.open(s.T, s.dir)}
	defer func() {
		for _, h := range handles[1:] {
			s.no(h.Close())
		}
	}()
	errs := make(chan error, 2)
	go func() {
		errs <- func() error {
			for i := range 300 {
				if _, err := handles[1].Append(s.ctx, []engine.Event{{User: "me", Act: engine.Seen, Key: testKey(i % papers)}}, s.now); err != nil {
					return err
				}
			}
			return nil
		}()
	}()
	go func() {
		errs <- func() error {
			for {
				waiting, err := handles[2].Unembedded(s.ctx, space, 2)
				if err != nil || len(waiting) == 0 {
					return err
				}
				for _, p := range waiting {
					if err := handles[2].PutVectors(s.ctx, space, []engine.Embedded{{Key: p.Key, Text: p.Text, Vector: axis(4, 0)}}); err != nil {
						return err
					}
				}
			}
		}()
	}()

	f := newFollower(0)
	var last int64
	events := map[int64]int{} // up to a head: how many
	for len(errs) < cap(errs) {
		head := s.head()
		if head < last {
			s.Fatalf("head %d after %d", head, last)
		}
		last = head
		log, err := s.Log(s.ctx, "me", 0, head)
		s.no(err)
		events[head] = len(log)
		changes, upTo := s.changes(space, f.since, 10)
		for _, c := range changes {
			if _, again := f.seen[c.Key]; again || c.Seq <= f.since {
				s.Fatalf("since %d: %d of %s", f.since, c.Seq, c.Key)
			}
			f.seen[c.Key] = c
		}
		f.since = upTo
	}
	s.no(<-errs)
	s.no(<-errs)
	f.follow(s, space, 1000, 1<<30)
	if len(f.seen) != papers {
		s.Errorf("the follower has seen %d papers, want %d", len(f.seen), papers)
	}
	log, err := s.Log(s.ctx, "me", 0, 0)
	s.no(err)
	for head, n := range events {
		i, _ := slices.BinarySearchFunc(log, head+1, func(e engine.Event, n int64) int { return int(e.Change - n) })
		if i != n {
			s.Errorf("up to %d: %d events, when it was the head %d", head, i, n)
		}
	}
}
