//! A line as what was seen.

use super::failure::failure_of;
use super::read::{Record, Response, STEPS_MAX, headers};
use farebox_directory::has_placeholders;
use farebox_money::{MicroUsd, Sats};
use farebox_net::AddressPolicy;
use farebox_wire::probe::health::{Ending, Failure, Listed, Seen, State, Step};
use farebox_wire::probe::{BODY_LEN_MAX, RecordedAnswer, Terms};
use serde_json::Value;
use std::io::Read;
use std::path::{Component, Path};
use url::Url;

/// Bytes of a body that are kept: one more than is looked at tells that it is too long.
const KEPT_LEN_MAX: usize = BODY_LEN_MAX.saturating_add(1);

/// A line as it is judged.
pub(super) struct Case {
    pub(super) id: Value,
    pub(super) listed: Listed,
    pub(super) terms: Terms,
    pub(super) expected: Expected,
    steps: Vec<Step>,
    ending: Result<RecordedAnswer, Failure>,
}

/// What the line says it should come to.
#[derive(Default)]
pub(super) struct Expected {
    pub(super) health: Option<String>,
    pub(super) after_3: Option<String>,
    pub(super) payable: Option<Vec<String>>,
    pub(super) reasons: Option<Vec<String>>,
}

impl Case {
    /// Reads a line; bodies that are kept apart are looked for beside the file.
    pub(super) fn read(text: &[u8], folder: &Path) -> Result<Self, String> {
        let record: Record =
            serde_json::from_slice(text).map_err(|error| format!("not a record: {error}"))?;
        if record.steps.len() > STEPS_MAX {
            return Err(format!("more than {STEPS_MAX} steps"));
        }
        let mut walk = Walk::new(&record, folder)?;
        let is_template = has_placeholders(&record.request.url);
        let is_refused = is_refused(&record.request.url);
        let ending = match walk.ending.take() {
            _ if is_template => Err(Failure::Template),
            _ if is_refused => Err(Failure::Refused),
            Some(ending) => ending,
            None => return Err("the record has neither a status nor a transport_error".to_owned()),
        };
        let listed = Listed {
            failures_before: failures_in(&record.prior),
            ..listed(&[&record.listed, &record.prior])
        };
        let terms = Terms { now_s: now_s(&record.now)?, accepts_test_money: false };
        let expected = Expected {
            health: record.expected,
            after_3: record.expected_after_3,
            payable: record.payable,
            reasons: record.reasons,
        };
        Ok(Self { id: record.id, listed, terms, expected, steps: walk.steps, ending })
    }

    pub(super) fn seen(&self) -> Seen<'_> {
        let answer = self.ending.as_ref().ok();
        let to =
            answer.and_then(|answer| Url::parse(&answer.url).ok()?.join(location(answer)?).ok());
        Seen {
            steps: &self.steps,
            ending: match &self.ending {
                Ok(answer) => Ending::Answer(answer),
                Err(failure) => Ending::NoAnswer(*failure),
            },
            report: None,
            is_redirect_refused: to.is_some_and(|to| is_refused(to.as_str())),
        }
    }
}

fn location(answer: &RecordedAnswer) -> Option<&str> {
    let mut lines = answer.headers.iter();
    let (_, value) = lines.find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    std::str::from_utf8(value).ok()
}

/// Whether a directory would refuse to ask there.
fn is_refused(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| AddressPolicy::public_only().check(&url).is_err())
}

/// The requests one after the other, up to the last that says what came.
struct Walk<'a> {
    folder: &'a Path,
    method: String,
    url: String,
    request_body: Vec<u8>,
    steps: Vec<Step>,
    ending: Option<Result<RecordedAnswer, Failure>>,
}

impl<'a> Walk<'a> {
    fn new(record: &Record, folder: &'a Path) -> Result<Self, String> {
        let method = record.request.method.as_deref().unwrap_or("GET").to_ascii_uppercase();
        let mut walk = Self {
            folder,
            method,
            url: record.request.url.clone(),
            request_body: record.request.body.clone().unwrap_or_default().into_bytes(),
            steps: Vec::new(),
            ending: None,
        };
        if record.steps.is_empty() {
            walk.take(record.response.status, Some(&record.response))?;
        }
        for step in &record.steps {
            walk.method =
                step.method.as_ref().map_or(walk.method, |method| method.to_ascii_uppercase());
            walk.url = step.url.clone().unwrap_or(walk.url);
            if let (None, Some(Value::String(body))) = (&step.headers, &step.body) {
                walk.request_body = body.clone().into_bytes();
            }
            // A step that only names the status of the answer beside it is that answer.
            let own = step.response();
            let same = step.status == record.response.status;
            let response = own.as_ref().or(same.then_some(&record.response));
            walk.take(step.status, response)?;
        }
        if walk.ending.is_none() {
            walk.take(record.response.status, Some(&record.response))?;
        }
        Ok(walk)
    }

