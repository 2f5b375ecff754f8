-- Vectors of texts, from the embedding service where one is set. They can be asked for again.
CREATE TABLE text_embedding (
    -- The model and the number of dimensions.
    space       TEXT    NOT NULL,
    text_sha256 BLOB    NOT NULL CHECK (length(text_sha256) = 32),
    -- A signed byte for each dimension.
    vector      BLOB    NOT NULL,
    made_at     INTEGER NOT NULL, -- seconds since 1970
    PRIMARY KEY (space, text_sha256)
) STRICT;

CREATE INDEX text_embedding_by_age ON text_embedding (made_at);
