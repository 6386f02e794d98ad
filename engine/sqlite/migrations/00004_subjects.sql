-- Events about other things than papers (an author, a keyword, a category, an
-- interest), and events that say more than that they happened.

-- +goose Up

CREATE TABLE events_new (
    seq      BIGINT  PRIMARY KEY,
    user_id  INTEGER NOT NULL REFERENCES users (id),
    act      TEXT    NOT NULL,
    undo     INTEGER NOT NULL,
    paper    INTEGER REFERENCES papers (id), -- NULL where it is about something else
    about    TEXT    NOT NULL, -- '' where it is about a paper
    detail   TEXT    NOT NULL, -- JSON; '' for nothing more
    at       BIGINT  NOT NULL, -- when it counts
    recorded BIGINT  NOT NULL
);
INSERT INTO events_new SELECT seq, user_id, act, undo, paper, '', '', at, recorded FROM events;
DROP TABLE events;
ALTER TABLE events_new RENAME TO events;
CREATE INDEX events_user ON events (user_id, seq);
