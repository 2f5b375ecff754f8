//! `[limits]`: how often a client may ask, and what it costs to ask more often.

use farebox_limits::{Policy, Rules};
use farebox_money::Sats;
use serde::{Deserialize, Serialize};

/// No limit is larger.
const LIMIT_MAX: u32 = 1_000_000_000;
/// A token of the paywall lives no longer, in seconds.
const LIFETIME_MAX_S: u64 = 60 * 24 * 3_600;
const LIFETIME_MIN_S: u64 = 60;

/// Limits of the HTTP API.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct LimitSettings {
    /// Whether requests are counted.
    pub enabled: bool,
    /// Requests of a client in a minute that are free.
    pub free_per_minute: u32,
    /// Requests of a client in a minute that pays.
    pub paid_per_minute: u32,
    /// What that costs.
    pub upgrade_sats: u64,
    /// For how long.
    pub upgrade_lifetime_s: u64,
    /// Registrations of a client in an hour.
    pub registrations_per_hour: u32,
    /// Webhooks that a client sets up in an hour.
    pub webhooks_per_hour: u32,
    /// Endpoints that a client has examined in an hour.
    pub validations_per_hour: u32,
    /// Claims that a client makes or has verified in an hour.
    pub claims_per_hour: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let rules = Rules::default();
        Self {
            enabled: true,
            free_per_minute: rules.free.limit,
            paid_per_minute: rules.paid.limit,
            upgrade_sats: 100,
            upgrade_lifetime_s: 3_600,
            registrations_per_hour: rules.registrations.limit,
            webhooks_per_hour: rules.webhooks.limit,
            validations_per_hour: rules.validations.limit,
            claims_per_hour: rules.claims.limit,
        }
    }
}

impl LimitSettings {
    /// Checks each key by itself.
    ///
    /// # Errors
    /// One line that names the first key that cannot be used.
    pub fn check(&self) -> Result<(), String> {
        for (key, limit) in [
            ("free_per_minute", self.free_per_minute),
            ("paid_per_minute", self.paid_per_minute),
            ("registrations_per_hour", self.registrations_per_hour),
            ("webhooks_per_hour", self.webhooks_per_hour),
            ("validations_per_hour", self.validations_per_hour),
            ("claims_per_hour", self.claims_per_hour),
        ] {
            if limit == 0 || limit > LIMIT_MAX {
                return Err(format!("limits.{key} must be between 1 and {LIMIT_MAX}"));
            }
        }
        if self.upgrade_sats == 0 || self.upgrade_sats > 100_000_000 {
            return Err("limits.upgrade_sats must be between 1 and 100000000".into());
        }
        if !(LIFETIME_MIN_S..=LIFETIME_MAX_S).contains(&self.upgrade_lifetime_s) {
            let range = format!("between {LIFETIME_MIN_S} and {LIFETIME_MAX_S}");
            return Err(format!("limits.upgrade_lifetime_s must be {range}"));
        }
        Ok(())
    }

    /// The limits.
    pub fn rules(&self) -> Rules {
        let rules = Rules::default();
        let with = |policy: Policy, limit| Policy { limit, ..policy };
        Rules {
            free: with(rules.free, self.free_per_minute),
            paid: with(rules.paid, self.paid_per_minute),
            token: with(rules.token, self.paid_per_minute),
            credentials: rules.credentials,
            registrations: with(rules.registrations, self.registrations_per_hour),
            webhooks: with(rules.webhooks, self.webhooks_per_hour),
            validations: with(rules.validations, self.validations_per_hour),
            claims: with(rules.claims, self.claims_per_hour),
        }
    }

    /// What the paid limit costs.
    pub const fn upgrade_price(&self) -> Sats {
        Sats::new(self.upgrade_sats)
    }
}
