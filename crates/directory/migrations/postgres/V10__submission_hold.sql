-- URLs that a payment lists which is being collected: nobody else's until then.
CREATE TABLE submission_hold (
    place             TEXT   PRIMARY KEY, -- the canonical URL without its scheme
    payment_reference TEXT   NOT NULL,
    expires_at        BIGINT NOT NULL  -- seconds since 1970
);

CREATE INDEX submission_hold_by_payment ON submission_hold (payment_reference);
