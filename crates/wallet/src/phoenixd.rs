//! phoenixd
pub struct Phoenixd;
pub struct PhoenixdUrl;
pub struct PhoenixdUrlError;
