//! What only the operator may do: the review queue, decisions, the audit log.

mod audit;
mod guard;
mod listings;
mod page;
mod probe_status;
mod review;

pub(crate) use guard::IsAdmin;
pub use guard::{Admin, AdminSecret, only_admin};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes that take the admin's secret.
pub fn routes(admin: Admin) -> OpenApiRouter {
    OpenApiRouter::default()
        .routes(routes!(probe_status::set_probe_status))
        .routes(routes!(review::queue))
        .routes(routes!(review::decide))
        .routes(routes!(audit::audit))
        .routes(routes!(listings::listings))
        .with_state(admin)
}
