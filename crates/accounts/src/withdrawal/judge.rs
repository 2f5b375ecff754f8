//! What an answer of the wallet means, and what is to be done next. Pure.

use super::WithdrawalError;
use super::rows::{Row, State};
use farebox_money::Msat;
use farebox_wallet::{FailureKind, PayOutcome, PaymentStatus, WalletError};
use farebox_wire::lightning::{PaymentHash, Preimage};

/// So long after its invoice expired, nothing that is under way to a wallet can still be paid.
const AFTER_EXPIRY_S: u64 = 600;
/// A withdrawal is sent again only when so much is left of its invoice's time.
const RESEND_LEFT_MIN_S: u64 = 30;

/// What a request about a payment hash gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Nobody asked before.
    New,
    /// It failed: another attempt.
    TryAgain,
    /// What became of it.
    Answer,
}

/// What a request about a known payment hash gets: one row, one account and one invoice.
pub(super) fn repeat(
    known: Option<&Row>,
    account: &str,
    bolt11: &str,
) -> Result<Repeat, WithdrawalError> {
    match known {
        None => Ok(Repeat::New),
        Some(row) if row.account != account || row.bolt11 != bolt11 => {
            Err(WithdrawalError::InvoiceAlreadyUsed)
        }
        Some(row) if row.state == State::Failed => Ok(Repeat::TryAgain),
        Some(_) => Ok(Repeat::Answer),
    }
}

/// Why a withdrawal failed, as its account is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// No way to the payee within the fee limit.
    NoRoute,
    /// The payee does not take it.
    Refused,
    /// The server's wallet has too little.
    WalletShort,
    /// The wallet could not be asked.
    Unreachable,
    /// The server stopped before the wallet was asked.
    Interrupted,
    /// Not paid in time.
    Expired,
    /// Anything else.
    Other,
}

impl Failure {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::NoRoute => "no_route",
            Self::Refused => "refused",
            Self::WalletShort => "wallet_short",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Expired => "expired",
            Self::Other => "other",
        }
    }
}

impl Failure {
    const ALL: [Self; 7] = [
        Self::NoRoute,
        Self::Refused,
        Self::WalletShort,
        Self::Unreachable,
        Self::Interrupted,
        Self::Expired,
        Self::Other,
    ];

    pub(super) fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|failure| failure.code() == code).unwrap_or(Self::Other)
    }
}

impl From<FailureKind> for Failure {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::InsufficientBalance => Self::WalletShort,
            FailureKind::NoRoute => Self::NoRoute,
            FailureKind::Refused => Self::Refused,
            FailureKind::Other => Self::Other,
        }
    }
}

/// What came of asking the wallet to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Proven.
    Paid { preimage: Preimage, fee: Msat },
    /// Borne out: the money goes back.
    Failed(Failure),
    /// Looked up later; with what the wallet said, where its record did not bear that out.
    Unknown(Option<Failure>),
}

/// What the wallet said to being asked to pay; `None` when it did not answer in time.
pub(super) type Said = Option<Result<PayOutcome, WalletError>>;

/// What the wallet's word about a payment means. A failure counts only when `looked_up`, the
/// wallet's record after it, bears it out; an error says that nothing was sent this time, which
/// settles the matter only where it was the first time.
pub(super) fn after_pay(
    hash: PaymentHash,
    said: Said,
    looked_up: Option<PaymentStatus>,
    is_first_send: bool,
) -> Verdict {
    match said {
        Some(Ok(PayOutcome::Paid { preimage, fee })) => proven(hash, preimage, fee),
        Some(Ok(PayOutcome::Failed { kind, .. })) => {
            let failure = Failure::from(kind);
            match looked_up {
                Some(PaymentStatus::Failed { .. } | PaymentStatus::NeverTried) => {
                    Verdict::Failed(failure)
                }
                Some(PaymentStatus::Paid { preimage, fee }) => proven(hash, preimage, fee),
                Some(PaymentStatus::Pending) => Verdict::Unknown(None),
                None => Verdict::Unknown(Some(failure)),
            }
        }
        Some(Err(_)) if is_first_send => Verdict::Failed(Failure::Unreachable),
        Some(Ok(PayOutcome::Pending) | Err(_)) | None => Verdict::Unknown(None),
    }
}

