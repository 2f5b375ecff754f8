//! What a listing takes over from a look at its endpoint.

use crate::canonical::has_placeholders;
use crate::validate::Validation;
use crate::{L402Format, Listing, OFFERS_MAX, Offer, ProbeStatus, Protocol};
use farebox_wire::l402::TokenForm;
use farebox_wire::probe::health::{Classification, Finding, L402Marks, OfferHealth, X402Marks};

/// What a look says of an endpoint beside its health.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Taken {
    /// The ways to pay, by protocol: those of the listing's own, good or bad, and those of others
    /// that can be paid.
    pub(crate) offers: Vec<(Protocol, Vec<Offer>)>,
    l402: Option<L402Marks>,
    x402: Option<X402Marks>,
    facilitator_reachable: Option<bool>,
    probe_status: Option<ProbeStatus>,
}

impl Taken {
    pub(super) fn of(own: Protocol, found: &Validation, judged: &Classification) -> Self {
        let rails =
            judged.rails.iter().filter(|rail| rail.is_payable || Protocol::from(rail.rail) == own);
        let offers = rails.map(|rail| {
            let offers = rail.offers.iter().take(OFFERS_MAX).map(Offer::from);
            (Protocol::from(rail.rail), offers.collect())
        });
        let wants_input = judged.rails.is_empty()
            && judged.reasons.iter().any(|reason| {
                let codes = [Finding::NeedsRequestBody.code(), Finding::NeedsParameters.code()];
                codes.contains(&reason.code)
            });
        let offers: Vec<_> = offers.collect();
        let probe_status = match (offers.is_empty(), wants_input) {
            (false, _) => Some(ProbeStatus::Probeable),
            (true, true) => Some(ProbeStatus::Unprobeable),
            (true, false) => None,
        };
        Self {
            offers,
            l402: judged.l402.filter(|_| own == Protocol::L402),
            x402: judged.x402.clone().filter(|_| own == Protocol::X402),
            facilitator_reachable: found.facilitator_reachable,
            probe_status,
        }
    }

    /// Writes into the listing what was seen of its own protocol. What was not seen stays.
    pub(crate) fn apply(&self, listing: &mut Listing) {
        let own = listing.facts.protocol;
        for (_, offers) in self.offers.iter().filter(|(protocol, _)| *protocol == own) {
            listing.take_offers(offers.clone());
        }
        let facts = &mut listing.facts;
        if let Some(l402) = self.l402 {
            facts.l402_format = l402.format.map(L402Format::from);
            facts.lnget_compatible = Some(l402.is_lnget_compatible);
            facts.l402_compliant = Some(l402.is_compliant);
            facts.l402_degrade_reason = l402.degrade_reason.map(str::to_owned);
        }
        if let Some(x402) = &self.x402 {
            facts.x402_payment_valid = Some(x402.is_payment_valid);
            facts.x402_asset_known = Some(x402.is_asset_known);
            facts.x402_facilitator_reachable = self.facilitator_reachable;
        }
        if let Some(status) = self.probe_status.filter(|_| !has_placeholders(&facts.url)) {
            facts.probe_status = status;
        }
    }

    /// The ways to pay by other protocols than the listing's own.
    pub(crate) fn others(&self, own: Protocol) -> impl Iterator<Item = &(Protocol, Vec<Offer>)> {
        self.offers.iter().filter(move |(protocol, _)| *protocol != own)
    }
}

impl From<&OfferHealth> for Offer {
    fn from(judged: &OfferHealth) -> Self {
        let reasons = judged.reasons.iter().map(|code| (*code).to_owned()).collect();
        Self { reasons, ..Self::from(&judged.offer) }
    }
}

impl From<TokenForm> for L402Format {
    fn from(form: TokenForm) -> Self {
        match form {
            TokenForm::V2Tlv => Self::V2Tlv,
            TokenForm::V1Binary => Self::V1Binary,
            TokenForm::V0Text => Self::V0Text,
            TokenForm::Json => Self::Json,
            TokenForm::Unknown => Self::Unknown,
        }
    }
}
