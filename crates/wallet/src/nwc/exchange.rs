//! One request to the wallet and its answer.

use super::Nwc;
use super::cipher::Cipher;
use super::event::{Event, INFO, REQUEST, RESPONSE};
use super::relay::{Relay, Told};
use crate::WalletError;
use crate::http::{READ_WAIT, Unanswered, harmless};
use crate::invoice::now_s;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::Duration;

/// The longest that a wallet may take to read a request. Shorter than "no such payment" proves
/// nothing.
const EXPIRATION_MAX: Duration = Duration::from_secs(60);

/// What a wallet answers.
pub(super) enum Reply<T> {
    Result(T),
    Error(NwcError),
    /// Not what NIP-47 says.
    Unreadable(String),
}

/// An error of a wallet.
#[derive(Debug, Deserialize)]
pub(super) struct NwcError {
    pub(super) code: String,
    #[serde(default)]
    pub(super) message: String,
}

#[derive(Deserialize)]
struct Body {
    error: Option<NwcError>,
    result: Option<Value>,
}

impl From<NwcError> for WalletError {
    fn from(error: NwcError) -> Self {
        let text = harmless(&format!("{}: {}", error.code, error.message));
        match error.code.as_str() {
            "UNAUTHORIZED" | "RESTRICTED" => Self::Unauthorized,
            "INTERNAL" | "OTHER" => Self::Unreadable(text),
            "RATE_LIMITED" => Self::Unreachable(text),
            _ => Self::Refused(text),
        }
    }
}

impl<T> Reply<T> {
    /// The result of a request that has to succeed.
    pub(super) fn result(self) -> Result<T, WalletError> {
        match self {
            Self::Result(result) => Ok(result),
            Self::Error(error) => Err(error.into()),
            Self::Unreadable(reason) => Err(WalletError::Unreadable(reason)),
        }
    }
}

