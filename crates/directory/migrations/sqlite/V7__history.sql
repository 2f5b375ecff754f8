-- How listings fared. Times are milliseconds since 1970; days are counted from 1970, by UTC.

-- What the checks of a listing add up to. One row is all that a check changes.
CREATE TABLE listing_health (
    listing_id  TEXT    PRIMARY KEY REFERENCES listing (id) ON DELETE CASCADE,
    -- The last verdict.
    status      TEXT    NOT NULL,
    -- The figures that are shown, and where the history goes on: a JSON object.
    state       TEXT    NOT NULL,
    -- The latest checks: a JSON object.
    recent      TEXT    NOT NULL,
    -- The day under way, its slots of five minutes, and the sums of the days before.
    day         INTEGER NOT NULL,
    codes       BLOB    NOT NULL,
    past        BLOB    NOT NULL,
    -- The revision of the directory that last changed the row.
    changed_seq INTEGER NOT NULL
) STRICT;

CREATE INDEX listing_health_by_change ON listing_health (changed_seq);

-- A day that is over: one byte for each slot, and after a month what they add up to.
CREATE TABLE health_day (
    listing_id TEXT    NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    day        INTEGER NOT NULL,
    record     BLOB    NOT NULL,
    PRIMARY KEY (listing_id, day)
) STRICT, WITHOUT ROWID;

-- A time in which every check came to the same verdict, and that is over.
CREATE TABLE health_run (
    listing_id    TEXT    NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    started_ms    INTEGER NOT NULL,
    ended_ms      INTEGER NOT NULL,
    status        TEXT    NOT NULL,
    checks        INTEGER NOT NULL,
    -- What the last check of it found.
    outcome       INTEGER NOT NULL,
    http_status   INTEGER,
    error_message TEXT,
    PRIMARY KEY (listing_id, started_ms)
) STRICT, WITHOUT ROWID;

-- Checks of before, which the program takes into the history when it starts. Nothing is added here.
ALTER TABLE observation RENAME TO observation_before_history;

ALTER TABLE listing DROP COLUMN health_status;
ALTER TABLE listing DROP COLUMN last_checked;
ALTER TABLE listing DROP COLUMN last_seen_healthy;
ALTER TABLE listing DROP COLUMN uptime_30d;
ALTER TABLE listing DROP COLUMN latency_p50_ms;
ALTER TABLE listing DROP COLUMN consecutive_failures;
ALTER TABLE listing DROP COLUMN reliability_score;
