//! What becomes of a listing that its owner deleted.

use crate::world::{HOST, HOUR_S, World};
use axum::Router;
use axum::body::Body;
use farebox_directory::Protocol;
use farebox_store::{StoreError, Transaction, params};
use http::{Request, StatusCode};
use serde_json::json;
use tower::ServiceExt;

const KEPT_S: i64 = 30 * 24 * HOUR_S;

async fn delete(world: &World, id: &str, token: &str) -> StatusCode {
    let body = json!({ "domain": HOST, "verification_token": token }).to_string();
    let request = Request::delete(format!("/api/v1/services/{id}")).body(Body::from(body));
    let routes: Router = farebox_directory::owner_routes(world.claims.clone()).into();
    routes.oneshot(request.unwrap()).await.unwrap().status()
}

/// Whether the database still has its row.
async fn is_kept(world: &World, id: &str) -> bool {
    let id = id.to_owned();
    let count = move |transaction: &Transaction<'_>| -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM listing WHERE id = ?1";
        transaction.one(sql, params![id], |row| row.get(0))
    };
    world.directory.store().read(count).await.unwrap() == 1
}

#[tokio::test]
async fn a_deleted_listing_is_kept_for_thirty_days() {
    let world = World::new().await;
    let (gone, other) = (
        world.list(HOST, "gone", Protocol::L402).await,
        world.list(HOST, "other", Protocol::L402).await,
    );
    let owner = world.own().await;
    assert_eq!(delete(&world, &gone, owner.token()).await, StatusCode::OK);
    assert!(world.directory.snapshot().get(&gone).is_none(), "hidden at once");

    world.wait(KEPT_S - 1);
    assert_eq!(world.directory.purge().await.unwrap(), 0);
    assert!(is_kept(&world, &gone).await);
    assert_eq!(delete(&world, &gone, owner.token()).await, StatusCode::OK, "as before");

    world.wait(2);
    assert_eq!(world.directory.purge().await.unwrap(), 1);
    assert!(!is_kept(&world, &gone).await);
    assert_eq!(delete(&world, &gone, owner.token()).await, StatusCode::NOT_FOUND);
    assert!(is_kept(&world, &other).await, "nobody deleted that one");
    assert_eq!(world.directory.purge().await.unwrap(), 0);
}
