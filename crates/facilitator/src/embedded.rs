//! The engines of this process as a facilitator: `exact` with EIP-3009 tokens, versions 1 and 2.

use crate::engine::{AmountRule, Engine, Failure, Payment, Refusal, Settlement, Terms};
use crate::facilitator::{Facilitator, FacilitatorError};
use async_trait::async_trait;
use farebox_evm::{Address, B256};
use farebox_wire::evm::{ChainId, Network};
use farebox_wire::x402::{
    CodeFamily, ErrorCode, ExactTerms, FacilitatorRequest, Payment as Message, SCHEME_EXACT,
    SettleResponse, SupportedKind, SupportedResponse, VerifyError, VerifyResponse,
    accepted_matches,
};
use serde_json::json;
use std::collections::BTreeMap;

/// The engines of this process, one for each chain; cheap to clone.
#[derive(Clone, Default)]
pub struct Embedded {
    engines: BTreeMap<ChainId, Engine>,
}

impl Embedded {
    /// With these engines; of two of one chain the later counts.
    #[must_use]
    pub fn new(engines: impl IntoIterator<Item = Engine>) -> Self {
        Self { engines: engines.into_iter().map(|engine| (engine.chain(), engine)).collect() }
    }

    /// The engine of a chain.
    #[must_use]
    pub fn engine(&self, chain: ChainId) -> Option<&Engine> {
        self.engines.get(&chain)
    }

    fn find(&self, request: &FacilitatorRequest) -> Result<(&Engine, Payment, Terms), Fault> {
        let (payment, terms) = read(request)?;
        let engine = self.engines.get(&payment.asset.chain).ok_or(Refusal::Network)?;
        Ok((engine, payment, terms))
    }
}

/// Why a request is not a payment to be settled here.
struct Fault {
    code: ErrorCode,
    message: String,
}

impl From<VerifyError> for Fault {
    fn from(error: VerifyError) -> Self {
        Self { code: error.code(), message: error.to_string() }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self { code: refusal.code(), message: refusal.to_string() }
    }
}

/// What is to be settled. The time and the signature are read by the engine: a payment that is
/// known is answered also when its time is over.
fn read(request: &FacilitatorRequest) -> Result<(Payment, Terms), VerifyError> {
    let requirements = &request.requirements;
    let exact = ExactTerms::from_v2(requirements)?;
    if request.payment.scheme() != SCHEME_EXACT {
        return Err(VerifyError::Scheme);
    }
    let amount = match &request.payment {
        Message::V1(payment) => {
            let name = requirements.known_network().and_then(Network::v1_name);
            if name != Some(payment.network.as_str()) {
                return Err(VerifyError::Network);
            }
            AmountRule::AtLeast(exact.amount)
        }
        Message::V2(payment) => {
            if payment.accepted.network != requirements.network {
                return Err(VerifyError::Network);
            }
            if !accepted_matches(&payment.accepted, requirements) {
                return Err(VerifyError::NotOffered);
            }
            AmountRule::Exactly(exact.amount)
        }
    };
    let payload = request.payment.exact_evm()?;
    let payment = Payment {
        asset: exact.domain.id,
        authorization: payload.authorization,
        signature: payload.signature,
    };
    Ok((payment, Terms { pay_to: exact.pay_to, amount }))
}

