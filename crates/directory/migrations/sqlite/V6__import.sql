-- What was imported from where, and how it went.
CREATE TABLE import_run (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source      TEXT    NOT NULL,
    format      TEXT    NOT NULL,
    -- The list's own address, where it has one.
    origin      TEXT,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    added       INTEGER NOT NULL DEFAULT 0,
    changed     INTEGER NOT NULL DEFAULT 0,
    unchanged   INTEGER NOT NULL DEFAULT 0,
    kept        INTEGER NOT NULL DEFAULT 0,
    refused     INTEGER NOT NULL DEFAULT 0,
    error       TEXT
) STRICT;

CREATE INDEX import_run_by_source ON import_run (source, id);