fn proven(hash: PaymentHash, preimage: Preimage, fee: Msat) -> Verdict {
    if preimage.hash() == hash && fee <= Msat::MAX {
        Verdict::Paid { preimage, fee }
    } else {
        tracing::error!(payment_hash = %hash, "a wallet calls a withdrawal paid without proof");
        Verdict::Unknown(None)
    }
}

/// What is known of a withdrawal that is being sent, when the wallet is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    /// Which attempt it is.
    pub(super) attempt: u64,
    /// How often this attempt was handed to the wallet.
    pub(super) sends: u64,
    /// What the wallet said of it without bearing it out.
    pub(super) said: Option<Failure>,
    /// When the invoice expires, in seconds since 1970.
    pub(super) expires_at: u64,
    /// Whether the process that sent it is gone.
    pub(super) was_cut_off: bool,
    /// Whether the wallet that is asked is the one that it was handed to.
    pub(super) is_same_wallet: bool,
}

/// What is done about a withdrawal that was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Book it as paid.
    Paid { preimage: Preimage, fee: Msat },
    /// Give the money back.
    Fail(Failure),
    /// Ask the wallet again to pay the same invoice, which it does at most once.
    Resend,
    /// Look again later.
    Wait,
}

/// What is done now that the wallet says `status`.
///
/// A record of a failure is about this sending only if it is the first of all: before that, it
/// may be an earlier one's. That the wallet knows nothing proves nothing while a request may be
/// on its way. Both count once the invoice is long expired. The word of another wallet counts
/// only as far as it is proof.
pub(super) fn after_look(
    facts: Facts,
    hash: PaymentHash,
    status: PaymentStatus,
    now_s: u64,
) -> Step {
    let is_over = now_s >= facts.expires_at.saturating_add(AFTER_EXPIRY_S);
    let is_first = facts.attempt == 1 && facts.sends == 1;
    match (status, facts.said) {
        (PaymentStatus::Paid { preimage, fee }, _) => match proven(hash, preimage, fee) {
            Verdict::Paid { preimage, fee } => Step::Paid { preimage, fee },
            Verdict::Failed(_) | Verdict::Unknown(_) => Step::Wait,
        },
        (PaymentStatus::Pending, _) => Step::Wait,
        _ if !facts.is_same_wallet => Step::Wait,
        (_, Some(failure)) => Step::Fail(failure),
        (PaymentStatus::Failed { .. }, None) if is_first => Step::Fail(Failure::Other),
        _ if is_over => Step::Fail(Failure::Expired),
        (PaymentStatus::NeverTried, None)
            if facts.was_cut_off && now_s.saturating_add(RESEND_LEFT_MIN_S) <= facts.expires_at =>
        {
            Step::Resend
        }
        _ => Step::Wait,
    }
}

