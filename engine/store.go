package engine

import (
	"context"
	"time"

	"kindred/embed"
)

// A Store holds the truth: papers, what people did, vectors, and what the
// server must remember. Everything else (indexes, profiles, feeds) is rebuilt
// from it. enginetest.TestStore is its specification in code.
//
// # The change sequence
//
// Every change to a paper, a vector or an event takes the next number of one
// sequence, in the transaction that makes the change; numbers become visible
// in order, in this process and in every other that has the store open. So
// "everything up to n" is a fixed thing, and a reader that has seen n finds
// what is new by asking for what is above n.
//
// All methods are safe for concurrent use and obey ctx. Errors wrap
// ErrNotFound and ErrInvalid where those apply; a space that was never put is
// ErrNotFound. Times are kept to the microsecond and come back in UTC. A limit
// of 0 gives nothing. A method that returned nil has written its change to
// disk: what a person did survives kill -9 and loss of power.
type Store interface {
	Papers
	Vectors
	Events
	Keeping
	Close() error
}

// Papers is the part of a Store about papers.
type Papers interface {
	// PutPapers stores a batch in one transaction. Each paper is cleaned, then
	// matched by its ids: a paper none of whose ids is known is added, with its
	// first id as key; else the paper that the first known id names is updated:
	// new ids become aliases of it (an id that already names another paper stays
	// there), fields that are given replace (but a date never loses precision
	// within the same period), fields that are empty keep what is stored, and
	// batch.Source is noted. Of a given paper, Key, Sources, Added and Change are
	// not looked at. Where nothing would differ the paper is Unchanged and takes
	// no number. A removed paper that is put again is Added, with nothing of what
	// it held before but its key and ids. A change of what is embedded makes the
	// vectors stale. A paper that fails Clean is Rejected; the others of the
	// batch are not affected.
	// If batch.Progress is given, the outcomes are added to its counts, there and
	// in what is stored of it in the same transaction, so that an import knows
	// exactly how far it came. now is Paper.Added of new papers. Outcomes are in
	// the order of batch.Papers.
	PutPapers(ctx context.Context, batch Batch, now time.Time) ([]Outcome, error)
	// RemovePaper takes a paper and its vectors away. Its ids keep naming its
	// key, events about it stay in their logs. ErrNotFound if there is none.
	RemovePaper(ctx context.Context, key Key) error
	// Resolve returns the key that each id names, "" where none does. The ids
	// of removed papers still resolve.
	Resolve(ctx context.Context, ids []ID) ([]Key, error)
	// GetPapers returns the papers of keys that exist (and are not removed), by
	// key.
	GetPapers(ctx context.Context, keys []Key) (map[Key]Paper, error)
	// WithTitle returns the keys, ascending, of at most limit papers whose
	// NormalTitle is title.
	WithTitle(ctx context.Context, title string, limit int) ([]Key, error)
	// Newest returns at most q.Limit papers, by Paper.Order descending, then key
	// ascending.
	Newest(ctx context.Context, q NewestQuery) ([]Dated, error)
	// Sample returns the keys, ascending, of at most limit papers from all over
	// the corpus. It is a fixed one: every paper gets a lot when its first id is
	// seen, whatever its text and date, and the smallest lots are taken. A paper
	// that comes or goes changes one place of it, or none. Papers added after
	// change number asOf (0 is now) are left out.
	Sample(ctx context.Context, limit int, asOf int64) ([]Key, error)
	// Texts returns what a lexicon has missed since a change number, as
	// Vectors.Changes does for an index: at most limit changes in ascending order
	// of Seq, one for each paper, removed ones included, that changed in number
	// since < Seq ≤ upTo. Seq is the newest change of the paper. When fewer than
	// limit are returned nothing is missing, and upTo is the head of the
	// sequence. A limit below 1 is ErrInvalid.
	Texts(ctx context.Context, since int64, limit int) (changes []TextChange, upTo int64, err error)
}

// A Batch is papers to be stored together.
type Batch struct {
	Source   string // Paper.Sources entry; "" notes none
	Papers   []Paper
	Progress *Import // saved with the papers, by ID, its counts moved on; nil for none
}

// An Outcome says what became of one paper of a batch.
type Outcome struct {
	Key    Key // "" if rejected
	Result Result
	Err    error // why it was rejected, wrapping ErrInvalid; else nil
}

// A Result is what PutPapers did with a paper.
type Result int

