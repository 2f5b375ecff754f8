-- Payments in tokens: what was signed for a request is on the disk before it is shown, and the
-- very same header is shown again after a lost answer.
CREATE TABLE transfer (
    id               INTEGER PRIMARY KEY,
    fingerprint      BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    method           TEXT    NOT NULL,
    url              TEXT    NOT NULL,
    -- The authorization's nonce or the transaction's hash; names the row in spend.
    payment_key      TEXT    NOT NULL UNIQUE,
    way              TEXT    NOT NULL CHECK (way IN ('x402-v1', 'x402-v2', 'mpp-evm', 'mpp-tempo')),
    header_name      TEXT    NOT NULL,
    header_value     TEXT    NOT NULL,
    chain_id         INTEGER NOT NULL CHECK (chain_id > 0),
    token            TEXT    NOT NULL,
    payer            TEXT    NOT NULL,
    challenge_id     TEXT,
    -- Of an authorization: never taken by the token's contract from then on.
    valid_before     INTEGER,
    -- Of a transaction: what goes to the chain, and the payer's count of those before it.
    raw_transaction  BLOB,
    account_nonce    INTEGER,
    state            TEXT    NOT NULL
        CHECK (state IN ('signed', 'settled', 'delivered', 'dead', 'abandoned')),
    transaction_hash TEXT,
    status_code      INTEGER,
    note             TEXT    NOT NULL DEFAULT '',
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    CHECK ((valid_before IS NULL) = (raw_transaction IS NOT NULL)),
    CHECK ((raw_transaction IS NULL) = (account_nonce IS NULL))
) STRICT;

-- The rule that one request has one payment at a time, whatever the program does.
CREATE UNIQUE INDEX transfer_unfinished ON transfer (fingerprint)
    WHERE state IN ('signed', 'settled');

-- On any rail.
CREATE TRIGGER transfer_beside_purchase BEFORE INSERT ON transfer
WHEN EXISTS (SELECT 1 FROM purchase
    WHERE fingerprint = NEW.fingerprint AND state IN ('intended', 'paid'))
BEGIN SELECT RAISE(ABORT, 'the request has another payment'); END;

CREATE TRIGGER purchase_beside_transfer BEFORE INSERT ON purchase
WHEN EXISTS (SELECT 1 FROM transfer
    WHERE fingerprint = NEW.fingerprint AND state IN ('signed', 'settled'))
BEGIN SELECT RAISE(ABORT, 'the request has another payment'); END;
