package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"kindred/engine"
)

const (
	uploadSource = "api"   // Paper.Sources entry
	uploadBatch  = 1000    // papers stored in one transaction
	uploadBytes  = 8 << 20 // of text, likewise
	maxRejected  = 1000    // rejected records that are listed
)

type uploadOutput struct{ Body Upload }

// postPapers stores papers while they arrive. If the body turns out bad half
// way, what came before is stored, and the problem says how much.
func (a *api) postPapers(ctx context.Context, in *uploadInput) (*uploadOutput, error) {
	body, err := in.open()
	if err != nil {
		return nil, err
	}
	u := &uploading{api: a, out: Upload{Rejected: []Rejected{}}}
	for p, err := range a.Papers(body) {
		if err != nil && body.err != nil {
			break // not of a record: the body
		}
		u.count++
		if err != nil {
			u.unreadable(err)
		} else if err := u.add(ctx, p); err != nil {
			return nil, err
		}
	}
	if err := u.flush(ctx); err != nil {
		return nil, err
	}
	if body.err != nil {
		return nil, u.broken(body.err)
	}
	if in.ndjson && u.told+u.count == 0 {
		return nil, newProblem("malformed", "the body is empty")
	}
	slices.SortStableFunc(u.out.Rejected, func(a, b Rejected) int { return cmp.Compare(a.Line, b.Line) })
	return &uploadOutput{u.out}, nil
}

// uploading is an upload in progress.
type uploading struct {
	*api
	out   Upload
	batch []engine.Paper
	lines []int // of the batch
	bytes int   // of the batch

	told  int // the last line that the reader told
	count int // records since
}

// line is that of the record at hand: the reader tells only the lines of bad
// records, and between two of those every record is a line.
func (u *uploading) line() int { return u.told + u.count }

func (u *uploading) add(ctx context.Context, p engine.Paper) error {
	u.batch, u.lines = append(u.batch, p), append(u.lines, u.line())
	u.bytes += len(p.Title) + len(p.Abstract)
	if len(u.batch) < uploadBatch && u.bytes < uploadBytes {
		return nil
	}
	return u.flush(ctx)
}

// flush stores the batch.
func (u *uploading) flush(ctx context.Context) error {
	if len(u.batch) == 0 {
		return nil
	}
	outcomes, err := u.engine.PutPapers(ctx, uploadSource, u.batch)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		switch o.Result {
		case engine.Added:
			u.out.Added++
		case engine.Updated:
			u.out.Updated++
		case engine.Unchanged:
			u.out.Unchanged++
		default:
			u.reject(u.lines[i], o.Err)
		}
	}
	u.batch, u.lines, u.bytes = u.batch[:0], u.lines[:0], 0
	return nil
}

// unreadable rejects the record at hand, which is no paper.
func (u *uploading) unreadable(err error) {
	var at interface {
		error
		LineNumber() int
	}
	if errors.As(err, &at) {
		u.told, u.count = at.LineNumber(), 0
		err = cmp.Or(errors.Unwrap(at), err) // the line is said beside it
	}
	u.reject(u.line(), err)
}

func (u *uploading) reject(line int, err error) {
	u.out.RejectedTotal++
	if len(u.out.Rejected) < maxRejected {
		u.out.Rejected = append(u.out.Rejected, Rejected{line, err.Error()})
	}
}

// broken says why the body could not be read to its end, and what was stored.
func (u *uploading) broken(err error) error {
	p := u.classify(bodyProblem(err))
	p.Detail += fmt.Sprintf("; before that: %d added, %d updated, %d unchanged, %d rejected",
		u.out.Added, u.out.Updated, u.out.Unchanged, u.out.RejectedTotal)
	return p
}
