-- Who is told of what happens. Times are seconds since 1970.
CREATE TABLE webhook (
    id                   TEXT    PRIMARY KEY,
    url                  TEXT    NOT NULL,
    secret               BLOB    NOT NULL, -- sealed with the server's key
    events               TEXT    NOT NULL, -- a JSON array of words
    protocol             TEXT CHECK (protocol IN ('L402', 'MPP', 'x402')),
    status               TEXT    NOT NULL
        CHECK (status IN ('pending_verification', 'active', 'inactive')),
    status_reason        TEXT,
    client               TEXT    NOT NULL,
    -- The last event that was looked at for it.
    cursor               INTEGER NOT NULL,
    consecutive_failures INTEGER NOT NULL,
    -- Nothing is sent before.
    paused_until         INTEGER NOT NULL,
    created_at           INTEGER NOT NULL,
    changed_at           INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_by_status ON webhook (status, cursor);
CREATE INDEX webhook_by_client ON webhook (client);

-- What is sent to whom: an event for each webhook that wants it.
CREATE TABLE webhook_delivery (
    id              TEXT    PRIMARY KEY,
    webhook_id      TEXT    NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    seq             INTEGER NOT NULL, -- of the event
    kind            TEXT    NOT NULL,
    listing_id      TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('waiting', 'delivered', 'given_up')),
    attempts        INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    last_attempt_at INTEGER,
    http_status     INTEGER,
    error           TEXT,
    UNIQUE (webhook_id, seq)
) STRICT;

CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook_id, next_attempt_at, seq)
    WHERE status = 'waiting';
