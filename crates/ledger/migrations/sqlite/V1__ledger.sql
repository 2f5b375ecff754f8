-- Totals are kept beside the log for speed; `verify` recomputes them from it.
CREATE TABLE ledger_account (
    id           INTEGER PRIMARY KEY,
    key          TEXT    NOT NULL UNIQUE,
    has_floor    INTEGER NOT NULL CHECK (has_floor IN (0, 1)),
    debits_msat  INTEGER NOT NULL CHECK (debits_msat >= 0),
    credits_msat INTEGER NOT NULL CHECK (credits_msat >= 0),
    -- The last transfer of this account; each transfer names the one before it, so that a
    -- statement needs no index.
    last_seq     INTEGER NOT NULL CHECK (last_seq > 0),
    CHECK (has_floor = 0 OR credits_msat >= debits_msat)
) STRICT;

-- The log: appended to, never changed.
CREATE TABLE ledger_transfer (
    seq           INTEGER PRIMARY KEY CHECK (seq > 0),
    -- The business event: these three name a transfer.
    reference     TEXT    NOT NULL,
    code          TEXT    NOT NULL,
    leg           INTEGER NOT NULL CHECK (leg BETWEEN 0 AND 255),
    debit         INTEGER NOT NULL REFERENCES ledger_account (id),
    credit        INTEGER NOT NULL REFERENCES ledger_account (id),
    amount_msat   INTEGER NOT NULL CHECK (amount_msat > 0),
    at_ms         INTEGER NOT NULL,
    -- The transfers of the two accounts before this one; 0 where there is none.
    debit_before  INTEGER NOT NULL CHECK (debit_before >= 0 AND debit_before < seq),
    credit_before INTEGER NOT NULL CHECK (credit_before >= 0 AND credit_before < seq),
    chain         BLOB    NOT NULL CHECK (length(chain) = 32),
    CHECK (debit <> credit),
    UNIQUE (reference, code, leg)
) STRICT;

CREATE TRIGGER ledger_transfer_no_update BEFORE UPDATE ON ledger_transfer
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_transfer_no_delete BEFORE DELETE ON ledger_transfer
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