impl Nwc {
    /// Asks for something that may be asked for again, once more where a connection had gone
    /// stale.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &Value,
    ) -> Result<Reply<T>, WalletError> {
        let asking = async {
            if let Some(used) = self.pool.take()
                && let Ok(reply) = self.exchange(used, method, parameters, READ_WAIT).await
            {
                return Ok(reply);
            }
            let fresh = Relay::connect(&self.relays).await?;
            self.exchange(fresh, method, parameters, READ_WAIT).await
        };
        let silent = |_| WalletError::Unreachable("the wallet does not answer".into());
        tokio::time::timeout(READ_WAIT, asking).await.map_err(silent)?.map_err(WalletError::from)
    }

    /// Asks for something that must not be asked for twice, and says how far that got. The
    /// wallet does not begin later than `wait` from now.
    pub(super) async fn ask_once<T: DeserializeOwned>(
        &self,
        method: &str,
        parameters: &Value,
        wait: Duration,
    ) -> Result<Reply<T>, Unanswered> {
        let fresh = Relay::connect(&self.relays).await?;
        self.exchange(fresh, method, parameters, wait).await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        mut relay: Relay,
        method: &str,
        parameters: &Value,
        wait: Duration,
    ) -> Result<Reply<T>, Unanswered> {
        let cipher = self.cipher(&mut relay).await?;
        let request = self.request(cipher, method, parameters, wait).map_err(not_sent)?;
        let filter = json!({
            "kinds": [RESPONSE], "authors": [self.wallet.to_string()], "#e": [request.id],
        });
        let name = short(&request.id);
        relay.send(&json!(["REQ", name, filter])).await.map_err(nothing_sent)?;
        relay.send(&json!(["EVENT", request])).await?;
        let answer = self.answer(&mut relay, &request).await?;
        if relay.send(&json!(["CLOSE", name])).await.is_ok() {
            self.pool.put_back(relay);
        }
        Ok(self.read(cipher, &answer))
    }

    /// Waits for the answer to `request`. The caller bounds the time.
    async fn answer(&self, relay: &mut Relay, request: &Event) -> Result<Event, Unanswered> {
        loop {
            match relay.next().await? {
                Told::Event(event) if self.is_answer(&event, request) => return Ok(*event),
                Told::Taken { id, taken: false, reason } if id == request.id => {
                    return Err(Unanswered::Unknown(format!("the relay refused: {reason}")));
                }
                Told::Closed(reason) => {
                    return Err(Unanswered::Unknown(format!("the relay refused: {reason}")));
                }
                _ => {}
            }
        }
    }

    fn is_answer(&self, event: &Event, request: &Event) -> bool {
        event.tag("e") == Some(&request.id) && event.is_by(&self.wallet, &[RESPONSE], &self.keys)
    }

    fn request(
        &self,
        cipher: Cipher,
        method: &str,
        parameters: &Value,
        wait: Duration,
    ) -> Result<Event, WalletError> {
        let now = now_s();
        let expires_at = now.saturating_add(wait.min(EXPIRATION_MAX).as_secs().max(1));
        let tag = |name: &str, value: String| vec![name.to_owned(), value];
        let tags = vec![
            tag("p", self.wallet.to_string()),
            tag("encryption", cipher.name().to_owned()),
            tag("expiration", expires_at.to_string()),
        ];
        let body = json!({ "method": method, "params": parameters }).to_string();
        let content = cipher.encrypt(&self.keys.shared_x(&self.wallet), &body)?;
        Event::sign(&self.keys, REQUEST, tags, content, now)
    }

    fn read<T: DeserializeOwned>(&self, cipher: Cipher, answer: &Event) -> Reply<T> {
        let shared_x = self.keys.shared_x(&self.wallet);
        let text = match cipher.decrypt(&shared_x, &answer.content) {
            Ok(text) => text,
            Err(error) => return Reply::Unreadable(error.to_string()),
        };
        match serde_json::from_str(&text) {
            Ok(Body { error: Some(error), .. }) => Reply::Error(error),
            Ok(Body { result: Some(result), .. }) => serde_json::from_value(result)
                .map_or_else(|error| Reply::Unreadable(error.to_string()), Reply::Result),
            Ok(_) => Reply::Unreadable("an answer without a result".into()),
            Err(error) => Reply::Unreadable(error.to_string()),
        }
    }

    /// The encryption that the wallet understands, by its own word on the relay.
    async fn cipher(&self, relay: &mut Relay) -> Result<Cipher, Unanswered> {
        let asked = self.cipher.get_or_try_init(|| async {
            tokio::time::timeout(READ_WAIT, self.ask_info(relay))
                .await
                .unwrap_or_else(|_| Err(Unanswered::NotSent("the relay does not answer".into())))
        });
        asked.await.copied()
    }

    async fn ask_info(&self, relay: &mut Relay) -> Result<Cipher, Unanswered> {
        const NAME: &str = "info";
        let wallet = self.wallet.to_string();
        let filter = json!({ "kinds": [INFO], "authors": [wallet], "limit": 1 });
        relay.send(&json!(["REQ", NAME, filter])).await.map_err(nothing_sent)?;
        loop {
            match relay.next().await.map_err(nothing_sent)? {
                Told::Event(event) if event.is_by(&self.wallet, &[INFO], &self.keys) => {
                    relay.send(&json!(["CLOSE", NAME])).await.map_err(nothing_sent)?;
                    return Cipher::of(event.tag("encryption")).map_err(not_sent);
                }
                Told::End | Told::Closed(_) => {
                    let text = "the relay knows no such wallet";
                    return Err(Unanswered::NotSent(text.into()));
                }
                _ => {}
            }
        }
    }
}

/// Nothing of the request itself had left.
fn nothing_sent(unanswered: Unanswered) -> Unanswered {
    match unanswered {
        Unanswered::NotSent(reason) | Unanswered::Unknown(reason) => Unanswered::NotSent(reason),
    }
}

fn not_sent(error: WalletError) -> Unanswered {
    Unanswered::NotSent(error.to_string())
}

/// Names a subscription; relays take 64 characters.
fn short(id: &str) -> String {
    id.chars().take(16).collect()
}
