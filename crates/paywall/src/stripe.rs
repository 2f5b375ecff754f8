//! Payment by card through Stripe: the `stripe` method of MPP. The payer's wallet issues a token
//! for this purchase (a shared payment token), which is charged before the handler runs.

use crate::admission::Refusal;
use crate::collection::{Collected, Collection, Verdict};
use crate::mpp::{self, CLOCK_SLACK_S};
use crate::payment::{Payment, Rail};
use crate::paywall::Paywall;
use crate::problem::Problem;
use crate::redeem::store_failed;
use crate::redemption::REPEAT_WINDOW_S;
use crate::request::Facts;
use crate::route::PaidRoute;
use crate::unavailable::Unavailable;
use async_trait::async_trait;
use farebox_money::MicroUsd;
use farebox_net::{ClientError, ClientOptions, http_client};
use farebox_wire::l402::TokenKind;
use farebox_wire::mpp::Credential;
use farebox_wire::mpp::methods::stripe::{METHOD, StripeCharge, StripePayload};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// Stripe charges nothing smaller.
const CENTS_MIN: u64 = 50;
const MICRO_USD_PER_CENT: u64 = 10_000;
const STRIPE_VERSION: &str = "2026-07-29.preview";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// An answer that is longer is none of Stripe's.
const ANSWER_LEN_MAX: usize = 256 * 1024;

/// Cards, through an account at Stripe.
#[derive(Clone)]
pub struct StripeRail(Arc<Account>);

struct Account {
    client: reqwest::Client,
    /// `https://api.stripe.com`, or what stands in for it.
    api_base: String,
    secret_key: String,
    /// The seller's profile, which tokens are issued for.
    network_id: String,
}

impl StripeRail {
    /// An account, by its secret key and its profile's id.
    ///
    /// # Errors
    /// [`ClientError`] when this process can do no HTTP.
    pub fn new(api_base: &str, secret_key: &str, network_id: &str) -> Result<Self, ClientError> {
        let client = http_client(&ClientOptions {
            user_agent: concat!("farebox/", env!("CARGO_PKG_VERSION")).into(),
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            insecure_tls: false,
            certificate: None,
            system_proxy: false,
        })?;
        Ok(Self(Arc::new(Account {
            client,
            api_base: api_base.trim_end_matches('/').to_owned(),
            secret_key: secret_key.to_owned(),
            network_id: network_id.to_owned(),
        })))
    }

    /// What is asked for a price; `None` below what Stripe charges.
    pub(crate) fn charge(&self, price: MicroUsd) -> Option<StripeCharge> {
        let cents = price.get().div_ceil(MICRO_USD_PER_CENT);
        (cents >= CENTS_MIN).then(|| StripeCharge {
            amount_minor_units: cents,
            currency: "usd".to_owned(),
            network_id: self.0.network_id.clone(),
            payment_method_types: vec!["card".to_owned(), "link".to_owned()],
            metadata: std::collections::BTreeMap::new(),
            description: None,
            external_id: None,
        })
    }
}

impl Paywall {
    /// Verifies a payment token that answers an MPP challenge which was issued here for this
    /// request. Whether it can be charged, only charging it says.
    pub(crate) async fn verify_stripe(
        &self,
        route: &PaidRoute,
        facts: &Facts,
        credential: &Credential,
    ) -> Result<Verdict, Refusal> {
        let challenge = &credential.challenge;
        let charge = StripeCharge::decode(&challenge.request);
        let charge = charge.map_err(|_| Problem::ForeignChallenge)?;
        let rail = self.rails().stripe.as_ref().ok_or(Problem::NotOffered)?;
        if rail.0.network_id != charge.network_id {
            return Err(Problem::NotOffered.into());
        }
        let payload = StripePayload::read(&credential.payload);
        let payload = payload.map_err(|error| Problem::MalformedPayment(error.to_string()))?;
        let units = charge.amount_minor_units.to_string();
        let token = payload.reveal_token();
        let payment = Payment {
            // The token is as good as money until it is charged.
            reference: challenge.id.clone(),
            ..Payment::of_asset(Rail::Stripe, &[token], charge.currency.clone(), units)
        };
        let redemptions = self.redemptions();
        let is_verified = redemptions.is_verified(payment.key).await.map_err(store_failed)?;
        if challenge.is_expired(self.now(), CLOCK_SLACK_S) && !is_verified {
            return Err(Problem::ExpiredChallenge.into());
        }
        let good_for = match route.kind {
            TokenKind::OneShot => route.token_lifetime_s.max(REPEAT_WINDOW_S),
            TokenKind::TimeBounded => route.token_lifetime_s,
        };
        let expires_at = self.now().saturating_add(good_for);
        let usage = self.use_of(route, facts, route.kind, payment, expires_at);
        // The charge is made under the challenge's name: under that of another one, an answer
        // that got lost would be charged twice.
        let usage = usage.tied_to(Sha256::digest(&challenge.id).into());
        let collection = CardCharge {
            rail: rail.clone(),
            charge,
            token: token.to_owned(),
            challenge_id: challenge.id.clone(),
        };
        Ok(Verdict { usage, collection: Arc::new(collection) })
    }
}

