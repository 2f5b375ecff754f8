//! MPP: the `Payment` scheme over Lightning and with signed transfers.

use crate::support::server::{Reply, Seen, Server};
use crate::support::token_shop::{self as shop, Chain, now_s};
use crate::support::wallet::Draft;
use crate::support::{Desk, evm_wallet, get_request, open};
use farebox_buyer::{BuyError, Charge, EvmWallet, Mode, Rail, Request};
use farebox_money::Msat;
use farebox_wire::evm::{ChainId, TokenDomain, U256, known_asset};
use farebox_wire::mpp::methods::evm::{CredentialType, EvmCharge};
use farebox_wire::mpp::methods::evm_authorization::{EvmPayload, NonceForm};
use farebox_wire::mpp::methods::lightning::{self, LightningCharge};
use farebox_wire::mpp::{
    Challenge, ChallengeSecret, ChallengeSecrets, ChallengeTerms, Credential, CredentialHeader,
    Opaque, Receipt, parse_credential,
};
use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn secrets() -> ChallengeSecrets {
    ChallengeSecrets { current: ChallengeSecret::new(&[9; 32]).unwrap(), previous: None }
}

fn challenge(method: &str, request: String, header: CredentialHeader, nonce: u64) -> Challenge {
    let terms = ChallengeTerms {
        realm: "shop.example".into(),
        method: method.into(),
        intent: "charge".into(),
        request,
        expires_at: now_s() + 60,
        description: Some("a \"test\"".into()),
        digest: None,
        opaque: Opaque::new(u128::from(nonce).to_be_bytes(), "x"),
        header,
    };
    secrets().issue(&terms).unwrap()
}

/// The credential of a request, if the challenge in it is one of ours, letter by letter.
fn credential(seen: &Seen) -> Option<Credential> {
    let lines = |name| seen.header(name).into_iter().map(str::as_bytes);
    let lines = (lines("authorization"), lines("payment-authorization"));
    let credential = parse_credential(lines.0, lines.1).unwrap()?;
    secrets().verify(&credential.challenge).unwrap();
    Some(credential)
}

fn evm_charge() -> EvmCharge {
    EvmCharge {
        amount: U256::from(10_000),
        currency: shop::USDC.parse().unwrap(),
        recipient: shop::PAYEE.parse().unwrap(),
        chain: ChainId::BASE_SEPOLIA,
        credential_types: vec![CredentialType::Authorization],
        decimals: Some(6),
        description: None,
        external_id: None,
    }
}

fn domain() -> TokenDomain {
    let charge = evm_charge();
    let token = farebox_wire::evm::AssetId { chain: charge.chain, address: charge.currency };
    known_asset(token).unwrap().token_domain().unwrap()
}

/// A seller of `evm/charge` that reads nonces of one form.
async fn evm_seller(form: NonceForm, header: CredentialHeader, chain: Chain) -> Server {
    let count = AtomicU64::new(0);
    Server::start(move |seen| {
        let Some(credential) = credential(seen) else {
            let nonce = count.fetch_add(1, Ordering::Relaxed);
            let challenge = challenge("evm", evm_charge().encode().unwrap(), header, nonce);
            return Reply::new(402, "pay").header("www-authenticate", challenge.render().unwrap());
        };
        let paid = EvmPayload::read(&credential.payload).unwrap();
        let Challenge { id, realm, .. } = &credential.challenge;
        let found = evm_charge().check_authorization(&paid.authorization, id, realm).unwrap();
        let signer = paid.authorization.recover(&domain(), &paid.signature).unwrap();
        assert_eq!(signer, paid.authorization.from);
        let source = format!("did:pkh:eip155:84532:{signer}");
        assert_eq!(credential.source.as_deref(), Some(source.as_str()));
        if found != form {
            let problem = r#"{"type":"https://paymentauth.org/problems/verification-failed","detail":"nonce"}"#;
            return Reply::new(402, problem);
        }
        chain.settle(paid.authorization);
        let receipt = Receipt::new("evm", &format!("0x{}", "cd".repeat(32)), id, now_s());
        Reply::ok("sold").header("payment-receipt", receipt.render().unwrap())
    })
    .await
}

