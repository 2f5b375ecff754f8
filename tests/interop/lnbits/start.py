"""Starts LNbits. The invoices of its fake funds lack the features that BOLT 11 demands and every
real node writes; they get them here."""

from bolt11 import Feature, Features, FeatureState, TagChar
from lnbits.server import main
from lnbits.wallets import fake

plain_encode = fake.encode
FEATURES = Features.from_feature_list(
    {
        Feature.var_onion_optin: FeatureState.required,
        Feature.payment_secret: FeatureState.required,
    }
)


def encode(invoice, key):
    if not invoice.tags.has(TagChar.features):
        invoice.tags.add(TagChar.features, FEATURES)
    return plain_encode(invoice, key)


fake.encode = encode
main()
