-- What is known of a service as a whole: one that was submitted, or whose domain was claimed. Fields
-- that are NULL are told from its listings.
CREATE TABLE service (
    id                TEXT   PRIMARY KEY, -- svc_ and 12 hexadecimal digits
    name              TEXT,
    description       TEXT,
    categories        TEXT,             -- a JSON array of texts
    contact           TEXT,
    docs_url          TEXT,
    health_url        TEXT,
    -- How the price of each listing is meant: a JSON object from ids of listings to words.
    pricing_models    TEXT   NOT NULL,
    -- The payment that a submission came with: it lists one service and no other.
    payment_reference TEXT   UNIQUE,
    -- Of the management key; NULL where nobody has one.
    key_sha256        TEXT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
