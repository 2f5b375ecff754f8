-- Which server probes which part of the hosts. Times are milliseconds since 1970.
CREATE TABLE probe_node (
    holder   TEXT    PRIMARY KEY,
    until_ms INTEGER NOT NULL
);

CREATE TABLE probe_shard (
    shard    INTEGER PRIMARY KEY,
    holder   TEXT    NOT NULL,
    -- Grows each time that somebody takes it: what was begun before does not count any more.
    epoch    INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
);
