//! `evm/charge`, `tempo/charge` and `tempo/session`: tokens on a chain.

use super::super::{FaultCode, request::Request};
use crate::evm::{AssetId, ChainId, Network, known_asset};
use crate::mpp::methods::{
    evm::{CredentialType, EvmCharge},
    tempo::{TempoCharge, TempoMode},
};
use serde_json::Value;

/// Tempo's networks: the main one, the public test network, and that of developers.
const TEMPO_CHAINS: [(u64, bool); 3] = [(4_217, false), (42_431, true), (1_337, true)];

pub(super) fn examine_evm(request: &mut Request<'_>, is_charge: bool) {
    request.positive_amount();
    request.addresses();
    request.sink.add_if(request.detail("splits").is_some(), FaultCode::Splits);
    let chain = chain(request);
    request.sink.add_if(chain.is_none(), FaultCode::ChainMissing);
    check_types(request);
    if !is_charge {
        return request.sink.add_found(FaultCode::IntentUnknown, &request.found.intent.clone());
    }
    let Some(charge) = request.strict(EvmCharge::decode(request.text)) else { return };
    if charge.chain.is_testnet() {
        request.test_money();
    }
    let asset = known_asset(AssetId { chain: charge.chain, address: charge.currency });
    let is_signed = charge.accepts(CredentialType::Authorization);
    request.sink.add_if(asset.is_none() && is_signed, FaultCode::TokenUnknown);
}

fn check_types(request: &mut Request<'_>) {
    let names = request.detail("credentialTypes").and_then(Value::as_array).map(|names| {
        names.iter().filter_map(|name| name.as_str().and_then(CredentialType::from_name))
    });
    match names.map(Iterator::collect::<Vec<_>>) {
        Some(types) if types.is_empty() => request.sink.add(FaultCode::CredentialTypesUnknown),
        Some(types) if types.contains(&CredentialType::Authorization) => {}
        // Without a word, the draft means a transaction or its hash.
        _ => request.sink.add(FaultCode::NoAuthorization),
    }
}

pub(super) fn examine_tempo(request: &mut Request<'_>, is_charge: bool) {
    match request.amount() {
        Some(amount) if amount.is_zero() && is_charge => request.sink.add(FaultCode::ProofOnly),
        Some(amount) if amount.is_zero() => request.sink.add(FaultCode::AmountZero),
        _ => {}
    }
    request.addresses();
    request.sink.add_if(request.detail("splits").is_some(), FaultCode::Splits);
    check_modes(request);
    let named = request.detail("chainId").is_some();
    match chain(request) {
        None if named => request.sink.add(FaultCode::ChainMissing),
        None => request.sink.add(FaultCode::ChainOpen),
        Some(chain) => match TEMPO_CHAINS.iter().find(|(id, _)| *id == chain.get()) {
            None => request.sink.add_found(FaultCode::ChainUnknown, &chain.to_string()),
            Some((_, true)) => request.test_money(),
            Some((_, false)) => {}
        },
    }
    if is_charge {
        request.strict(TempoCharge::decode(request.text));
    }
}

fn check_modes(request: &mut Request<'_>) {
    let Some(modes) = request.detail("supportedModes") else { return };
    let modes = serde_json::from_value::<Vec<TempoMode>>(modes.clone()).unwrap_or_default();
    match modes.as_slice() {
        [] => request.sink.add(FaultCode::ModesUnknown),
        [TempoMode::Push] => request.sink.add(FaultCode::PushOnly),
        [TempoMode::Pull] => request.sink.add(FaultCode::PullOnly),
        _ => {}
    }
}

fn chain(request: &mut Request<'_>) -> Option<ChainId> {
    let id = request.detail("chainId").and_then(Value::as_u64).filter(|id| *id > 0)?;
    let chain = ChainId::new(id);
    request.found.network = Some(Network::Evm(chain));
    Some(chain)
}
