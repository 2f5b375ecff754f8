-- One row for each payment that was ever used, whatever rail it came by; its key is what makes
-- "one payment, one use" true.
CREATE TABLE redemption_of_any_rail (
    -- The payment hash of a Lightning payment; a digest of what makes any other one unique.
    payment_key    BLOB PRIMARY KEY CHECK (length(payment_key) = 32),
    rail           TEXT NOT NULL CHECK (rail IN ('lightning', 'evm', 'tempo', 'stripe')),
    -- What a person can look up: the payment hash, the chain's authorization or transaction.
    reference      TEXT NOT NULL,
    route          TEXT NOT NULL,
    token_kind     TEXT NOT NULL CHECK (token_kind IN ('one_shot', 'time_bounded')),
    -- Lightning payments are in the ledger too, in this unit.
    amount_msat    INTEGER CHECK (amount_msat > 0),
    -- Any other payment went straight to the seller: its asset, and how many of its units.
    asset          TEXT,
    asset_units    TEXT,
    -- open: not used; reserved: its request is being answered; settling: answered, and whether
    -- the money arrived is not known; done: answered.
    state          TEXT NOT NULL CHECK (state IN ('open', 'reserved', 'settling', 'done')),
    -- Where the money arrived: the transaction. Null while it is not known to have arrived.
    settled_as     TEXT,
    -- The process that answers the request, while it is reserved.
    owner          TEXT,
    request_digest BLOB NOT NULL,
    attempts       INTEGER NOT NULL CHECK (attempts > 0),
    -- The answer, kept for a repeat of the same request; null when it was too large to keep.
    answer_status  INTEGER,
    answer_headers TEXT,
    answer_body    BLOB,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    CHECK ((rail = 'lightning') = (amount_msat IS NOT NULL)),
    CHECK ((rail = 'lightning') = (asset IS NULL)),
    CHECK ((asset IS NULL) = (asset_units IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO redemption_of_any_rail
SELECT payment_hash, 'lightning', lower(hex(payment_hash)), route, token_kind, amount_msat, NULL,
       NULL, state, lower(hex(payment_hash)), owner, request_digest, attempts, answer_status,
       answer_headers, answer_body, created_at, updated_at, expires_at
FROM redemption;

DROP TABLE redemption;
ALTER TABLE redemption_of_any_rail RENAME TO redemption;
CREATE INDEX redemption_expires_at ON redemption (expires_at);
CREATE INDEX redemption_kept_answer ON redemption (updated_at) WHERE answer_body IS NOT NULL;
