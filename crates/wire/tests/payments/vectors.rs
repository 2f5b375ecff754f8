//! The same bytes as viem makes, an independent implementation (`viem/vectors.mjs`).

use farebox_wire::evm::*;
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("viem/vectors.json")).unwrap()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap()
}

fn bytes(row: &Value, name: &str) -> Vec<u8> {
    hex::decode(&text(row, name)[2..]).unwrap()
}

fn word(row: &Value, name: &str) -> B256 {
    B256::from_slice(&bytes(row, name))
}

fn domain(row: &Value, address: &str) -> TokenDomain {
    let chain = ChainId::new(row["chain"].as_u64().unwrap());
    let address = parse_address(text(row, address)).unwrap();
    let (name, version) = (text(row, "name").to_owned(), text(row, "version").to_owned());
    TokenDomain { name, version, id: AssetId { chain, address } }
}

fn authorization(row: &Value) -> TransferAuthorization {
    TransferAuthorization {
        from: parse_address(text(row, "from")).unwrap(),
        to: parse_address(text(row, "to")).unwrap(),
        value: parse_amount(text(row, "value")).unwrap(),
        valid_after: parse_amount(text(row, "valid_after")).unwrap(),
        valid_before: parse_amount(text(row, "valid_before")).unwrap(),
        nonce: word(row, "nonce"),
    }
}

#[test]
fn every_known_token_has_its_domain_separator() {
    let vectors = vectors();
    let rows = vectors["separators"].as_array().unwrap();
    for row in rows {
        let expected = domain(row, "address");
        assert_eq!(expected.separator(), word(row, "separator"), "{row}");
        let known = known_asset(expected.id).unwrap();
        assert_eq!(known.token_domain(), Some(expected), "{row}");
    }
    let with_domain = ASSETS.iter().filter(|asset| asset.domain.is_some()).count();
    assert_eq!(rows.len(), with_domain, "run viem/vectors.mjs for the new tokens");
}

#[test]
fn signatures_are_the_same_and_come_from_the_signer() {
    for row in vectors()["signatures"].as_array().unwrap() {
        let (domain, authorization) = (domain(row, "asset"), authorization(row));
        let key = EvmKey::parse(text(row, "key")).unwrap();
        assert_eq!(key.address(), authorization.from);
        assert_eq!(authorization.digest(&domain), word(row, "digest"));
        let signature = authorization.sign(&domain, &key);
        assert_eq!(signature.to_string(), text(row, "signature"));
        assert_eq!(authorization.recover(&domain, &signature), Ok(authorization.from));
    }
}

#[test]
fn calls_are_the_same() {
    for row in vectors()["signatures"].as_array().unwrap() {
        let authorization = authorization(row);
        let signature = Signature::parse(text(row, "signature")).unwrap();
        let call = transfer_with_authorization_call(&authorization, &signature);
        assert_eq!(call.to_vec(), bytes(row, "call_vrs"));
        let longer = Signature::parse(&format!("{}00", text(row, "signature"))).unwrap();
        let call = transfer_with_authorization_call(&authorization, &longer);
        assert_eq!(call.to_vec(), bytes(row, "call_bytes"));
    }
    let vectors = vectors();
    let calls = &vectors["calls"];
    let account = parse_address(text(calls, "account")).unwrap();
    let other = parse_address(text(calls, "other")).unwrap();
    let (nonce, digest) = (word(calls, "nonce"), word(calls, "digest"));
    let signature = Signature::parse(text(calls, "signature")).unwrap();
    let memo = transfer_with_memo_call(other, U256::from(12_345), nonce);
    assert_eq!(memo[..4], [0x95, 0x77, 0x7d, 0x59]);
    for (call, name) in [
        (authorization_state_call(account, nonce), "authorization_state"),
        (balance_of_call(account), "balance_of"),
        (is_valid_signature_call(digest, &signature), "is_valid_signature"),
        (memo, "transfer_with_memo"),
    ] {
        assert_eq!(call.to_vec(), bytes(calls, name), "{name}");
    }
}

#[test]
fn logs_are_read_and_others_are_not() {
    let vectors = vectors();
    let log = |name: &str| {
        let row = &vectors["logs"][name];
        let topics = row["topics"].as_array().unwrap().iter();
        let topics: Vec<B256> =
            topics.map(|topic| topic.as_str().unwrap().parse().unwrap()).collect();
        (topics, bytes(row, "data"))
    };
    let calls = &vectors["calls"];
    let from = parse_address(text(calls, "account")).unwrap();
    let to = parse_address(text(calls, "other")).unwrap();
    let (nonce, value) = (word(calls, "nonce"), U256::from(12_345));
    let (topics, data) = log("transfer");
    assert_eq!(decode_transfer(&topics, &data), Some(TokenTransfer { from, to, value }));
    assert_eq!(decode_transfer(&topics, &data[1..]), None);
    assert_eq!(decode_transfer(&topics[..2], &data), None);
    assert_eq!(decode_transfer_with_memo(&topics, &data), None);
    let (topics, data) = log("authorization_used");
    let used = AuthorizationUsed { authorizer: from, nonce };
    assert_eq!(decode_authorization_used(&topics, &data), Some(used));
    assert_eq!(decode_transfer(&topics, &data), None);
    let (topics, data) = log("transfer_with_memo");
    let with_memo = TransferWithMemo { from, to, value, memo: nonce };
    assert_eq!(decode_transfer_with_memo(&topics, &data), Some(with_memo));
    assert_eq!(
        topics[0].to_string(),
        "0x57bc7354aa85aed339e000bccffabbc529466af35f0772c8f8ee1145927de7f0"
    );
    assert_eq!(decode_transfer(&[], &[]), None);
}

#[test]
fn answers_of_contracts_are_one_whole_word() {
    let word = |last: u8| [vec![0; 31], vec![last]].concat();
    assert_eq!(decode_bool(&word(1)), Some(true));
    assert_eq!(decode_bool(&word(0)), Some(false));
    assert_eq!(decode_uint256(&word(7)), Some(U256::from(7)));
    for wrong in [vec![], vec![1], [word(1), word(0)].concat(), word(2)] {
        assert_eq!(decode_bool(&wrong), None, "{wrong:?}");
    }
    let yes = [EIP1271_MAGIC.to_vec(), vec![0; 28]].concat();
    assert!(accepts_signature(&yes));
    for no in [vec![], EIP1271_MAGIC.to_vec(), word(1), [yes.clone(), word(0)].concat()] {
        assert!(!accepts_signature(&no), "{no:?}");
    }
}

#[test]
fn the_table_of_tokens_is_whole() {
    for (index, asset) in ASSETS.iter().enumerate() {
        assert!(ASSETS.iter().skip(index + 1).all(|other| other.id != asset.id), "{asset:?}");
        assert_eq!(asset.domain.is_none(), asset.id.chain.get() == 56, "{asset:?}");
    }
    let base = parse_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913").unwrap();
    let usdc = known_asset(AssetId { chain: ChainId::BASE, address: base }).unwrap();
    assert_eq!((usdc.symbol, usdc.decimals, usdc.is_testnet()), ("USDC", 6, false));
    assert!(known_asset(AssetId { chain: ChainId::BASE_SEPOLIA, address: base }).is_none());
}
