-- Who commands a domain. Times are seconds since 1970.
CREATE TABLE domain_claim (
    domain        TEXT COLLATE "C"    PRIMARY KEY,
    status        TEXT    NOT NULL CHECK (status IN ('pending', 'verified', 'revoked')),
    token_hash    BYTEA, -- of the owner's token: while it is verified
    proof         TEXT CHECK (proof IN ('well_known', 'dns', 'wallet', 'node')),
    contact_email TEXT, -- never shown
    created_at    BIGINT NOT NULL,
    changed_at    BIGINT NOT NULL,
    CHECK ((status = 'verified') = (token_hash IS NOT NULL)),
    CHECK ((status = 'verified') = (proof IS NOT NULL))
);

-- Tokens whose hash was not published yet: several may wait for one domain.
CREATE TABLE domain_claim_token (
    id            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    domain        TEXT COLLATE "C"    NOT NULL REFERENCES domain_claim (domain) ON DELETE CASCADE,
    token_hash    BYTEA   NOT NULL UNIQUE,
    client        TEXT    NOT NULL,
    contact_email TEXT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL
);

CREATE INDEX domain_claim_token_by_domain ON domain_claim_token (domain);
CREATE INDEX domain_claim_token_by_expiry ON domain_claim_token (expires_at);

-- Who commands a service by the interface under /api.
CREATE TABLE service_claim (
    service_id  TEXT COLLATE "C"    PRIMARY KEY,
    domain      TEXT COLLATE "C"    NOT NULL,
    token_hash  BYTEA   NOT NULL, -- of the claim that was proven
    verified_at BIGINT NOT NULL
);

CREATE INDEX service_claim_by_domain ON service_claim (domain);

-- Challenges that were not met yet.
CREATE TABLE service_claim_token (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service_id TEXT COLLATE "C"    NOT NULL,
    token_hash BYTEA   NOT NULL UNIQUE,
    client     TEXT    NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX service_claim_token_by_service ON service_claim_token (service_id);
CREATE INDEX service_claim_token_by_expiry ON service_claim_token (expires_at);

-- In the order of its bytes, as on SQLite: the listings of a host are a range.
ALTER TABLE listing ALTER COLUMN canonical_url TYPE TEXT COLLATE "C";
