//! phoenixd: the play network's own API.

use super::{Node, serve};
use farebox_play::phoenixd_api::{ApiPasswords, router};

/// Serves and returns the wallet's URL with `password`.
pub async fn open(node: Node, password: &str) -> String {
    let passwords = ApiPasswords { full: super::super::bench::SECRET.into(), limited: "l".into() };
    let router = router(node.wallet, passwords);
    let address = serve(router, node.script, |request| request.uri().path() == "/payinvoice");
    format!("phoenixd:http://:{password}@{}", address.await)
}