#[async_trait]
impl Facilitator for Embedded {
    async fn verify(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<VerifyResponse, FacilitatorError> {
        let (engine, payment, terms) = match self.find(request) {
            Ok(found) => found,
            Err(fault) => return Ok(invalid(fault, None)),
        };
        let payer = Some(payment.authorization.from);
        match engine.verify(&payment, &terms).await {
            Ok(()) => Ok(VerifyResponse {
                is_valid: true,
                payer: payer.map(text),
                ..VerifyResponse::default()
            }),
            Err(Refusal::Unavailable(reason)) => Err(FacilitatorError::Unavailable(reason)),
            Err(refusal) => Ok(invalid(refusal.into(), payer)),
        }
    }

    async fn settle(
        &self,
        request: &FacilitatorRequest,
    ) -> Result<SettleResponse, FacilitatorError> {
        let network = network(request);
        let (engine, payment, terms) = match self.find(request) {
            Ok(found) => found,
            Err(fault) => return Ok(unsettled(fault, None, network, None)),
        };
        let payer = Some(payment.authorization.from);
        let (fault, transaction) = match engine.settle(&payment, &terms).await {
            Ok(Settlement::Settled { transaction, is_repeat }) => {
                let mut answer = SettleResponse {
                    success: true,
                    transaction: transaction.to_string(),
                    network,
                    payer: payer.map(text),
                    ..SettleResponse::default()
                };
                if is_repeat {
                    mark_repeat(&mut answer);
                }
                return Ok(answer);
            }
            Ok(Settlement::Pending { transaction }) => (pending(), transaction),
            Ok(Settlement::Failed { failure, transaction }) => (failed(failure), transaction),
            Err(Refusal::Unavailable(reason)) => {
                return Err(FacilitatorError::Unavailable(reason));
            }
            Err(refusal) => (refusal.into(), None),
        };
        Ok(unsettled(fault, payer, network, transaction))
    }

    async fn supported(&self) -> Result<SupportedResponse, FacilitatorError> {
        let mut supported = SupportedResponse::default();
        for (chain, engine) in &self.engines {
            let network = Network::Evm(*chain);
            let kind = |x402_version, network: String| SupportedKind {
                x402_version,
                scheme: SCHEME_EXACT.to_owned(),
                network,
                extra: None,
            };
            supported.kinds.push(kind(2, network.to_string()));
            supported.kinds.extend(network.v1_name().map(|name| kind(1, name.to_owned())));
            let signers = supported.signers.entry("eip155:*".to_owned()).or_default();
            for sender in engine.senders().into_iter().map(text) {
                if !signers.contains(&sender) {
                    signers.push(sender);
                }
            }
        }
        Ok(supported)
    }
}

const EXTRA: &str = "extra";
const REPEAT: &str = "repeat";

fn mark_repeat(answer: &mut SettleResponse) {
    answer.other.insert(EXTRA.to_owned(), json!({ REPEAT: true }));
}

/// Whether the answer says that somebody was told of this settlement before. A seller who keeps a
/// record of payments knows what that was for; one who keeps none must not deliver for it.
#[must_use]
pub fn is_repeat(answer: &SettleResponse) -> bool {
    answer.other.get(EXTRA).and_then(|extra| extra.get(REPEAT)).is_some_and(|repeat| repeat == true)
}

/// The name of the network in the payment's version.
fn network(request: &FacilitatorRequest) -> String {
    match &request.payment {
        Message::V1(payment) => payment.network.clone(),
        Message::V2(payment) => payment.accepted.network.clone(),
    }
}

fn text(address: Address) -> String {
    address.to_checksum(None)
}

fn invalid(fault: Fault, payer: Option<Address>) -> VerifyResponse {
    VerifyResponse {
        is_valid: false,
        payer: payer.map(text),
        invalid_reason: Some(fault.code.name(CodeFamily::Implementation).to_owned()),
        invalid_message: Some(fault.message),
        ..VerifyResponse::default()
    }
}

fn unsettled(
    fault: Fault,
    payer: Option<Address>,
    network: String,
    transaction: Option<B256>,
) -> SettleResponse {
    SettleResponse {
        success: false,
        transaction: transaction.map(|hash| hash.to_string()).unwrap_or_default(),
        network,
        payer: payer.map(text),
        error_reason: Some(fault.code.name(CodeFamily::Implementation).to_owned()),
        error_message: Some(fault.message),
        ..SettleResponse::default()
    }
}

fn pending() -> Fault {
    let message = "the settlement is under way: ask again with the same payment";
    Fault { code: ErrorCode::SettlementPending, message: message.to_owned() }
}

fn failed(failure: Failure) -> Fault {
    let (code, message) = match failure {
        Failure::Reverted => {
            (ErrorCode::TransactionFailed, "the token refused the transfer; nothing was paid")
        }
        Failure::UsedElsewhere => {
            (ErrorCode::NonceUsed, "the payer used the nonce for another transfer")
        }
        Failure::Cancelled => (ErrorCode::NonceUsed, "the payer cancelled the authorization"),
        Failure::Expired => {
            (ErrorCode::ValidBefore, "the authorization expired before it was carried out")
        }
    };
    Fault { code, message: message.to_owned() }
}
