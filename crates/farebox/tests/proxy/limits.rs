//! The rules are the human's; a program can only narrow them.

use crate::common::seller::Market;
use crate::support::{Proxy, client, code, header};
use farebox_money::Msat;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_narrows_what_is_spent_for_it() {
    let market = Market::open().await;
    let proxy = Proxy::start(&market, &["--max-cost", "20"]);
    let url = proxy.of(&market.url);
    let get = |limit: &str| client().get(&url).header("X-Farebox-Max-Cost-Sats", limit);
    let refused = get("4").send().await.unwrap();
    assert_eq!(refused.status(), 402);
    assert!(header(&refused, "www-authenticate").unwrap().starts_with("L402 "));
    assert_eq!(code(refused).await, "payment_too_expensive");
    for unclear in ["", "5.5", "many"] {
        let answer = get(unclear).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), code(answer).await.as_str()),
            (400, "invalid_request")
        );
    }
    let unpaid = client().get(&url).header("X-Farebox-No-Pay", "1").send().await.unwrap();
    assert_eq!(
        (unpaid.status().as_u16(), header(&unpaid, "x-farebox-error")),
        (402, Some("not_paid"))
    );
    assert_eq!(market.spent().await, Msat::ZERO);
    // And never widens.
    market.seller.set_price_sats(21);
    let refused = get("1000").send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), code(refused).await.as_str()),
        (402, "payment_too_expensive")
    );
    assert_eq!(market.spent().await, Msat::ZERO);
    market.seller.set_price_sats(20);
    assert_eq!(get("20").send().await.unwrap().status(), 200);
    assert_eq!(market.spent().await, Msat::new(20_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_that_of_the_moment_and_its_budget_is_shared() {
    let market = Market::open().await;
    market.seller.set_price_sats(100);
    let proxy = Proxy::start(&market, &[]);
    let get = async || client().get(proxy.of(&market.url)).send().await.unwrap();
    market.set_policy("[total]\nday = \"250 sats\"\n");
    assert!(market.get("/other", &[]).await.status.success());
    assert_eq!(get().await.status(), 200);
    let over = get().await;
    assert_eq!((over.status().as_u16(), code(over).await.as_str()), (402, "over_budget"));
    market.set_policy("[[rules]]\nname = \"none\"\naction = \"deny\"\n");
    assert_eq!(code(get().await).await, "policy_denied");
    market.set_policy("this is no policy");
    let broken = get().await;
    assert_eq!((broken.status().as_u16(), code(broken).await.as_str()), (500, "policy"));
    assert_eq!(market.spent().await, Msat::new(200_000));
    market.set_policy("[total]\nday = \"350 sats\"\n");
    assert_eq!(get().await.status(), 200);
    assert_eq!(market.spent().await, Msat::new(300_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_human_is_asked_and_the_same_request_goes_on() {
    let market = Market::open().await;
    market.set_policy("[[rules]]\nname = \"ask\"\naction = \"ask\"\n");
    let proxy = Proxy::start(&market, &[]);
    let get = async || client().get(proxy.of(&market.url)).send().await.unwrap();
    let asked = get().await;
    assert_eq!(asked.status(), 402);
    assert_eq!(header(&asked, "x-farebox-error"), Some("approval_required"));
    let told: serde_json::Value = serde_json::from_slice(&asked.bytes().await.unwrap()).unwrap();
    let id = told["error"]["approval"]["id"].as_str().unwrap();
    assert!(told["error"]["message"].as_str().unwrap().contains(&format!("farebox approve {id}")));
    assert_eq!(market.spent().await, Msat::ZERO);
    assert!(market.run(&["approve", id]).await.status.success());
    assert_eq!(get().await.status(), 200);
    assert_eq!(market.spent().await, Msat::new(5_000));
    assert_eq!(code(get().await).await, "approval_required");
}
