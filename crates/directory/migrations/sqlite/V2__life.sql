-- The life of a listing: its standing, what it offers, where each field came from, and who is told.

-- Where it stands; only active ones are shown.
ALTER TABLE listing ADD COLUMN status TEXT NOT NULL DEFAULT 'active'
    CHECK (status IN ('pending', 'active', 'rejected', 'deleted'));
-- When it was deleted; the row goes 30 days later.
ALTER TABLE listing ADD COLUMN deleted_at INTEGER;
-- Why it was approved or rejected, in the reviewer's words.
ALTER TABLE listing ADD COLUMN status_reason TEXT;
-- What groups the listings of one provider.
ALTER TABLE listing ADD COLUMN service_id TEXT NOT NULL DEFAULT '';
-- Never shown.
ALTER TABLE listing ADD COLUMN contact_email TEXT;
ALTER TABLE listing ADD COLUMN input_schema TEXT; -- a JSON Schema
ALTER TABLE listing ADD COLUMN output_schema TEXT; -- a JSON Schema
ALTER TABLE listing ADD COLUMN consumption TEXT; -- a JSON object
ALTER TABLE listing ADD COLUMN content_type TEXT;
ALTER TABLE listing ADD COLUMN docs_url TEXT;
ALTER TABLE listing ADD COLUMN source_id TEXT;
ALTER TABLE listing ADD COLUMN x402_facilitator_reachable INTEGER CHECK (x402_facilitator_reachable IN (0, 1));
ALTER TABLE listing ADD COLUMN x402_asset_known INTEGER CHECK (x402_asset_known IN (0, 1));
ALTER TABLE listing ADD COLUMN l402_compliant INTEGER CHECK (l402_compliant IN (0, 1));
ALTER TABLE listing ADD COLUMN l402_degrade_reason TEXT;
-- Ways to pay, as last seen or said: a JSON array.
ALTER TABLE listing ADD COLUMN offers TEXT NOT NULL DEFAULT '[]';
-- What is odd about its texts: a JSON array of words.
ALTER TABLE listing ADD COLUMN content_flags TEXT NOT NULL DEFAULT '[]';
-- Field by field who said it, and when: a JSON object.
ALTER TABLE listing ADD COLUMN provenance TEXT NOT NULL DEFAULT '{}';
-- The revision of the directory that last changed the row.
ALTER TABLE listing ADD COLUMN changed_seq INTEGER NOT NULL DEFAULT 0;

CREATE INDEX listing_by_change ON listing (changed_seq);
CREATE INDEX listing_by_service ON listing (service_id);
CREATE INDEX listing_by_status ON listing (status, deleted_at) WHERE status <> 'active';

-- Counts up with every change, so that every server knows how old its snapshot is.
CREATE TABLE directory_revision (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    seq        INTEGER NOT NULL,
    -- Snapshots from before this one must be built anew.
    reload_seq INTEGER NOT NULL
) STRICT;

INSERT INTO directory_revision (id, seq, reload_seq) VALUES (1, 0, 0);

-- What happened to listings, written with the change itself; never changed afterwards.
CREATE TABLE listing_event (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    listing_id TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    -- Whether strangers may know.
    is_public  INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    protocol   TEXT    NOT NULL,
    body       TEXT    NOT NULL, -- a JSON object
    at         INTEGER NOT NULL
) STRICT;

CREATE INDEX listing_event_by_listing ON listing_event (listing_id, seq);

-- What waits for an admin's decision, and what was decided.
CREATE TABLE review_item (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    kind       TEXT    NOT NULL CHECK (kind IN ('registration', 'protocol_change', 'flag', 'appeal')),
    listing_id TEXT    NOT NULL,
    -- Tells repeats of the same finding from a new one.
    subject    TEXT    NOT NULL,
    body       TEXT    NOT NULL, -- a JSON object
    status     TEXT    NOT NULL CHECK (status IN ('open', 'approved', 'rejected')),
    created_at INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by TEXT,
    reason     TEXT
) STRICT;

CREATE INDEX review_item_by_status ON review_item (status, id);
CREATE UNIQUE INDEX review_item_open ON review_item (kind, listing_id, subject) WHERE status = 'open';

-- Who did what with more than a stranger's rights; never changed afterwards.
CREATE TABLE audit_log (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL -- a JSON object, without secrets
) STRICT;
