//! Whether the node's API answers.

use super::passwords::{Access, Passwords};
use farebox_wallet::{Wallet, WalletError, open_wallet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A node that takes longer is not well.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// What was heard at the API's address.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// The node of this data folder.
    Node,
    /// Somebody who does not take the password of this data folder.
    Stranger,
    /// Nothing, or nothing of use.
    Nothing,
}

/// The API of the node of one data folder.
pub struct Api {
    at: SocketAddr,
    data: PathBuf,
    client: Option<(Passwords, Arc<dyn Wallet>)>,
}

impl Api {
    /// At an address; it has not connected yet.
    pub const fn new(at: SocketAddr, data: PathBuf) -> Self {
        Self { at, data, client: None }
    }

    /// Asks who is there, with the password that cannot pay.
    pub async fn ask(&mut self) -> Heard {
        let Some(client) = self.client() else { return Heard::Nothing };
        match tokio::time::timeout(ANSWER_WAIT, client.info()).await {
            Ok(Ok(_)) => Heard::Node,
            Ok(Err(WalletError::Unauthorized)) => Heard::Stranger,
            Ok(Err(_)) | Err(_) => Heard::Nothing,
        }
    }

    /// A client with the passwords as they are now; `None` before there are any.
    fn client(&mut self) -> Option<Arc<dyn Wallet>> {
        let passwords = Passwords::read(&self.data)?;
        if let Some((known, client)) = &self.client
            && *known == passwords
        {
            return Some(Arc::clone(client));
        }
        let url = passwords.wallet_url(self.at, Access::Receive)?.parse().ok()?;
        let client = open_wallet(&url).ok()?;
        self.client = Some((passwords, Arc::clone(&client)));
        Some(client)
    }
}
