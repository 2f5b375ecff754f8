//! Sample paid APIs, so that the whole idea can be used without a node, an account or a network.

mod chat;
mod picture;
mod summary;
mod weather;

use axum::Router;
use axum::routing::{get, post};
use farebox_directory::{L402Format, ListingFacts, Protocol};
use farebox_money::Sats;
use farebox_paywall::{PaidRoute, Paywall, PricedRequest};
use farebox_rates::Rates;

/// How long a token for the picture is good for, in seconds.
const PICTURE_TOKEN_S: u64 = 600;
const WEATHER_PRICE: Sats = Sats::new(5);
const PICTURE_PRICE: Sats = Sats::new(20);

/// The sample APIs, with prices on them; the chat's is in dollars.
pub fn routes(paywall: &Paywall, rates: &Rates) -> Router {
    let weather = PaidRoute::one_shot("demo_weather", WEATHER_PRICE, "Weather in one city")
        .checked_by(weather::check);
    let summary = PaidRoute::priced_by("demo_summary", summary::price, "Summary of a text");
    let summary = summary.with_body_len_max(summary::BODY_LEN_MAX);
    let rates = rates.clone();
    let chat = move |request: PricedRequest<'_>| chat::price(request, &rates);
    let chat = PaidRoute::priced_by("demo_chat", chat, "A chat completion");
    let chat = chat.with_body_len_max(chat::BODY_LEN_MAX);
    let picture = PaidRoute::time_bounded(
        "demo_picture",
        PICTURE_PRICE,
        PICTURE_TOKEN_S,
        "A large picture, ten minutes of downloads",
    );
    let weather = get(weather::handler).route_layer(paywall.charge(weather));
    let summary = post(summary::handler).route_layer(paywall.charge(summary));
    let chat = post(chat::handler).route_layer(paywall.charge(chat));
    let picture = get(picture::handler).route_layer(paywall.charge(picture));
    Router::new()
        .route("/demo/weather", weather)
        .route("/demo/summary", summary)
        .route("/demo/v1/chat/completions", chat)
        .route("/demo/picture.bmp", picture)
}

/// The same as listings of the directory.
pub fn listings(public_url: &str) -> Vec<ListingFacts> {
    let listing = |path: &str, method: &str, name: &str| ListingFacts {
        payment_asset: Some("BTC".to_owned()),
        payment_network: Some("Lightning".to_owned()),
        provider: "Farebox demo".to_owned(),
        source: "exclusive".to_owned(),
        featured: true,
        l402_format: Some(L402Format::V2Tlv),
        lnget_compatible: Some(true),
        sample_data: true,
        is_demo: true,
        ..ListingFacts::new(&format!("{public_url}{path}"), Some(method), Protocol::L402, name)
    };
    let weather = ListingFacts {
        category: "real-time-data/weather".to_owned(),
        description: "Typical weather of a city in the current month. Query: ?city=Lisbon. \
                      Sample data: climate normals, not a forecast."
            .to_owned(),
        price_sats: Some(WEATHER_PRICE),
        ..listing("/demo/weather", "GET", "Demo Weather")
    };
    let summary = ListingFacts {
        category: "ai/text".to_owned(),
        probe_body: Some(r#"{"text":"A short text. It has two sentences."}"#.to_owned()),
        description: "Picks the sentences that say most of a text. JSON body: {\"text\": \"…\", \
                      \"sentences\": 3}. 2 sats, and 1 more for each further 1,000 characters."
            .to_owned(),
        price_sats: Some(summary::BASE_PRICE),
        ..listing("/demo/summary", "POST", "Demo Summary")
    };
    let chat = ListingFacts {
        category: "ai/llm".to_owned(),
        probe_body: Some(
            r#"{"model":"demo","messages":[{"role":"user","content":"hello"}]}"#.to_owned(),
        ),
        description: "A stand-in for a language model that speaks OpenAI's wire format. Sample \
                      data: there is no model behind it."
            .to_owned(),
        price_usd: Some(chat::PRICE),
        ..listing("/demo/v1/chat/completions", "POST", "Demo Chat")
    };
    let picture = ListingFacts {
        category: "media/images".to_owned(),
        description: "A picture of several megabytes that arrives slowly, to watch a download. \
                      One payment is good for ten minutes."
            .to_owned(),
        price_sats: Some(PICTURE_PRICE),
        ..listing("/demo/picture.bmp", "GET", "Demo Picture")
    };
    vec![weather, summary, chat, picture]
}
