-- Who commands a domain. Times are seconds since 1970.
CREATE TABLE domain_claim (
    domain        TEXT    PRIMARY KEY,
    status        TEXT    NOT NULL CHECK (status IN ('pending', 'verified', 'revoked')),
    token_hash    BLOB, -- of the owner's token: while it is verified
    proof         TEXT CHECK (proof IN ('well_known', 'dns', 'wallet', 'node')),
    contact_email TEXT, -- never shown
    created_at    INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    CHECK ((status = 'verified') = (token_hash IS NOT NULL)),
    CHECK ((status = 'verified') = (proof IS NOT NULL))
) STRICT;

-- Tokens whose hash was not published yet: several may wait for one domain.
CREATE TABLE domain_claim_token (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    domain        TEXT    NOT NULL REFERENCES domain_claim (domain) ON DELETE CASCADE,
    token_hash    BLOB    NOT NULL UNIQUE,
    client        TEXT    NOT NULL,
    contact_email TEXT,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX domain_claim_token_by_domain ON domain_claim_token (domain);
CREATE INDEX domain_claim_token_by_expiry ON domain_claim_token (expires_at);

-- Who commands a service by the interface under /api.
CREATE TABLE service_claim (
    service_id  TEXT    PRIMARY KEY,
    domain      TEXT    NOT NULL,
    token_hash  BLOB    NOT NULL, -- of the claim that was proven
    verified_at INTEGER NOT NULL
) STRICT;

CREATE INDEX service_claim_by_domain ON service_claim (domain);

-- Challenges that were not met yet.
CREATE TABLE service_claim_token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    service_id TEXT    NOT NULL,
    token_hash BLOB    NOT NULL UNIQUE,
    client     TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX service_claim_token_by_service ON service_claim_token (service_id);
CREATE INDEX service_claim_token_by_expiry ON service_claim_token (expires_at);
