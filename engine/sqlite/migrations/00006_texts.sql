-- Papers in the order of their newest changes, for Texts. New ones go to the end.

-- +goose Up

CREATE INDEX papers_seq ON papers (seq);
