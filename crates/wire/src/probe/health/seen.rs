//! What was seen of an endpoint, and what its listing says.

use super::super::{Rail, RecordedAnswer, Report};
use super::Finding;

/// Everything that one look at an endpoint brought.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Every request that was sent, in order.
    pub steps: &'a [Step],
    /// What the last of them came to.
    pub ending: Ending<'a>,
    /// The report on the last answer, where it was made already, with the same terms.
    pub report: Option<&'a Report>,
    /// Whether the last answer redirects to where nobody may send us: a private address, or a
    /// place where clouds keep secrets.
    pub is_redirect_refused: bool,
}

/// One request that was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its method.
    pub method: String,
    /// Where it went.
    pub url: String,
    /// The status of the answer; `None` when there was none.
    pub status: Option<u16>,
}

/// What a look ended with.
#[derive(Clone, Copy, Debug)]
pub enum Ending<'a> {
    /// An answer.
    Answer(&'a RecordedAnswer),
    /// None.
    NoAnswer(Failure),
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Failure {
    /// The name does not exist.
    NameUnknown,
    /// The name servers gave no answer.
    NameUnanswered,
    /// The certificate or the handshake is not right.
    Tls,
    /// Nobody listens.
    ConnectRefused,
    /// The way is closed, or the connection broke.
    Connect,
    /// No answer in time.
    Timeout,
    /// What came is not HTTP.
    Malformed,
    /// More header lines than are read.
    HeadersTooLarge,
    /// Our own guard refused to ask.
    Refused,
    /// The address has placeholders.
    Template,
    /// Nobody asked.
    NotAsked,
}

impl Failure {
    pub(super) const fn finding(self) -> Finding {
        match self {
            Self::NameUnknown => Finding::DnsFailure,
            Self::NameUnanswered => Finding::DnsUnanswered,
            Self::Tls => Finding::TlsInvalid,
            Self::ConnectRefused => Finding::ConnectRefused,
            Self::Connect => Finding::ConnectFailed,
            Self::Timeout => Finding::Timeout,
            Self::Malformed => Finding::AnswerMalformed,
            Self::HeadersTooLarge => Finding::AnswerTooLarge,
            Self::Refused => Finding::BlockedByGuard,
            Self::Template => Finding::UrlTemplate,
            Self::NotAsked => Finding::NotProbed,
        }
    }
}

/// What a listing says of an endpoint. Nothing is compared with what is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The rail that it is listed for; `None` for all of them.
    pub rail: Option<Rail>,
    /// What a call costs in bitcoin: every price that is known and counts, in millisatoshis.
    pub prices_msat: Vec<u64>,
    /// The same in dollars, in millionths.
    pub prices_micro_usd: Vec<u64>,
    /// Who is known to be paid.
    pub pay_to: Vec<String>,
    /// Looks in a row, up to the one before this, that failed.
    pub failures_before: u32,
}
