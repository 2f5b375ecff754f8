-- Which server probes which part of the hosts. Times are milliseconds since 1970.
CREATE TABLE probe_node (
    holder   TEXT   PRIMARY KEY,
    until_ms BIGINT NOT NULL
);

CREATE TABLE probe_shard (
    shard    BIGINT PRIMARY KEY,
    holder   TEXT   NOT NULL,
    -- Grows each time that somebody takes it: what was begun before does not count any more.
    epoch    BIGINT NOT NULL,
    until_ms BIGINT NOT NULL
);
