//! What programs are told when it does not work.

use crate::common::seller::Market;
use crate::support::{Proxy, Stand, client, code};
use farebox_money::Msat;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_and_one_that_is_silent() {
    let market = Market::open().await;
    let stand = Stand::open(&market).await;
    let proxy = Proxy::start(&market, &["--timeout", "1s"]);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (url, status) in [(format!("http://{nobody}/"), 502), (stand.at("/silent"), 504)] {
        let answer = client().get(proxy.of(&url)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), code(answer).await.as_str()), (status, "network"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_bounded_and_a_target_is_needed() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &[]), Stand::open(&market).await);
    let url = proxy.of(&stand.at("/free"));
    let long = client().post(&url).body(vec![0; (16 << 20) + 1]).send().await.unwrap();
    assert_eq!((long.status().as_u16(), code(long).await.as_str()), (413, "body_unusable"));
    assert!(stand.asked().is_empty());
    let most = client().post(&url).body(vec![0; 16 << 20]).send().await.unwrap();
    assert_eq!(most.status(), 200);
    let nowhere = client().get(&proxy.url).send().await.unwrap();
    assert_eq!((nowhere.status().as_u16(), code(nowhere).await.as_str()), (404, "no_target"));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_payment_no_error_is_a_402() {
    let market = Market::open().await;
    let (proxy, stand) = (Proxy::start(&market, &["--timeout", "1s"]), Stand::open(&market).await);
    let url = proxy.of(&stand.at("/refuses"));
    let answer = client().get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), code(answer).await.as_str()), (502, "paid_but_refused"));
    let answer = client().get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), code(answer).await.as_str()), (502, "paid_but_refused"));
    assert_eq!(market.spent().await, Msat::new(5_000));
}
