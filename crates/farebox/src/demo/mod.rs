//! Sample paid APIs, so that the whole idea can be used without a node, an account or a network.

mod chat;
mod picture;
mod summary;
mod weather;

use axum::routing::MethodRouter;
use farebox_directory::{L402Format, ListingFacts, Protocol};
use farebox_money::Sats;
use farebox_paywall::{PaidOperation, PaidRoute, Paywall, PricedRequest};
use farebox_rates::Rates;
use http::Method;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

/// How long a token for the picture is good for, in seconds.
const PICTURE_TOKEN_S: u64 = 600;
/// Where the weather is sold.
pub const WEATHER_PATH: &str = "/demo/weather";
const SUMMARY_PATH: &str = "/demo/summary";
const CHAT_PATH: &str = "/demo/v1/chat/completions";
const PICTURE_PATH: &str = "/demo/picture.bmp";
const SUMMARY_EXAMPLE: &str = r#"{"text":"A short text. It has two sentences."}"#;
const CHAT_EXAMPLE: &str = r#"{"model":"demo","messages":[{"role":"user","content":"hello"}]}"#;
const WEATHER_PRICE: Sats = Sats::new(5);
const PICTURE_PRICE: Sats = Sats::new(20);

/// The sample APIs, with prices on them; the chat's is in dollars.
pub fn routes(paywall: &Paywall, rates: &Rates) -> OpenApiRouter {
    let [weather, summary, chat, picture] = sold(rates).map(|operation| operation.route);
    let sell =
        |route: PaidRoute| move |handler: MethodRouter| handler.route_layer(paywall.charge(route));
    OpenApiRouter::default()
        .routes(routes!(weather::handler).map(sell(weather)))
        .routes(routes!(summary::handler).map(sell(summary)))
        .routes(routes!(chat::handler).map(sell(chat)))
        .routes(routes!(picture::handler).map(sell(picture)))
}

/// What is sold, in the order of the paths above.
pub fn sold(rates: &Rates) -> [PaidOperation; 4] {
    let weather = PaidRoute::one_shot("demo_weather", WEATHER_PRICE, "Weather in one city")
        .checked_by(weather::check);
    let summary = PaidRoute::priced_by("demo_summary", summary::price, "Summary of a text");
    let rates = rates.clone();
    let chat = move |request: PricedRequest<'_>| chat::price(request, &rates);
    let chat = PaidRoute::priced_by("demo_chat", chat, "A chat completion");
    let picture = PaidRoute::time_bounded(
        "demo_picture",
        PICTURE_PRICE,
        PICTURE_TOKEN_S,
        "A large picture, ten minutes of downloads",
    );
    let operation = |method: Method, path: &str, route: PaidRoute, example: Option<&str>| {
        let example = example.and_then(|example| serde_json::from_str(example).ok());
        PaidOperation { method, path: path.to_owned(), route, example }
    };
    let summary = summary.with_body_len_max(summary::BODY_LEN_MAX);
    let chat = chat.with_body_len_max(chat::BODY_LEN_MAX);
    [
        operation(Method::GET, WEATHER_PATH, weather, None),
        operation(Method::POST, SUMMARY_PATH, summary, Some(SUMMARY_EXAMPLE)),
        operation(Method::POST, CHAT_PATH, chat, Some(CHAT_EXAMPLE)),
        operation(Method::GET, PICTURE_PATH, picture, None),
    ]
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
        ..listing(WEATHER_PATH, "GET", "Demo Weather")
    };
    let summary = ListingFacts {
        category: "ai/text".to_owned(),
        probe_body: Some(SUMMARY_EXAMPLE.to_owned()),
        description: "Picks the sentences that say most of a text. JSON body: {\"text\": \"…\", \
                      \"sentences\": 3}. 2 sats, and 1 more for each further 1,000 characters."
            .to_owned(),
        price_sats: Some(summary::BASE_PRICE),
        ..listing(SUMMARY_PATH, "POST", "Demo Summary")
    };
    let chat = ListingFacts {
        category: "ai/llm".to_owned(),
        probe_body: Some(CHAT_EXAMPLE.to_owned()),
        description: "A stand-in for a language model that speaks OpenAI's wire format. Sample \
                      data: there is no model behind it."
            .to_owned(),
        price_usd: Some(chat::PRICE),
        ..listing(CHAT_PATH, "POST", "Demo Chat")
    };
    let picture = ListingFacts {
        category: "media/images".to_owned(),
        description: "A picture of several megabytes that arrives slowly, to watch a download. \
                      One payment is good for ten minutes."
            .to_owned(),
        price_sats: Some(PICTURE_PRICE),
        ..listing(PICTURE_PATH, "GET", "Demo Picture")
    };
    vec![weather, summary, chat, picture]
}
