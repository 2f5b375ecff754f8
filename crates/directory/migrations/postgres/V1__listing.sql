-- A listing is one URL and method on one protocol. Times are seconds since 1970.
CREATE TABLE listing (
    id                   TEXT COLLATE "C"    PRIMARY KEY,
    canonical_url        TEXT    NOT NULL,
    method               TEXT    NOT NULL, -- '' when the row names a whole service
    protocol             TEXT    NOT NULL CHECK (protocol IN ('L402', 'MPP', 'x402')),
    url                  TEXT    NOT NULL,
    name                 TEXT    NOT NULL,
    description          TEXT    NOT NULL,
    category             TEXT    NOT NULL,
    provider             TEXT    NOT NULL,
    tags                 TEXT    NOT NULL, -- a JSON array of texts
    price_sats           BIGINT CHECK (price_sats >= 0),
    price_micro_usd      BIGINT CHECK (price_micro_usd >= 0),
    price_note           TEXT,
    payment_asset        TEXT,
    payment_network      TEXT,
    probe_body           TEXT,
    probe_status         TEXT    NOT NULL CHECK (probe_status IN ('probeable', 'unprobeable')),
    source               TEXT    NOT NULL,
    source_ref           TEXT,
    licence              TEXT,
    featured             BIGINT NOT NULL CHECK (featured IN (0, 1)),
    domain_verified      BIGINT NOT NULL CHECK (domain_verified IN (0, 1)),
    x402_payment_valid   BIGINT CHECK (x402_payment_valid IN (0, 1)),
    l402_format          TEXT,
    lnget_compatible     BIGINT CHECK (lnget_compatible IN (0, 1)),
    sample_data          BIGINT NOT NULL CHECK (sample_data IN (0, 1)),
    is_demo              BIGINT NOT NULL CHECK (is_demo IN (0, 1)),
    registered_at        BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL,
    health_status        TEXT    NOT NULL DEFAULT 'unknown',
    last_checked         BIGINT,
    last_seen_healthy    BIGINT,
    uptime_30d           DOUBLE PRECISION,
    latency_p50_ms       BIGINT,
    consecutive_failures BIGINT NOT NULL DEFAULT 0,
    reliability_score    DOUBLE PRECISION,
    UNIQUE (canonical_url, method, protocol)
);

-- What one check of a listing found.
CREATE TABLE observation (
    id               BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    listing_id       TEXT    NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    checked_at       BIGINT NOT NULL,
    status           TEXT    NOT NULL,
    response_time_ms BIGINT,
    http_status      BIGINT,
    error_message    TEXT
);

CREATE INDEX observation_by_listing ON observation (listing_id, checked_at, id);

-- Which edition of the sample listings is in the table.
CREATE TABLE sample_import (
    digest      TEXT COLLATE "C"    PRIMARY KEY,
    imported_at BIGINT NOT NULL
);
