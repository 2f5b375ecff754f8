-- How listings fared. Times are milliseconds since 1970; days are counted from 1970, by UTC.

-- What the checks of a listing add up to. One row is all that a check changes.
CREATE TABLE listing_health (
    listing_id  TEXT COLLATE "C"    PRIMARY KEY REFERENCES listing (id) ON DELETE CASCADE,
    -- The last verdict.
    status      TEXT    NOT NULL,
    -- The figures that are shown, and where the history goes on: a JSON object.
    state       TEXT    NOT NULL,
    -- The latest checks: a JSON object.
    recent      TEXT    NOT NULL,
    -- The day under way, its slots of five minutes, and the sums of the days before.
    day         BIGINT NOT NULL,
    codes       BYTEA    NOT NULL,
    past        BYTEA    NOT NULL,
    -- The revision of the directory that last changed the row.
    changed_seq BIGINT NOT NULL
);

CREATE INDEX listing_health_by_change ON listing_health (changed_seq);

-- A day that is over: one byte for each slot, and after a month what they add up to.
CREATE TABLE health_day (
    listing_id TEXT COLLATE "C"    NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    day        BIGINT NOT NULL,
    record     BYTEA    NOT NULL,
    PRIMARY KEY (listing_id, day)
);

-- A time in which every check came to the same verdict, and that is over.
CREATE TABLE health_run (
    listing_id    TEXT COLLATE "C"    NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    started_ms    BIGINT NOT NULL,
    ended_ms      BIGINT NOT NULL,
    status        TEXT    NOT NULL,
    checks        BIGINT NOT NULL,
    -- What the last check of it found.
    outcome       BIGINT NOT NULL,
    http_status   BIGINT,
    error_message TEXT,
    PRIMARY KEY (listing_id, started_ms)
);

-- Checks of before, which the program takes into the history when it starts. Nothing is added here.
ALTER TABLE observation RENAME TO observation_before_history;

ALTER TABLE listing DROP COLUMN health_status;
ALTER TABLE listing DROP COLUMN last_checked;
ALTER TABLE listing DROP COLUMN last_seen_healthy;
ALTER TABLE listing DROP COLUMN uptime_30d;
ALTER TABLE listing DROP COLUMN latency_p50_ms;
ALTER TABLE listing DROP COLUMN consecutive_failures;
ALTER TABLE listing DROP COLUMN reliability_score;
