//! What sellers ask for, in every form, and what is not paid.

use crate::support::Desk;
use crate::support::server::{Reply, Seen, Server};
use crate::support::shop::Shop;
use crate::support::wallet::{Draft, TestWallet};
use farebox_buyer::{BuyError, Charge, Mode, PaymentId, Request};
use farebox_money::Msat;
use farebox_wire::bolt11::Network;
use farebox_wire::l402::{Scheme, TokenKind, challenge_header};

type Form = fn(&str, &str) -> Reply;

fn header(value: String) -> Reply {
    Reply::new(402, "pay").header("www-authenticate", value)
}

/// The forms in use, and the scheme that each is answered with.
const FORMS: [(&str, Form); 9] = [
    ("L402", |token, invoice| header(challenge_header(token, invoice))),
    ("L402", |token, invoice| {
        header(format!(r#"L402 version="0", token="{token}", invoice="{invoice}""#))
    }),
    ("L402", |token, invoice| header(format!("L402 macaroon={token}, invoice={invoice}"))),
    ("L402", |token, invoice| {
        header(format!(r#"Payment id="a", L402 macaroon="{token}" invoice="{invoice}""#))
    }),
    ("LSAT", |token, invoice| header(format!(r#"LSAT macaroon="{token}", invoice="{invoice}""#))),
    ("L402", |token, invoice| {
        header(format!(r#"LSAT macaroon="{token}", invoice="{invoice}""#))
            .header("www-authenticate", challenge_header(token, invoice))
    }),
    ("L402", |token, invoice| Reply {
        body: format!(r#"{{"invoice":"{invoice}","price_sats":5}}"#).into(),
        ..header(format!(r#"L402 version="0", token="{token}""#))
    }),
    ("L402", |token, invoice| {
        Reply::new(402, format!(r#"{{"macaroon":"{token}","payment_request":"{invoice}"}}"#))
    }),
    ("L402", |token, invoice| header(challenge_header(token, &invoice.to_uppercase()))),
];

#[tokio::test]
async fn every_form_of_challenge_is_paid_once_and_its_token_sent_back_unchanged() {
    for (index, (scheme, form)) in FORMS.into_iter().enumerate() {
        let desk = Desk::new();
        let shop = Shop::opaque(&desk.wallet, Draft::sats(5));
        let books = shop.clone();
        let server = Server::start(move |seen| match books.proof(seen) {
            Some(_) => Reply::ok("sold"),
            None => {
                let (token, invoice, _) = books.mint(seen);
                form(&token, &invoice)
            }
        });
        let server = server.await;
        let (answer, body) = desk.get(&server.url("/x")).await.unwrap();
        assert_eq!(body, "sold", "form {index}");
        let payment = answer.payment.unwrap();
        let PaymentId::Hash(hash) = payment.payment else { panic!("{payment:?}") };
        assert_eq!(desk.wallet.payments(), [(hash, Msat::new(5_000))]);
        let expected = Charge::Lightning(Msat::new(5_000));
        assert_eq!((payment.charge, payment.resumed), (expected, false));
        let proof = server.seen()[1].header("authorization").unwrap().to_owned();
        let token = shop.token(&server.seen()[0], hash);
        assert!(proof.starts_with(&format!("{scheme} {token}:")), "form {index}: {proof}");
        assert_eq!(desk.states(), ["delivered"]);
    }
}

#[tokio::test]
async fn a_402_that_cannot_be_answered_is_handed_over_with_the_names_of_what_it_offers() {
    let desk = Desk::new();
    let server = Server::start(|seen| match seen.path.as_str() {
        "/x402" => Reply::new(402, r#"{"x402Version":1,"accepts":[]}"#),
        "/v2" => Reply::new(402, "{}").header("payment-required", "e30="),
        "/mpp" => Reply::new(402, "").header("www-authenticate", "Payment id=\"a\""),
        "/bare" => Reply::new(402, "").header("www-authenticate", "L402"),
        _ => Reply::new(402, "no"),
    });
    let server = server.await;
    for (path, expected) in [
        ("/x402", "x402"),
        ("/v2", "x402"),
        ("/mpp", "MPP (Payment)"),
        ("/bare", "L402 without a token or an invoice"),
    ] {
        let error = desk.get(&server.url(path)).await.unwrap_err();
        let BuyError::NoUsableChallenge { offered, .. } = &error else { panic!("{error}") };
        assert_eq!(offered, &[expected], "{path}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), 1);
    }
    assert_eq!(desk.recorder.count("Written"), 4, "the 402 is an answer too");
    assert!(desk.states().is_empty());
}

#[tokio::test]
async fn a_seller_that_claims_another_amount_is_warned_of_and_the_invoice_counts() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| {
        let mut reply = shop.sell(seen, "sold").header("x-price-sats", "2");
        if reply.status == 402 {
            reply.body = br#"{"amount_sats":1,"amount_msat":5000,"price_sats":5}"#.to_vec();
        }
        reply
    });
    let server = server.await;
    desk.get(&server.url("/x")).await.unwrap();
    let warnings = desk.recorder.warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("amount_sats says 1 sat but its invoice asks for 5 sats"));
    assert!(warnings[1].contains("X-Price-Sats says 2 sats"));
    assert_eq!(desk.wallet.payments()[0].1, Msat::new(5_000));
}

/// A seller whose every 402 is `reply`; what a get of it ends with, and that nothing was paid.
async fn refused(desk: &Desk, reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> BuyError {
    let server = Server::start(reply).await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert_eq!(server.seen().len(), 1);
    assert_eq!(desk.wallet.pay_calls(), 0);
    assert!(desk.states().is_empty(), "an intent was written");
    assert!(error.to_string().ends_with("nothing was paid"), "{error}");
    error
}

async fn refused_draft(draft: Draft) -> BuyError {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, draft);
    refused(&desk, move |seen| shop.challenge(seen)).await
}

#[tokio::test]
async fn invoices_that_must_not_be_paid_are_not() {
    let sats = Draft::sats(5);
    for (draft, expected) in [
        (Draft { amount: None, ..sats }, "no amount"),
        (Draft { created_s_ago: 600, ..sats }, "expired"),
        (Draft { expiry_s: 4, ..sats }, "expired"),
        (Draft { network: Network::Bitcoin, ..sats }, "mainnet money"),
    ] {
        let error = refused_draft(draft).await;
        assert!(matches!(error, BuyError::Refused(_)), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(error.exit_code(), 2);
    }
}

#[tokio::test]
async fn an_invoice_that_cannot_be_read_is_not_paid() {
    let desk = Desk::new();
    let reply = |_: &Seen| header(challenge_header("AGI=", "lnbcrt1nonsense"));
    let error = refused(&desk, reply).await;
    assert!(matches!(error, BuyError::BadOffer(_)), "{error}");
    assert_eq!(error.exit_code(), 2);
}

#[tokio::test]
async fn a_token_for_another_payment_is_not_paid_for() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let reply = move |seen: &Seen| {
        let (token, ..) = shop.mint(seen);
        let (invoice, _) = shop.till.invoice(shop.price);
        header(challenge_header(&token, &invoice))
    };
    let error = refused(&desk, reply).await;
    assert!(error.to_string().contains("could not redeem the token"), "{error}");
}

#[tokio::test]
async fn the_first_challenge_that_can_be_answered_is_answered() {
    let desk = Desk::new();
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| match shop.proof(seen) {
        Some(_) => Reply::ok("sold"),
        None => {
            let good = shop.challenge(seen).headers.remove(0).1;
            header(format!(r#"L402 macaroon="AGI=", invoice="lnbc1x", {good}"#))
        }
    });
    let server = server.await;
    assert_eq!(desk.get(&server.url("/x")).await.unwrap().1, "sold");
}

/// A seller whose challenges are `drafts`, each with its scheme; what a get of it paid.
async fn paid_of(drafts: Vec<(Scheme, Draft)>) -> Result<(Msat, Scheme), BuyError> {
    let desk = Desk::new();
    let shop = Shop::opaque(&desk.wallet, Draft::sats(0));
    let server = Server::start(move |seen| {
        if shop.proof(seen).is_some() {
            return Reply::ok("sold");
        }
        drafts.iter().fold(Reply::new(402, "pay"), |reply, (scheme, draft)| {
            let mut shop = shop.clone();
            shop.price = *draft;
            let (token, invoice, _) = shop.mint(seen);
            let header = challenge_header(&token, &invoice).replace("L402", scheme.name());
            reply.header("www-authenticate", header)
        })
    });
    let server = server.await;
    let outcome = desk.get(&server.url("/x")).await;
    assert_eq!(desk.wallet.payments().len(), usize::from(outcome.is_ok()));
    let payment = outcome?.0.payment.unwrap();
    let Charge::Lightning(amount) = payment.charge else { panic!("{:?}", payment.charge) };
    let schemes = [Scheme::L402, Scheme::Lsat];
    let scheme = schemes.into_iter().find(|scheme| scheme.name() == payment.scheme).unwrap();
    Ok((amount, scheme))
}

#[tokio::test]
async fn of_several_challenges_the_cheapest_usable_one_is_paid() {
    use Scheme::{L402, Lsat};
    let sats = Draft::sats;
    let msat = |sats: u64| Msat::new(sats * 1_000);
    let no_amount = Draft { amount: None, ..sats(1) };
    let expired = Draft { created_s_ago: 900, ..sats(2) };
    let mainnet = Draft { network: Network::Bitcoin, ..sats(3) };
    for (drafts, expected) in [
        (vec![(L402, sats(9)), (L402, sats(4)), (L402, sats(7))], (msat(4), L402)),
        (vec![(L402, sats(9)), (Lsat, sats(4))], (msat(4), Lsat)),
        (vec![(Lsat, sats(4)), (L402, sats(4))], (msat(4), L402)),
        (vec![(L402, no_amount), (L402, expired), (L402, sats(7))], (msat(7), L402)),
        (vec![(L402, mainnet), (Lsat, sats(8))], (msat(8), Lsat)),
        (vec![(L402, sats(2_000)), (L402, sats(5))], (msat(5), L402)),
    ] {
        assert_eq!(paid_of(drafts).await.unwrap(), expected);
    }
    let error = paid_of(vec![(L402, no_amount), (L402, expired)]).await.unwrap_err();
    assert!(matches!(error, BuyError::Refused(_)), "{error}");
    let error = paid_of(vec![(L402, mainnet), (L402, expired)]).await.unwrap_err();
    assert!(matches!(error, BuyError::Refused(_)), "{error}");
}

/// A seller that offers tokens for `method` and `path`, whatever it is asked.
async fn offers_for(desk: &Desk, method: &'static str, path: &'static str) -> Server {
    let shop = Shop::new(&desk.wallet, TokenKind::OneShot, Draft::sats(5));
    Server::start(move |seen| {
        let other = Seen { method: method.into(), path: path.into(), ..seen.clone() };
        Reply { body: Vec::new(), ..shop.challenge(&other) }
    })
    .await
}

#[tokio::test]
async fn a_token_for_another_method_or_path_is_not_paid_for() {
    let desk = Desk::new();
    for (method, path, asked) in
        [("GET", "/x", "HEAD"), ("POST", "/x", "GET"), ("GET", "/y", "GET"), ("GET", "/x/", "GET")]
    {
        let server = offers_for(&desk, method, path).await;
        let request = Request::new(asked.try_into().unwrap(), &server.url("/x?a=b")).unwrap();
        for mode in [Mode::Pay, Mode::DryRun] {
            let error = desk.run(&request, mode).await.unwrap_err();
            assert_eq!((error.code(), error.exit_code()), ("bad_offer", 2), "{error}");
            let expected = format!("the token offered is for {method} {path}, not {asked} /x");
            assert!(error.to_string().contains(&expected), "{error}");
            assert!(error.to_string().ends_with("; nothing was paid"), "{error}");
        }
    }
    assert_eq!(desk.wallet.pay_calls(), 0);
    assert!(desk.states().is_empty());
}

#[tokio::test]
async fn the_words_of_a_token_cannot_write_to_the_terminal() {
    let desk = Desk::new();
    let server = offers_for(&desk, "GET", "/\u{1b}[2J\u{202e}x").await;
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(error.to_string().contains("is for GET /[2Jx, not GET /x"), "{error}");
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_back_is_not_paid_for_and_is_said_to_be_there() {
    let (invoice, _) = TestWallet::new().invoice(Draft::sats(5));
    let long = "A".repeat(9_000);
    let longer = "A".repeat(20_000);
    let challenge = |token: &str| header(challenge_header(token, &invoice));
    let bodies =
        |token: &str| Reply::new(402, format!(r#"{{"macaroon":"{token}","invoice":"{invoice}"}}"#));
    for reply in [
        challenge(&long),
        challenge(&longer),
        challenge("AGI=:00"),
        challenge("AG I="),
        bodies(&long),
        bodies("a\\r\\nX-A: b"),
        bodies("a:b"),
    ] {
        let desk = Desk::new();
        let error = refused(&desk, move |_| reply.clone()).await;
        assert_eq!((error.code(), error.exit_code()), ("bad_offer", 2), "{error}");
        assert!(error.to_string().contains("the token offered cannot be used"), "{error}");
    }
}

#[tokio::test]
async fn a_402_without_a_wallet_says_how_to_get_one() {
    let shop_wallet = TestWallet::new();
    let shop = Shop::new(&shop_wallet, TokenKind::OneShot, Draft::sats(5));
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/api/v1/health" => Reply::ok(r#"{"status":"ok","sample_data":true}"#),
        _ => shop.sell(seen, "sold"),
    });
    let server = server.await;
    let mut desk = Desk::new();
    desk.buyer = crate::support::open(desk.folder.path(), None);
    let error = desk.get(&server.url("/x")).await.unwrap_err();
    assert!(matches!(error, BuyError::NoWallet { demo: true, .. }), "{error:?}");
    assert_eq!(error.exit_code(), 3);
    let demo = "--wallet phoenixd:http://:farebox-demo@127.0.0.1:9740";
    assert!(error.hint().unwrap().contains(demo));
    let elsewhere = BuyError::NoWallet { place: String::new(), amount: Msat::ZERO, demo: false };
    assert!(elsewhere.hint().unwrap().contains("FAREBOX_WALLET"));
    assert!(!elsewhere.hint().unwrap().contains(demo));
}
