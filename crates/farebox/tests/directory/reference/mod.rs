//! Every parameter, field and status code of the index's API v1, endpoint by endpoint.
//!
//! Elsewhere: what each filter leaves (`it/services`), the fields of rows and details (`shapes`),
//! 402 and 200 of the export (`purchases`), a claim that expired (`claims/domains`), the paid limit
//! (`rate_limits`), deliveries of webhooks (`webhooks`), purging (`claims/purge`).

mod claims;
mod lists;
mod owners;
mod register;
mod webhooks;

use super::world::World;
use http::Method;
use serde_json::Value;

const HOST: &str = "reference.localhost";

/// A request and what it is answered.
type Case = (&'static str, Method, String, Value, u16);

async fn assert_answers(world: &World, cases: Vec<Case>) {
    for (what, method, path, body, expected) in cases {
        let answer = world.send(method, &path, &[], Some(&body)).await;
        assert_eq!(answer.status, expected, "{what}: {path} {body}: {}", answer.text);
        if expected >= 400 {
            assert!(answer.json["error"]["code"].is_string(), "{what}: {}", answer.text);
            assert!(answer.json["error"]["message"].is_string(), "{what}: {}", answer.text);
        }
    }
}
