-- What counts against the budget: one row per payment on any rail, reserved before anything is
-- sent. What is reserved counts as spent.
CREATE TABLE spend (
    id           INTEGER PRIMARY KEY,
    -- Payment hash or authorization nonce, hexadecimal.
    payment_key  TEXT    NOT NULL UNIQUE,
    rail         TEXT    NOT NULL,
    rule         TEXT    NOT NULL,
    method       TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    host         TEXT    NOT NULL,
    body_sha256  BLOB    NOT NULL CHECK (length(body_sha256) = 32),
    payee        TEXT,
    asset        TEXT    NOT NULL,
    -- The amount in the asset's smallest unit, which may be past 64 bits.
    units        TEXT    NOT NULL,
    -- What it counts as: bitcoin with its fee, the worst one while it is reserved, and dollars.
    msat         INTEGER NOT NULL CHECK (msat >= 0),
    micro_usd    INTEGER NOT NULL CHECK (micro_usd >= 0),
    fee_msat     INTEGER NOT NULL CHECK (fee_msat >= 0 AND fee_msat <= msat),
    state        TEXT    NOT NULL CHECK (state IN ('reserved', 'spent', 'released')),
    approval     TEXT,
    reserved_at  INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX spend_time ON spend (reserved_at);
CREATE INDEX spend_host ON spend (host) WHERE state = 'spent';
CREATE INDEX spend_reserved ON spend (id) WHERE state = 'reserved';

-- What was bought before there was a budget.
INSERT INTO spend (payment_key, rail, rule, method, url, host, body_sha256, asset, units, msat,
    micro_usd, fee_msat, state, reserved_at, updated_at)
SELECT lower(hex(payment_hash)), 'l402', 'default', method, url,
    substr(origin, instr(origin, '://') + 3), zeroblob(32), 'btc', amount_msat,
    amount_msat + coalesce(fee_msat, fee_max_msat), 0, coalesce(fee_msat, fee_max_msat),
    CASE WHEN preimage IS NOT NULL THEN 'spent' WHEN state = 'intended' THEN 'reserved'
        ELSE 'released' END,
    created_at, updated_at
FROM purchase;

-- Payments that a human is asked about. What has passed expires_at without an answer is a no.
CREATE TABLE approval (
    id           TEXT    PRIMARY KEY,
    state        TEXT    NOT NULL CHECK (state IN ('waiting', 'approved', 'denied', 'used')),
    rail         TEXT    NOT NULL,
    method       TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    host         TEXT    NOT NULL,
    body_sha256  BLOB    NOT NULL CHECK (length(body_sha256) = 32),
    payee        TEXT,
    asset        TEXT    NOT NULL,
    units_max    TEXT    NOT NULL,
    fee_max_msat INTEGER NOT NULL CHECK (fee_max_msat >= 0),
    amount       TEXT    NOT NULL,
    reason       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    decided_at   INTEGER,
    payment_key  TEXT
) STRICT;

CREATE INDEX approval_time ON approval (expires_at);

-- What happened to money, in order. Each hash covers its entry and the hash before it, so that
-- an entry that is changed, left out or put elsewhere shows.
CREATE TABLE receipt (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    at          INTEGER NOT NULL,
    event       TEXT    NOT NULL,
    host        TEXT    NOT NULL,
    payment_key TEXT    NOT NULL,
    entry       TEXT    NOT NULL,
    hash        BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX receipt_payment ON receipt (payment_key, seq);
CREATE INDEX receipt_event ON receipt (event, seq);

CREATE TRIGGER receipt_is_not_changed BEFORE UPDATE ON receipt
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;

CREATE TRIGGER receipt_is_not_deleted BEFORE DELETE ON receipt
BEGIN SELECT RAISE(ABORT, 'receipts are only added to'); END;

-- What a token cost that another program has bought; for one of our own the purchase knows.
ALTER TABLE token ADD COLUMN amount_msat INTEGER CHECK (amount_msat >= 0);
ALTER TABLE token ADD COLUMN fee_msat INTEGER CHECK (fee_msat >= 0);
