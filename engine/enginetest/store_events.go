package enginetest

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"kindred/engine"
)

// storeEvents appends events and reads them back, by user and number.
func storeEvents(s *shelf) {
	s.want(engine.Added, testPaper(1), testPaper(2))
	head := s.head()
	given := []engine.Event{
		{User: "ada", Act: engine.Like, Key: testKey(1)},
		{User: "bob", Act: engine.Save, Key: testKey(1), At: time.Date(1969, 7, 20, 20, 17, 40, 1999, time.FixedZone("", 3600))},
		{User: "ada", Act: engine.Like, Key: testKey(1), Undo: true, At: time.Unix(0, 0)},
		{User: "ada", Act: engine.Dislike, Key: testKey(2), At: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
	}
	copied := slices.Clone(given)
	got, err := s.Append(s.ctx, given, s.now)
	s.no(err)
	if !reflect.DeepEqual(given, copied) {
		s.Error("Append wrote to its argument")
	}
	want := slices.Clone(given)
	for i := range want {
		want[i].Change = head + int64(i) + 1
		want[i].At = want[i].At.UTC().Truncate(time.Microsecond)
	}
	want[0].At = s.now // not given: the time of recording
	if !reflect.DeepEqual(got, want) {
		s.Errorf("got  %+v\nwant %+v", got, want)
	}
	if s.head() != head+4 {
		s.Errorf("head %d, want %d", s.head(), head+4)
	}
	for range 2 {
		for user, want := range map[string][]engine.Event{"ada": {want[0], want[2], want[3]}, "bob": {want[1]}, "eve": nil} {
			log, err := s.Log(s.ctx, user, 0, 0)
			s.no(err)
			if !slices.Equal(log, want) {
				s.Errorf("log of %s:\ngot  %+v\nwant %+v", user, log, want)
			}
		}
		log, err := s.Log(s.ctx, "ada", 0, want[2].Change)
		s.no(err)
		if !slices.Equal(log, []engine.Event{want[0], want[2]}) {
			s.Errorf("log up to %d: %+v", want[2].Change, log)
		}
		if log, err = s.Log(s.ctx, "ada", want[0].Change, 0); err != nil || !slices.Equal(log, []engine.Event{want[2], want[3]}) {
			s.Errorf("log since %d: %+v, %v", want[0].Change, log, err)
		}
		if log, err = s.Log(s.ctx, "ada", want[0].Change, want[2].Change); err != nil || !slices.Equal(log, []engine.Event{want[2]}) {
			s.Errorf("log since %d up to %d: %+v, %v", want[0].Change, want[2].Change, log, err)
		}
		if log, err = s.Log(s.ctx, "ada", 0, 1); err != nil || len(log) != 0 {
			s.Errorf("log up to 1: %+v, %v", log, err)
		}
		users, err := s.Users(s.ctx)
		s.no(err)
		if !slices.Equal(users, []string{"ada", "bob"}) {
			s.Errorf("users %q", users)
		}
		s.reopen()
	}
	log, err := s.Log(s.ctx, "ada", 0, 0)
	s.no(err)
	if state := engine.Standing(log); len(state.Opinion) != 1 || state.Change != want[3].Change {
		s.Errorf("state %+v", state)
	}
	// Events on subjects are kept with what they say.
	shaped, err := s.Append(s.ctx, []engine.Event{
		{User: "eve", Act: engine.Follow, About: "author:Ada Lovelace"},
		{User: "eve", Act: engine.Like, Key: testKey(1), Detail: "{}"},
		{User: "eve", Act: engine.Shape, About: "interest:x", Detail: `{"name":"Größe"}`},
		{User: "eve", Act: engine.Mute, Undo: true, About: "keyword:gan"},
	}, s.now)
	s.no(err)
	if log, err := s.Log(s.ctx, "eve", 0, 0); err != nil || !slices.Equal(log, shaped) {
		s.Errorf("log of subjects:\ngot  %+v (%v)\nwant %+v", log, err, shaped)
	}
	// A removed paper can be acted on.
	s.no(s.RemovePaper(s.ctx, testKey(2)))
	_, err = s.Append(s.ctx, []engine.Event{{User: "ada", Act: engine.Dislike, Undo: true, Key: testKey(2)}}, s.now)
	s.no(err)
	if log, err = s.Log(s.ctx, "ada", 0, 0); err != nil || len(log) != 4 || !log[3].Undo {
		s.Errorf("log %+v, %v", log, err)
	}
}

// storeBadEvents appends nothing of a batch with a bad one in it.
func storeBadEvents(s *shelf) {
	p := testPaper(1)
	p.IDs = append(p.IDs, "alias:1")
	s.want(engine.Added, p)
	head := s.head()
	good := engine.Event{User: "ada", Act: engine.Like, Key: testKey(1)}
	for name, c := range map[string]struct {
		bad  engine.Event
		want error
	}{
		"unknown paper": {engine.Event{User: "bob", Act: engine.Like, Key: "never:1"}, engine.ErrNotFound},
		"not a key":     {engine.Event{User: "bob", Act: engine.Like, Key: "alias:1"}, engine.ErrNotFound},
		"no key":        {engine.Event{User: "bob", Act: engine.Like}, engine.ErrNotFound},
		"no user":       {engine.Event{Act: engine.Like, Key: testKey(1)}, engine.ErrInvalid},
		"user":          {engine.Event{User: "Bob'; --", Act: engine.Like, Key: testKey(1)}, engine.ErrInvalid},
		"no subject":    {engine.Event{User: "bob", Act: engine.Follow}, engine.ErrInvalid},
		"both":          {engine.Event{User: "bob", Act: engine.Follow, Key: testKey(1), About: "author:x"}, engine.ErrInvalid},
		"paper's act":   {engine.Event{User: "bob", Act: engine.Like, About: "author:x"}, engine.ErrInvalid},
		"long":          {engine.Event{User: "bob", Act: engine.Follow, About: strings.Repeat("x", 257)}, engine.ErrInvalid},
		"NUL":           {engine.Event{User: "bob", Act: engine.Follow, About: "author:\x00"}, engine.ErrInvalid},
		"act":           {engine.Event{User: "bob", Act: "adore", Key: testKey(1)}, engine.ErrInvalid},
	} {
		out, err := s.Append(s.ctx, []engine.Event{good, c.bad, good}, s.now)
		if err == nil || out != nil {
			s.Errorf("%s: %v, %v", name, out, err)
		}
		s.is(err, c.want)
	}
	log, err := s.Log(s.ctx, "ada", 0, 0)
	s.no(err)
	users, err := s.Users(s.ctx)
	s.no(err)
	if len(log)+len(users) != 0 || s.head() != head {
		s.Errorf("log %v, users %v, head %d, want none, none, %d", log, users, s.head(), head)
	}
}
