//! Services: the listings of one provider together, as `/api` describes them.
//!
//! What a service is to be called, and who may change it, has a row of its own once somebody
//! submitted or claimed it; everything else is told from its listings.

mod answer;
mod catalogue;
mod change;
mod detail;
mod document;
mod health;
mod history;
mod hold;
mod key;
mod list;
mod ownership;
mod parameters;
mod query;
mod report;
mod rows;
mod schema;
mod services;
mod shape;
mod status;
mod submission;
mod submit;
mod update;
mod view;
mod write;

pub use document::WELL_KNOWN_PATH;
pub use key::{ManagementKey, issue_management_key};
pub use report::REPORT_PATH;
pub use schema::SchemaError;
pub use services::{Services, ServicesOptions};
pub use submission::UrlCheck;
pub use submit::{PaymentReference, SUBMIT_PATH};

use crate::api::open_to_all_origins;
use axum::middleware::{from_fn_with_state, map_response};
use axum::routing::MethodRouter;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt};
use utoipa_axum::routes;

/// The free endpoints. Any web page may read them.
pub fn routes(services: Services) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(document::manifest))
        .routes(routes!(document::well_known))
        .routes(routes!(list::list))
        .routes(routes!(detail::detail, update::update))
        .routes(routes!(status::status))
        .routes(routes!(health::health))
        .routes(routes!(submit::schema))
        .layer(map_response(open_to_all_origins))
        .with_state(services)
}

/// The paid endpoints. `submission` and `report` put their prices on; what could not be listed or
/// reported is refused before anybody is asked for money.
pub fn paid_routes(
    services: Services,
    submission: impl FnOnce(MethodRouter) -> MethodRouter,
    report: impl FnOnce(MethodRouter) -> MethodRouter,
) -> OpenApiRouter {
    let screen_submission = from_fn_with_state(services.clone(), submit::screen);
    let screen_report = from_fn_with_state(services.clone(), report::screen);
    let submit = routes!(submit::submit).with_state(services.clone());
    let submit = submit.map(|submit| submission(submit).route_layer(screen_submission));
    let reports = routes!(report::report).with_state(services);
    let reports = reports.map(|reports| report(reports).route_layer(screen_report));
    OpenApiRouter::default().routes(submit).routes(reports)
}
