-- Answers are kept sealed, in one piece. Those that were kept in the clear are dropped: a repeat makes
-- them again.
DROP INDEX redemption_kept_answer;
ALTER TABLE redemption DROP COLUMN answer_status;
ALTER TABLE redemption DROP COLUMN answer_headers;
ALTER TABLE redemption DROP COLUMN answer_body;
-- The answer, kept for a repeat of the same request, sealed with a key of the server's; null when it
-- was too large to keep.
ALTER TABLE redemption ADD COLUMN answer BYTEA;
CREATE INDEX redemption_kept_answer ON redemption (updated_at) WHERE answer IS NOT NULL;
