-- A paper's lot for Sample: its number times 2^32 over the golden ratio, modulo
-- 2^32, which spreads numbers that follow each other (Knuth, vol. 3, 6.4).

-- +goose Up

CREATE INDEX papers_sample ON papers (id * 2654435761 & 4294967295) WHERE removed = 0;
