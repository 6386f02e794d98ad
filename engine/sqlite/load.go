package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"kindred/engine"
)

// columns of a paper, for scanRow. Those of records are null for a removed
// one.
const columns = `p.id, p.key, p.ids, p.removed, p.order_day, p.added_seq, p.seq, p.text, p.categories,
	coalesce(r.added, 0), coalesce(r.published, ''), coalesce(r.updated, ''), coalesce(r.title, ''), coalesce(r.authors, '[]'),
	coalesce(r.urls, '[]'), coalesce(r.sources, '[]'), coalesce(r.abstract, '')`

func scanRow(scan scanner) (*row, error) {
	var r row
	var removed, added int64
	var ids, categories, published, updated, authors, urls, sources string
	err := scan(&r.id, &r.Key, &ids, &removed, &r.day, &r.addedSeq, &r.Change, &r.text, &categories,
		&added, &published, &updated, &r.Title, &authors, &urls, &sources, &r.Abstract)
	if err != nil {
		return nil, err
	}
	r.removed = removed != 0
	r.Added = fromTime(added)
	fail := func(err error) (*row, error) { return nil, fmt.Errorf("paper %s: %w", r.Key, err) }
	if r.IDs, err = fromList[engine.ID](ids); err != nil {
		return fail(err)
	}
	if r.Categories, err = fromList[string](categories); err != nil {
		return fail(err)
	}
	if r.Authors, err = fromList[string](authors); err != nil {
		return fail(err)
	}
	if r.URLs, err = fromList[string](urls); err != nil {
		return fail(err)
	}
	if r.Sources, err = fromSources(sources); err != nil {
		return fail(err)
	}
	if r.Published, err = engine.ParseDate(published); err != nil {
		return fail(err)
	}
	if r.Updated, err = engine.ParseDate(updated); err != nil {
		return fail(err)
	}
	return &r, nil
}

// load reads the papers that a statement, beginning with a list of names and
// ending in rows of papers p, is about.
func load(ctx context.Context, q querier, from, list string) (rows []*row, err error) {
	err = each(ctx, q, "SELECT "+columns+from, []any{list}, func(scan scanner) error {
		r, err := scanRow(scan)
		rows = append(rows, r)
		return err
	})
	return rows, err
}

// loadKeys reads the papers of keys, removed ones too, in no order. A key that
// is asked for twice may be there twice.
func loadKeys(ctx context.Context, q querier, keys []engine.Key) (rows []*row, err error) {
	for some := range slices.Chunk(keys, chunk) {
		part, err := load(ctx, q, ` FROM json_each(?) j
			JOIN ids i ON i.id = j.value JOIN papers p ON p.id = i.paper AND p.key = i.id
			LEFT JOIN records r ON r.paper = p.id`, asked(some))
		if err != nil {
			return nil, err
		}
		rows = append(rows, part...)
	}
	return rows, nil
}

// loadNamed reads the papers that ids name, removed ones too.
func loadNamed(ctx context.Context, q querier, ids []engine.ID) (named, error) {
	out := named{}
	for some := range slices.Chunk(ids, chunk) {
		rows, err := load(ctx, q, ` FROM (SELECT DISTINCT i.paper FROM json_each(?) j JOIN ids i ON i.id = j.value) n
			JOIN papers p ON p.id = n.paper LEFT JOIN records r ON r.paper = p.id`, asked(some))
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			was := *r
			r.was = &was
			for _, id := range r.IDs { // all: two chunks may name one paper
				out[id] = r
			}
		}
	}
	return out, nil
}

// Resolve implements engine.Papers.
func (s *Store) Resolve(ctx context.Context, ids []engine.ID) ([]engine.Key, error) {
	found := make(map[engine.ID]engine.Key, len(ids))
	for some := range slices.Chunk(ids, chunk) {
		err := each(ctx, s.reader, "SELECT i.id, p.key FROM json_each(?) j JOIN ids i ON i.id = j.value JOIN papers p ON p.id = i.paper",
			[]any{asked(some)}, func(scan scanner) error {
				var id engine.ID
				var key engine.Key
				err := scan(&id, &key)
				found[id] = key
				return err
			})
		if err != nil {
			return nil, fmt.Errorf("resolve %d ids: %w", len(ids), err)
		}
	}
	keys := make([]engine.Key, len(ids))
	for i, id := range ids {
		keys[i] = found[id]
	}
	return keys, nil
}

// GetPapers implements engine.Papers.
func (s *Store) GetPapers(ctx context.Context, keys []engine.Key) (map[engine.Key]engine.Paper, error) {
	rows, err := loadKeys(ctx, s.reader, keys)
	if err != nil {
		return nil, fmt.Errorf("get %d papers: %w", len(keys), err)
	}
	out := make(map[engine.Key]engine.Paper, len(rows))
	for _, r := range rows {
		if !r.removed {
			out[r.Key] = r.Paper
		}
	}
	return out, nil
}

// WithTitle implements engine.Papers.
func (s *Store) WithTitle(ctx context.Context, title string, limit int) (keys []engine.Key, err error) {
	if strings.ContainsRune(title, 0) {
		return nil, nil
	}
	err = each(ctx, s.reader, "SELECT p.key FROM records r JOIN papers p ON p.id = r.paper WHERE substr(r.title_norm, 1, 24) = substr($1, 1, 24) AND r.title_norm = $1 ORDER BY p.key LIMIT $2",
		[]any{title, max(limit, 0)}, func(scan scanner) error {
			var key engine.Key
			err := scan(&key)
			keys = append(keys, key)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("papers with title %.80q: %w", title, err)
	}
	return keys, nil
}

// source is engine.Source as a column holds it.
type source struct {
	Name string `json:"name"`
	At   int64  `json:"at"`
}

func toSources(sources []engine.Source) string {
	out := make([]source, len(sources))
	for i, s := range sources {
		out[i] = source{s.Name, s.At.UnixMicro()}
	}
	b, err := json.Marshal(out)
	if err != nil { // unreachable: strings and numbers
		panic(err)
	}
	return string(b)
}

func fromSources(column string) ([]engine.Source, error) {
	var in []source
	if err := json.Unmarshal([]byte(column), &in); err != nil {
		return nil, fmt.Errorf("sources %.40q: %w", column, err)
	}
	var out []engine.Source
	for _, s := range in {
		out = append(out, engine.Source{Name: s.Name, At: time.UnixMicro(s.At).UTC()})
	}
	return out, nil
}
