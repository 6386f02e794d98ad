package sqlite

import (
	"context"
)

// unqueued is the condition that a paper p belongs in the queue of a space:
// it is the definition of Unembedded, less the order. $1 is the space.
const unqueued = ` p.removed = 0
	AND NOT EXISTS (SELECT 1 FROM vectors v WHERE v.space = $1 AND v.paper = p.id AND v.text = p.text AND v.vector IS NOT NULL)
	AND NOT EXISTS (SELECT 1 FROM failures f WHERE f.space = $1 AND f.paper = p.id AND f.text = p.text) `

// enqueue puts a paper that is new, or needs a new vector, in the queue of a
// space.
func enqueue(ctx context.Context, t *txn, space int64, r *row) error {
	n, err := t.exec(ctx, "INSERT INTO queue (space, order_day, key, paper) VALUES (?, ?, ?, ?)", space, int64(r.day), string(r.Key), r.id)
	t.count(space, n, 0)
	return err
}

// dequeue takes a paper out of the queue of a space, if it is there.
func dequeue(ctx context.Context, t *txn, space int64, r *row) error {
	n, err := t.exec(ctx, "DELETE FROM queue WHERE space = ? AND order_day = ? AND key = ?", space, int64(r.day), string(r.Key))
	t.count(space, -n, 0)
	return err
}

// requeue puts an updated paper, whose row in papers has been written, where
// it belongs in the queue of a space, or nowhere.
func requeue(ctx context.Context, t *txn, space int64, r *row) error {
	if r.text == r.was.text && r.day == r.was.day { // a removed paper has no text
		return nil
	}
	if err := dequeue(ctx, t, space, r.was); err != nil {
		return err
	}
	n, err := t.exec(ctx, "INSERT INTO queue (space, order_day, key, paper) SELECT $1, p.order_day, p.key, p.id FROM papers p WHERE p.id = $2 AND"+unqueued, space, r.id)
	t.count(space, n, 0)
	return err
}

// fill queues the papers with after < id ≤ upTo that belong in the queue of a
// space and are not there yet.
func fill(ctx context.Context, t *txn, space, after, upTo int64) error {
	n, err := t.exec(ctx, `INSERT INTO queue (space, order_day, key, paper)
		SELECT $1, p.order_day, p.key, p.id FROM papers p WHERE p.id > $2 AND p.id <= $3 AND`+unqueued+`
		ON CONFLICT DO NOTHING`, space, after, upTo)
	t.count(space, n, 0)
	return err
}
