-- Vectors of texts, from the embedding service where one is set. They can be asked for again.
CREATE TABLE text_embedding (
    -- The model and the number of dimensions.
    space       TEXT   NOT NULL,
    text_sha256 BYTEA  NOT NULL CHECK (length(text_sha256) = 32),
    -- A signed byte for each dimension.
    vector      BYTEA  NOT NULL,
    made_at     BIGINT NOT NULL, -- seconds since 1970
    PRIMARY KEY (space, text_sha256)
);

CREATE INDEX text_embedding_by_age ON text_embedding (made_at);