// The results.
const (
	Added Result = iota + 1
	Updated
	Unchanged
	Rejected
)

// A NewestQuery asks for papers by date. Zero values filter nothing.
type NewestQuery struct {
	Limit    int
	Category string // papers with this category
	From, To Day    // From ≤ Order ≤ To
	After    *Dated // only what comes after this one in the order
	AsOf     int64  // only papers added at or before this change number
}

// Dated is a paper and the day it sorts by.
type Dated struct {
	Key   Key
	Order Day
}

// Vectors is the part of a Store about embeddings.
type Vectors interface {
	// Unembedded returns at most limit papers that lack a vector in the space,
	// or whose vector is stale, and that are not recorded as impossible for
	// their present text; newest first, by Paper.Order descending, then key.
	Unembedded(ctx context.Context, space string, limit int) ([]Pending, error)
	// Waiting returns those of keys that Unembedded would, given time, in its
	// order.
	Waiting(ctx context.Context, space string, keys []Key) ([]Pending, error)
	// PutVectors stores vectors in one transaction. A vector whose Text is no
	// longer the paper's, or whose paper is gone, is silently dropped. A vector
	// that fails Check(dim), dim being that of the space, is an error, and
	// nothing is stored. The space must have been put before.
	PutVectors(ctx context.Context, space string, vectors []Embedded) error
	// PutFailure records that the paper's text can never be embedded in the
	// space, and why, so that Unembedded leaves it out until the text changes.
	PutFailure(ctx context.Context, space string, p Pending, reason string) error
	// Changes returns what an index of the space has missed since a change
	// number: at most limit changes in ascending order of Seq, one for each
	// paper that has a vector in the space, or lost it, and changed in number
	// since < Seq ≤ upTo; every change in that range that matters is included.
	// Seq is the newest change of the paper or its vector, so what changes again
	// while somebody pages comes again. When fewer than limit are returned
	// nothing is missing, and upTo is the head of the sequence. A limit below 1
	// is ErrInvalid.
	Changes(ctx context.Context, space string, since int64, limit int) (changes []Change, upTo int64, err error)
	// Head is the last number of the change sequence; 0 for an empty store.
	Head(ctx context.Context) (int64, error)
	// PutSpace records a space; again does nothing.
	PutSpace(ctx context.Context, s embed.Space) error
	// Spaces lists the recorded spaces by ID, and says which one is active: the
	// one that questions are answered in ("" if none was ever set).
	Spaces(ctx context.Context) (all []embed.Space, active string, err error)
	// SetActive makes a recorded space the active one.
	SetActive(ctx context.Context, space string) error
	// DropSpace deletes a space and its vectors, which may take a while; others
	// may write meanwhile. The active space is refused with ErrInvalid, one that
	// is not recorded with ErrNotFound.
	DropSpace(ctx context.Context, space string) error
	// Counts says how far embedding has come in a space.
	Counts(ctx context.Context, space string) (Counts, error)
}

// A Pending paper waits for its vector.
type Pending struct {
	Key             Key
	Title, Abstract string
	Text            string // digest of the text that is embedded; opaque
}

// Embedded is a vector for a Pending paper.
type Embedded struct {
	Key    Key
	Text   string // of the Pending
	Vector embed.Vector
}

// Counts of papers: all, with a vector (stale ones included), without a
// current one, and of those the ones recorded as impossible.
type Counts struct{ Papers, Embedded, Pending, Failed int }

// Events is the part of a Store about what people did.
type Events interface {
	// Append adds events to their users' logs, in order, in one transaction,
	// creating users as needed, and returns them numbered. It is synced to disk
	// before it returns. Keys must be those of known papers (removed ones
	// included), else ErrNotFound, and nothing is appended.
	Append(ctx context.Context, events []Event, now time.Time) ([]Event, error)
	// Log returns a user's events with since < Change ≤ upTo in ascending order;
	// upTo 0 means all. An unknown user has an empty log.
	Log(ctx context.Context, user string, since, upTo int64) ([]Event, error)
	// Users lists the users by name.
	Users(ctx context.Context) ([]string, error)
}