#[tokio::test]
async fn a_signed_transfer_is_bound_to_its_challenge() {
    for header in [CredentialHeader::Authorization, CredentialHeader::PaymentAuthorization] {
        let (desk, chain) = (Desk::with_tokens(), Chain::default());
        let server = evm_seller(NonceForm::JsonArray, header, chain.clone()).await;
        let request = get_request(&server.url("/x")).with_header("Authorization", "Bearer k");
        let (answer, body) = desk.answer(&request.unwrap(), Mode::Pay).await.unwrap();
        let payment = answer.payment.unwrap();
        assert_eq!((body.as_str(), payment.rail, payment.scheme), ("sold", Rail::Mpp, "Payment"));
        assert!(payment.transaction.unwrap().starts_with("0xcdcd"));
        assert_eq!((chain.count(), desk.transfers()), (1, vec!["delivered".into()]));
        let keeps_key = header == CredentialHeader::PaymentAuthorization;
        let key = server.seen()[1].header("authorization").map(str::to_owned).unwrap();
        assert_eq!(key == "Bearer k", keeps_key, "{key}");
        assert!(desk.recorder.warnings().is_empty());
    }
}

#[tokio::test]
async fn the_older_form_of_the_nonce_is_for_hosts_that_are_named_and_never_tried_by_itself() {
    let (desk, chain) = (Desk::with_tokens(), Chain::default());
    let header = CredentialHeader::Authorization;
    let server = evm_seller(NonceForm::Concatenation, header, chain.clone()).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::TransferRefused { .. }), "{error}");
    let shown = server.seen().iter().filter(|seen| credential(seen).is_some()).count();
    assert_eq!((chain.count(), shown), (0, 1));

    let mut desk = Desk::with_tokens();
    let host = server.origin.trim_start_matches("http://").to_owned();
    let evm = EvmWallet { legacy_nonce_hosts: vec![host], ..evm_wallet() };
    desk.buyer = desk.token_buyer().with_evm(evm);
    desk.get(&server.url("/x")).await.unwrap();
    assert_eq!(chain.count(), 1);
}

#[tokio::test]
async fn one_challenge_is_not_signed_for_twice() {
    let desk = Desk::with_tokens();
    let fixed = challenge("evm", evm_charge().encode().unwrap(), CredentialHeader::default(), 1);
    let server = Server::start(move |seen| match credential(seen) {
        Some(_) => Reply::ok("sold"),
        None => Reply::new(402, "").header("www-authenticate", fixed.render().unwrap()),
    });
    let server = server.await;
    desk.get(&server.url("/x")).await.unwrap();
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::InvoiceInUse(_)), "{error}");
    assert_eq!(desk.transfers(), ["delivered"]);
}

#[tokio::test]
async fn an_answer_without_a_body_is_not_bought() {
    let (desk, chain) = (Desk::with_tokens(), Chain::default());
    let transfers =
        evm_seller(NonceForm::JsonArray, CredentialHeader::default(), chain.clone()).await;
    let invoices = lightning_seller(&desk, |request| request).await;
    for server in [transfers, invoices] {
        let head = Request::new(Method::HEAD, &server.url("/x")).unwrap();
        let error = desk.run(&head, Mode::Pay).await.unwrap_err();
        assert_eq!(error.code(), "bad_offer", "{error}");
    }
    assert_eq!((chain.count(), desk.wallet.payments().len()), (0, 0));
}

/// A seller of `lightning/charge`; `change` is made to what it asks for.
async fn lightning_seller(desk: &Desk, change: fn(String) -> String) -> Server {
    let till = desk.wallet.clone();
    Server::start(move |seen| {
        let Some(credential) = credential(seen) else {
            let (invoice, _) = till.invoice(Draft::sats(5));
            let request = LightningCharge::new(&invoice).unwrap().encode().unwrap();
            let header = CredentialHeader::PaymentAuthorization;
            let challenge = challenge("lightning", change(request), header, 1);
            return Reply::new(402, "pay").header("www-authenticate", challenge.render().unwrap());
        };
        let charge = LightningCharge::decode(&credential.challenge.request).unwrap();
        let preimage = lightning::read_preimage(&credential.payload).unwrap();
        assert!(charge.is_paid_by(&preimage) && till.is_settled(charge.payment_hash()));
        let hash =
            if seen.path == "/lies" { "00".repeat(32) } else { charge.payment_hash().to_string() };
        let receipt = Receipt::new("lightning", &hash, &credential.challenge.id, now_s());
        Reply::ok("sold").header("payment-receipt", receipt.render().unwrap())
    })
    .await
}

