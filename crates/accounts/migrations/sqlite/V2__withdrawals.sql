-- Invoices that accounts had paid from their balance. The money of an unfinished one is in the
-- ledger, under inflight:<payment hash>.
CREATE TABLE withdrawal (
    payment_hash      BLOB PRIMARY KEY CHECK (length(payment_hash) = 32),
    id                TEXT NOT NULL UNIQUE,
    account           TEXT NOT NULL REFERENCES account (id),
    -- One row, one invoice: never another one, even of the same payment hash.
    bolt11            TEXT NOT NULL,
    amount_msat       INTEGER NOT NULL CHECK (amount_msat > 0),
    -- Seconds since 1970; until then the payee takes the payment.
    expires_at        INTEGER NOT NULL,
    -- held: set aside, and certainly not sent. sending: may be paid at any time.
    state             TEXT NOT NULL CHECK (state IN ('held', 'sending', 'paid', 'failed')),
    -- A failed one can be tried again; each attempt has transfers of its own.
    attempt           INTEGER NOT NULL CHECK (attempt > 0),
    begun_at          INTEGER NOT NULL,
    -- How often this attempt was handed to a wallet, and which that was.
    sends             INTEGER NOT NULL DEFAULT 0 CHECK (sends >= 0),
    wallet            TEXT NOT NULL,
    -- The process that is at it, and when others may take it up: milliseconds since 1970 by the
    -- database's clock.
    owner             TEXT NOT NULL,
    next_check_ms     INTEGER NOT NULL,
    checks            INTEGER NOT NULL DEFAULT 0,
    -- The routing fee: while unfinished what is reserved, then what each really paid.
    fee_user_msat     INTEGER NOT NULL CHECK (fee_user_msat >= 0),
    fee_operator_msat INTEGER NOT NULL CHECK (fee_operator_msat >= 0),
    -- Why it failed; while it is sending, what the wallet said and its record does not bear out.
    failure           TEXT,
    -- The proof of payment.
    preimage          BLOB CHECK (length(preimage) = 32),
    CHECK ((state = 'paid') = (preimage IS NOT NULL)),
    CHECK (state <> 'failed' OR failure IS NOT NULL)
) STRICT;

CREATE UNIQUE INDEX withdrawal_one_unfinished ON withdrawal (account)
    WHERE state IN ('held', 'sending');
CREATE INDEX withdrawal_due ON withdrawal (next_check_ms) WHERE state IN ('held', 'sending');
CREATE INDEX withdrawal_of_account ON withdrawal (account, begun_at);

-- Every attempt, for limits by time.
CREATE TABLE withdrawal_attempt (
    payment_hash BLOB NOT NULL REFERENCES withdrawal (payment_hash),
    attempt      INTEGER NOT NULL,
    account      TEXT NOT NULL REFERENCES account (id),
    begun_at     INTEGER NOT NULL,
    PRIMARY KEY (payment_hash, attempt)
) STRICT;

CREATE INDEX withdrawal_attempt_of_account ON withdrawal_attempt (account, begun_at);