/// A token to be charged.
struct CardCharge {
    rail: StripeRail,
    charge: StripeCharge,
    token: String,
    challenge_id: String,
}

#[derive(Deserialize)]
struct PaymentIntent {
    id: String,
    status: String,
}

#[derive(Deserialize)]
struct StripeError {
    error: StripeErrorDetails,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StripeErrorDetails {
    r#type: String,
    code: String,
    message: String,
}

#[async_trait]
impl Collection for CardCharge {
    fn is_collected_first(&self) -> bool {
        true
    }

    async fn collect(&self) -> Collected {
        let answer = match self.send().await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!(%error, "whether a card was charged is not known");
                return Collected::Unknown(Unavailable::PaymentPending);
            }
        };
        judge(&answer)
    }

    fn receipt(&self, settled_as: &str, now: u64) -> Vec<(HeaderName, HeaderValue)> {
        mpp::receipt(METHOD, settled_as, &self.challenge_id, None, now)
    }
}

impl CardCharge {
    /// Asks for the charge. A repeat has the same key, and so charges nothing twice.
    async fn send(&self) -> Result<(StatusCode, Vec<u8>), reqwest::Error> {
        let Account { client, api_base, secret_key, .. } = &*self.rail.0;
        let amount = self.charge.amount_minor_units.to_string();
        let fields = [
            ("amount", amount.as_str()),
            ("currency", &self.charge.currency),
            ("confirm", "true"),
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
            ("shared_payment_granted_token", &self.token),
            ("metadata[machine_payment]", "true"),
            ("metadata[mpp_intent]", "charge"),
            ("metadata[mpp_challenge_id]", &self.challenge_id),
        ];
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = client
            .post(format!("{api_base}/v1/payment_intents"))
            .bearer_auth(secret_key)
            .header("Stripe-Version", STRIPE_VERSION)
            .header("Idempotency-Key", format!("mpp_{}_{}", self.challenge_id, self.token))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let mut response = request.send().await?;
        let mut read = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            read.extend_from_slice(&chunk);
            if read.len() > ANSWER_LEN_MAX {
                break;
            }
        }
        Ok((response.status(), read))
    }
}

/// What an answer says of the charge. What is not clear is asked again, with the same key.
fn judge((status, body): &(StatusCode, Vec<u8>)) -> Collected {
    let refused = |reason: &str, message: &str| {
        let cut = |text: &str| text.chars().take(200).collect();
        Collected::No(Problem::PaymentRefused { reason: cut(reason), message: cut(message) })
    };
    if status.is_success() {
        let Ok(intent) = serde_json::from_slice::<PaymentIntent>(body) else {
            return Collected::Unknown(Unavailable::PaymentPending);
        };
        return match intent.status.as_str() {
            "succeeded" => Collected::Yes(intent.id),
            "processing" => Collected::Unknown(Unavailable::PaymentPending),
            "requires_action" => {
                refused("payment_action_required", "the card's holder has to confirm the payment")
            }
            other => refused(other, "the card was not charged"),
        };
    }
    // 409: another request with this key is under way. 401 and 403 are about the seller's key.
    let is_refusal = [StatusCode::BAD_REQUEST, StatusCode::PAYMENT_REQUIRED].contains(status);
    match serde_json::from_slice::<StripeError>(body) {
        // Its key was used with other words before: that one may have been charged.
        Ok(StripeError { error }) if is_refusal && error.r#type != "idempotency_error" => {
            refused(&error.code, &error.message)
        }
        _ => {
            tracing::warn!(%status, "Stripe did not charge a card");
            Collected::Unknown(Unavailable::Facilitator)
        }
    }
}
