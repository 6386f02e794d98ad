package importer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"kindred/engine"
)

// A Store is the part of engine.Store that Run needs.
type Store interface {
	PutPapers(ctx context.Context, batch engine.Batch, now time.Time) ([]engine.Outcome, error)
	ImportOf(ctx context.Context, fingerprint string) (engine.Import, error)
	PutImport(ctx context.Context, i engine.Import) error
}

// Options of Run. The zero value is what a person wants who says nothing.
type Options struct {
	Format   Format           // "" means FormatAuto
	Source   string           // name of the source that papers get; "" means "format:name of the input"
	Batch    int              // records stored at a time; 0 means 1,000: SQLite was fastest with 500 to 1,000 rows a transaction
	Now      func() time.Time // nil means time.Now
	Progress func(Progress)   // called after every batch, and at the end; nil for none
	Reject   func(Rejection)  // called for each rejected record, in order, once it is counted; nil for none
}

// Progress says how far an import has come.
type Progress struct {
	engine.Import
	Read, Size int64 // bytes of the input as it is stored; Size is 0 if unknown
}

// A Rejection says why one record was not stored.
type Rejection struct {
	Record int64 // from 1, good ones included
	Line   int   // on which it begins; 0 if it is the Store that refused it
	Err    error
}

// maxBatch bounds the memory of a batch: the bytes of text after which it is
// stored, however few its records are.
const maxBatch = 8 << 20

// Run stores the papers of in, a batch at a time, and returns the record of
// the import. With each batch it stores how far it came, in one transaction.
// If an earlier import of the same Fingerprint and format was not finished, Run
// goes on with that one, adding to its counts. An input without Fingerprint
// always starts over, which is harmless: papers that are stored already count
// as unchanged.
//
// The first error of reading or storing ends it, with everything before a read
// error stored. The returned Import says what was stored in any case.
func Run(ctx context.Context, store Store, in *Input, opt Options) (engine.Import, error) {
	imp, err := run(ctx, store, in, opt)
	if err != nil {
		err = fmt.Errorf("import %s: %w", in.Name, err)
	}
	return imp, err
}

func run(ctx context.Context, store Store, in *Input, opt Options) (engine.Import, error) {
	format := cmp.Or(opt.Format, FormatAuto)
	if format == FormatAuto {
		var err error
		if format, err = Detect(in.Text, in.Name); err != nil {
			return engine.Import{}, err
		}
	}
	parser, err := format.Parser()
	if err != nil {
		return engine.Import{}, err
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	opt.Source = cmp.Or(opt.Source, string(format)+":"+in.Name)
	opt.Batch = cmp.Or(opt.Batch, 1000)
	imp, err := begin(ctx, store, in, format, opt.Now())
	if err != nil {
		return imp, err
	}

	// Reading goes on one batch ahead of storing.
	batches := make(chan batch, 1)
	wanted, enough := context.WithCancel(ctx)
	go func() {
		defer close(batches)
		read(ctx, parser(in.Text), imp.Position, opt.Batch, func(b batch) bool {
			select {
			case batches <- b:
				return wanted.Err() == nil
			case <-wanted.Done():
				return false
			}
		})
	}()
	defer func() { // wait for the goroutine
		enough()
		for range batches {
		}
	}()

	report := func() {
		if opt.Progress != nil {
			opt.Progress(Progress{imp, in.Read(), in.Size})
		}
	}
	for b := range batches {
		if err := ctx.Err(); err != nil {
			return imp, err
		}
		if len(b.papers)+len(b.rejected) > 0 {
			next, err := put(ctx, store, imp, b, opt)
			if err != nil {
				return imp, err
			}
			imp = next
			report()
		}
		if b.err != nil {
			return imp, b.err
		}
	}
	if err := ctx.Err(); err != nil {
		return imp, err
	}
	done := imp
	done.Finished = opt.Now()
	if err := store.PutImport(ctx, done); err != nil {
		return imp, err
	}
	imp = done
	report()
	return imp, nil
}

// begin returns the unfinished import of the same input, or a new one.
func begin(ctx context.Context, store Store, in *Input, format Format, now time.Time) (engine.Import, error) {
	if in.Fingerprint != "" {
		old, err := store.ImportOf(ctx, in.Fingerprint)
		if err == nil && old.Finished.IsZero() && old.Format == string(format) {
			return old, nil
		}
		if err != nil && !errors.Is(err, engine.ErrNotFound) {
			return engine.Import{}, err
		}
	}
	imp := engine.Import{
		ID:          strings.ToLower(rand.Text()[:16]),
		Name:        in.Name,
		Fingerprint: in.Fingerprint,
		Format:      string(format),
		Started:     now,
	}
	return imp, store.PutImport(ctx, imp)
}

// put stores b, reports what was rejected, and returns imp with b counted.
func put(ctx context.Context, store Store, imp engine.Import, b batch, opt Options) (engine.Import, error) {
	rejected := b.rejected
	imp.Position = b.last
	imp.Rejected += int64(len(rejected))
	outcomes, err := store.PutPapers(ctx, engine.Batch{Source: opt.Source, Papers: b.papers, Progress: &imp}, opt.Now())
	if err != nil {
		return imp, err
	}
	for i, o := range outcomes {
		if o.Result == engine.Rejected {
			rejected = append(rejected, Rejection{Record: b.records[i], Err: o.Err})
		}
	}
	slices.SortFunc(rejected, func(a, b Rejection) int { return cmp.Compare(a.Record, b.Record) })
	for _, r := range rejected {
		if opt.Reject != nil {
			opt.Reject(r)
		}
	}
	return imp, nil
}

// A batch is what is stored together.
type batch struct {
	papers   []engine.Paper
	records  []int64 // which record each paper is
	rejected []Rejection
	last     int64 // the last record that was read for it
	err      error // a read error that came after it
}

// read gathers papers into batches of at most size records, and passes them to
// send until that returns false or ctx ends: what an Input gives after the end
// of its context, the error included, is never sent. The first skip records are
// passed over. The last batch may be empty.
func read(ctx context.Context, papers iter.Seq2[engine.Paper, error], skip int64, size int, send func(batch) bool) {
	b := batch{}
	bytes := 0
	for p, err := range papers {
		var bad *LineError
		malformed := errors.As(err, &bad)
		if ctx.Err() != nil {
			return
		}
		if err != nil && !malformed {
			b.err = err
			break
		}
		if b.last++; b.last <= skip {
			continue
		}
		if malformed {
			b.rejected = append(b.rejected, Rejection{b.last, bad.Line, bad.Err})
		} else {
			b.papers, b.records = append(b.papers, p), append(b.records, b.last)
			bytes += len(p.Title) + len(p.Abstract)
		}
		if len(b.papers)+len(b.rejected) < size && bytes < maxBatch {
			continue
		}
		if !send(b) {
			return
		}
		b, bytes = batch{last: b.last}, 0
	}
	send(b)
}
