-- One row for each payment that was ever used; its key is what makes "one payment, one use" true.
CREATE TABLE redemption (
    payment_hash   BYTEA PRIMARY KEY CHECK (length(payment_hash) = 32),
    route          TEXT NOT NULL,
    token_kind     TEXT NOT NULL CHECK (token_kind IN ('one_shot', 'time_bounded')),
    amount_msat    BIGINT NOT NULL CHECK (amount_msat > 0),
    -- open: paid for and not used; reserved: its request is being answered; done: answered.
    state          TEXT NOT NULL CHECK (state IN ('open', 'reserved', 'done')),
    -- The process that answers the request, while it is reserved.
    owner          TEXT,
    request_digest BYTEA NOT NULL,
    attempts       BIGINT NOT NULL CHECK (attempts > 0),
    -- The answer, kept for a repeat of the same request; null when it was too large to keep.
    answer_status  BIGINT,
    answer_headers TEXT,
    answer_body    BYTEA,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    expires_at     BIGINT NOT NULL
);

CREATE INDEX redemption_expires_at ON redemption (expires_at);
CREATE INDEX redemption_kept_answer ON redemption (updated_at) WHERE answer_body IS NOT NULL;
