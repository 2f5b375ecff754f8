-- Who is told of what happens. Times are seconds since 1970.
CREATE TABLE webhook (
    id                   TEXT COLLATE "C" PRIMARY KEY,
    url                  TEXT    NOT NULL,
    secret               BYTEA   NOT NULL, -- sealed with the server's key
    events               TEXT    NOT NULL, -- a JSON array of words
    protocol             TEXT CHECK (protocol IN ('L402', 'MPP', 'x402')),
    status               TEXT    NOT NULL
        CHECK (status IN ('pending_verification', 'active', 'inactive')),
    status_reason        TEXT,
    client               TEXT    NOT NULL,
    -- The last event that was looked at for it.
    cursor               BIGINT NOT NULL,
    consecutive_failures BIGINT NOT NULL,
    -- Nothing is sent before.
    paused_until         BIGINT NOT NULL,
    created_at           BIGINT NOT NULL,
    changed_at           BIGINT NOT NULL
);

CREATE INDEX webhook_by_status ON webhook (status, cursor);
CREATE INDEX webhook_by_client ON webhook (client);

-- What is sent to whom: an event for each webhook that wants it.
CREATE TABLE webhook_delivery (
    id              TEXT COLLATE "C" PRIMARY KEY,
    webhook_id      TEXT COLLATE "C"    NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    seq             BIGINT NOT NULL, -- of the event
    kind            TEXT    NOT NULL,
    listing_id      TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('waiting', 'delivered', 'given_up')),
    attempts        BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    last_attempt_at BIGINT,
    http_status     BIGINT,
    error           TEXT,
    UNIQUE (webhook_id, seq)
);

CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, next_attempt_at, seq)
    WHERE status = 'waiting';
