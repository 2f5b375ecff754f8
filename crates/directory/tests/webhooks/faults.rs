//! Receivers that fail, and servers that die.

use crate::world::{Manner, Receiver, World};
use farebox_directory::Protocol;
use farebox_directory::webhook::Courier;
use serde_json::json;
use std::collections::HashSet;
use std::sync::Arc;
use tokio::sync::Notify;

const PAUSES_S: [i64; 7] = [10, 60, 300, 1_800, 7_200, 21_600, 43_200];

#[tokio::test]
async fn a_failure_is_tried_again_after_growing_pauses() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let id = world.hook(&receiver).await;
    receiver.answers(Manner::Status(500));
    world.list("a", Protocol::L402).await;
    assert_eq!(world.deliver().await, 1);
    for (place, pause) in PAUSES_S.into_iter().enumerate() {
        world.wait(pause - 1);
        assert_eq!(world.deliver().await, 0, "not before the pause is over");
        if place == 3 {
            world = world.restarted().await;
            assert_eq!(world.deliver().await, 0, "nor after a restart");
        }
        world.wait(1);
        assert_eq!(world.deliver().await, 1);
    }
    let told = receiver.told();
    assert_eq!(told.len(), 8);
    let ids: HashSet<_> = told.iter().map(|message| message.header("webhook-id")).collect();
    assert_eq!(ids.len(), 1, "the same message each time");
    let detail = world.look(&id).await;
    assert_eq!(detail["deliveries"][0]["status"], "given_up");
    assert_eq!(detail["deliveries"][0]["http_status"], 500);
    world.wait(24 * 3_600);
    assert_eq!(world.deliver().await, 0);
    assert_eq!(detail["status"], "active", "eight failures are not ten");
}

#[tokio::test]
async fn ten_failures_in_a_row_switch_a_webhook_off() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let id = world.hook(&receiver).await;
    receiver.answers(Manner::Status(500));
    for path in ["a", "b", "c"] {
        world.list(path, Protocol::L402).await;
    }
    for attempts in 1..=10 {
        assert_eq!(world.look(&id).await["status"], "active");
        assert_eq!(world.deliver().await, 1, "one at a time while it fails: {attempts}");
        world.wait(12 * 3_600);
    }
    let detail = world.look(&id).await;
    assert_eq!(detail["status"], "inactive");
    assert_eq!(detail["consecutive_failures"], 10);
    assert_eq!(detail["status_reason"], "10 failures in a row");
    receiver.answers(Manner::Status(200));
    world.list("d", Protocol::L402).await;
    world.wait(24 * 3_600);
    assert_eq!(world.deliver().await, 0);
    assert_eq!(receiver.told().len(), 10);
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let id = world.hook(&receiver).await;
    for number in 0..3 {
        receiver.answers(Manner::Status(503));
        world.list(&number.to_string(), Protocol::L402).await;
        for _ in 0..6 {
            world.deliver().await;
            world.wait(12 * 3_600);
        }
        receiver.answers(Manner::Status(204));
        world.deliver().await;
        let detail = world.look(&id).await;
        assert_eq!(detail["deliveries"][0]["status"], "delivered");
        assert_eq!(
            (&detail["status"], &detail["consecutive_failures"]),
            (&json!("active"), &json!(0))
        );
    }
}

