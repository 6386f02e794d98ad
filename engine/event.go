package engine

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// An Act is something a person does to a paper.
type Act string

// The acts. Like, Dislike and Hide are one opinion: a later one replaces the
// earlier. Save is a reading list and independent of it. Seen and Opened are
// traces, recorded as often as they happen.
const (
	Like    Act = "like"
	Dislike Act = "dislike" // not interested: this and what is like it
	Hide    Act = "hide"    // not this paper; says nothing of others
	Save    Act = "save"
	Seen    Act = "seen"
	Opened  Act = "opened"

	// What follows is about a subject, not a paper: see Event.About.
	Follow Act = "follow" // an author, keyword or category
	Mute   Act = "mute"   // the same
	Shape  Act = "shape"  // an interest: its name, weight, whether it is muted
)

// Acts lists all acts.
var Acts = []Act{Like, Dislike, Hide, Save, Seen, Opened, Follow, Mute, Shape}

// Check returns an error wrapping ErrInvalid for an act that does not exist.
func (a Act) Check() error {
	for _, b := range Acts {
		if a == b {
			return nil
		}
	}
	return fmt.Errorf("%w: act %q: want one of %v", ErrInvalid, a, Acts)
}

// opinion says whether the act is one of the three that replace each other.
func (a Act) opinion() bool { return a == Like || a == Dislike || a == Hide }

// OnSubject says whether the act is done to a subject rather than to a paper.
func (a Act) OnSubject() bool { return a == Follow || a == Mute || a == Shape }

// An Event is one line of a user's log, which is only ever appended to. What a
// person thinks now, and thought at any earlier number, is derived from it by
// [Standing].
type Event struct {
	Change int64     // its number in the change sequence; set by the Store
	User   string    // see CheckUser
	Act    Act       //
	Undo   bool      // takes back the standing act on Key
	Key    Key       // the paper; "" if the act is on a subject
	About  string    // the subject: "author:…", "keyword:…", "category:…", or "interest:ID"; else ""
	Detail string    // JSON: a DislikeDetail or a ShapeDetail; "" for nothing more
	At     time.Time // when it counts: given by the caller, for imports, or the time of recording
}

// Limits of what an event may hold, in bytes.
const (
	MaxAbout  = 256
	MaxDetail = 16 << 10
)

// Check returns an error wrapping ErrInvalid unless the event has a proper user
// and act, is about a paper or a subject as the act demands, and keeps the
// limits.
func (e Event) Check() error {
	if err := cmp.Or(CheckUser(e.User), e.Act.Check()); err != nil {
		return err
	}
	switch {
	case e.Act.OnSubject() != (e.About != ""), e.About != "" && e.Key != "":
		return fmt.Errorf("%w: %s of paper %q and subject %q: want one of them", ErrInvalid, e.Act, e.Key, e.About)
	case len(e.About) > MaxAbout, len(e.Detail) > MaxDetail:
		return fmt.Errorf("%w: %s with a subject of %d bytes, detail of %d: at most %d and %d", ErrInvalid, e.Act, len(e.About), len(e.Detail), MaxAbout, MaxDetail)
	case !utf8.ValidString(e.About + e.Detail), strings.ContainsRune(e.About+e.Detail, 0):
		return fmt.Errorf("%w: %s: not valid UTF-8 without NUL", ErrInvalid, e.Act)
	}
	return nil
}

// A Mark is an act that stands: done, and neither undone nor replaced.
type Mark struct {
	Key    Key
	Act    Act
	About  string // the subject; "" for a paper
	Detail string // of the event
	At     time.Time
	Change int64 // number of the event that made it
}

// State is what a user's log amounts to.
type State struct {
	Opinion map[Key]Mark // Like, Dislike or Hide
	Saved   map[Key]Mark
	Seen    map[Key]Mark // the latest time seen, by At
	Opened  map[Key]Mark // the latest time opened, by At
	// Subjects are the standing Follow, Mute or Shape by subject. Follow and Mute
	// replace each other.
	Subjects map[string]Mark
	// First is the number of the first Like of each paper that was ever liked.
	First  map[Key]int64
	Change int64 // number of the last event; 0 for an empty log
}

// Standing replays events, which must be in ascending order of Change. An
// undo removes the standing act of its kind; of any other it changes nothing.
func Standing(events []Event) State {
	s := State{map[Key]Mark{}, map[Key]Mark{}, map[Key]Mark{}, map[Key]Mark{}, map[string]Mark{}, map[Key]int64{}, 0}
	for _, e := range events {
		s.Change = e.Change
		m := Mark{e.Key, e.Act, e.About, e.Detail, e.At, e.Change}
		if e.Act.OnSubject() {
			switch old, ok := s.Subjects[e.About]; {
			case !e.Undo:
				s.Subjects[e.About] = m
			case ok && old.Act == e.Act:
				delete(s.Subjects, e.About)
			}
			continue
		}
		if _, ok := s.First[e.Key]; !ok && e.Act == Like && !e.Undo {
			s.First[e.Key] = e.Change
		}
		set := s.of(e.Act)
		if set == nil {
			continue // an act of a newer version
		}
		old, ok := set[e.Key]
		switch {
		case e.Undo && ok && old.Act == e.Act:
			delete(set, e.Key)
		case e.Undo:
		case ok && !e.Act.opinion() && e.Act != Save && old.At.After(e.At):
		default:
			set[e.Key] = m
		}
	}
	return s
}

// of returns the marks that act belongs to.
func (s State) of(act Act) map[Key]Mark {
	switch act {
	case Like, Dislike, Hide:
		return s.Opinion
	case Save:
		return s.Saved
	case Seen:
		return s.Seen
	case Opened:
		return s.Opened
	}
	return nil
}

// Has reports whether act stands on key, and since when.
func (s State) Has(act Act, key Key) (Mark, bool) {
	m, ok := s.of(act)[key]
	return m, ok && m.Act == act
}

// DefaultUser is the user of a person who runs Kindred for themselves.
const DefaultUser = "me"

// CheckUser returns an error wrapping ErrInvalid unless name is 1 to 64 of
// a–z, 0–9, ".", "_", "-", and begins with a letter or digit.
func CheckUser(name string) error {
	ok := len(name) >= 1 && len(name) <= 64
	for i := 0; ok && i < len(name); i++ {
		c := name[i]
		alnum := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		ok = alnum || i > 0 && (c == '.' || c == '_' || c == '-')
	}
	if !ok {
		return fmt.Errorf("%w: user %q: want 1 to 64 of a-z, 0-9, '.', '_', '-', beginning with a letter or digit", ErrInvalid, name)
	}
	return nil
}
