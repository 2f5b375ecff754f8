-- Work that one process does at a time, and processes that are alive. Times are milliseconds
-- since 1970.
CREATE TABLE lease (
    name     TEXT COLLATE "C" PRIMARY KEY,
    holder   TEXT   NOT NULL,
    until_ms BIGINT NOT NULL
);

CREATE INDEX lease_holder ON lease (holder);

-- Requests with an Idempotency-Key, and what was answered.
CREATE TABLE idempotency (
    scope       TEXT   NOT NULL,
    key         BYTEA  NOT NULL CHECK (length(key) = 32),
    fingerprint BYTEA  NOT NULL CHECK (length(fingerprint) = 32),
    -- Null while the request is being answered.
    status      BIGINT,
    body        TEXT,
    -- Who answers it; a request of a process that died can be asked again.
    owner       TEXT   NOT NULL,
    at_ms       BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE INDEX idempotency_at ON idempotency (at_ms);

-- What happened, for those who are to be told; written with the change itself.
CREATE TABLE outbox (
    seq     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    TEXT   NOT NULL,
    -- Whom it concerns.
    subject TEXT   NOT NULL,
    body    TEXT   NOT NULL,
    at_ms   BIGINT NOT NULL
);

CREATE INDEX outbox_subject ON outbox (subject, seq);
