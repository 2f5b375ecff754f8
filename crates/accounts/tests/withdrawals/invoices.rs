//! Real, signed invoices of payees that exist in the test only.

use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use farebox_wire::lightning::{PaymentHash, Preimage};
use lightning_invoice::{
    Currency, InvoiceBuilder, PaymentSecret, RouteHint, RouteHintHop, RoutingFees,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What an invoice says.
#[derive(Clone)]
pub struct Draft {
    pub preimage: Preimage,
    pub msat: Option<u64>,
    pub currency: Currency,
    pub payee: [u8; 32],
    pub expiry_s: u64,
    /// How long ago it was made, in seconds.
    pub age_s: u64,
    /// The base fee of a hinted hop.
    pub hint_base_msat: Option<u32>,
    pub description: &'static str,
}

pub fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

impl Draft {
    /// An invoice over whole satoshis that is good for an hour; `seed` makes its preimage.
    pub fn sats(seed: u16, sats: u64) -> Self {
        let mut bytes = [9; 32];
        bytes[..2].copy_from_slice(&seed.to_be_bytes());
        Self {
            preimage: Preimage::new(bytes),
            msat: Some(sats * 1_000),
            currency: Currency::Regtest,
            payee: [3; 32],
            expiry_s: 3_600,
            age_s: 0,
            hint_base_msat: None,
            description: "",
        }
    }

    pub fn hash(&self) -> PaymentHash {
        self.preimage.hash()
    }

    pub fn sign(&self) -> String {
        let key = SecretKey::from_slice(&self.payee).unwrap();
        let secp = Secp256k1::signing_only();
        let builder = InvoiceBuilder::new(self.currency.clone())
            .description(self.description.to_owned())
            .payment_hash(sha256::Hash::from_byte_array(*self.hash().as_bytes()))
            .payment_secret(PaymentSecret([5; 32]))
            .duration_since_epoch(Duration::from_secs(now_s() - self.age_s))
            .min_final_cltv_expiry_delta(144)
            .expiry_time(Duration::from_secs(self.expiry_s))
            .basic_mpp();
        let builder = match self.msat {
            Some(msat) => builder.amount_milli_satoshis(msat),
            None => builder,
        };
        let builder = match self.hint_base_msat {
            Some(base_msat) => builder.private_route(hint(&key, base_msat)),
            None => builder,
        };
        builder
            .build_signed(|message| secp.sign_ecdsa_recoverable(message, &key))
            .unwrap()
            .to_string()
    }
}

fn hint(key: &SecretKey, base_msat: u32) -> RouteHint {
    RouteHint(vec![RouteHintHop {
        src_node_id: key.public_key(&Secp256k1::signing_only()),
        short_channel_id: 1,
        fees: RoutingFees { base_msat, proportional_millionths: 100 },
        cltv_expiry_delta: 40,
        htlc_minimum_msat: None,
        htlc_maximum_msat: None,
    }])
}

/// The public key of a payee.
pub fn node_id(payee: [u8; 32]) -> String {
    SecretKey::from_slice(&payee).unwrap().public_key(&Secp256k1::signing_only()).to_string()
}