    /// The last request that says what came counts.
    fn take(&mut self, status: Option<u16>, response: Option<&Response>) -> Result<(), String> {
        let (method, url) = (self.method.clone(), self.url.clone());
        self.steps.push(Step { method: method.clone(), url: url.clone(), status });
        let Some(response) = response else { return Ok(()) };
        let Some(status) = response.status else {
            let error = response.transport_error.as_deref();
            self.ending = error.map(|text| Err(failure_of(text))).or(self.ending.take());
            return Ok(());
        };
        let answer = RecordedAnswer {
            method,
            url,
            request_body: self.request_body.clone(),
            status,
            headers: headers(&response.headers)?,
            body: body(&response.body, self.folder)?,
        };
        if let Some(to) = location(&answer).filter(|_| (300..400).contains(&status)) {
            let next = Url::parse(&self.url).ok().and_then(|url| url.join(to).ok());
            self.url = next.map_or_else(|| self.url.clone(), String::from);
        }
        self.ending = Some(Ok(answer));
        Ok(())
    }
}

/// A text, JSON, or `{"file": "name"}` for one that is kept beside the file or in `fixtures`.
fn body(from: &Value, folder: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = match from {
        Value::Null => Vec::new(),
        Value::String(text) => text.clone().into_bytes(),
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("file") => {
            let name = fields.get("file").and_then(Value::as_str).unwrap_or_default();
            read_beside(folder, name)?
        }
        value => value.to_string().into_bytes(),
    };
    bytes.truncate(KEPT_LEN_MAX);
    Ok(bytes)
}

fn read_beside(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    let name = Path::new(name);
    if !name.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err("the name of the body's file leads out of the folder".to_owned());
    }
    let places = [folder.join(name), folder.join("fixtures").join(name)];
    let found = places.iter().find_map(|place| std::fs::File::open(place).ok());
    let file = found.ok_or_else(|| format!("no file {} for the body", name.display()))?;
    let mut bytes = Vec::new();
    let len_max = u64::try_from(KEPT_LEN_MAX).unwrap_or(u64::MAX);
    let read = file.take(len_max).read_to_end(&mut bytes);
    read.map_err(|error| format!("cannot read {}: {error}", name.display()))?;
    Ok(bytes)
}

/// A time as text or in seconds; the present where none is named.
fn now_s(from: &Value) -> Result<u64, String> {
    let seconds = match from {
        Value::Null => return Ok(super::super::now_s()),
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok().map(|time: jiff::Timestamp| time.as_second()),
        _ => None,
    };
    let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    seconds.ok_or_else(|| "now is no time".to_owned())
}

/// What listings and earlier looks say of price and payee.
fn listed(from: &[&Value]) -> Listed {
    let mut listed = Listed::default();
    for fields in from {
        let sats = fields.get("price_sats").and_then(digits).and_then(|text| text.parse().ok());
        let sats = sats.map(Sats::new).and_then(Sats::to_msat);
        listed.prices_msat.extend(sats.map(|msat| msat.get()));
        let usd = fields.get("price_usd").and_then(digits);
        let usd = usd.and_then(|text| text.parse::<MicroUsd>().ok());
        listed.prices_micro_usd.extend(usd.map(|usd| usd.get()));
        for name in ["payTo", "pay_to", "payto"] {
            let value = fields.get(name);
            let one = value.map(std::slice::from_ref).unwrap_or_default();
            let all = value.and_then(Value::as_array).map_or(one, Vec::as_slice);
            listed.pay_to.extend(all.iter().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    listed
}

fn digits(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Failures in a row before: a number, under some name, or the looks themselves, oldest first.
fn failures_in(prior: &Value) -> u32 {
    let number = |value: &Value| value.as_u64().and_then(|count| u32::try_from(count).ok());
    let names = ["failures", "consecutive_failures", "failures_before"];
    let named = names.iter().find_map(|name| prior.get(name));
    let looks = prior.as_array().or_else(|| prior.get("probes").and_then(Value::as_array));
    let failed = looks.map(|looks| looks.iter().rev().take_while(|look| has_failed(look)).count());
    let failed = failed.and_then(|count| u32::try_from(count).ok());
    number(prior).or_else(|| named.and_then(number)).or(failed).unwrap_or_default()
}

fn has_failed(look: &Value) -> bool {
    let status = look.get("status").unwrap_or(look).as_u64();
    let error = look.get("transport_error").is_some();
    let health = look.get("health").unwrap_or(look).as_str();
    error || status.is_some_and(|status| status >= 500) || health == Some(State::Down.name())
}
