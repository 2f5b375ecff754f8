-- Whoever holds a token of it. What it has is in the ledger, under user:<id>.
CREATE TABLE account (
    id         TEXT    PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

-- Only digests of tokens are kept.
CREATE TABLE account_token (
    digest     BLOB    PRIMARY KEY CHECK (length(digest) = 32),
    account    TEXT    NOT NULL REFERENCES account (id),
    created_at INTEGER NOT NULL,
    -- Set at the first use; until then a lost answer to its claim can be asked for again.
    used_at    INTEGER,
    -- Set when another token took its place.
    revoked_at INTEGER
) STRICT;

CREATE INDEX account_token_account ON account_token (account);

-- Invoices that fill a balance.
CREATE TABLE topup (
    payment_hash BLOB    PRIMARY KEY CHECK (length(payment_hash) = 32),
    amount_msat  INTEGER NOT NULL CHECK (amount_msat > 0),
    -- The account that is refilled; null when the claim makes a new one.
    account      TEXT    REFERENCES account (id),
    client       TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'settled', 'claimed')),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    claimed_at   INTEGER,
    -- Who may ask for the answer of a claim again.
    claim_key    BLOB,
    claim_client TEXT,
    -- The token that the claim made.
    token_digest BLOB
) STRICT;

CREATE INDEX topup_pending ON topup (expires_at) WHERE state = 'pending';
CREATE INDEX topup_open_of_client ON topup (client, expires_at) WHERE state = 'pending';

-- Amounts set aside for requests that are being answered.
CREATE TABLE hold (
    id          TEXT    PRIMARY KEY,
    account     TEXT    NOT NULL REFERENCES account (id),
    amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
    route       TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('active', 'settled', 'released')),
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER
) STRICT;

CREATE INDEX hold_active ON hold (id) WHERE state = 'active';
