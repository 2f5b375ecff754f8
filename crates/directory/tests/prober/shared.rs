//! Several servers on one database.

use crate::world::{Host, World, counts, options, shortest_gap};
use farebox_directory::Protocol;
use farebox_directory::prober::ProberOptions;
use std::time::Duration;

const ENDPOINTS: usize = 200;

async fn hosts(world: &World) -> Vec<Host> {
    let mut hosts = Vec::new();
    for number in 1..=50 {
        let host = Host::start(number).await;
        for path in 0..ENDPOINTS / 50 {
            world.list(&host.url(&format!("paid{path}")), Protocol::L402).await;
        }
        hosts.push(host);
    }
    hosts
}

fn slow_options() -> ProberOptions {
    ProberOptions { interval: Duration::from_secs(10), ..options() }
}

#[tokio::test]
async fn two_servers_share_the_work_and_no_endpoint_is_probed_twice_in_an_interval() {
    let world = World::new().await;
    let hosts = hosts(&world).await;
    let open =
        async || farebox_directory::Directory::open(world.store.clone(), None).await.unwrap();
    let (first, second) = (open().await, open().await);
    let figures = [first.sweep_figures().clone(), second.sweep_figures().clone()];
    let shards = |index: usize| figures[index].report(jiff::Timestamp::now()).shards;
    let _first = world.sweep_with(first, "a", slow_options());
    world.until("the first holds all", async || shards(0) == 64).await;
    let _second = world.sweep_with(second, "b", slow_options());
    world.until("they share", async || shards(0) == 32 && shards(1) == 32).await;
    let twice = || counts(&hosts).values().filter(|count| **count >= 2).count();
    world.until("two rounds", async || twice() == ENDPOINTS).await;
    let shortest = shortest_gap(&hosts);
    assert!(shortest > Duration::from_millis(8_300), "probed again after {shortest:?}");
}

#[tokio::test]
async fn what_a_server_that_died_held_is_taken_over() {
    let world = World::new().await;
    let hosts = hosts(&world).await;
    let first = world.sweep("a", slow_options()).await;
    let _second = world.sweep("b", slow_options()).await;
    world.until("it has begun", async || !counts(&hosts).is_empty()).await;
    drop(first);
    world.until("all are probed", async || counts(&hosts).len() == ENDPOINTS).await;
    let recorded = async || {
        world.directory.refresh().await.unwrap();
        let snapshot = world.directory.snapshot();
        snapshot.listings().all(|listing| listing.health.last_checked.is_some())
    };
    world.until("all are recorded", recorded).await;
}
