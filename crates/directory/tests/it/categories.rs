//! `GET /api/v1/categories`

use crate::common::{Fixture, facts};
use farebox_directory::{ListingFacts, Protocol};

#[tokio::test]
async fn the_tree_counts_rails_and_is_ordered_by_size() {
    let fixture = Fixture::empty().await;
    let rows = [
        ("a", Protocol::L402, "ai"),
        ("b", Protocol::X402, "tools/search"),
        ("c", Protocol::X402, "tools/search"),
        ("d", Protocol::Mpp, "tools/ai"),
    ];
    for (path, protocol, category) in rows {
        let category = category.to_owned();
        fixture.list(ListingFacts { category, ..facts(path, protocol, path) }).await;
    }
    let answer = fixture.get("/api/v1/categories").await;
    let expected = "{\"categories\":{\
         \"tools\":{\"L402\":0,\"x402\":2,\"MPP\":1,\"total\":3,\"subcategories\":{\
         \"search\":{\"L402\":0,\"x402\":2,\"MPP\":0,\"total\":2},\
         \"ai\":{\"L402\":0,\"x402\":0,\"MPP\":1,\"total\":1}}},\
         \"ai\":{\"L402\":1,\"x402\":0,\"MPP\":0,\"total\":1,\"subcategories\":{}}}}";
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn a_total_is_what_the_filter_finds() {
    let fixture = Fixture::with_samples().await;
    let tree = fixture.get("/api/v1/categories").await.json();
    for (name, branch) in tree["categories"].as_object().unwrap() {
        let filters = farebox_directory::Filters {
            category: Some(name.clone()),
            ..farebox_directory::Filters::default()
        };
        let query = farebox_directory::ListQuery { filters, ..Default::default() };
        let total = fixture.directory.snapshot().list(&query).total;
        assert_eq!(branch["total"], total, "{name}");
    }
}
