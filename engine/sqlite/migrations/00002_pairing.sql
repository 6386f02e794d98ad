-- Pairing: tokens that are good for one browser extension, and the codes by
-- which those get them. Browser sessions are told from other tokens.

-- +goose Up

ALTER TABLE tokens ADD COLUMN origin TEXT NOT NULL DEFAULT ''; -- '' for any program
ALTER TABLE tokens ADD COLUMN session INTEGER NOT NULL DEFAULT 0; -- 0 or 1
UPDATE tokens SET session = 1 WHERE name = 'browser session' AND scopes = '["read","write"]' AND expires <> 0;

-- The newest code of each user, open or not.
CREATE TABLE pairings (
    user_name TEXT   PRIMARY KEY,
    hash      TEXT   NOT NULL,
    expires   BIGINT NOT NULL, -- open before
    token     TEXT   NOT NULL  -- that it was traded for; '' if it was not
);

-- One row: the wrong codes that were tried since codes were last opened.
CREATE TABLE pairing_tries (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    wrong INTEGER NOT NULL
);
INSERT INTO pairing_tries (id, wrong) VALUES (1, 0);
