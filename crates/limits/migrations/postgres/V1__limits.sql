-- What was taken of a limit that must survive a restart: one row for each limit and client, until
-- nothing of it counts any more.
CREATE TABLE limit_window (
    subject      TEXT PRIMARY KEY,
    -- The number of the newest part of the window, counted from 1970.
    newest       BIGINT NOT NULL CHECK (newest >= 0),
    -- What was taken in each part, the newest first: seven numbers of four bytes.
    counts       BYTEA NOT NULL CHECK (length(counts) = 28),
    forget_at_ms BIGINT NOT NULL
);

CREATE INDEX limit_window_forget_at_ms ON limit_window (forget_at_ms);

-- The same for limits of a minute, which several servers share. Not logged: it changes all the
-- time and means nothing a minute later. A database that crashes forgets it.
CREATE UNLOGGED TABLE limit_block (
    subject      TEXT PRIMARY KEY,
    newest       BIGINT NOT NULL CHECK (newest >= 0),
    counts       BYTEA NOT NULL CHECK (length(counts) = 28),
    forget_at_ms BIGINT NOT NULL
);

CREATE INDEX limit_block_forget_at_ms ON limit_block (forget_at_ms);
