-- What came with the first import of a list is no news: it stands in the log of events and is told to
-- nobody.
ALTER TABLE listing_event ADD COLUMN is_bulk BIGINT NOT NULL DEFAULT 0 CHECK (is_bulk IN (0, 1));
ALTER TABLE listing ADD COLUMN came_in_bulk BIGINT NOT NULL DEFAULT 0 CHECK (came_in_bulk IN (0, 1));
