//! Words of hosts, tunnels and registrars that answer in place of an endpoint.

use super::super::RecordedAnswer;
use super::Finding;

/// Bytes of a body that are searched.
const SEARCHED_LEN_MAX: usize = 16 * 1_024;

const TUNNEL_GONE: [&str; 5] = [
    "err_ngrok_3200",
    "tunnel unavailable",
    "tunnel not found",
    "no tunnel here",
    "cloudflare tunnel error",
];
const HOSTING_GONE: [&str; 6] = [
    "application not found",
    "deployment_not_found",
    "no-such-app",
    "no such app",
    "there isn't a github pages site here",
    "project not found",
];
const HOSTING_DISABLED: [&str; 16] = [
    "deployment_disabled",
    "deployment_paused",
    "deployment is disabled",
    "deployment has been disabled",
    "deployment is temporarily paused",
    "site not available",
    "site disabled",
    "usage_exceeded",
    "usage exceeded",
    "web app is stopped",
    "project paused",
    "project is paused",
    "service suspended",
    "service has been suspended",
    "account has been suspended",
    "site has been suspended",
];
const PARKED: [&str; 17] = [
    "domain is for sale",
    "domain may be for sale",
    "domain name is for sale",
    "buy this domain",
    "this domain is parked",
    "domain is parked",
    "parked free",
    "parked domain",
    "domain parking",
    "sedoparking",
    "parkingcrew",
    "hugedomains.com/domain_profile",
    "afternic.com/forsale",
    "bodis.com/",
    "window.location.href=\"/lander\"",
    "this domain has expired",
    "domain has expired",
];
const PARKING_HOSTS: [&str; 7] = [
    "hugedomains.com",
    "afternic.com",
    "sedo.com",
    "dan.com",
    "sedoparking.com",
    "parkingcrew.net",
    "bodis.com",
];
const WALLS: [&str; 8] = [
    "<title>just a moment...</title>",
    "attention required! | cloudflare",
    "cf-chl-",
    "error code: 1010",
    "error code: 1020",
    "_incapsula_resource",
    "captcha-delivery.com",
    "vercel security checkpoint",
];
/// Headers that walls against programs set where they answer themselves.
const WALL_HEADERS: [&str; 3] = ["cf-mitigated", "x-amzn-waf-action", "x-vercel-mitigated"];
/// One that is set on every answer, refused or not.
const WALL_OF_REFUSALS: &str = "x-datadome";

/// Whether somebody else answers: the tunnel, the host, the registrar, a wall. An answer with a
/// challenge of its own is the endpoint's and not asked about here.
pub(super) fn somebody_else(answer: &RecordedAnswer) -> Option<Finding> {
    let body = start_of_body(answer);
    let says = |words: &[&str]| words.iter().any(|word| body.contains(word));
    let is_refusal = answer.status >= 400;
    let is_page = is_html(answer, &body);
    if is_wall(answer, &body) {
        return Some(Finding::BotWall);
    }
    if is_refusal && (is_tunnel_gone(answer, &body) || says(&TUNNEL_GONE)) {
        return Some(Finding::TunnelGone);
    }
    if let Some(found) = of_host(answer) {
        return Some(found);
    }
    if is_refusal && says(&HOSTING_DISABLED) {
        return Some(Finding::HostingDisabled);
    }
    if matches!(answer.status, 404 | 410) && says(&HOSTING_GONE) {
        return Some(Finding::HostingGone);
    }
    let is_parked = answer.has("x-adblock-key") || (is_page && says(&PARKED));
    is_parked.then_some(Finding::Parked)
}

/// Whether a name belongs to a company that parks domains.
pub(super) fn is_parking_host(host: &str) -> bool {
    PARKING_HOSTS.iter().any(|parking| {
        host.strip_suffix(parking).is_some_and(|left| left.is_empty() || left.ends_with('.'))
    })
}

/// A page that a tunnel shows to people first.
pub(super) fn is_interstitial(answer: &RecordedAnswer) -> bool {
    let is_of_localtunnel = answer.status == 511 && answer.has("x-localtunnel-status");
    (200..300).contains(&answer.status) && answer.has("ngrok-error-code") || is_of_localtunnel
}

fn start_of_body(answer: &RecordedAnswer) -> String {
    let start = answer.body.get(..SEARCHED_LEN_MAX).unwrap_or(&answer.body);
    String::from_utf8_lossy(start).to_ascii_lowercase()
}

fn is_html(answer: &RecordedAnswer, body: &str) -> bool {
    let named = answer.text("content-type").is_some_and(|kind| kind.contains("html"));
    named || body.trim_start().starts_with('<')
}

fn is_wall(answer: &RecordedAnswer, body: &str) -> bool {
    let is_refusal = answer.status >= 400;
    let by_header = WALL_HEADERS.iter().any(|name| answer.has(name))
        || (is_refusal && answer.has(WALL_OF_REFUSALS));
    let is_page = matches!(answer.status, 403 | 429 | 503);
    by_header || (is_page && WALLS.iter().any(|words| body.contains(words)))
}

fn is_tunnel_gone(answer: &RecordedAnswer, body: &str) -> bool {
    let ngrok = answer.text("ngrok-error-code").unwrap_or_default();
    let is_gone = |code: &str| code.starts_with("ERR_NGROK_32");
    (answer.status == 530 && (body.contains("1033") || body.contains("tunnel")))
        || (answer.status == 404 && is_gone(ngrok))
        || answer.text("x-localtunnel-status").is_some_and(|text| text.contains("Unavailable"))
}

/// What hosts say in headers of their own.
fn of_host(answer: &RecordedAnswer) -> Option<Finding> {
    if answer.status < 400 {
        return None;
    }
    let vercel = answer.text("x-vercel-error").unwrap_or_default();
    let render = answer.text("x-render-routing").unwrap_or_default();
    let is_railway = answer.status == 404 && answer.text("x-railway-fallback") == Some("true");
    match answer.status {
        _ if vercel.ends_with("NOT_FOUND") && vercel.starts_with("DEPLOYMENT") => {
            Some(Finding::HostingGone)
        }
        _ if vercel.starts_with("DEPLOYMENT_") || (answer.status == 402 && !vercel.is_empty()) => {
            Some(Finding::HostingDisabled)
        }
        _ if render.starts_with("suspend") => Some(Finding::HostingDisabled),
        _ if is_railway || (answer.status == 404 && render == "no-server") => {
            Some(Finding::HostingGone)
        }
        // Tunnels that are switched off because their own account was not paid.
        402 if answer.has("ngrok-error-code") => Some(Finding::HostingDisabled),
        // The name of the origin behind the edge does not exist.
        530 if answer.body.windows(4).any(|window| window == b"1016") => Some(Finding::HostingGone),
        540 => Some(Finding::HostingDisabled),
        _ => None,
    }
}
