//! Rules that hold for every question, tried on the sample listings.

use crate::common::{Fixture, now, outcome, rate};
use farebox_directory::{
    Check, Dialect, Filters, HealthStatus, ListQuery, Listing, Protocol, Snapshot, Sort, SortKey,
};
use farebox_money::MicroUsd;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// The samples, with some checked.
static SAMPLES: LazyLock<Arc<Snapshot>> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let fixture = Fixture::with_samples().await;
        let snapshot = fixture.directory.snapshot();
        for (number, listing) in (0_u32..).zip(snapshot.listings().step_by(60)) {
            let healthy = HealthStatus::ALL[(number % 4) as usize];
            let check = Check {
                response_time_ms: number.is_multiple_of(3).then_some(number * 10),
                http_status: Some(402),
                ..Check::new(now(), healthy, outcome(healthy))
            };
            fixture.directory.record_check(&listing.id, check).await.unwrap();
        }
        fixture.directory.snapshot()
    })
});

fn filters() -> impl Strategy<Value = Filters> {
    let words = prop::option::of(prop::sample::select(vec!["data", "ai", "ai/llm", "nowhere"]));
    let assets = prop::option::of(prop::sample::select(vec!["usdc", "BTC"]));
    let sources = prop::option::of(prop::sample::select(vec!["agent402", "sats4ai"]));
    (
        prop::option::of(prop::sample::select(Protocol::ALL.to_vec())),
        words,
        prop::option::of(prop::sample::select(HealthStatus::ALL.to_vec())),
        sources,
        prop::option::of(0_u64..50_000),
        assets,
        any::<bool>(),
    )
        .prop_map(|(protocol, category, health, source, price, asset, verified)| Filters {
            protocol,
            category: category.map(str::to_owned),
            health,
            source: source.map(str::to_owned),
            max_price_usd: price.map(MicroUsd::new),
            payment_asset: asset.map(str::to_owned),
            verified,
            ..Filters::default()
        })
}

fn questions() -> impl Strategy<Value = ListQuery> {
    let words = vec!["weather", "a", "bitcoin price", "send an sms", "no such thing", "e s"];
    let search = prop::option::of(prop::sample::select(words));
    let key = prop::option::of(prop::sample::select(SortKey::ALL.to_vec()));
    (filters(), search, key, any::<bool>()).prop_map(|(filters, search, key, descending)| {
        ListQuery {
            filters,
            search: search.map(str::to_owned),
            sort: key.map(|key| Sort { key, descending }),
            ..ListQuery::default()
        }
    })
}

/// The filters once more, as simply as can be.
fn fits(listing: &Listing, filters: &Filters) -> bool {
    let facts = &listing.facts;
    let price = || match (facts.price_usd, facts.price_sats) {
        (Some(price), _) => Some(price),
        (None, Some(sats)) => rate().to_usd_nearest(sats.to_msat().unwrap()),
        (None, None) => None,
    };
    filters.protocol.is_none_or(|wanted| facts.protocol == wanted)
        && filters.category.as_ref().is_none_or(|wanted| {
            facts.category == *wanted || facts.category.starts_with(&format!("{wanted}/"))
        })
        && filters.health.is_none_or(|wanted| listing.health.status == wanted)
        && filters.source.as_ref().is_none_or(|wanted| facts.source == *wanted)
        && filters.max_price_usd.is_none_or(|most| price().is_some_and(|price| price <= most))
        && filters.payment_asset.as_ref().is_none_or(|wanted| {
            facts.payment_asset.as_ref().is_some_and(|asset| asset.eq_ignore_ascii_case(wanted))
        })
        && (!filters.verified
            || (facts.protocol != Protocol::X402 && listing.health.status == HealthStatus::Healthy))
}

fn ids(snapshot: &Snapshot, query: &ListQuery) -> Vec<String> {
    snapshot.list(query).rows.iter().map(|row| row.listing().id.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn filters_agree_with_looking_at_every_row(filters in filters()) {
        let query = ListQuery { filters, limit: usize::MAX, ..ListQuery::default() };
        let mut found = ids(&SAMPLES, &query);
        let all = SAMPLES.listings().filter(|listing| fits(listing, &query.filters));
        let mut expected: Vec<String> = all.map(|listing| listing.id.clone()).collect();
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn pages_hold_every_row_once_and_the_total_counts_them(
        query in questions(),
        limit in 50_usize..400,
    ) {
        let whole = ids(&SAMPLES, &ListQuery { limit: usize::MAX, ..query.clone() });
        let mut paged = Vec::new();
        for offset in (0..=whole.len()).step_by(limit) {
            let page = SAMPLES.list(&ListQuery { limit, offset, ..query.clone() });
            prop_assert_eq!(page.total, whole.len());
            paged.extend(page.rows.iter().map(|row| row.listing().id.clone()));
        }
        prop_assert_eq!(&paged, &whole);
        paged.sort_unstable();
        paged.dedup();
        prop_assert_eq!(paged.len(), whole.len());
    }

    #[test]
    fn a_sorted_search_finds_what_the_search_finds(query in questions()) {
        let by_relevance = ListQuery { sort: None, limit: usize::MAX, ..query.clone() };
        let mut found = ids(&SAMPLES, &ListQuery { limit: usize::MAX, ..query });
        let mut expected = ids(&SAMPLES, &by_relevance);
        found.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_question_is_answered(raw in "(q|limit|offset|sort|category|health|x)=[^&]{0,12}(&[a-z_]{1,12}=[^&]{0,8}){0,4}") {
        if let Ok(query) = SAMPLES.parse(&raw, Dialect::Services) {
            let page = SAMPLES.list(&query);
            prop_assert!(page.rows.len() <= query.limit && page.rows.len() <= page.total);
        }
    }

    #[test]
    fn any_search_text_is_answered(text in "\\PC{1,60}") {
        let query = ListQuery { search: Some(text), ..ListQuery::default() };
        let page = SAMPLES.list(&query);
        prop_assert!(page.rows.len() <= page.total);
    }
}
