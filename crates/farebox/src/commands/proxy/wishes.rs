//! What a request says of its own money: it can only narrow what holds anyway.

use super::refused::Refused;
use farebox_buyer::{Limits, Mode};
use farebox_money::{Msat, Sats};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Before the name of every header between a program and the proxy. None of them goes further,
/// in either direction.
pub(super) const OWN_PREFIX: &str = "x-farebox-";
const MAX_COST: HeaderName = HeaderName::from_static("x-farebox-max-cost-sats");
const NO_PAY: HeaderName = HeaderName::from_static("x-farebox-no-pay");

/// What one request allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wishes {
    cost_max: Option<Msat>,
    no_pay: bool,
}

impl Wishes {
    /// Reads the headers of a request.
    ///
    /// # Errors
    /// [`Refused`] for a limit that cannot be understood: it is never passed over.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Refused> {
        let mut wishes = Self::default();
        for (name, value) in headers {
            if *name == MAX_COST {
                let most = read_sats(value)?;
                wishes.cost_max = Some(wishes.cost_max.map_or(most, |before| before.min(most)));
            } else if *name == NO_PAY {
                wishes.no_pay |= read_flag(value)?;
            } else if name.as_str().starts_with(OWN_PREFIX) {
                return Err(Refused::invalid(format_args!(
                    "the header {name} is not known; there are {MAX_COST} and {NO_PAY}"
                )));
            }
        }
        Ok(wishes)
    }

    /// How the request goes about money.
    pub(super) const fn mode(&self) -> Mode {
        if self.no_pay { Mode::NoPay } else { Mode::Pay }
    }

    /// The proxy's limits, as far as this request wants them.
    pub(super) fn narrow(&self, limits: Limits) -> Limits {
        let Some(most) = self.cost_max else { return limits };
        // A limit in sats counts for tokens too, converted.
        Limits { cost_max: limits.cost_max.min(most), cost_max_usd: None, ..limits }
    }
}

fn read_sats(value: &HeaderValue) -> Result<Msat, Refused> {
    let sats = value.to_str().ok().and_then(|text| text.trim().parse::<Sats>().ok());
    sats.and_then(Sats::to_msat).ok_or_else(|| {
        Refused::invalid(format_args!("{MAX_COST} has to be a whole number of sats"))
    })
}

fn read_flag(value: &HeaderValue) -> Result<bool, Refused> {
    match value.to_str().map(str::trim) {
        Ok("1" | "true") => Ok(true),
        Ok("0" | "false") => Ok(false),
        _ => Err(Refused::invalid(format_args!("{NO_PAY} has to be 1 or 0"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &'static str)]) -> Result<Wishes, Refused> {
        let pairs = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Wishes::read(&HeaderMap::from_iter(pairs))
    }

    #[test]
    fn a_request_can_only_narrow() {
        let own = Limits { cost_max: Msat::new(20_000), cost_max_usd: None, ..Limits::default() };
        let narrowed = |value| read(&[("x-farebox-max-cost-sats", value)]).unwrap().narrow(own);
        assert_eq!(narrowed("5").cost_max, Msat::new(5_000));
        assert_eq!(narrowed("0").cost_max, Msat::ZERO);
        assert_eq!(narrowed("500"), own);
        assert_eq!(read(&[]).unwrap().narrow(own), own);
        assert_eq!(narrowed("500").cost_max_usd, None);
    }

    #[test]
    fn the_lowest_of_several_limits_holds() {
        let mut headers = HeaderMap::new();
        for value in ["30", "5", "20"] {
            headers.append(MAX_COST, HeaderValue::from_static(value));
        }
        assert_eq!(Wishes::read(&headers).unwrap().cost_max, Some(Msat::new(5_000)));
    }

    #[test]
    fn a_limit_that_cannot_be_understood_stops_the_request() {
        for header in [
            ("x-farebox-max-cost-sats", "five"),
            ("x-farebox-max-cost-sats", "-1"),
            ("x-farebox-max-cost-sats", "99999999999999999999"),
            ("x-farebox-no-pay", "yes please"),
            ("x-farebox-max-cost", "5"),
        ] {
            assert_eq!(read(&[header]).unwrap_err().code, "invalid_request", "{header:?}");
        }
        assert_eq!(read(&[("x-farebox-no-pay", "1")]).unwrap().mode(), Mode::NoPay);
        assert_eq!(read(&[("x-farebox-no-pay", "0")]).unwrap().mode(), Mode::Pay);
    }
}
