//! Answers go through as they come, and one that is cut off is not paid for again.

use crate::common::seller::Market;
use crate::support::{Proxy, Stand, client, header};
use farebox_money::Msat;

const PRICE: Msat = Msat::new(5_000);

#[tokio::test(flavor = "multi_thread")]
async fn the_first_byte_does_not_wait_for_the_last() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    for path in ["/stream", "/free/stream"] {
        let mut answer = client().get(proxy.of(&stand.at(path))).send().await.unwrap();
        let paid = header(&answer, "x-farebox-paid-sats").map(str::to_owned);
        // The seller's own word for it is not passed on.
        assert_eq!(paid.as_deref(), (path == "/stream").then_some("5"));
        assert_eq!(header(&answer, "content-type"), Some("text/event-stream"));
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "first ");
        stand.go_on.add_permits(1);
        assert_eq!(answer.text().await.unwrap(), "last");
    }
    assert_eq!(market.spent().await, PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_goes_away_gets_the_answer_later_without_paying() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let url = proxy.of(&stand.at("/stream"));
    let mut cut_off = client().get(&url).send().await.unwrap();
    assert_eq!(cut_off.chunk().await.unwrap().unwrap(), "first ");
    drop(cut_off);
    // It waits until the first one is noticed to be gone: the seller says nothing more to that.
    let again = client().get(&url).send().await.unwrap();
    assert_eq!(header(&again, "x-farebox-resumed"), Some("1"));
    stand.go_on.add_permits(2);
    assert_eq!(again.text().await.unwrap(), "first last");
    assert_eq!(market.spent().await, PRICE);
    // And the next one is another purchase.
    let new = client().get(&url).send().await.unwrap();
    assert_eq!(header(&new, "x-farebox-resumed"), None);
    assert_eq!(market.spent().await, Msat::new(10_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_proxy_is_gone_on_with() {
    let market = Market::open().await;
    let stand = Stand::open(&market).await;
    let proxy = Proxy::start(&market, &[]);
    let mut cut_off = client().get(proxy.of(&stand.at("/stream"))).send().await.unwrap();
    assert_eq!(cut_off.chunk().await.unwrap().unwrap(), "first ");
    proxy.kill();
    assert!(cut_off.chunk().await.is_err(), "a part is not taken for the whole");
    let proxy = Proxy::start(&market, &[]);
    stand.go_on.add_permits(2);
    let again = client().get(proxy.of(&stand.at("/stream"))).send().await.unwrap();
    assert_eq!(header(&again, "x-farebox-resumed"), Some("1"));
    assert_eq!(again.text().await.unwrap(), "first last");
    assert_eq!(market.spent().await, PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_is_not_taken_for_a_whole_one() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    for attempt in 0..2 {
        let mut answer = client().get(proxy.of(&stand.at("/broken"))).send().await.unwrap();
        assert_eq!(header(&answer, "x-farebox-resumed").is_some(), attempt == 1);
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "first ");
        stand.go_on.add_permits(1);
        assert!(answer.bytes().await.is_err());
    }
    assert_eq!(market.spent().await, PRICE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_told_to_stop_ends_what_it_began() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let mut answer = client().get(proxy.of(&stand.at("/stream"))).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "first ");
    proxy.terminate();
    while tokio::net::TcpStream::connect(proxy.address()).await.is_ok() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    stand.go_on.add_permits(1);
    assert_eq!(answer.text().await.unwrap(), "last");
    let status = tokio::task::spawn_blocking(move || proxy.wait()).await.unwrap();
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_stream_holds_up_no_other_of_the_same_address() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let url = proxy.of(&stand.at("/free/stream"));
    let mut one = client().get(&url).send().await.unwrap();
    let mut other = client().get(&url).send().await.unwrap();
    for answer in [&mut one, &mut other] {
        assert_eq!(answer.chunk().await.unwrap().unwrap(), "first ");
    }
}
