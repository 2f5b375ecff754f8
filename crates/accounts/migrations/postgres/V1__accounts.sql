-- Whoever holds a token of it. What it has is in the ledger, under user:<id>.
CREATE TABLE account (
    id         TEXT COLLATE "C"    PRIMARY KEY,
    created_at BIGINT  NOT NULL
);

-- Only digests of tokens are kept.
CREATE TABLE account_token (
    digest     BYTEA    PRIMARY KEY CHECK (length(digest) = 32),
    account    TEXT    NOT NULL REFERENCES account (id),
    created_at BIGINT  NOT NULL,
    -- Set at the first use; until then a lost answer to its claim can be asked for again.
    used_at    BIGINT,
    -- Set when another token took its place, or when it was withdrawn.
    revoked_at BIGINT,
    -- The rest is set for a child token: one that may spend up to a cap and nothing else.
    child_id   TEXT    UNIQUE,
    name       TEXT,
    cap_msat   BIGINT  CHECK (cap_msat > 0),
    spent_msat BIGINT  NOT NULL DEFAULT 0 CHECK (spent_msat >= 0),
    expires_at BIGINT,
    CHECK ((child_id IS NULL) = (cap_msat IS NULL)),
    CHECK (cap_msat IS NULL OR spent_msat <= cap_msat)
);

CREATE INDEX account_token_account ON account_token (account);

-- Invoices that fill a balance.
CREATE TABLE topup (
    payment_hash BYTEA    PRIMARY KEY CHECK (length(payment_hash) = 32),
    amount_msat  BIGINT  NOT NULL CHECK (amount_msat > 0),
    -- The account that is refilled; null when the claim makes a new one.
    account      TEXT    REFERENCES account (id),
    client       TEXT    NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('pending', 'settled', 'claimed')),
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    claimed_at   BIGINT,
    -- Who may ask for the answer of a claim again.
    claim_key    BYTEA,
    claim_client TEXT,
    -- The token that the claim made.
    token_digest BYTEA
);

CREATE INDEX topup_pending ON topup (expires_at) WHERE state = 'pending';
CREATE INDEX topup_open_of_client ON topup (client, expires_at) WHERE state = 'pending';

-- Amounts set aside for requests that are being answered; gone when they end. What an account
-- has set aside in all is in the ledger, under hold:<account>.
CREATE TABLE hold (
    id          TEXT COLLATE "C"    PRIMARY KEY,
    account     TEXT    NOT NULL REFERENCES account (id),
    -- The child token that it counts against.
    token       BYTEA    REFERENCES account_token (digest),
    amount_msat BIGINT  NOT NULL CHECK (amount_msat > 0),
    route       TEXT    NOT NULL,
    -- The process that answers the request; others give back what it leaves when it dies.
    owner       TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL
);

-- How far the settlements of a wallet were read.
CREATE TABLE wallet_cursor (
    wallet TEXT COLLATE "C"    PRIMARY KEY,
    cursor BIGINT  NOT NULL
);
