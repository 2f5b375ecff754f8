//! Payments that are not taken, at no cost.

use crate::anvil::random_key;
use crate::house::{SEND, domain, is_settled, options, shop};
use farebox_evm::{Address, Bytes, U256};
use farebox_facilitator::{AmountRule, EngineOptions, Recipients, Refusal, Terms};
use farebox_wire::evm::{Signature, TransferAuthorization};

#[tokio::test]
async fn gas_that_is_too_dear_is_not_paid() {
    let shop = shop(options).await;
    let payment = shop.pay();
    shop.node.ledger().base_fee = 60_000_000_000;
    let refused = shop.settle(&payment).await;
    assert!(matches!(refused, Err(Refusal::Unavailable(_))), "{refused:?}");
    assert_eq!(shop.node.count(SEND), 0);
}

#[tokio::test]
async fn another_authorization_of_the_same_nonce_is_refused() {
    let shop = shop(options).await;
    let payment = shop.pay();
    shop.settle(&payment).await.unwrap();
    let mut other = payment.clone();
    other.authorization.valid_before += U256::from(1);
    other.signature = other.authorization.sign(&domain(), &shop.payer);
    assert_eq!(shop.settle(&other).await, Err(Refusal::NonceUsed));
    let mut unsigned = payment;
    unsigned.signature = Signature::new(vec![1; 65]).unwrap();
    assert_eq!(shop.settle(&unsigned).await, Err(Refusal::NonceUsed));
}

#[tokio::test]
async fn a_contract_decides_on_its_signatures_and_its_key_does_not() {
    let shop = shop(options).await;
    let account = shop.payer.address();
    let mut payment = shop.pay();
    shop.node.ledger().contracts.insert(account, Bytes::from_static(b"open sesame"));
    let refused = shop.settle(&payment).await;
    assert!(matches!(refused, Err(Refusal::Signature(_))), "{refused:?}");
    payment.signature = Signature::new(b"open sesame".to_vec()).unwrap();
    shop.verify(&payment).await.unwrap();
    assert!(is_settled(&shop.settle(&payment).await.unwrap()));
    assert_eq!(shop.paid(), 1);
}

#[tokio::test]
async fn what_may_not_be_settled_is_refused_before_any_gas() {
    let shop = shop(options).await;
    let good = shop.pay();
    let signed = |change: &dyn Fn(&mut TransferAuthorization)| {
        let mut payment = good.clone();
        change(&mut payment.authorization);
        payment.signature = payment.authorization.sign(&domain(), &shop.payer);
        payment
    };
    let own = shop.terms();
    let strangers = Terms { pay_to: Address::repeat_byte(9), ..own };
    let dearer = Terms { amount: AmountRule::AtLeast(U256::from(2)), ..own };
    let mut forged = good.clone();
    forged.signature = forged.authorization.sign(&domain(), &random_key());
    let mut other_token = good.clone();
    other_token.asset.address = Address::repeat_byte(3);
    let cases = [
        (signed(&|a| a.to = Address::repeat_byte(9)), own, "PayTo"),
        (signed(&|a| a.to = Address::repeat_byte(9)), strangers, "Recipient"),
        (signed(&|a| a.value = U256::from(2)), own, "Amount"),
        (signed(&|a| a.value = U256::ZERO), own, "Amount"),
        (good.clone(), dearer, "Amount"),
        (signed(&|a| a.valid_after = a.valid_before - U256::from(1)), own, "TooEarly"),
        (signed(&|a| a.valid_before = U256::from(1_000)), own, "TooLate"),
        (forged, own, "Signature"),
        (other_token, own, "Asset"),
    ];
    for (payment, terms, name) in cases {
        for refusal in [
            shop.house.engine.verify(&payment, &terms).await.unwrap_err(),
            shop.house.engine.settle(&payment, &terms).await.unwrap_err(),
        ] {
            assert!(format!("{refusal:?}").starts_with(name), "{name}: {refusal:?}");
        }
    }
    shop.node.ledger().balances.clear();
    assert_eq!(shop.settle(&good).await, Err(Refusal::Balance));
    assert_eq!(shop.node.count(SEND), 0);
}

#[tokio::test]
async fn a_node_of_another_chain_gets_nothing() {
    let other = |pay_to| EngineOptions { recipients: Recipients::Anybody, ..options(pay_to) };
    let shop = shop(other).await;
    shop.node.ledger().domain.id.chain = farebox_wire::evm::ChainId::new(8_453);
    assert!(matches!(shop.settle(&shop.pay()).await, Err(Refusal::Unavailable(_))));
    assert_eq!(shop.node.count(SEND), 0);
}