// Keeping is the part of a Store that keeps house: leases, secrets, tokens,
// pairing codes, imports, backups.
type Keeping interface {
	// Lease takes or renews the named lease for owner until now+ttl, and stores
	// data with it; ok is false if another owner holds it. Background work runs
	// under a lease, so that one process does it.
	Lease(ctx context.Context, name, owner, data string, now time.Time, ttl time.Duration) (ok bool, err error)
	// Release ends owner's lease; of another owner it does nothing.
	Release(ctx context.Context, name, owner string) error
	// Leases lists the leases that have not expired and whose name begins with
	// prefix, by name.
	Leases(ctx context.Context, prefix string, now time.Time) ([]Lease, error)
	// Secret returns the named 32 random bytes of this store, made on first use.
	Secret(ctx context.Context, name string) ([]byte, error)

	// PutToken stores a new token. Names need not be unique; an ID or a Hash that
	// is taken is ErrInvalid.
	PutToken(ctx context.Context, t Token) error
	// Tokens lists all tokens, revoked ones included, by Created, then ID.
	Tokens(ctx context.Context) ([]Token, error)
	// TokenByHash returns the token with the given hash; ErrNotFound if none.
	TokenByHash(ctx context.Context, hash string) (Token, error)
	// TouchToken sets LastUsed; ErrNotFound if there is none.
	TouchToken(ctx context.Context, id string, at time.Time) error
	// RevokeToken sets Revoked unless it is set; ErrNotFound if there is none.
	RevokeToken(ctx context.Context, id string, at time.Time) error
	// DeleteSessions deletes the tokens with Session that are revoked, or have
	// expired at now.
	DeleteSessions(ctx context.Context, now time.Time) error

	// PutPairing opens a code for p.User until p.Expires, in place of the one
	// they had. Unless a code of somebody else is open at now, wrong tries are
	// counted from 0 again.
	PutPairing(ctx context.Context, p Pairing, now time.Time) error
	// Pairing returns the code that was put last for user; ErrNotFound if none.
	Pairing(ctx context.Context, user string) (Pairing, error)
	// TradePairing closes the code with the given hash that is open at now,
	// stores t as a new token of the code's user, notes it in the Pairing, and
	// returns it, all in one transaction. If no such code is open, that is a
	// wrong try: it returns ErrCode and how many of PairingTries are left, and
	// where none is, all codes are closed. From then on it returns ErrTries,
	// until a code is put. An ID or a Hash of t that is taken is ErrInvalid, and
	// the code stays open.
	TradePairing(ctx context.Context, hash string, t Token, now time.Time) (Token, int, error)

	// ImportOf returns the newest record of an import of the same input;
	// ErrNotFound if there is none.
	ImportOf(ctx context.Context, fingerprint string) (Import, error)
	// PutImport stores an import record by ID, as PutPapers does with Progress.
	PutImport(ctx context.Context, i Import) error
	// Imports lists the newest limit imports, newest first.
	Imports(ctx context.Context, limit int) ([]Import, error)

	// Backup writes a complete, verified copy of the store, without leases, to
	// a new file; the store may be in use. It never overwrites: fs.ErrExist.
	Backup(ctx context.Context, file string) error
}

// A Lease is the right to do something, until it expires.
type Lease struct {
	Name, Owner, Data string
	Expires           time.Time
}

// A Token lets a program act for a user. Only the hash of its secret is kept.
type Token struct {
	ID       string // short, public
	User     string
	Name     string   // what it is for, in the user's words
	Scopes   []string // of "admin", "events", "read", "write", ascending
	Origin   string   // the browser extension it is for, as in the header Origin; "" for any program
	Session  bool     // it is a browser's that opened this server's page
	Hash     string   // hex SHA-256 of the secret
	Created  time.Time
	Expires  time.Time // zero: never
	LastUsed time.Time // zero: never
	Revoked  time.Time // zero: not
}

// An Import is the record of one run over one input, and how far it has come.
type Import struct {
	ID                                  string
	Name                                string // of the file
	Fingerprint                         string // tells one input from another: size and digest of the beginning
	Format                              string
	Position                            int64 // records read, good or bad
	Added, Updated, Unchanged, Rejected int64
	Started, Finished                   time.Time // Finished is zero until the end was reached
}

// With returns i with the outcomes of a batch added to its counts.
func (i Import) With(outcomes []Outcome) Import {
	for _, o := range outcomes {
		switch o.Result {
		case Added:
			i.Added++
		case Updated:
			i.Updated++
		case Unchanged:
			i.Unchanged++
		case Rejected:
			i.Rejected++
		}
	}
	return i
}
