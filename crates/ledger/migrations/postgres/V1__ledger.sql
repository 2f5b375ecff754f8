-- Totals are kept beside the log for speed; `verify` recomputes them from it.
CREATE TABLE ledger_account (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key          TEXT   COLLATE "C" NOT NULL UNIQUE,
    has_floor    BIGINT NOT NULL CHECK (has_floor IN (0, 1)),
    debits_msat  BIGINT NOT NULL CHECK (debits_msat >= 0),
    credits_msat BIGINT NOT NULL CHECK (credits_msat >= 0),
    -- The last transfer of this account; each transfer names the one before it, so that a
    -- statement needs no index.
    last_seq     BIGINT NOT NULL CHECK (last_seq > 0),
    CHECK (has_floor = 0 OR credits_msat >= debits_msat)
)
-- Totals change with every transfer: room on the page spares the indexes.
WITH (fillfactor = 50);

-- The log: appended to, never changed.
CREATE TABLE ledger_transfer (
    seq           BIGINT PRIMARY KEY CHECK (seq > 0),
    -- The business event: these three name a transfer.
    reference     TEXT   COLLATE "C" NOT NULL,
    code          TEXT   COLLATE "C" NOT NULL,
    leg           BIGINT NOT NULL CHECK (leg BETWEEN 0 AND 255),
    debit         BIGINT NOT NULL REFERENCES ledger_account (id),
    credit        BIGINT NOT NULL REFERENCES ledger_account (id),
    amount_msat   BIGINT NOT NULL CHECK (amount_msat > 0),
    at_ms         BIGINT NOT NULL,
    -- The transfers of the two accounts before this one; 0 where there is none.
    debit_before  BIGINT NOT NULL CHECK (debit_before >= 0 AND debit_before < seq),
    credit_before BIGINT NOT NULL CHECK (credit_before >= 0 AND credit_before < seq),
    chain         BYTEA  NOT NULL CHECK (length(chain) = 32),
    CHECK (debit <> credit),
    UNIQUE (reference, code, leg)
);

CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only';
END;
$$;

CREATE TRIGGER ledger_transfer_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_transfer
FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only();
