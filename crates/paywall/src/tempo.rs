//! Payment by a transfer that the payer sent on Tempo itself: the `tempo` method of MPP, in push
//! mode.

use crate::admission::Refusal;
use crate::collection::{Collected, Collection, Verdict};
use crate::mpp;
use crate::payment::{Payment, Rail};
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::request::Facts;
use crate::route::PaidRoute;
use crate::unavailable::Unavailable;
use async_trait::async_trait;
use farebox_evm::{B256, Log, MinedStatus, Receipt, Rpc, calls};
use farebox_wire::evm::{Address, AssetId, U256, decode_transfer_with_memo};
use farebox_wire::mpp::methods::tempo::{METHOD, TempoCharge, TempoMode, TempoPayload};
use farebox_wire::mpp::{Challenge, Credential, attribution};
use http::{HeaderName, HeaderValue};
use std::sync::Arc;

/// A token on Tempo that the server is paid in.
#[derive(Clone)]
pub struct TempoRail {
    /// The token. It must be worth a dollar.
    pub token: AssetId,
    /// Its decimals.
    pub decimals: u8,
    /// Who is paid.
    pub pay_to: Address,
    /// A node of the chain.
    pub rpc: Rpc,
}

impl TempoRail {
    pub(crate) fn charge(&self, units: U256) -> TempoCharge {
        TempoCharge {
            amount: units,
            currency: self.token.address,
            recipient: self.pay_to,
            chain: Some(self.token.chain),
            fee_payer: false,
            supported_modes: vec![TempoMode::Push],
            memo: None,
            description: None,
            external_id: None,
        }
    }

    fn offers(&self, charge: &TempoCharge) -> bool {
        charge.chain == Some(self.token.chain)
            && charge.currency == self.token.address
            && charge.recipient == self.pay_to
    }
}

impl Paywall {
    /// Verifies a transfer that answers an MPP challenge which was issued here for this request.
    /// The money has moved, so that it is good for as long as a token would be.
    pub(crate) async fn verify_tempo(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        credential: &Credential,
    ) -> Result<Verdict, Refusal> {
        let challenge = &credential.challenge;
        let charge = TempoCharge::decode(&challenge.request);
        let charge = charge.map_err(|_| Problem::ForeignChallenge)?;
        let rail = self.rails().tempo.iter().find(|rail| rail.offers(&charge));
        let rail = rail.ok_or(Problem::NotOffered)?;
        let shown = TempoPayload::read(&credential.payload);
        let shown = shown.map_err(|error| Problem::MalformedPayment(error.to_string()))?;
        let TempoPayload::Hash(hash) = shown else {
            let text = "send the transfer yourself and show its hash (push mode)";
            return Err(Problem::MalformedPayment(text.to_owned()).into());
        };
        let expires_at = challenge.expires_at().ok_or(Problem::ForeignChallenge)?;
        let expires_at = expires_at.saturating_add(route.token_lifetime_s);
        if self.now() >= expires_at {
            return Err(Problem::ExpiredChallenge.into());
        }
        let log_index = transfer_of(rail, &charge, challenge, hash).await?;
        let network = format!("eip155:{}", rail.token.chain);
        let asset = format!("{network}/{}", charge.currency.to_checksum(None));
        let (hash, index) = (hash.to_string(), log_index.to_string());
        let unique = [network.as_str(), hash.as_str(), index.as_str()];
        let payment = Payment {
            settled_as: Some(hash.clone()),
            is_tied_to_first_request: false,
            ..Payment::of_asset(Rail::Tempo, &unique, asset, charge.amount.to_string())
        };
        let usage = self.use_of(route, facts, route.kind, payment, expires_at);
        let (challenge_id, chain_id) = (challenge.id.clone(), rail.token.chain.get());
        Ok(Verdict { usage, collection: Arc::new(Arrived { hash, challenge_id, chain_id }) })
    }
}

/// The place in its block of the transfer that pays a challenge.
async fn transfer_of(
    rail: &TempoRail,
    charge: &TempoCharge,
    challenge: &Challenge,
    hash: B256,
) -> Result<u64, Refusal> {
    let receipt = match rail.rpc.call(calls::receipt(hash)).await {
        Ok(Some(receipt)) => receipt,
        // It may be in a block in a moment: a fresh challenge now would be paid twice.
        Ok(None) => return Err(Refusal::Unavailable(Unavailable::PaymentPending)),
        Err(error) => {
            tracing::warn!(%error, "a transfer on Tempo could not be looked up");
            return Err(Refusal::Unavailable(Unavailable::Facilitator));
        }
    };
    find_transfer(&receipt, charge, challenge).ok_or_else(|| {
        let text = "the transaction has no transfer of this amount, to this recipient, with the \
                    memo of this challenge";
        Problem::PaymentRefused { reason: "no_such_transfer".to_owned(), message: text.to_owned() }
            .into()
    })
}

fn find_transfer(receipt: &Receipt, charge: &TempoCharge, challenge: &Challenge) -> Option<u64> {
    if receipt.outcome() != MinedStatus::Success {
        return None;
    }
    let pays = |log: &&Log| {
        let transfer = decode_transfer_with_memo(&log.topics, &log.data);
        log.address == charge.currency
            && transfer.is_some_and(|transfer| {
                transfer.to == charge.recipient
                    && transfer.value >= charge.amount
                    && attribution::is_bound(&transfer.memo, &challenge.id, &challenge.realm)
            })
    };
    receipt.logs.iter().find(pays).map(|log| log.log_index.to())
}

/// A transfer that is on the chain.
struct Arrived {
    hash: String,
    challenge_id: String,
    chain_id: u64,
}

#[async_trait]
impl Collection for Arrived {
    fn is_collected_first(&self) -> bool {
        false
    }

    async fn collect(&self) -> Collected {
        Collected::Yes(self.hash.clone())
    }

    fn receipt(&self, settled_as: &str, now: u64) -> Vec<(HeaderName, HeaderValue)> {
        mpp::receipt(METHOD, settled_as, &self.challenge_id, Some(self.chain_id), now)
    }
}
