package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite" // and the driver of that name

	"kindred/engine"
)

// Options of a Store. The zero value is right for most.
type Options struct {
	// Wait is how long a write waits for another process to finish its own,
	// unless its context ends first; 0 means 30 seconds. The longest write is
	// a batch of papers, well under a second.
	Wait time.Duration
	// Readers is how many reads run at once; 0 means 4. Each has a connection
	// of its own, with up to 16 MB of cache.
	Readers int

	driver string // of database/sql; "" means modernc's. Tests listen in on it
}

func (o Options) withDefaults() Options {
	if o.Wait <= 0 {
		o.Wait = 30 * time.Second
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.driver == "" {
		o.driver = "sqlite"
	}
	return o
}

// A Store is a SQLite file. It is safe for concurrent use.
type Store struct {
	path   string
	writer *sql.DB // one connection
	reader *pool   // several, which cannot write
}

var _ engine.Store = (*Store)(nil)

// Open opens the store in the file path, which is made if it does not exist:
// its directory with mode 0700, the file with 0600. A store of an older
// Kindred is brought up to date; one of a newer Kindred, and a file that is
// not a store, are refused.
func Open(ctx context.Context, path string, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	s, err := open(ctx, path, opts)
	// Changing a new file to a write-ahead log does not wait its turn
	// (busy_timeout or not) when several processes do it at once.
	for end := time.Now().Add(opts.Wait); busy(err) && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(20 * time.Millisecond)
		s, err = open(ctx, path, opts)
	}
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return s, nil
}

func open(ctx context.Context, path string, opts Options) (_ *Store, err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // SQLite would make it 0644
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}

	busy := fmt.Sprintf("busy_timeout(%d)", opts.Wait.Milliseconds())
	if err := recognise(ctx, path, busy); err != nil {
		return nil, err
	}
	s := &Store{path: path}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	s.writer, err = connectBy(opts.driver, path, 1, busy, "journal_mode(WAL)", "synchronous(FULL)",
		"foreign_keys(1)", "cache_size(-65536)", "wal_autocheckpoint(4000)", "journal_size_limit(67108864)")
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, s.writer); err != nil {
		return nil, err
	}
	readers, err := connectBy(opts.driver, path, opts.Readers, busy, "query_only(1)", "cache_size(-16384)")
	if err != nil {
		return nil, err
	}
	s.reader = newPool(readers)
	return s, s.reader.PingContext(ctx)
}

// busy reports whether err says that another process has the file locked.
func busy(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == 5 // SQLITE_BUSY and its extended codes
}

// recognise refuses a file that is not ours, before anything is changed in it.
func recognise(ctx context.Context, path, busy string) error {
	db, err := connect(path, 1, busy, "query_only(1)")
	if err != nil {
		return err
	}
	_, err = schemaVersion(ctx, db)
	return errors.Join(err, db.Close())
}

// connect prepares a pool of n connections to the file path, each with the
// pragmas. busy_timeout must be the first of them: the others may have to wait.
func connect(path string, n int, pragmas ...string) (*sql.DB, error) {
	return connectBy("sqlite", path, n, pragmas...)
}

func connectBy(driver, path string, n int, pragmas ...string) (*sql.DB, error) {
	query := url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}
	db, err := sql.Open(driver, dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// Close ends all work and closes the file.
func (s *Store) Close() error {
	var errs []error
	if s.reader != nil {
		errs = append(errs, s.reader.Close())
	}
	if s.writer != nil { // the last one out tidies the write-ahead log
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(errs...)
}
