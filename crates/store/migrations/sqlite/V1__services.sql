-- Work that one process does at a time, and processes that are alive. Times are milliseconds
-- since 1970.
CREATE TABLE lease (
    name     TEXT    PRIMARY KEY,
    holder   TEXT    NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX lease_holder ON lease (holder);

-- Requests with an Idempotency-Key, and what was answered.
CREATE TABLE idempotency (
    scope       TEXT    NOT NULL,
    key         BLOB    NOT NULL CHECK (length(key) = 32),
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    -- Null while the request is being answered.
    status      INTEGER,
    body        TEXT,
    -- Who answers it; a request of a process that died can be asked again.
    owner       TEXT    NOT NULL,
    at_ms       INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_at ON idempotency (at_ms);

-- What happened, for those who are to be told; written with the change itself.
CREATE TABLE outbox (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    kind    TEXT    NOT NULL,
    -- Whom it concerns.
    subject TEXT    NOT NULL,
    body    TEXT    NOT NULL,
    at_ms   INTEGER NOT NULL
) STRICT;

CREATE INDEX outbox_subject ON outbox (subject, seq);
