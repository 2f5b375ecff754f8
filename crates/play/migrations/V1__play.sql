-- Amounts are millisatoshis. Times are milliseconds since 1970.

CREATE TABLE wallet (
    wallet_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    node_key BLOB NOT NULL CHECK (length(node_key) = 32),
    balance_msat INTEGER NOT NULL DEFAULT 0 CHECK (balance_msat >= 0)
) STRICT;

-- Where all play money comes from: the balances add up to the amounts here.
CREATE TABLE mint (
    wallet_id INTEGER NOT NULL REFERENCES wallet,
    mint_id TEXT NOT NULL,
    amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
    minted_at_ms INTEGER NOT NULL,
    PRIMARY KEY (wallet_id, mint_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE incoming (
    payment_hash BLOB PRIMARY KEY CHECK (length(payment_hash) = 32),
    wallet_id INTEGER NOT NULL REFERENCES wallet,
    preimage BLOB NOT NULL CHECK (length(preimage) = 32),
    bolt11 TEXT NOT NULL,
    -- NULL lets the payer choose.
    amount_msat INTEGER CHECK (amount_msat > 0),
    description TEXT NOT NULL,
    external_id TEXT,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    -- Counts the settlements of one wallet from 1; NULL while unpaid.
    settled_seq INTEGER,
    settled_at_ms INTEGER,
    received_msat INTEGER CHECK (received_msat > 0),
    CHECK ((settled_seq IS NULL) = (settled_at_ms IS NULL)),
    CHECK ((settled_seq IS NULL) = (received_msat IS NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX incoming_settled ON incoming (wallet_id, settled_seq)
    WHERE settled_seq IS NOT NULL;
CREATE INDEX incoming_settled_at ON incoming (wallet_id, settled_at_ms)
    WHERE settled_at_ms IS NOT NULL;
CREATE INDEX incoming_unpaid ON incoming (expires_at_ms) WHERE settled_seq IS NULL;

CREATE TABLE outgoing (
    payment_id TEXT PRIMARY KEY,
    wallet_id INTEGER NOT NULL REFERENCES wallet,
    payment_hash BLOB NOT NULL CHECK (length(payment_hash) = 32),
    bolt11 TEXT NOT NULL,
    amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
    state TEXT NOT NULL CHECK (state IN ('pending', 'paid', 'failed')),
    preimage BLOB CHECK (length(preimage) = 32),
    reason TEXT,
    created_at_ms INTEGER NOT NULL,
    completed_at_ms INTEGER,
    CHECK ((state = 'paid') = (preimage IS NOT NULL)),
    CHECK ((state = 'failed') = (reason IS NOT NULL)),
    CHECK ((state = 'pending') = (completed_at_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- A wallet pays a payment hash at most once.
CREATE UNIQUE INDEX outgoing_once ON outgoing (wallet_id, payment_hash)
    WHERE state IN ('pending', 'paid');
CREATE INDEX outgoing_hash ON outgoing (wallet_id, payment_hash);
CREATE INDEX outgoing_pending ON outgoing (wallet_id) WHERE state = 'pending';
