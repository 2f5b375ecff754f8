//! When it is our own network that fails.

use crate::world::{Host, World, options};
use farebox_directory::{HealthStatus, Protocol};

#[tokio::test]
async fn nobody_is_judged_when_all_fall_silent_together() {
    let world = World::new().await;
    let mut hosts = Vec::new();
    let mut ids = Vec::new();
    for number in 1..=12 {
        let host = Host::start(number).await;
        ids.push(world.list(&host.url("paid"), Protocol::L402).await);
        hosts.push(host);
    }
    let directory = farebox_directory::Directory::open(world.store.clone(), None).await.unwrap();
    let figures = directory.sweep_figures().clone();
    let report = || figures.report(jiff::Timestamp::now());
    let _running = world.sweep_with(directory, "a", options());
    world.until("all are recorded", async || report().recorded >= 24).await;
    hosts.iter().for_each(Host::stop);
    world.until("an outage is noticed", async || report().is_cut_off).await;
    assert!(report().discarded > 0);
    let mut judged = 0;
    for id in &ids {
        let health = world.listing(id).await.health;
        assert_ne!(health.status, HealthStatus::Down);
        judged += usize::from(health.consecutive_failures > 0);
    }
    assert!(judged * 2 < ids.len(), "{judged} of {} are said to fail", ids.len());
}

#[tokio::test]
async fn one_host_that_falls_silent_is_judged() {
    let world = World::new().await;
    let (silent, hosts) = (Host::start(1).await, [2, 3, 4, 5, 6, 7]);
    let mut others = Vec::new();
    for number in hosts {
        let host = Host::start(number).await;
        world.list(&host.url("paid"), Protocol::L402).await;
        others.push(host);
    }
    let id = world.list(&silent.url("paid"), Protocol::L402).await;
    silent.stop();
    let _running = world.sweep("a", options()).await;
    let failed = async || {
        let health = world.listing(&id).await.health;
        health.last_checked.is_some() && health.status != HealthStatus::Healthy
    };
    world.until("it is judged", failed).await;
}
