//! Many at once.

use crate::common::seller::Market;
use crate::support::{Proxy, client, header};
use farebox_money::Msat;
use futures_util::future::join_all;
use std::collections::HashSet;

/// Asks for all of them at once; returns the payments, all different.
async fn buy(urls: impl Iterator<Item = String>) -> HashSet<String> {
    let client = client();
    let requests = urls.map(|url| client.get(url).send());
    let answers = join_all(requests).await.into_iter().map(Result::unwrap);
    let payments = answers.map(|answer| {
        assert_eq!(answer.status(), 200);
        header(&answer, "x-farebox-payment-id").unwrap().to_owned()
    });
    payments.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_are_twenty_purchases() {
    let market = Market::open().await;
    let proxy = Proxy::start(&market, &[]);
    let same = (0..20).map(|_| proxy.of(&market.url));
    assert_eq!(buy(same).await.len(), 20);
    assert_eq!(market.spent().await, Msat::new(100_000));
    let different = (0..20).map(|number| proxy.of(&format!("{}/{number}", market.url)));
    assert_eq!(buy(different).await.len(), 20);
    assert_eq!(market.spent().await, Msat::new(200_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_stay_within_one_budget() {
    let market = Market::open().await;
    market.seller.set_price_sats(100);
    // Seven, with the fees that are set aside for them.
    market.set_policy("[total]\nday = \"790 sats\"\n");
    let proxy = Proxy::start(&market, &[]);
    let client = client();
    let requests =
        (0..20).map(|number| client.get(proxy.of(&format!("{}/{number}", market.url))).send());
    let answers =
        join_all(requests).await.into_iter().map(|answer| answer.unwrap().status().as_u16());
    let answers: Vec<_> = answers.collect();
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 7, "{answers:?}");
    assert!(answers.iter().all(|status| [200, 402].contains(status)), "{answers:?}");
    assert_eq!(market.spent().await, Msat::new(700_000));
}
