-- The first schema. Types are TEXT, BIGINT and INTEGER, which most databases
-- read alike; SQLite's own are only BLOB and WITHOUT ROWID. Times are
-- microseconds since 1970 in UTC, 0 where there is none; days are days since
-- then; lists are JSON arrays. Inside, a paper, user or space is a small
-- integer; outside, its key or name.

-- +goose Up

-- One row: the change sequence and what must be known without counting.
CREATE TABLE state (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    seq    BIGINT  NOT NULL, -- the last change number taken
    papers BIGINT  NOT NULL, -- how many are not removed
    active TEXT    NOT NULL  -- name of the space that questions are answered in
);
INSERT INTO state (id, seq, papers, active) VALUES (1, 0, 0, '');

-- Every paper there ever was, with what indexes and queues need. Of a removed
-- one only this row and its ids remain.
CREATE TABLE papers (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL, -- found by ids, where it is too
    ids        TEXT    NOT NULL, -- all of them, the key first
    removed    INTEGER NOT NULL, -- 0 or 1
    order_day  INTEGER NOT NULL, -- Paper.Order
    added_seq  BIGINT  NOT NULL, -- change number of its (latest) addition
    seq        BIGINT  NOT NULL, -- change number of its newest change
    text       TEXT    NOT NULL, -- digest of the text that is embedded
    categories TEXT    NOT NULL
);
CREATE INDEX papers_newest ON papers (order_day DESC, key, added_seq) WHERE removed = 0;

-- What a person reads of a paper that is not removed.
CREATE TABLE records (
    paper      INTEGER PRIMARY KEY REFERENCES papers (id),
    added      BIGINT  NOT NULL,
    published  TEXT    NOT NULL, -- 2025, 2025-03 or 2025-03-14; '' if unknown
    updated    TEXT    NOT NULL,
    title      TEXT    NOT NULL,
    title_norm TEXT    NOT NULL, -- engine.NormalTitle
    authors    TEXT    NOT NULL,
    urls       TEXT    NOT NULL,
    sources    TEXT    NOT NULL, -- [{"name":…,"at":…}]
    abstract   TEXT    NOT NULL
);
CREATE INDEX records_title ON records (title_norm);

-- Which paper an id names, for ever.
CREATE TABLE ids (
    id    TEXT    PRIMARY KEY,
    paper INTEGER NOT NULL REFERENCES papers (id)
) WITHOUT ROWID;

-- The papers of each category in the order of Newest.
CREATE TABLE categories (
    category  TEXT    NOT NULL,
    order_day INTEGER NOT NULL,
    key       TEXT    NOT NULL,
    added_seq BIGINT  NOT NULL,
    PRIMARY KEY (category, order_day DESC, key)
) WITHOUT ROWID;

CREATE TABLE spaces (
    id       INTEGER PRIMARY KEY,
    name     TEXT    NOT NULL UNIQUE, -- embed.Space.ID
    spec     TEXT    NOT NULL,        -- embed.Space as JSON
    dim      INTEGER NOT NULL,
    filled   BIGINT  NOT NULL, -- papers up to this id have been queued
    ready    INTEGER NOT NULL, -- 0 until all have been: the space is not recorded yet; 1; -1 while it is being deleted
    queued   BIGINT  NOT NULL, -- rows in queue
    embedded BIGINT  NOT NULL  -- rows in vectors that have a vector
);

-- A row stays when its paper is removed, without a vector, so that indexes hear of it.
CREATE TABLE vectors (
    id     INTEGER PRIMARY KEY,
    space  INTEGER NOT NULL REFERENCES spaces (id),
    paper  INTEGER NOT NULL REFERENCES papers (id),
    seq    BIGINT  NOT NULL, -- the newest change of vector or paper
    text   TEXT    NOT NULL, -- digest of the text that it is of
    vector BLOB,             -- float32, little-endian
    UNIQUE (space, paper)
);
CREATE INDEX vectors_seq ON vectors (space, seq);

-- The papers that wait for a vector of their present text, in the order in
-- which they get it.
CREATE TABLE queue (
    space     INTEGER NOT NULL REFERENCES spaces (id),
    order_day INTEGER NOT NULL,
    key       TEXT    NOT NULL,
    paper     INTEGER NOT NULL REFERENCES papers (id),
    PRIMARY KEY (space, order_day DESC, key)
) WITHOUT ROWID;

-- The texts that can never be embedded. One of an earlier text means nothing.
CREATE TABLE failures (
    space  INTEGER NOT NULL REFERENCES spaces (id),
    paper  INTEGER NOT NULL REFERENCES papers (id),
    text   TEXT    NOT NULL,
    reason TEXT    NOT NULL,
    PRIMARY KEY (space, paper)
) WITHOUT ROWID;

CREATE TABLE users (
    id   INTEGER PRIMARY KEY,
    name TEXT    NOT NULL UNIQUE
);

-- What people did; rows are only ever added.
CREATE TABLE events (
    seq      BIGINT  PRIMARY KEY,
    user_id  INTEGER NOT NULL REFERENCES users (id),
    act      TEXT    NOT NULL,
    undo     INTEGER NOT NULL,
    paper    INTEGER NOT NULL REFERENCES papers (id),
    at       BIGINT  NOT NULL, -- when it counts
    recorded BIGINT  NOT NULL
);
CREATE INDEX events_user ON events (user_id, seq);

CREATE TABLE leases (
    name    TEXT   PRIMARY KEY,
    owner   TEXT   NOT NULL,
    data    TEXT   NOT NULL,
    expires BIGINT NOT NULL
);

CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE tokens (
    id        TEXT   PRIMARY KEY,
    user_name TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    scopes    TEXT   NOT NULL,
    hash      TEXT   NOT NULL UNIQUE,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    last_used BIGINT NOT NULL,
    revoked   BIGINT NOT NULL
);

CREATE TABLE imports (
    id          TEXT   PRIMARY KEY,
    name        TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    format      TEXT   NOT NULL,
    position    BIGINT NOT NULL,
    added       BIGINT NOT NULL,
    updated     BIGINT NOT NULL,
    unchanged   BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    started     BIGINT NOT NULL,
    finished    BIGINT NOT NULL
);
CREATE INDEX imports_started ON imports (started, id);
CREATE INDEX imports_fingerprint ON imports (fingerprint, started, id);
