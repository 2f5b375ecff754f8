//! The memo that ties a transfer on the Tempo chain to a challenge: 4 bytes that mark it, a
//! version, 10 bytes each of the hashes of realm and client, 7 bytes of the hash of the
//! challenge's id.

use crate::evm::{B256, keccak256};

const VERSION: u8 = 1;

/// The memo of a transfer that pays a challenge. `client` names the paying program, if it wants
/// to be known.
#[must_use]
pub fn attribution_memo(challenge_id: &str, realm: &str, client: Option<&str>) -> B256 {
    let client = client.map(fingerprint).unwrap_or_default();
    let bytes =
        mark().into_iter().chain(fingerprint(realm)).chain(client).chain(nonce(challenge_id));
    let mut memo = B256::ZERO;
    memo.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
    memo
}

/// Whether a memo pays this challenge of this realm, by whichever client. A transfer without such
/// a memo could be shown for any challenge of the same price.
#[must_use]
pub fn is_bound(memo: &B256, challenge_id: &str, realm: &str) -> bool {
    let unbound = attribution_memo(challenge_id, realm, None);
    let same = |from: usize, to: usize| memo.get(from..to) == unbound.get(from..to);
    same(0, 15) && same(25, 32)
}

fn mark() -> [u8; 5] {
    let [a, b, c, d, ..] = keccak256(b"mpp").0;
    [a, b, c, d, VERSION]
}

fn fingerprint(name: &str) -> [u8; 10] {
    first(name)
}

fn nonce(challenge_id: &str) -> [u8; 7] {
    first(challenge_id)
}

fn first<const N: usize>(text: &str) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(keccak256(text)).for_each(|(slot, byte)| *slot = byte);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_memo_has_the_published_layout() {
        let memo = attribution_memo("id", "api.example.com", Some("client"));
        assert_eq!(hex::encode(&memo[..5]), "ef1ed71201");
        assert_eq!(memo[5..15], keccak256("api.example.com")[..10]);
        assert_eq!(memo[15..25], keccak256("client")[..10]);
        assert_eq!(memo[25..], keccak256("id")[..7]);
        assert_eq!(attribution_memo("id", "r", None)[15..25], [0; 10]);
    }

    #[test]
    fn a_memo_is_bound_to_challenge_and_realm_whoever_pays() {
        for client in [None, Some("client")] {
            let memo = attribution_memo("id", "realm", client);
            assert!(is_bound(&memo, "id", "realm"));
            assert!(!is_bound(&memo, "other", "realm"));
            assert!(!is_bound(&memo, "id", "other"));
            for index in (0..15).chain(25..32) {
                let mut changed = memo;
                changed[index] ^= 1;
                assert!(!is_bound(&changed, "id", "realm"), "byte {index}");
            }
        }
        assert!(!is_bound(&B256::ZERO, "id", "realm"));
    }
}
