//! MPP by a signed transfer on a chain: the settlement is that of x402, the credential another.

use crate::shop::{Answer, START, request};
use crate::support::stall::{buyer_key, challenge_of, sign_mpp, usdc};
use crate::support::{AtSettle, Stall, answered};
use farebox_wire::evm::{B256, TransferAuthorization, U256};
use farebox_wire::mpp::methods::evm::EvmCharge;
use farebox_wire::mpp::methods::evm_authorization::{EvmPayload, NonceForm};
use farebox_wire::mpp::{Challenge, Credential, Problem, ProblemType, Receipt};
use farebox_wire::x402::Payment;
use http::{StatusCode, header};
use std::sync::atomic::Ordering;

async fn offered(stall: &Stall, uri: &str) -> Challenge {
    challenge_of(&stall.get(uri, None).await, "evm")
}

fn problem(answer: &Answer) -> ProblemType {
    assert_eq!(answer.status, StatusCode::PAYMENT_REQUIRED, "{}", answer.text());
    let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
    ProblemType::from_uri(&problem.type_uri).unwrap()
}

type Change = Box<dyn Fn(&mut TransferAuthorization)>;

/// A credential with an authorization that was changed before it was signed.
fn signed_with(challenge: &Challenge, change: impl Fn(&mut TransferAuthorization)) -> String {
    let charge = EvmCharge::decode(&challenge.request).unwrap();
    let mut authorization = TransferAuthorization {
        from: buyer_key().address(),
        to: charge.recipient,
        value: charge.amount,
        valid_after: U256::ZERO,
        valid_before: U256::from(challenge.expires_at().unwrap()),
        nonce: NonceForm::JsonArray.nonce(&challenge.id, &challenge.realm),
    };
    change(&mut authorization);
    let signature = authorization.sign(&usdc(), &buyer_key());
    let payload = EvmPayload { authorization, signature }.payload();
    Credential { challenge: challenge.clone(), source: None, payload }.render().unwrap()
}

#[tokio::test]
async fn both_forms_of_the_nonce_buy_an_answer_with_a_receipt_of_the_chain() {
    for form in [NonceForm::JsonArray, NonceForm::Concatenation] {
        let stall = Stall::open().await;
        let challenge = offered(&stall, "/dish?of=day").await;
        let credential = sign_mpp(&challenge, form);
        let answer = stall.get("/dish?of=day", Some(&credential)).await;
        assert_eq!(answered(&answer).text(), "dish of=day");
        let receipt = Receipt::parse(answer.headers["payment-receipt"].to_str().unwrap()).unwrap();
        assert_eq!((receipt.method.as_str(), receipt.chain_id), ("evm", Some(84_532)));
        assert_eq!(receipt.reference, format!("0x{:064x}", 1));
        assert_eq!(receipt.challenge_id, Some(challenge.id));
        assert_eq!(answer.headers[header::CACHE_CONTROL], "private");
        assert_eq!(stall.facilitator.transfers(), 1);
        let again = stall.get("/dish?of=day", Some(&credential)).await;
        assert_eq!(answered(&again).body, answer.body);
        let other = stall.get("/dish?of=night", Some(&credential)).await;
        assert_eq!(problem(&other), ProblemType::VerificationFailed);
        assert_eq!((stall.served(), stall.facilitator.settle_calls()), (1, 1));
    }
}

