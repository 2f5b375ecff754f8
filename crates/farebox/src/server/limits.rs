//! Which requests are counted, and what more of them cost.

use crate::config::LimitSettings;
use farebox_limits::Limits;
use farebox_paywall::{Paywall, RateLimit};
use utoipa_axum::router::OpenApiRouter;

/// Pages and texts that anybody may ask for as often as wanted.
const EXEMPT: [&str; 6] =
    ["/", "/about", "/api-docs", "/api/v1/health", "/feed.xml", "/opportunities"];
const EXEMPT_FOLDERS: [&str; 2] = ["/service/", "/assets/"];

/// The same routes, counted. Routes where money is paid or taken are never put in here: a
/// request that was paid for must not be refused for being one of many.
pub fn counted(
    router: OpenApiRouter,
    settings: &LimitSettings,
    limits: &Limits,
    paywall: Option<&Paywall>,
) -> OpenApiRouter {
    if !settings.enabled {
        return router;
    }
    let limit = RateLimit::new(limits.clone(), is_exempt);
    let limit = match paywall {
        Some(paywall) => {
            let (price, lifetime_s) = (settings.upgrade_price(), settings.upgrade_lifetime_s);
            limit.selling(paywall.clone(), price, lifetime_s)
        }
        None => limit,
    };
    router.layer(limit)
}

fn is_exempt(path: &str) -> bool {
    EXEMPT.contains(&path) || EXEMPT_FOLDERS.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_exempt_and_the_api_is_not() {
        for path in ["/", "/about", "/service/abc", "/assets/style.css", "/api/v1/health"] {
            assert!(is_exempt(path), "{path}");
        }
        for path in ["/api/v1/services", "/api/v1/health/", "/services", "//", "/aboutx", "/x"] {
            assert!(!is_exempt(path), "{path}");
        }
    }
}
