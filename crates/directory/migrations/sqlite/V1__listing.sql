-- A listing is one URL and method on one protocol. Times are seconds since 1970.
CREATE TABLE listing (
    id                   TEXT    PRIMARY KEY,
    canonical_url        TEXT    NOT NULL,
    method               TEXT    NOT NULL, -- '' when the row names a whole service
    protocol             TEXT    NOT NULL CHECK (protocol IN ('L402', 'MPP', 'x402')),
    url                  TEXT    NOT NULL,
    name                 TEXT    NOT NULL,
    description          TEXT    NOT NULL,
    category             TEXT    NOT NULL,
    provider             TEXT    NOT NULL,
    tags                 TEXT    NOT NULL, -- a JSON array of texts
    price_sats           INTEGER CHECK (price_sats >= 0),
    price_micro_usd      INTEGER CHECK (price_micro_usd >= 0),
    price_note           TEXT,
    payment_asset        TEXT,
    payment_network      TEXT,
    probe_body           TEXT,
    probe_status         TEXT    NOT NULL CHECK (probe_status IN ('probeable', 'unprobeable')),
    source               TEXT    NOT NULL,
    source_ref           TEXT,
    licence              TEXT,
    featured             INTEGER NOT NULL CHECK (featured IN (0, 1)),
    domain_verified      INTEGER NOT NULL CHECK (domain_verified IN (0, 1)),
    x402_payment_valid   INTEGER CHECK (x402_payment_valid IN (0, 1)),
    l402_format          TEXT,
    lnget_compatible     INTEGER CHECK (lnget_compatible IN (0, 1)),
    sample_data          INTEGER NOT NULL CHECK (sample_data IN (0, 1)),
    is_demo              INTEGER NOT NULL CHECK (is_demo IN (0, 1)),
    registered_at        INTEGER NOT NULL,
    updated_at           INTEGER NOT NULL,
    health_status        TEXT    NOT NULL DEFAULT 'unknown',
    last_checked         INTEGER,
    last_seen_healthy    INTEGER,
    uptime_30d           REAL,
    latency_p50_ms       INTEGER,
    consecutive_failures INTEGER NOT NULL DEFAULT 0,
    reliability_score    REAL,
    UNIQUE (canonical_url, method, protocol)
) STRICT;

-- What one check of a listing found.
CREATE TABLE observation (
    id               INTEGER PRIMARY KEY,
    listing_id       TEXT    NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    checked_at       INTEGER NOT NULL,
    status           TEXT    NOT NULL,
    response_time_ms INTEGER,
    http_status      INTEGER,
    error_message    TEXT
) STRICT;

CREATE INDEX observation_by_listing ON observation (listing_id, checked_at, id);

-- Which edition of the sample listings is in the table.
CREATE TABLE sample_import (
    digest      TEXT    PRIMARY KEY,
    imported_at INTEGER NOT NULL
) STRICT;
