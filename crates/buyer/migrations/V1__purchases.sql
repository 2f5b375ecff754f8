-- One row per invoice that was ever chosen for payment: the intent first, the receipt later.
CREATE TABLE purchase (
    id           INTEGER PRIMARY KEY,
    fingerprint  BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    origin       TEXT    NOT NULL,
    method       TEXT    NOT NULL,
    url          TEXT    NOT NULL,
    payment_hash BLOB    NOT NULL UNIQUE CHECK (length(payment_hash) = 32),
    invoice      TEXT    NOT NULL,
    amount_msat  INTEGER NOT NULL CHECK (amount_msat > 0),
    fee_max_msat INTEGER NOT NULL CHECK (fee_max_msat >= 0),
    fee_msat     INTEGER CHECK (fee_msat >= 0),
    scheme       TEXT    NOT NULL,
    token        TEXT    NOT NULL,
    wallet       TEXT    NOT NULL,
    preimage     BLOB    CHECK (length(preimage) = 32),
    state        TEXT    NOT NULL
        CHECK (state IN ('intended', 'paid', 'credit', 'delivered', 'failed', 'abandoned')),
    status_code  INTEGER,
    created_at   INTEGER NOT NULL,
    paid_at      INTEGER,
    updated_at   INTEGER NOT NULL,
    note         TEXT    NOT NULL DEFAULT '',
    CHECK ((preimage IS NULL) = (paid_at IS NULL)),
    CHECK ((preimage IS NULL) = (fee_msat IS NULL)),
    CHECK (state NOT IN ('paid', 'credit', 'delivered') OR preimage IS NOT NULL),
    CHECK (state NOT IN ('intended', 'failed') OR preimage IS NULL)
) STRICT;

-- The rule that one request has one purchase at a time, whatever the program does.
CREATE UNIQUE INDEX purchase_unfinished ON purchase (fingerprint)
    WHERE state IN ('intended', 'paid');

-- Payments whose request was answered with an error, good for another one.
CREATE INDEX purchase_credit ON purchase (origin, method) WHERE state = 'credit';

-- Tokens that were paid for and may be good for another request.
CREATE TABLE token (
    payment_hash BLOB    PRIMARY KEY CHECK (length(payment_hash) = 32),
    origin       TEXT    NOT NULL,
    path         TEXT    NOT NULL,
    method       TEXT    NOT NULL,
    origin_wide  INTEGER NOT NULL CHECK (origin_wide IN (0, 1)),
    scheme       TEXT    NOT NULL,
    token        TEXT    NOT NULL,
    preimage     BLOB    NOT NULL CHECK (length(preimage) = 32),
    expires_at   INTEGER,
    created_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX token_origin ON token (origin);

-- Origins that refused a token at another path than the one it was bought for.
CREATE TABLE origin_per_path (
    origin TEXT PRIMARY KEY
) STRICT;
