package sqlite

import (
	"context"
	"fmt"
	"time"

	"kindred/engine"
)

// PutPapers implements engine.Papers: what the batch knows already is loaded,
// the batch merged into it in memory, and what changed saved.
func (s *Store) PutPapers(ctx context.Context, batch engine.Batch, now time.Time) ([]engine.Outcome, error) {
	outcomes := make([]engine.Outcome, len(batch.Papers))
	given := make([]engine.Paper, len(batch.Papers))
	var ids []engine.ID
	for i, p := range batch.Papers {
		if err := p.Clean(); err != nil {
			outcomes[i] = engine.Outcome{Result: engine.Rejected, Err: fmt.Errorf("paper %.80q: %w", p.Title, err)}
			continue
		}
		given[i] = p
		ids = append(ids, p.IDs...)
	}
	now = time.UnixMicro(now.UnixMicro()).UTC()
	var progress engine.Import
	err := s.write(ctx, func(t *txn) error {
		known, err := loadNamed(ctx, t, ids)
		if err != nil {
			return fmt.Errorf("look up: %w", err)
		}
		var changed []*row
		for i := range given {
			if outcomes[i].Err != nil {
				continue
			}
			r, result := known.put(given[i], batch.Source, now)
			outcomes[i] = engine.Outcome{Key: r.Key, Result: result}
			if result != engine.Unchanged && !r.changed {
				r.changed = true
				changed = append(changed, r)
			}
		}
		if err := save(ctx, t, changed); err != nil {
			return err
		}
		if batch.Progress != nil {
			progress = batch.Progress.With(outcomes)
			return putImport(ctx, t, progress)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("put %d papers: %w", len(batch.Papers), err)
	}
	if batch.Progress != nil {
		*batch.Progress = progress
	}
	return outcomes, nil
}

// save writes rows that changed, each under a change number of its own.
func save(ctx context.Context, t *txn, rows []*row) error {
	var last int64
	if err := t.tx.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM papers").Scan(&last); err != nil {
		return err
	}
	for _, r := range rows {
		r.finish()
		r.Change = t.next()
		if r.was == nil || r.was.removed {
			r.addedSeq = r.Change
			t.papers++
		}
		var err error
		if r.was == nil {
			last++
			r.id = last
			err = insert(ctx, t, r)
		} else {
			err = update(ctx, t, r)
		}
		if err != nil {
			return fmt.Errorf("paper %s: %w", r.Key, err)
		}
	}
	return nil
}

// insert adds the rows of a new paper.
func insert(ctx context.Context, t *txn, r *row) error {
	_, err := t.exec(ctx, "INSERT INTO papers (id, key, ids, removed, order_day, added_seq, seq, text, categories) VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?)",
		r.id, string(r.Key), toList(r.IDs), int64(r.day), r.addedSeq, r.Change, r.text, toList(r.Categories))
	if err != nil {
		return err
	}
	if err := insertParts(ctx, t, r); err != nil {
		return err
	}
	if err := insertCategories(ctx, t, r); err != nil {
		return err
	}
	spaces, err := t.spaces(ctx)
	if err != nil {
		return err
	}
	for _, space := range spaces {
		if err := enqueue(ctx, t, space, r); err != nil {
			return err
		}
	}
	return nil
}

// update rewrites the rows of a paper that was there before.
func update(ctx context.Context, t *txn, r *row) error {
	_, err := t.exec(ctx, "UPDATE papers SET ids = ?, removed = 0, order_day = ?, added_seq = ?, seq = ?, text = ?, categories = ? WHERE id = ?",
		toList(r.IDs), int64(r.day), r.addedSeq, r.Change, r.text, toList(r.Categories), r.id)
	if err != nil {
		return err
	}
	if err := insertParts(ctx, t, r); err != nil {
		return err
	}
	if err := deleteCategories(ctx, t, r.was); err != nil {
		return err
	}
	if err := insertCategories(ctx, t, r); err != nil {
		return err
	}
	spaces, err := t.spaces(ctx)
	if err != nil {
		return err
	}
	for _, space := range spaces {
		if err := requeue(ctx, t, space, r); err != nil {
			return err
		}
		// The row of a vector follows its paper: see doc.go.
		_, err := t.exec(ctx, "UPDATE vectors SET seq = ? WHERE space = ? AND paper = ? AND vector IS NOT NULL", r.Change, space, r.id)
		if err != nil {
			return err
		}
	}
	return nil
}

// insertParts writes the record of a paper, and those of its ids that are new.
func insertParts(ctx context.Context, t *txn, r *row) error {
	_, err := t.exec(ctx, `INSERT INTO records (paper, added, published, updated, title, title_norm, authors, urls, sources, abstract)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (paper) DO UPDATE SET added = excluded.added, published = excluded.published, updated = excluded.updated,
			title = excluded.title, title_norm = excluded.title_norm, authors = excluded.authors, urls = excluded.urls,
			sources = excluded.sources, abstract = excluded.abstract`,
		r.id, toTime(r.Added), r.Published.String(), r.Updated.String(), r.Title, engine.NormalTitle(r.Title),
		toList(r.Authors), toList(r.URLs), toSources(r.Sources), r.Abstract)
	if err != nil {
		return err
	}
	for _, id := range r.newIDs {
		if _, err := t.exec(ctx, "INSERT INTO ids (id, paper) VALUES (?, ?)", string(id), r.id); err != nil {
			return fmt.Errorf("id %s: %w", id, err)
		}
	}
	return nil
}

func insertCategories(ctx context.Context, t *txn, r *row) error {
	for _, c := range r.Categories {
		_, err := t.exec(ctx, "INSERT INTO categories (category, order_day, key, added_seq) VALUES (?, ?, ?, ?)", c, int64(r.day), string(r.Key), r.addedSeq)
		if err != nil {
			return fmt.Errorf("category %s: %w", c, err)
		}
	}
	return nil
}

func deleteCategories(ctx context.Context, t *txn, r *row) error {
	for _, c := range r.Categories {
		_, err := t.exec(ctx, "DELETE FROM categories WHERE category = ? AND order_day = ? AND key = ?", c, int64(r.day), string(r.Key))
		if err != nil {
			return fmt.Errorf("category %s: %w", c, err)
		}
	}
	return nil
}

// RemovePaper implements engine.Papers.
func (s *Store) RemovePaper(ctx context.Context, key engine.Key) error {
	err := s.write(ctx, func(t *txn) error {
		rows, err := loadKeys(ctx, t, []engine.Key{key})
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].removed {
			return engine.ErrNotFound
		}
		return remove(ctx, t, rows[0])
	})
	if err != nil {
		return fmt.Errorf("remove paper %s: %w", key, err)
	}
	return nil
}

func remove(ctx context.Context, t *txn, r *row) error {
	seq := t.next()
	t.papers--
	if err := deleteCategories(ctx, t, r); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "DELETE FROM records WHERE paper = ?", r.id); err != nil {
		return err
	}
	if _, err := t.exec(ctx, "UPDATE papers SET removed = 1, seq = ?, text = '', categories = '[]' WHERE id = ?", seq, r.id); err != nil {
		return err
	}
	spaces, err := t.spaces(ctx)
	if err != nil {
		return err
	}
	for _, space := range spaces {
		if err := dequeue(ctx, t, space, r); err != nil {
			return err
		}
		if _, err := t.exec(ctx, "DELETE FROM failures WHERE space = ? AND paper = ?", space, r.id); err != nil {
			return err
		}
		n, err := t.exec(ctx, "UPDATE vectors SET vector = NULL, seq = ? WHERE space = ? AND paper = ? AND vector IS NOT NULL", seq, space, r.id)
		if err != nil {
			return err
		}
		t.count(space, 0, -n)
	}
	return nil
}
