-- Indexes into which every new paper falls at random cost an import the most: a
-- page written twice for each paper. The one by title holds the beginning of the
-- title now, the one by lot is gone: Sample computes the lots.

-- +goose Up

DROP INDEX papers_sample;
DROP INDEX records_title;
CREATE INDEX records_title ON records (substr(title_norm, 1, 24));

-- Codes are looked up by anybody.
CREATE INDEX pairings_hash ON pairings (hash);
