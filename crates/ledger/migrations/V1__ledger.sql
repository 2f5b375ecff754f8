-- Totals are kept beside the log for speed; `verify` recomputes them from it.
CREATE TABLE ledger_account (
    id           INTEGER PRIMARY KEY,
    key          TEXT    NOT NULL UNIQUE,
    has_floor    INTEGER NOT NULL CHECK (has_floor IN (0, 1)),
    debits_msat  INTEGER NOT NULL CHECK (debits_msat >= 0),
    credits_msat INTEGER NOT NULL CHECK (credits_msat >= 0),
    CHECK (has_floor = 0 OR credits_msat >= debits_msat)
) STRICT;

-- The log: appended to, never changed.
CREATE TABLE ledger_transfer (
    seq         INTEGER PRIMARY KEY CHECK (seq > 0),
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 32),
    debit       INTEGER NOT NULL REFERENCES ledger_account (id),
    credit      INTEGER NOT NULL REFERENCES ledger_account (id),
    amount_msat INTEGER NOT NULL CHECK (amount_msat > 0),
    code        TEXT    NOT NULL,
    reference   TEXT    NOT NULL,
    at_ms       INTEGER NOT NULL,
    chain       BLOB    NOT NULL CHECK (length(chain) = 32),
    CHECK (debit <> credit)
) STRICT;

CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit, seq);
CREATE INDEX ledger_transfer_credit ON ledger_transfer (credit, seq);

CREATE TRIGGER ledger_transfer_no_update BEFORE UPDATE ON ledger_transfer
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER ledger_transfer_no_delete BEFORE DELETE ON ledger_transfer
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
