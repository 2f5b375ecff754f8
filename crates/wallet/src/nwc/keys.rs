//! This client's side of a connection: signing, and the secret shared with the wallet.

use crate::WalletError;
use secp256k1::{
    All, Keypair, Message, Parity, PublicKey, Secp256k1, SecretKey, XOnlyPublicKey, ecdh, schnorr,
};

/// A key pair and what is computed with it.
pub(super) struct Keys {
    secp: Secp256k1<All>,
    pair: Keypair,
}

impl Keys {
    pub(super) fn new(secret: &SecretKey) -> Self {
        let secp = Secp256k1::new();
        let pair = Keypair::from_secret_key(&secp, secret);
        Self { secp, pair }
    }

    pub(super) fn public(&self) -> XOnlyPublicKey {
        self.pair.x_only_public_key().0
    }

    /// Signs an event's id (BIP 340).
    pub(super) fn sign(&self, id: [u8; 32]) -> Result<schnorr::Signature, WalletError> {
        let noise = random()?;
        let message = Message::from_digest(id);
        Ok(self.secp.sign_schnorr_with_aux_rand(&message, &self.pair, &noise))
    }

    /// Whether `author` signed an event's id.
    pub(super) fn is_signed(&self, id: [u8; 32], signature: &str, author: &XOnlyPublicKey) -> bool {
        let signature: Result<schnorr::Signature, _> = signature.parse();
        let message = Message::from_digest(id);
        signature
            .is_ok_and(|signature| self.secp.verify_schnorr(&signature, &message, author).is_ok())
    }

    /// The x coordinate that only both ends of a connection can compute.
    pub(super) fn shared_x(&self, other: &XOnlyPublicKey) -> [u8; 32] {
        let point = PublicKey::from_x_only_public_key(*other, Parity::Even);
        let coordinates = ecdh::shared_secret_point(&point, &self.pair.secret_key());
        let mut x = [0; 32];
        x.iter_mut().zip(coordinates).for_each(|(to, from)| *to = from);
        x
    }
}

/// Bytes that nobody can foresee.
pub(super) fn random<const LEN: usize>() -> Result<[u8; LEN], WalletError> {
    let mut bytes = [0; LEN];
    getrandom::fill(&mut bytes)
        .map_err(|error| WalletError::Unreachable(format!("no random numbers: {error}")))?;
    Ok(bytes)
}
