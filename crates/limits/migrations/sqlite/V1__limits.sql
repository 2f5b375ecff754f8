-- What was taken of a limit that must survive a restart: one row for each limit and client, until
-- nothing of it counts any more.
CREATE TABLE limit_window (
    subject      TEXT PRIMARY KEY,
    -- The number of the newest part of the window, counted from 1970.
    newest       INTEGER NOT NULL CHECK (newest >= 0),
    -- What was taken in each part, the newest first: seven numbers of four bytes.
    counts       BLOB NOT NULL CHECK (length(counts) = 28),
    forget_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX limit_window_forget_at_ms ON limit_window (forget_at_ms);
