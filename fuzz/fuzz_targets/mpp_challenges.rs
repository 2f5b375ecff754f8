//! `WWW-Authenticate: Payment`: one line of input is one line of the header.
#![no_main]

use farebox_wire::mpp::{ChallengeSecret, ChallengeSecrets, parse_challenges};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let lines: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    let current = ChallengeSecret::new(b"a secret that no input can know.").expect("long enough");
    let secrets = ChallengeSecrets { current, previous: None };
    for challenge in parse_challenges(&lines).into_iter().flatten() {
        assert!(secrets.verify(&challenge).is_err(), "it was not issued here");
        let _ = (challenge.expires_at(), challenge.opaque_data(), challenge.credential_header());
        if let Ok(line) = challenge.render() {
            assert_eq!(parse_challenges(&[line]), [Ok(challenge)]);
        }
    }
});
