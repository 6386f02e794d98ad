package enginetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"kindred/engine"
)

// storeSessions deletes what is over of browser sessions, and nothing else.
func storeSessions(s *shelf) {
	hour := func(n int) time.Time { return s.now.Add(time.Duration(n) * time.Hour) }
	for _, t := range []engine.Token{
		{ID: "1", Session: true, Expires: hour(1)},
		{ID: "2", Session: true, Expires: hour(2)},
		{ID: "3", Session: true, Expires: hour(9)},
		{ID: "4", Session: true, Expires: hour(9), Revoked: hour(1)},
		{ID: "5", Session: true},
		{ID: "6", Expires: hour(1)},
		{ID: "7", Revoked: hour(1)},
	} {
		t.User, t.Hash, t.Name = "me", "h"+t.ID, "browser session"
		s.no(s.PutToken(s.ctx, t))
	}
	ids := func() (out string) {
		tokens, err := s.Tokens(s.ctx)
		s.no(err)
		for _, t := range tokens {
			out += t.ID
		}
		return out
	}
	for _, c := range []struct {
		at   time.Time
		left string
	}{{hour(0), "123567"}, {hour(2), "3567"}, {hour(2), "3567"}} { // it expires at its time
		s.no(s.DeleteSessions(s.ctx, c.at))
		if got := ids(); got != c.left {
			s.Errorf("left at %v: %s, want %s", c.at, got, c.left)
		}
	}
}

// opened puts a code, whose hash is hash, for two minutes.
func (s *shelf) opened(user, hash string, now time.Time) engine.Pairing {
	s.Helper()
	p := engine.Pairing{User: user, Hash: hash, Expires: now.Add(2 * time.Minute)}
	s.no(s.PutPairing(s.ctx, p, now))
	return p
}

// trade trades a code for token id; want is the error, left what is left after
// a wrong try.
func (s *shelf) trade(hash, id string, now time.Time, want error, left int) engine.Token {
	s.Helper()
	t, n, err := s.TradePairing(s.ctx, hash, engine.Token{ID: id, Hash: "hash of " + id, Scopes: []string{"events", "read"}, Origin: "moz-extension://x", Created: now}, now)
	if !errors.Is(err, want) || n != left {
		s.Errorf("trade %s: %v, %d tries left; want %v, %d", hash, err, n, want, left)
	}
	return t
}

// paired checks what became of a user's code.
func (s *shelf) paired(want engine.Pairing) {
	s.Helper()
	got, err := s.Pairing(s.ctx, want.User)
	s.no(err)
	if got != want {
		s.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// storePairing opens codes, trades them once, and lets them expire.
func storePairing(s *shelf) {
	_, err := s.Pairing(s.ctx, "ada")
	s.is(err, engine.ErrNotFound)
	s.opened("ada", "a0", s.now)
	ada := s.opened("ada", "a1", s.now)
	bob := s.opened("bob", "b1", s.now)
	s.reopen()
	s.paired(ada)
	s.trade("a0", "t0", s.now, engine.ErrCode, 4) // replaced

	at := s.now.Add(time.Minute)
	got := s.trade("a1", "t1", at, nil, 0)
	want := engine.Token{ID: "t1", User: "ada", Hash: "hash of t1", Scopes: []string{"events", "read"}, Origin: "moz-extension://x", Created: at}
	if !reflect.DeepEqual(got, want) {
		s.Errorf("got  %+v\nwant %+v", got, want)
	}
	s.reopen()
	stored, err := s.TokenByHash(s.ctx, "hash of t1")
	s.no(err)
	if !reflect.DeepEqual(stored, want) {
		s.Errorf("stored %+v\nwant   %+v", stored, want)
	}
	ada.Expires, ada.Token = at, "t1"
	s.paired(ada)
	s.trade("a1", "t2", at, engine.ErrCode, 3) // used

	s.trade("b1", "t1", at, engine.ErrInvalid, 0) // the token's id is taken: nothing happens
	s.paired(bob)
	s.trade("b1", "t3", bob.Expires, engine.ErrCode, 2) // expires at its time
	if got := s.trade("b1", "t3", bob.Expires.Add(-time.Microsecond), nil, 0); got.User != "bob" {
		s.Errorf("the token is of %q", got.User)
	}
	tokens, err := s.Tokens(s.ctx)
	s.no(err)
	if len(tokens) != 2 {
		s.Errorf("%d tokens, want 2: %+v", len(tokens), tokens)
	}
}

// storePairingTries uses up the tries. They are counted whether a code is open
// or not.
func storePairingTries(s *shelf) {
	for left := 4; left >= 0; left-- {
		s.trade("x", "t", s.now, engine.ErrCode, left)
	}
	s.trade("x", "t", s.now, engine.ErrTries, 0)
	s.opened("ada", "a1", s.now)
	s.trade("x", "t", s.now, engine.ErrCode, 4)
	s.reopen()
	s.trade("x", "t", s.now, engine.ErrCode, 3)
	bob := s.opened("bob", "b1", s.now) // while another code is open, tries go on
	s.trade("x", "t", s.now, engine.ErrCode, 2)
	s.opened("bob", "b2", s.now)
	s.trade("x", "t", s.now, engine.ErrCode, 1)
	s.trade("x", "t", s.now, engine.ErrCode, 0)
	for _, hash := range []string{"a1", "b2"} {
		s.trade(hash, "t", s.now, engine.ErrTries, 0)
	}
	bob.Hash, bob.Expires = "b2", s.now
	s.paired(bob)
	ada := s.opened("ada", "a2", s.now) // a new beginning
	s.trade("b2", "t", s.now, engine.ErrCode, 4)
	s.opened("bob", "b3", ada.Expires) // ada's has expired
	s.trade("x", "t", ada.Expires, engine.ErrCode, 4)
	s.trade("b3", "t", ada.Expires, nil, 0)
}

// storePairingRace tries many codes at once, through two handles, the right one
// among them: no more tries than allowed come to something, and it is traded at
// most once.
func storePairingRace(s *shelf) {
	other := s.open(s.T, s.dir)
	defer func() { s.no(other.Close()) }()
	handles := []engine.Store{s.Store, other}
	for _, right := range []bool{false, true} {
		s.opened("ada", "right", s.now)
		var mu sync.Mutex
		var wg sync.WaitGroup
		count := map[string]int{}
		for i := range 50 {
			wg.Go(func() {
				hash := fmt.Sprint("wrong ", i)
				if right && i%10 == 0 {
					hash = "right"
				}
				t := engine.Token{ID: fmt.Sprint(right, i), Hash: fmt.Sprint(right, i), Created: s.now}
				_, _, err := handles[i%2].TradePairing(s.ctx, hash, t, s.now)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					count["traded"]++
				case errors.Is(err, engine.ErrCode):
					count["wrong"]++
				case errors.Is(err, engine.ErrTries):
					count["refused"]++
				default:
					s.Error(err)
				}
			})
		}
		wg.Wait()
		if count["wrong"] != engine.PairingTries || count["traded"] > 1 || !right && count["traded"] > 0 {
			s.Errorf("with the right code among them %v: %v, want %d wrong", right, count, engine.PairingTries)
		}
		tokens, err := s.Tokens(s.ctx)
		s.no(err)
		if len(tokens) != count["traded"] {
			s.Errorf("%d tokens, %v", len(tokens), count)
		}
	}
}
