//! Digests put together by hand from the text of EIP-712, against those of the library; and what
//! is refused as a signature.

use farebox_wire::evm::*;
use proptest::prelude::*;
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};

fn by_hand(authorization: &TransferAuthorization, domain: &TokenDomain) -> B256 {
    let pad = |address: Address| [vec![0; 12], address.to_vec()].concat();
    let domain_type =
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    let transfer_type = "TransferWithAuthorization(address from,address to,uint256 value,uint256 \
                         validAfter,uint256 validBefore,bytes32 nonce)";
    let separator = keccak256(
        [
            keccak256(domain_type).to_vec(),
            keccak256(&domain.name).to_vec(),
            keccak256(&domain.version).to_vec(),
            U256::from(domain.id.chain.get()).to_be_bytes_vec(),
            pad(domain.id.address),
        ]
        .concat(),
    );
    let content = keccak256(
        [
            keccak256(transfer_type).to_vec(),
            pad(authorization.from),
            pad(authorization.to),
            authorization.value.to_be_bytes_vec(),
            authorization.valid_after.to_be_bytes_vec(),
            authorization.valid_before.to_be_bytes_vec(),
            authorization.nonce.to_vec(),
        ]
        .concat(),
    );
    keccak256([b"\x19\x01".to_vec(), separator.to_vec(), content.to_vec()].concat())
}

prop_compose! {
    fn authorizations()(
        from in any::<[u8; 20]>(), to in any::<[u8; 20]>(), numbers in any::<[[u64; 4]; 3]>(),
        nonce in any::<[u8; 32]>(),
    ) -> TransferAuthorization {
        let [value, valid_after, valid_before] = numbers.map(U256::from_limbs);
        let (from, to, nonce) = (from.into(), to.into(), nonce.into());
        TransferAuthorization { from, to, value, valid_after, valid_before, nonce }
    }
}

prop_compose! {
    fn domains()(
        name in "\\PC{0,40}", version in "[0-9.]{1,5}", chain in any::<u64>(),
        address in any::<[u8; 20]>(),
    ) -> TokenDomain {
        let id = AssetId { chain: ChainId::new(chain), address: address.into() };
        TokenDomain { name, version, id }
    }
}

fn secrets() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>().prop_filter("a key", |bytes| EvmKey::new(*bytes).is_ok())
}

proptest! {
    #[test]
    fn the_digest_is_that_of_the_standard(a in authorizations(), domain in domains()) {
        prop_assert_eq!(a.digest(&domain), by_hand(&a, &domain));
    }

    #[test]
    fn a_signature_binds_its_signer_content_and_token(
        a in authorizations(), domain in domains(), secret in secrets(), bit in 0usize..256,
    ) {
        let key = EvmKey::new(secret).unwrap();
        let signature = a.sign(&domain, &key);
        prop_assert_eq!(a.recover(&domain, &signature), Ok(key.address()));
        prop_assert_eq!(Signature::parse(&signature.to_string()), Ok(signature.clone()));
        let more = TransferAuthorization { value: a.value ^ (U256::from(1) << bit), ..a };
        prop_assert_ne!(more.recover(&domain, &signature), Ok(key.address()));
        let other = TokenDomain { name: format!("{}!", domain.name), ..domain };
        prop_assert_ne!(a.recover(&other, &signature), Ok(key.address()));
    }

    #[test]
    fn arbitrary_signatures_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..100), text in "\\PC{0,200}",
        digest in any::<[u8; 32]>(),
    ) {
        if let Ok(signature) = Signature::new(bytes) {
            let _ = (signature.recover(digest.into()), signature.parts());
            prop_assert_eq!(Signature::parse(&signature.to_string()), Ok(signature));
        }
        let _ = Signature::parse(&text);
    }

    #[test]
    fn the_address_is_that_of_the_public_key(secret in secrets()) {
        let public = PublicKey::from_secret_key(&Secp256k1::new(), &SecretKey::from_slice(&secret).unwrap());
        let address = Address::from_raw_public_key(&public.serialize_uncompressed()[1..]);
        prop_assert_eq!(EvmKey::new(secret).unwrap().address(), address);
    }
}

fn signed() -> (B256, Vec<u8>) {
    let digest = keccak256("content");
    (digest, EvmKey::new([1; 32]).unwrap().sign(digest).as_bytes().to_vec())
}

fn recover(bytes: Vec<u8>) -> Result<Address, SignatureError> {
    Signature::new(bytes)?.recover(signed().0)
}

#[test]
fn only_27_and_28_end_a_signature() {
    let (_, bytes) = signed();
    assert!(recover(bytes.clone()).is_ok());
    for last in [0, 1, 2, 26, 29, 37, 255] {
        let mut bytes = bytes.clone();
        bytes[64] = last;
        assert_eq!(recover(bytes), Err(SignatureError::RecoveryByte), "{last}");
    }
}

/// (r, n - s) with the other recovery byte is a second signature for the same content: taken, it
/// would make two payments of one.
#[test]
fn the_twin_of_a_signature_is_refused() {
    let (digest, bytes) = signed();
    let order: U256 =
        "0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141".parse().unwrap();
    let s = U256::from_be_slice(&bytes[32..64]);
    let last = if bytes[64] == 27 { 28 } else { 27 };
    let twin = [bytes[..32].to_vec(), (order - s).to_be_bytes_vec(), vec![last]].concat();
    assert_eq!(recover(twin.clone()), Err(SignatureError::HighS));
    let id = secp256k1::ecdsa::RecoveryId::from_i32(i32::from(last) - 27).unwrap();
    let signature = secp256k1::ecdsa::RecoverableSignature::from_compact(&twin[..64], id).unwrap();
    let key = Secp256k1::new().recover_ecdsa(&Message::from_digest(digest.0), &signature);
    assert!(key.is_ok(), "the twin is a real signature, refused for its form alone");
}

#[test]
fn signatures_of_contracts_are_kept_but_not_recovered() {
    for length in [1, 64, 66, 130, SIGNATURE_LEN_MAX] {
        let signature = Signature::new(vec![5; length]).unwrap();
        assert_eq!(signature.as_bytes().len(), length);
        assert_eq!(signature.recover(signed().0), Err(SignatureError::NotEcdsa));
    }
    assert_eq!(Signature::new(vec![]), Err(SignatureError::Length));
    assert_eq!(Signature::new(vec![0; SIGNATURE_LEN_MAX + 1]), Err(SignatureError::Length));
    assert_eq!(recover([vec![0; 64], vec![27]].concat()), Err(SignatureError::NoKey));
    assert_eq!(recover([vec![255; 64], vec![27]].concat()), Err(SignatureError::NoKey));
    for text in ["", "0x", "0x0", "ab", "0xzz"] {
        assert!(Signature::parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn a_key_is_not_shown() {
    let text = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    let key = EvmKey::parse(text).unwrap();
    assert_eq!(key.address().to_string(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    assert!(EvmKey::parse(&text[2..]).is_ok());
    assert!(!format!("{key:?}").contains(&text[4..20]), "{key:?}");
    for wrong in ["", "0x", &text[..65], "zz"] {
        assert!(EvmKey::parse(wrong).is_err(), "{wrong:?}");
    }
    for wrong in [[0; 32], [255; 32]] {
        assert!(EvmKey::new(wrong).is_err());
    }
}