#[tokio::test]
async fn nobody_listens_redirects_and_410() {
    let mut world = World::new().await;
    let (gone, down, elsewhere) =
        (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let ids = [world.hook(&gone).await, world.hook(&down).await, world.hook(&elsewhere).await];
    gone.answers(Manner::Status(410));
    down.stop();
    elsewhere.answers(Manner::Redirect);
    world.list("a", Protocol::L402).await;
    world.deliver().await;
    let details = [world.look(&ids[0]).await, world.look(&ids[1]).await, world.look(&ids[2]).await];
    assert_eq!(details[0]["status"], "inactive", "it said that it wants no more");
    assert_eq!(details[1]["deliveries"][0]["status"], "waiting");
    assert!(details[1]["deliveries"][0]["error"].is_string());
    assert_eq!(details[2]["deliveries"][0]["http_status"], 302);
    assert_eq!(elsewhere.told().len(), 1, "the redirect was not followed");
}

#[tokio::test]
async fn a_server_that_dies_before_it_wrote_down_the_answer_sends_the_same_again() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    world.hook(&receiver).await;
    receiver.arrival().await;
    let never = Arc::new(Notify::new());
    receiver.answers(Manner::Wait(never));
    world.list("a", Protocol::L402).await;
    tokio::select! {
        _ = world.courier.drain() => panic!("it answers nothing"),
        () = receiver.arrival() => {}
    }
    let mut world = world.restarted().await;
    receiver.answers(Manner::Status(200));
    assert_eq!(world.deliver().await, 1);
    let told = receiver.told();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"));
    assert_eq!(told[0].body, told[1].body);
    assert_eq!(world.deliver().await, 0);
}

#[tokio::test]
async fn one_who_is_slow_keeps_nobody_else_waiting() {
    let mut world = World::new().await;
    let (slow, quick) = (Receiver::start().await, Receiver::start().await);
    world.hook(&slow).await;
    world.hook(&quick).await;
    quick.arrival().await;
    let go_on = Arc::new(Notify::new());
    slow.answers(Manner::Wait(Arc::clone(&go_on)));
    for path in ["a", "b", "c"] {
        world.list(path, Protocol::L402).await;
    }
    let running = tokio::spawn(world.courier.run());
    while quick.told().len() < 3 {
        quick.arrival().await;
    }
    assert_eq!(slow.told().len(), 1, "the slow one has not answered yet");
    running.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_servers_one_tells() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    world.hook(&receiver).await;
    let mut other = Courier::new(world.webhooks.clone(), "two".to_owned());
    for number in 0..30 {
        world.list(&number.to_string(), Protocol::L402).await;
    }
    let (one, two) = tokio::join!(world.courier.drain(), other.drain());
    assert_eq!((one.unwrap(), two.unwrap()), (30, 0));
    assert_eq!(receiver.told().len(), 30);
    // The first one died, and its lease ran out.
    let expire = |transaction: &farebox_store::Transaction<'_>| {
        transaction.execute("UPDATE lease SET until_ms = 0 WHERE name = 'webhooks'", &[])
    };
    world.directory.store().write(expire).await.unwrap();
    world.list("after", Protocol::L402).await;
    let mut third = Courier::new(world.webhooks.clone(), "three".to_owned());
    assert_eq!(third.drain().await.unwrap(), 1);
    assert_eq!(receiver.told().len(), 31);
}

#[tokio::test]
async fn a_delivery_that_two_made_is_written_down_once() {
    let mut world = World::new().await;
    let receiver = Receiver::start().await;
    let id = world.hook(&receiver).await;
    receiver.arrival().await;
    let go_on = Arc::new(Notify::new());
    receiver.answers(Manner::Wait(Arc::clone(&go_on)));
    world.list("a", Protocol::L402).await;
    let expire = |transaction: &farebox_store::Transaction<'_>| {
        transaction.execute("UPDATE lease SET until_ms = 0 WHERE name = 'webhooks'", &[])
    };
    // One hangs in the middle for longer than its lease; another takes over.
    let mut other = Courier::new(world.webhooks.clone(), "two".to_owned());
    let store = world.directory.store().clone();
    let take_over = async {
        receiver.arrival().await;
        store.write(expire).await.unwrap();
        receiver.answers(Manner::Status(200));
        other.drain().await.unwrap();
        go_on.notify_waiters();
    };
    let (first, ()) = tokio::join!(world.courier.drain(), take_over);
    first.unwrap();
    let told = receiver.told();
    assert_eq!(told.len(), 2);
    assert_eq!(told[0].header("webhook-id"), told[1].header("webhook-id"));
    let detail = world.look(&id).await;
    assert_eq!(detail["deliveries"].as_array().unwrap().len(), 1);
    assert_eq!(detail["deliveries"][0]["attempts"], 1);
}
