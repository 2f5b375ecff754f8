//! Politeness, as the hosts see it.

use crate::world::{Host, World, options};
use farebox_directory::Protocol;
use farebox_directory::prober::ProberOptions;
use std::time::Duration;

#[tokio::test]
async fn a_host_sees_two_at_once_and_a_gap_between_them() {
    let (world, host) = (World::new().await, Host::slow(1, Duration::from_millis(700)).await);
    for number in 0..8 {
        world.list(&host.url(&format!("paid{number}")), Protocol::L402).await;
    }
    let gap = Duration::from_millis(250);
    let options = ProberOptions { host_gap: gap, interval: Duration::from_secs(1), ..options() };
    let _running = world.sweep("a", options).await;
    world.until("eight probes", async || host.asked().len() >= 8).await;
    assert!(host.most_at_once() <= 2, "{} at once", host.most_at_once());
    let asked = host.asked();
    let gaps = asked.windows(2).map(|pair| pair[1].at - pair[0].at);
    // A connection more or less delayed makes some milliseconds.
    let shortest = gaps.min().unwrap();
    assert!(shortest > Duration::from_millis(150), "{shortest:?}");
}

#[tokio::test]
async fn a_host_that_wants_to_be_left_alone_is() {
    let (world, host, other) = (World::new().await, Host::start(1).await, Host::start(2).await);
    host.answers(429, Some("3600"));
    world.list(&host.url("paid"), Protocol::L402).await;
    world.list(&other.url("paid"), Protocol::L402).await;
    let _running = world.sweep("a", options()).await;
    world.until("four rounds", async || other.asked().len() >= 4).await;
    assert_eq!(host.asked().len(), 1);
}
