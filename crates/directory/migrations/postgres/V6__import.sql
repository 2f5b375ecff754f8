-- What was imported from where, and how it went.
CREATE TABLE import_run (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      TEXT    NOT NULL,
    format      TEXT    NOT NULL,
    -- The list's own address, where it has one.
    origin      TEXT,
    started_at  BIGINT NOT NULL,
    finished_at BIGINT,
    added       BIGINT NOT NULL DEFAULT 0,
    changed     BIGINT NOT NULL DEFAULT 0,
    unchanged   BIGINT NOT NULL DEFAULT 0,
    kept        BIGINT NOT NULL DEFAULT 0,
    refused     BIGINT NOT NULL DEFAULT 0,
    error       TEXT
);

CREATE INDEX import_run_by_source ON import_run (source, id);
