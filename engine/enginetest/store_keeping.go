package enginetest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"kindred/engine"
)

// storeLeases passes leases between two owners, at times of its own.
func storeLeases(s *shelf) {
	at := func(d time.Duration) time.Time { return s.now.Add(d * time.Second) }
	lease := func(name, owner string, when time.Time, want bool) {
		s.Helper()
		ok, err := s.Lease(s.ctx, name, owner, "data of "+owner, when, 10*time.Second)
		s.no(err)
		if ok != want {
			s.Errorf("%s for %s at %v: %v, want %v", name, owner, when.Sub(s.now), ok, want)
		}
	}
	list := func(prefix string, when time.Time, want ...engine.Lease) {
		s.Helper()
		got, err := s.Leases(s.ctx, prefix, when)
		s.no(err)
		if !slices.Equal(got, want) {
			s.Errorf("leases %q at %v:\ngot  %+v\nwant %+v", prefix, when.Sub(s.now), got, want)
		}
	}
	lease("sync/b", "one", at(0), true)
	lease("sync/a", "two", at(0), true) // another name
	lease("sync/b", "two", at(1), false)
	lease("sync/b", "one", at(5), true) // renewed until 15
	lease("sync/b", "two", at(14), false)
	b := engine.Lease{Name: "sync/b", Owner: "one", Data: "data of one", Expires: at(15)}
	a := engine.Lease{Name: "sync/a", Owner: "two", Data: "data of two", Expires: at(10)}
	list("", at(9), a, b)
	list("sync/b", at(9), b)
	list("sync/%", at(9))
	list("", at(10), b) // it expires at its time
	s.reopen()
	list("", at(9), a, b)
	lease("sync/b", "two", at(15), true)
	lease("sync/b", "one", at(16), false)
	s.no(s.Release(s.ctx, "sync/b", "one")) // not its own
	lease("sync/b", "one", at(17), false)
	s.no(s.Release(s.ctx, "sync/b", "two"))
	s.no(s.Release(s.ctx, "sync/b", "two"))
	lease("sync/b", "one", at(18), true)
}

// storeSecrets asks for the same secret again.
func storeSecrets(s *shelf) {
	one, err := s.Secret(s.ctx, "cursor")
	s.no(err)
	two, err := s.Secret(s.ctx, "session")
	s.no(err)
	s.reopen()
	again, err := s.Secret(s.ctx, "cursor")
	s.no(err)
	if len(one) != 32 || len(two) != 32 || bytes.Equal(one, two) || !bytes.Equal(one, again) {
		s.Errorf("secrets %x and %x, then %x", one, two, again)
	}
}

// storeTokens makes, finds, uses and revokes tokens.
func storeTokens(s *shelf) {
	second := engine.Token{ID: "b", User: "ada", Name: "Ada's 'laptop'", Scopes: []string{"admin", "read", "write"}, Hash: "b0", Created: s.now.Add(time.Hour), Expires: s.now.Add(24 * time.Hour)}
	first := engine.Token{ID: "c", User: "bob", Name: "Ada's 'laptop'", Scopes: []string{"events", "read"}, Origin: "moz-extension://x", Hash: "c0", Created: s.now}
	third := engine.Token{ID: "d", User: "bob", Hash: "d0", Created: second.Created}
	for _, t := range []engine.Token{second, third, first} {
		s.no(s.PutToken(s.ctx, t))
	}
	for _, taken := range []engine.Token{{ID: "b", User: "eve", Hash: "x"}, {ID: "x", User: "eve", Hash: "b0"}} {
		s.is(s.PutToken(s.ctx, taken), engine.ErrInvalid)
	}
	s.no(s.TouchToken(s.ctx, "c", s.now.Add(time.Minute)))
	s.no(s.TouchToken(s.ctx, "c", s.now.Add(2*time.Minute)))
	first.LastUsed = s.now.Add(2 * time.Minute)
	s.no(s.RevokeToken(s.ctx, "b", s.now.Add(time.Minute)))
	s.no(s.RevokeToken(s.ctx, "b", s.now.Add(2*time.Minute)))
	second.Revoked = s.now.Add(time.Minute)
	s.is(s.RevokeToken(s.ctx, "x", s.now), engine.ErrNotFound)
	s.is(s.TouchToken(s.ctx, "x", s.now), engine.ErrNotFound)
	for range 2 {
		got, err := s.Tokens(s.ctx)
		s.no(err)
		if want := []engine.Token{first, second, third}; !reflect.DeepEqual(got, want) {
			s.Errorf("got  %+v\nwant %+v", got, want)
		}
		one, err := s.TokenByHash(s.ctx, "b0")
		s.no(err)
		if !reflect.DeepEqual(one, second) {
			s.Errorf("got  %+v\nwant %+v", one, second)
		}
		for _, hash := range []string{"", "B0", "x"} {
			_, err = s.TokenByHash(s.ctx, hash)
			s.is(err, engine.ErrNotFound)
		}
		s.reopen()
	}
}