#[tokio::test]
async fn a_lightning_challenge_is_answered_with_the_preimage_in_the_header_it_names() {
    let desk = Desk::new();
    let server = lightning_seller(&desk, |request| request).await;
    let request = get_request(&server.url("/x")).with_header("Authorization", "Bearer k").unwrap();
    let (answer, body) = desk.answer(&request, Mode::Pay).await.unwrap();
    assert_eq!(body, "sold");
    let payment = answer.payment.unwrap();
    assert_eq!((payment.rail, payment.scheme), (Rail::Mpp, "Payment"));
    assert_eq!(payment.charge, Charge::Lightning(Msat::new(5_000)));
    assert_eq!((desk.states(), desk.token_count()), (vec!["delivered".into()], 0));
    let seen = server.seen();
    assert_eq!(seen[1].header("authorization"), Some("Bearer k"));
    assert_eq!(seen[0].header("accept-payment"), Some("lightning/charge"));
    assert!(desk.recorder.warnings().is_empty(), "{:?}", desk.recorder.warnings());
    desk.get(&server.url("/lies")).await.unwrap();
    assert!(desk.recorder.warnings()[0].contains("receipt names the payment 0000"));
}

#[tokio::test]
async fn a_lightning_request_that_claims_another_amount_is_not_paid() {
    let desk = Desk::new();
    let server = lightning_seller(&desk, |request| {
        let json = farebox_wire::mpp::jcs::decode::<serde_json::Value>(&request);
        let mut json = json.unwrap();
        json["amount"] = "1".into();
        farebox_wire::mpp::jcs::encode(&json).unwrap()
    });
    let server = server.await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!((error.code(), error.exit_code()), ("bad_offer", 2), "{error}");
    assert!(error.to_string().contains("says 1 sats, its invoice asks for 5 sats"), "{error}");
    assert_eq!(desk.wallet.pay_calls(), 0);
}

#[tokio::test]
async fn a_lightning_purchase_whose_answer_was_lost_is_not_paid_again() {
    let mut desk = Desk::new();
    let server = lightning_seller(&desk, |request| request).await;
    let gone = std::sync::Mutex::new(true);
    let upstream = Arc::new(server);
    let inner = Arc::clone(&upstream);
    let lossy = Server::start(move |seen| {
        let is_paid = seen.header("payment-authorization").is_some();
        if is_paid && std::mem::take(&mut *gone.lock().unwrap()) {
            return Reply::none();
        }
        forward(seen, &inner)
    });
    let lossy = lossy.await;
    desk.limits.answer_timeout = std::time::Duration::ZERO;
    let error = desk.get(&lossy.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::PaidAnswerLost { .. }), "{error}");
    desk.buyer = open(desk.folder.path(), Some(("test", Arc::new(desk.wallet.clone()))));
    assert_eq!(desk.get(&lossy.url("/x")).await.unwrap().1, "sold");
    assert_eq!(desk.wallet.payments().len(), 1);
}

/// Asks another server the same.
fn forward(seen: &Seen, to: &Server) -> Reply {
    let mut request = crate::support::client().get(to.url(&seen.path));
    for (name, value) in seen.headers.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("host"))
    {
        request = request.header(name, value);
    }
    tokio::runtime::Handle::current().block_on(async {
        let answer = request.send().await.unwrap();
        let mut reply = Reply::new(answer.status().as_u16(), "");
        for (name, value) in answer.headers() {
            if name.as_str() == "www-authenticate" {
                reply = reply.header(name.as_str(), value.to_str().unwrap());
            }
        }
        reply.body = answer.bytes().await.unwrap().to_vec();
        reply
    })
}
