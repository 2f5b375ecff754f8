mod binding;
mod challenge;
mod credential;
mod evm;
mod lightning;
mod other_methods;

use super::{
    Challenge, ChallengeSecret, ChallengeSecrets, ChallengeTerms, CredentialHeader, Opaque, jcs,
};
use serde_json::json;

fn secrets() -> ChallengeSecrets {
    ChallengeSecrets { current: ChallengeSecret::new(&[7; 32]).unwrap(), previous: None }
}

fn terms() -> ChallengeTerms {
    ChallengeTerms {
        realm: "api.example.com".to_owned(),
        method: "lightning".to_owned(),
        intent: "charge".to_owned(),
        request: jcs::encode(&json!({ "amount": "1000" })).unwrap(),
        expires_at: 1_736_164_800,
        description: Some("say \"hi\" \\ to, us".to_owned()),
        digest: Some(super::digest::content_digest(b"body")),
        opaque: Opaque::new([1; 16], "/paid"),
        header: CredentialHeader::PaymentAuthorization,
    }
}

fn issued() -> Challenge {
    secrets().issue(&terms()).unwrap()
}
