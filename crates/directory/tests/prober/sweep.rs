//! What is probed, and what becomes of it.

use crate::world::{Host, World, options, shortest_gap};
use farebox_directory::{HealthStatus, ListingFacts, ProbeStatus, Protocol};
use std::time::Duration;

#[tokio::test]
async fn the_listings_of_an_endpoint_share_one_probe_and_are_probed_again_and_again() {
    let (world, host) = (World::new().await, Host::start(1).await);
    let mut ids = Vec::new();
    for protocol in Protocol::ALL {
        ids.push(world.list(&host.url("paid"), protocol).await);
    }
    let _running = world.sweep("a", options()).await;
    world.until("three rounds", async || host.asked().len() >= 3).await;
    assert!(host.asked().iter().all(|asked| asked.user_agent.starts_with("Farebox-prober/")));
    let seen = async |id: &str| world.listing(id).await.health.last_checked;
    world
        .until("each rail is recorded", async || {
            let mut all = true;
            for id in &ids {
                all &= seen(id).await.is_some();
            }
            all
        })
        .await;
    for id in &ids {
        assert_eq!(world.listing(id).await.health.status, HealthStatus::Degraded);
    }
    assert!(shortest_gap(&[host]) > Duration::from_millis(1_700), "one probe in an interval");
}

#[tokio::test]
async fn practice_templates_and_what_cannot_be_probed_are_left_alone() {
    let (world, host) = (World::new().await, Host::start(1).await);
    let facts = |path: &str| ListingFacts::new(&host.url(path), Some("GET"), Protocol::L402, path);
    let plain = world.list_facts(facts("plain")).await;
    world.list_facts(ListingFacts { sample_data: true, ..facts("sample") }).await;
    world.list_facts(ListingFacts { is_demo: true, ..facts("demo") }).await;
    world.list_facts(facts("template/{id}")).await;
    let unprobeable = ProbeStatus::Unprobeable;
    world.list_facts(ListingFacts { probe_status: unprobeable, ..facts("unprobeable") }).await;
    let _running = world.sweep("a", options()).await;
    world.until("two rounds", async || host.asked().len() >= 2).await;
    assert!(host.asked().iter().all(|asked| asked.path == "plain"), "{:?}", host.asked());
    world
        .until("it is recorded", async || world.listing(&plain).await.health.last_checked.is_some())
        .await;
}

#[tokio::test]
async fn what_is_listed_later_is_probed() {
    let (world, host) = (World::new().await, Host::start(1).await);
    let directory = farebox_directory::Directory::open(world.store.clone(), None).await.unwrap();
    let _running = world.sweep_with(directory, "a", options());
    world.list(&host.url("later"), Protocol::L402).await;
    world.until("it is probed", async || !host.asked().is_empty()).await;
}

#[tokio::test]
async fn after_a_restart_nothing_is_probed_before_its_time() {
    let (world, host) = (World::new().await, Host::start(1).await);
    for number in 0..20 {
        world.list(&host.url(&format!("paid{number}")), Protocol::L402).await;
    }
    let options =
        farebox_directory::prober::ProberOptions { interval: Duration::from_secs(6), ..options() };
    let first = world.sweep("a", options.clone()).await;
    let recorded = async |count| {
        world.directory.refresh().await.unwrap();
        let snapshot = world.directory.snapshot();
        let checked = |one: &&farebox_directory::Listing| one.health.last_checked.is_some();
        snapshot.listings().filter(checked).count() >= count
    };
    world.until("half are recorded", async || recorded(10).await).await;
    drop(first);
    let _second = world.sweep("a", options).await;
    world.until("all are recorded", async || recorded(20).await).await;
    world.until("two rounds", async || host.asked().len() >= 40).await;
    // Those under way or unrecorded when the first stopped are probed again.
    let mut early = 0;
    let mut last = std::collections::HashMap::new();
    for asked in host.asked() {
        if let Some(before) = last.insert(asked.path, asked.at) {
            early += usize::from(asked.at - before < Duration::from_millis(4_500));
        }
    }
    assert!(early <= 5, "{early} of 20 were probed again before their time");
}
