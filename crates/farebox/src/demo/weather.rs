//! `GET /demo/weather?city=Lisbon`: 5 sats a request.

use axum::Json;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Response};
use farebox_paywall::{NotForSale, PricedRequest};
use farebox_wire::api_error::ErrorBody;
use http::StatusCode;
use jiff::Zoned;
use serde::Serialize;
use utoipa::ToSchema;

/// City, country, mean temperature of January and of July in °C, mean monthly rain in mm of
/// January and of July: rounded climate normals, enough for a demonstration.
type City = (&'static str, &'static str, i32, i32, u32, u32);

const CITY_DEFAULT: &str = "Lisbon";
const CITIES: [City; 24] = [
    ("Amsterdam", "NL", 4, 18, 67, 82),
    ("Athens", "GR", 10, 29, 57, 6),
    ("Auckland", "NZ", 20, 11, 75, 145),
    ("Bangkok", "TH", 28, 29, 13, 175),
    ("Berlin", "DE", 1, 20, 42, 60),
    ("Buenos Aires", "AR", 25, 11, 120, 65),
    ("Cairo", "EG", 14, 29, 5, 0),
    ("Cape Town", "ZA", 22, 13, 15, 82),
    ("Chicago", "US", -4, 24, 52, 94),
    ("Copenhagen", "DK", 2, 18, 53, 64),
    ("Dublin", "IE", 5, 16, 63, 56),
    ("Istanbul", "TR", 6, 25, 99, 32),
    ("Lagos", "NG", 28, 26, 14, 270),
    ("Lima", "PE", 23, 17, 1, 1),
    ("Lisbon", "PT", 12, 24, 100, 4),
    ("London", "GB", 6, 19, 59, 45),
    ("Madrid", "ES", 6, 26, 33, 12),
    ("Mumbai", "IN", 24, 28, 1, 840),
    ("New York", "US", 1, 25, 92, 117),
    ("Oslo", "NO", -3, 18, 58, 88),
    ("Paris", "FR", 5, 21, 47, 60),
    ("San Salvador", "SV", 23, 24, 5, 290),
    ("Tokyo", "JP", 5, 26, 60, 156),
    ("Zurich", "CH", 1, 19, 63, 116),
];

#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct Weather {
    city: &'static str,
    country: &'static str,
    month: i8,
    temperature_c: i32,
    rain_mm: u32,
    summary: String,
    sample_data: bool,
}

/// Refuses a city that is not in the table, before anybody pays.
pub(super) fn check(request: PricedRequest<'_>) -> Result<(), NotForSale> {
    parse(request.query.unwrap_or_default()).map(|_| ())
}

/// Answers with the city's typical weather of this month.
#[utoipa::path(
    get,
    path = "/demo/weather",
    operation_id = "demo_weather",
    tag = "demo",
    params(("city" = Option<String>, Query, description = "One of some large cities; Lisbon where it is not given")),
    responses(
        (status = 200, description = "The weather", body = Weather),
        (status = 400, description = "The city is not in the table", body = ErrorBody),
    )
)]
pub(super) async fn handler(RawQuery(query): RawQuery) -> Response {
    let found = parse(&query.unwrap_or_default());
    let weather = found.map(|city| typical(city, Zoned::now().month()));
    match weather {
        Ok(weather) => Json(weather).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(error.0)).into_response(),
    }
}

fn parse(query: &str) -> Result<&'static City, NotForSale> {
    let mut parameters = url::form_urlencoded::parse(query.as_bytes());
    let city = parameters.find(|(name, _)| name == "city");
    let name = city.as_ref().map_or(CITY_DEFAULT, |(_, value)| value.trim());
    CITIES.iter().find(|known| known.0.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let names = CITIES.map(|city| city.0).join(", ");
        let message = format!("No such city in the sample data. There are: {names}.");
        NotForSale::new("unknown_city", message)
    })
}

fn typical(city: &City, month: i8) -> Weather {
    let (city, country, january_c, july_c, january_mm, july_mm) = *city;
    // Months from January: July is six away, and the year is taken to be symmetric.
    let from_january = i32::from((month - 1).min(13 - month));
    let temperature_c = january_c + (july_c - january_c) * from_january / 6;
    let away = u32::try_from(from_january).unwrap_or(0);
    let rain_mm = (january_mm * (6 - away) + july_mm * away) / 6;
    let sky = if rain_mm > 80 { "rainy" } else { "mostly dry" };
    let air = match temperature_c {
        ..5 => "cold",
        5..15 => "cool",
        15..24 => "mild",
        _ => "hot",
    };
    let summary = format!("Typically {air} and {sky}");
    Weather { city, country, month, temperature_c, rain_mm, summary, sample_data: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seasons_turn_and_names_are_not_fussy() {
        let january = typical(parse("city=%20lisbon").unwrap(), 1);
        let july = typical(parse("a=b&city=LISBON").unwrap(), 7);
        assert_eq!((january.temperature_c, july.temperature_c), (12, 24));
        assert!(typical(parse("city=Auckland").unwrap(), 1).temperature_c > 15);
        assert_eq!(parse("").unwrap().0, CITY_DEFAULT);
        assert_eq!(parse("city=Atlantis").unwrap_err().0.error.code, "unknown_city");
        for city in &CITIES {
            assert!((1..=12).all(|month| typical(city, month).rain_mm < 1_000));
        }
    }
}