#[tokio::test]
async fn an_authorization_that_does_not_answer_its_challenge_is_refused() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish").await;
    let other = offered(&stall, "/dish").await;
    let others_nonce = NonceForm::JsonArray.nonce(&other.id, &other.realm);
    let cases: [(&str, Change); 6] = [
        ("nonce", Box::new(|signed| signed.nonce = B256::repeat_byte(1))),
        ("nonce of another", Box::new(move |signed| signed.nonce = others_nonce)),
        ("less", Box::new(|signed| signed.value = U256::from(4_999))),
        ("more", Box::new(|signed| signed.value = U256::from(5_001))),
        ("time", Box::new(|signed| signed.valid_before = U256::from(START))),
        ("too long", Box::new(|signed| signed.valid_before = U256::MAX)),
    ];
    for (name, change) in cases {
        let answer = stall.get("/dish", Some(&signed_with(&challenge, change))).await;
        let expected = match name {
            "time" | "too long" => ProblemType::VerificationFailed,
            _ => ProblemType::InvalidPayload,
        };
        assert_eq!(problem(&answer), expected, "{name}");
    }
    assert_eq!((stall.served(), stall.facilitator.settle_calls()), (0, 0));
    answered(&stall.get("/dish", Some(&signed_with(&challenge, |_| {}))).await);
}

#[tokio::test]
async fn a_challenge_expires_and_what_it_bought_does_not() {
    let stall = Stall::open().await;
    let (used, unused) = (offered(&stall, "/dish").await, offered(&stall, "/dish").await);
    let good = |signed: &mut TransferAuthorization| {
        signed.valid_before = U256::from(START + 3_600);
    };
    let (used, unused) = (signed_with(&used, good), signed_with(&unused, good));
    answered(&stall.get("/dish", Some(&used)).await);
    stall.clock.store(START + 300 + 30, Ordering::SeqCst);
    let late = stall.get("/dish", Some(&unused)).await;
    assert_eq!(problem(&late), ProblemType::PaymentExpired);
    answered(&stall.get("/dish", Some(&used)).await);
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn a_settlement_that_was_begun_in_time_is_finished_late() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish").await;
    let credential = sign_mpp(&challenge, NonceForm::default());
    stall.facilitator.settles(AtSettle::Lost);
    let unknown = stall.get("/dish", Some(&credential)).await;
    assert_eq!(unknown.status, StatusCode::SERVICE_UNAVAILABLE);
    stall.clock.store(START + 4_000, Ordering::SeqCst);
    stall.facilitator.settles(AtSettle::Honest);
    answered(&stall.get("/dish", Some(&credential)).await);
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn one_authorization_is_used_once_in_whichever_protocol_it_is_shown() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish?a").await;
    let credential = sign_mpp(&challenge, NonceForm::default());
    answered(&stall.get("/dish?a", Some(&credential)).await);
    let (_, token) = credential.split_once(' ').unwrap();
    let shown = EvmPayload::read(&Credential::decode(token).unwrap().payload).unwrap();
    let mut copy = stall.sign("/dish?a").await;
    let Payment::V2(message) = &mut copy else { panic!("version 2") };
    let EvmPayload { authorization, signature } = shown;
    message.payload = farebox_wire::x402::ExactEvmPayload { authorization, signature }.to_object();
    for uri in ["/dish?a", "/dish?b"] {
        let answer = stall.pay(uri, &copy).await;
        assert_eq!(answer.code(), "token_used", "{uri}");
    }
    assert_eq!((stall.served(), stall.facilitator.transfers()), (1, 1));
}

#[tokio::test]
async fn a_handler_that_fails_is_not_paid() {
    let stall = Stall::open().await;
    let challenge = offered(&stall, "/dish").await;
    let credential = sign_mpp(&challenge, NonceForm::default());
    stall.kitchen.fails.store(true, Ordering::SeqCst);
    let failed = stall.get("/dish", Some(&credential)).await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    assert!(!failed.headers.contains_key("payment-receipt"));
    assert_eq!(stall.facilitator.settle_calls(), 0);
    stall.kitchen.fails.store(false, Ordering::SeqCst);
    let other = stall.send(request("GET", "/dish?other", Some(&credential), "")).await;
    assert_eq!(problem(&other), ProblemType::VerificationFailed);
    answered(&stall.get("/dish", Some(&credential)).await);
    assert_eq!(stall.facilitator.transfers(), 1);
}