// storeImports keeps the place of an import, together with its papers.
func storeImports(s *shelf) {
	one := engine.Import{ID: "1", Name: "a 'file'.jsonl", Fingerprint: "f1", Format: "jsonl", Started: s.now}
	s.no(s.PutImport(s.ctx, one))
	one.Position, one.Added, one.Updated, one.Unchanged, one.Rejected = 2, 1, 5, 6, 1
	_, err := s.PutPapers(s.ctx, engine.Batch{Papers: []engine.Paper{testPaper(1), {}}, Progress: &one}, s.now)
	s.no(err)
	if want := [4]int64{2, 5, 6, 2}; want != [4]int64{one.Added, one.Updated, one.Unchanged, one.Rejected} {
		s.Errorf("counts after one paper was added and one rejected: %+v, want %v", one, want)
	}
	if one.Added != 2 || one.Updated != 5 || one.Unchanged != 6 || one.Rejected != 2 {
		s.Errorf("one paper added and one rejected: the counts moved on to %+v", one)
	}
	two := engine.Import{ID: "2", Fingerprint: "f1", Started: s.now.Add(time.Hour), Finished: s.now.Add(2 * time.Hour)}
	three := engine.Import{ID: "3", Fingerprint: "f3", Started: s.now.Add(time.Minute)}
	s.no(s.PutImport(s.ctx, two))
	s.no(s.PutImport(s.ctx, three))
	s.is(s.PutImport(s.ctx, engine.Import{Name: "without an id"}), engine.ErrInvalid)
	for range 2 {
		got, err := s.Imports(s.ctx, 10)
		s.no(err)
		if want := []engine.Import{two, three, one}; !slices.Equal(got, want) {
			s.Errorf("got  %+v\nwant %+v", got, want)
		}
		if got, err = s.Imports(s.ctx, 1); err != nil || !slices.Equal(got, []engine.Import{two}) {
			s.Errorf("the newest: %+v, %v", got, err)
		}
		newest, err := s.ImportOf(s.ctx, "f1")
		s.no(err)
		if newest != two {
			s.Errorf("newest of f1: %+v", newest)
		}
		_, err = s.ImportOf(s.ctx, "f2")
		s.is(err, engine.ErrNotFound)
		s.reopen()
	}
	// Neither papers nor progress without the other.
	head := s.head()
	bad := engine.Import{Name: "without an id"}
	_, err = s.PutPapers(s.ctx, engine.Batch{Papers: []engine.Paper{testPaper(2)}, Progress: &bad}, s.now)
	s.is(err, engine.ErrInvalid)
	if s.head() != head {
		s.Error("papers were stored without their progress")
	}
}

// storeBackup backs up a store in use. What a backup is good for is for the
// implementation to test.
func storeBackup(s *shelf) {
	s.want(engine.Added, testPaper(1))
	dir := s.TempDir()
	file := filepath.Join(dir, "it's a backup%20?.db")
	stop, stopped := make(chan bool), make(chan error)
	go func() {
		for {
			if _, err := s.Append(s.ctx, []engine.Event{{User: "me", Act: engine.Seen, Key: testKey(1)}}, s.now); err != nil {
				stopped <- err
				return
			}
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
		}
	}()
	err := s.Backup(s.ctx, file)
	close(stop)
	s.no(errors.Join(err, <-stopped))
	before, err := os.ReadFile(file)
	s.no(err)
	s.is(s.Backup(s.ctx, file), fs.ErrExist)
	after, err := os.ReadFile(file)
	s.no(err)
	if len(before) == 0 || !bytes.Equal(before, after) {
		s.Error("a second backup of the same name changed the first")
	}
	if err := s.Backup(s.ctx, filepath.Join(dir, "not", "there")); err == nil {
		s.Error("backup into a directory that does not exist: no error")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		s.Errorf("left in the directory: %v, %v", left, err)
	}
}
