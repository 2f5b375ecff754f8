-- One row for each payment that was ever used; its key is what makes "one payment, one use" true.
CREATE TABLE redemption (
    payment_hash   BLOB PRIMARY KEY CHECK (length(payment_hash) = 32),
    route          TEXT NOT NULL,
    token_kind     TEXT NOT NULL CHECK (token_kind IN ('one_shot', 'time_bounded')),
    amount_msat    INTEGER NOT NULL CHECK (amount_msat > 0),
    -- open: paid for and not used; reserved: its request is being answered; done: answered.
    state          TEXT NOT NULL CHECK (state IN ('open', 'reserved', 'done')),
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
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX redemption_expires_at ON redemption (expires_at);
CREATE INDEX redemption_kept_answer ON redemption (updated_at) WHERE answer_body IS NOT NULL;
