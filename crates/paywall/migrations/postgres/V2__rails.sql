-- One row for each payment that was ever used, whatever rail it came by; its key is what makes
-- "one payment, one use" true.
ALTER TABLE redemption RENAME COLUMN payment_hash TO payment_key;
ALTER TABLE redemption ALTER COLUMN amount_msat DROP NOT NULL;
ALTER TABLE redemption DROP CONSTRAINT redemption_state_check;
-- open: not used; reserved: its request is being answered; settling: answered, and whether the
-- money arrived is not known; done: answered.
ALTER TABLE redemption ADD CONSTRAINT redemption_state_check
    CHECK (state IN ('open', 'reserved', 'settling', 'done'));
ALTER TABLE redemption
    ADD COLUMN rail TEXT NOT NULL DEFAULT 'lightning'
        CHECK (rail IN ('lightning', 'evm', 'tempo', 'stripe')),
    -- What a person can look up: the payment hash, the chain's authorization or transaction.
    ADD COLUMN reference TEXT NOT NULL DEFAULT '',
    -- Any payment but Lightning's went straight to the seller: its asset, and how many units.
    ADD COLUMN asset TEXT,
    ADD COLUMN asset_units TEXT,
    -- Where the money arrived: the transaction. Null while it is not known to have arrived.
    ADD COLUMN settled_as TEXT;
UPDATE redemption
SET reference = encode(payment_key, 'hex'), settled_as = encode(payment_key, 'hex');
ALTER TABLE redemption ALTER COLUMN rail DROP DEFAULT, ALTER COLUMN reference DROP DEFAULT;
ALTER TABLE redemption
    ADD CHECK ((rail = 'lightning') = (amount_msat IS NOT NULL)),
    ADD CHECK ((rail = 'lightning') = (asset IS NULL)),
    ADD CHECK ((asset IS NULL) = (asset_units IS NULL));