/// How long after the `checks`th look the next one comes, in milliseconds.
pub(super) const fn pause_ms(checks: u64) -> i64 {
    match checks {
        0 => 1_000,
        1 => 5_000,
        2 => 30_000,
        _ => 300_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use farebox_wallet::FailureKind;

    const NOW: u64 = 10_000;
    const FACTS: Facts = Facts {
        attempt: 1,
        sends: 1,
        said: None,
        expires_at: NOW + 3_600,
        was_cut_off: false,
        is_same_wallet: true,
    };

    fn proof() -> (Preimage, PaymentHash) {
        let preimage = Preimage::new([7; 32]);
        (preimage, preimage.hash())
    }

    fn paid_status(preimage: Preimage) -> PaymentStatus {
        PaymentStatus::Paid { preimage, fee: Msat::new(1) }
    }

    fn no() -> PaymentStatus {
        PaymentStatus::Failed { reason: "no".into() }
    }

    #[test]
    fn only_proof_pays_and_only_a_record_refunds() {
        let (preimage, hash) = proof();
        let fee = Msat::new(1);
        let paid = Verdict::Paid { preimage, fee };
        let unknown = Verdict::Unknown(None);
        let failed =
            || Some(Ok(PayOutcome::Failed { kind: FailureKind::NoRoute, reason: String::new() }));
        let said_paid = |preimage| Some(Ok(PayOutcome::Paid { preimage, fee }));
        let gone = || Some(Err(WalletError::Unreachable("gone".into())));
        let other = Preimage::new([8; 32]);
        for (said, looked_up, is_first, verdict) in [
            (said_paid(preimage), None, true, paid.clone()),
            (said_paid(other), None, true, unknown.clone()),
            (None, None, true, unknown.clone()),
            (Some(Ok(PayOutcome::Pending)), None, true, unknown.clone()),
            (failed(), Some(no()), true, Verdict::Failed(Failure::NoRoute)),
            (failed(), Some(PaymentStatus::NeverTried), true, Verdict::Failed(Failure::NoRoute)),
            (failed(), Some(PaymentStatus::Pending), true, unknown.clone()),
            (failed(), Some(paid_status(preimage)), true, paid),
            (failed(), Some(paid_status(other)), true, unknown.clone()),
            (failed(), None, true, Verdict::Unknown(Some(Failure::NoRoute))),
            (gone(), None, true, Verdict::Failed(Failure::Unreachable)),
            (gone(), None, false, unknown),
        ] {
            let text = format!("{said:?} {looked_up:?}");
            assert_eq!(after_pay(hash, said, looked_up, is_first), verdict, "{text}");
        }
    }

    #[test]
    fn a_look_up_ends_only_what_is_certain() {
        let (preimage, hash) = proof();
        let over = NOW + 3_600 + AFTER_EXPIRY_S;
        let never = || PaymentStatus::NeverTried;
        let cut_off = Facts { was_cut_off: true, ..FACTS };
        let second = Facts { attempt: 2, ..FACTS };
        let resent = Facts { sends: 2, ..FACTS };
        let said = Facts { said: Some(Failure::NoRoute), ..second };
        let elsewhere = Facts { is_same_wallet: false, ..said };
        let paid = Step::Paid { preimage, fee: Msat::new(1) };
        for (facts, status, now, step) in [
            (FACTS, paid_status(preimage), NOW, paid.clone()),
            (elsewhere, paid_status(preimage), over, paid),
            (FACTS, paid_status(Preimage::new([8; 32])), over, Step::Wait),
            (FACTS, PaymentStatus::Pending, over, Step::Wait),
            (FACTS, no(), NOW, Step::Fail(Failure::Other)),
            (second, no(), NOW, Step::Wait),
            (resent, no(), NOW, Step::Wait),
            (second, no(), over - 1, Step::Wait),
            (second, no(), over, Step::Fail(Failure::Expired)),
            (said, no(), NOW, Step::Fail(Failure::NoRoute)),
            (said, never(), NOW, Step::Fail(Failure::NoRoute)),
            (elsewhere, never(), over, Step::Wait),
            (elsewhere, no(), over, Step::Wait),
            (FACTS, never(), NOW, Step::Wait),
            (FACTS, never(), over - 1, Step::Wait),
            (FACTS, never(), over, Step::Fail(Failure::Expired)),
            (cut_off, never(), NOW, Step::Resend),
            (cut_off, never(), NOW + 3_570, Step::Resend),
            (cut_off, never(), NOW + 3_571, Step::Wait),
            (cut_off, no(), NOW, Step::Fail(Failure::Other)),
        ] {
            let text = format!("{facts:?} {status:?} {now}");
            assert_eq!(after_look(facts, hash, status, now), step, "{text}");
        }
    }

    #[test]
    fn the_pauses_grow_and_codes_are_read_back() {
        assert_eq!([0, 1, 2, 3, 99].map(pause_ms), [1_000, 5_000, 30_000, 300_000, 300_000]);
        for failure in Failure::ALL {
            assert_eq!(Failure::from_code(failure.code()), failure);
        }
    }
}
