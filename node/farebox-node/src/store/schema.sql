-- What the Lightning library does not keep: texts, times, fees and what was asked for.
-- Amounts in millisatoshis, times in milliseconds since 1970.
CREATE TABLE incoming (
  payment_hash BLOB PRIMARY KEY,
  preimage BLOB,               -- once it is settled, or is to be
  invoice TEXT,                -- none when paid without one
  description TEXT,
  external_id TEXT,
  requested_msat INTEGER,      -- none when the payer chooses
  is_hold INTEGER NOT NULL,
  held_msat INTEGER,           -- of a hold invoice: what has arrived
  claim_deadline INTEGER,      -- of a hold invoice: the height at which it goes back
  cancelled_at_ms INTEGER,
  received_msat INTEGER,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER,
  completed_at_ms INTEGER
) STRICT;
CREATE INDEX incoming_completed ON incoming (completed_at_ms);
CREATE INDEX incoming_created ON incoming (created_at_ms);
CREATE INDEX incoming_lapsed ON incoming (expires_at_ms) WHERE completed_at_ms IS NULL;
CREATE INDEX incoming_external ON incoming (external_id) WHERE external_id IS NOT NULL;

CREATE TABLE outgoing (
  id TEXT PRIMARY KEY,
  payment_hash BLOB NOT NULL,
  invoice TEXT NOT NULL,
  amount_msat INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state IN (0, 1, 2)),  -- pending, paid, failed
  preimage BLOB,
  fee_msat INTEGER,
  reason TEXT,
  created_at_ms INTEGER NOT NULL,
  completed_at_ms INTEGER
) STRICT;
-- At most one attempt at a payment hash is under way or paid, whatever the code does.
CREATE UNIQUE INDEX outgoing_once ON outgoing (payment_hash) WHERE state < 2;
CREATE INDEX outgoing_by_hash ON outgoing (payment_hash);
CREATE INDEX outgoing_created ON outgoing (created_at_ms);
CREATE INDEX outgoing_completed ON outgoing (completed_at_ms);
