-- Authorizations that were taken to be carried out. The key is the digest of chain, asset, payer
-- and nonce: the chain takes each of them once.
CREATE TABLE settlement (
    id               BLOB PRIMARY KEY CHECK (length(id) = 32),
    chain_id         INTEGER NOT NULL,
    asset            BLOB NOT NULL CHECK (length(asset) = 20),
    payer            BLOB NOT NULL CHECK (length(payer) = 20),
    nonce            BLOB NOT NULL CHECK (length(nonce) = 32),
    pay_to           BLOB NOT NULL CHECK (length(pay_to) = 20),
    -- Whole numbers of up to 256 bits, in digits.
    value            TEXT NOT NULL,
    valid_after      TEXT NOT NULL,
    valid_before     TEXT NOT NULL,
    signature        BLOB NOT NULL,
    gas_limit        INTEGER NOT NULL CHECK (gas_limit > 0),
    -- The newest block when it was taken; the nonce was unused then.
    begun_block      INTEGER NOT NULL,
    -- reserved: no transaction was sent. broadcast: one may be mined at any time. unknown: the
    -- nonce is used, and by what is not found yet. settled, failed: proven by the chain.
    state            TEXT NOT NULL
        CHECK (state IN ('reserved', 'broadcast', 'unknown', 'settled', 'failed')),
    -- The process that is at it, and when others may take it up: milliseconds since 1970 by the
    -- database's clock.
    owner            TEXT NOT NULL,
    next_check_ms    INTEGER NOT NULL,
    checks           INTEGER NOT NULL DEFAULT 0,
    -- What carried it out, or what failed.
    transaction_hash BLOB CHECK (length(transaction_hash) = 32),
    failure          TEXT,
    -- Whether a caller was told that it is settled: only one may deliver for it.
    is_told          INTEGER NOT NULL DEFAULT 0 CHECK (is_told IN (0, 1)),
    begun_at_ms      INTEGER NOT NULL,
    ended_at_ms      INTEGER,
    CHECK (state <> 'settled' OR transaction_hash IS NOT NULL),
    CHECK ((state = 'failed') = (failure IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX settlement_due ON settlement (chain_id, next_check_ms)
    WHERE state IN ('reserved', 'broadcast', 'unknown');

-- Transactions, written before any node saw them.
CREATE TABLE settlement_transaction (
    hash             BLOB PRIMARY KEY CHECK (length(hash) = 32),
    settlement       BLOB NOT NULL REFERENCES settlement (id) ON DELETE CASCADE,
    sender           BLOB NOT NULL CHECK (length(sender) = 20),
    account_nonce    INTEGER NOT NULL,
    -- In wei for each unit of gas.
    max_fee          INTEGER NOT NULL,
    max_priority_fee INTEGER NOT NULL,
    raw              BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX settlement_transaction_of ON settlement_transaction (settlement);

-- Which remote facilitator was asked to settle a payment; it and no other is asked again. The key
-- is the digest of the payment as it is sent.
CREATE TABLE settlement_choice (
    id           BLOB PRIMARY KEY CHECK (length(id) = 32),
    facilitator  TEXT NOT NULL,
    chosen_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX settlement_choice_age ON settlement_choice (chosen_at_ms);
