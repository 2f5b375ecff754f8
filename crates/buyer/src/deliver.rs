//! Hands the body of an answer to its user.

use crate::BuyError;
use crate::error::PaidFacts;
use crate::observer::{Observer, Step};
use crate::sink::Sink;
use crate::transport::{Exchange, reason};
use std::io;

/// Why a body did not arrive in full.
pub(crate) enum Undelivered {
    /// The connection broke.
    Broken(String),
    /// It could not be written.
    Output(io::Error),
    /// More bytes than its user wants.
    TooLong(u64),
}

/// Writes the whole body, flushed; returns its length in bytes.
pub(crate) async fn deliver(
    exchange: &mut Exchange,
    len_max: Option<u64>,
    observer: &dyn Observer,
    sink: &mut dyn Sink,
) -> Result<u64, Undelivered> {
    observer.step(&Step::AnswerHead {
        status: exchange.status(),
        headers: exchange.response.headers(),
        len: exchange.response.content_length(),
    });
    sink.begin().await.map_err(Undelivered::Output)?;
    let mut bytes = 0_u64;
    let mut next = Some(std::mem::take(&mut exchange.peeked));
    while let Some(chunk) = next {
        bytes = bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if let Some(limit) = len_max.filter(|limit| bytes > *limit) {
            return Err(Undelivered::TooLong(limit));
        }
        sink.write(&chunk).await.map_err(Undelivered::Output)?;
        if !chunk.is_empty() {
            observer.step(&Step::Progress { bytes });
        }
        let chunk = exchange.response.chunk().await;
        next = chunk.map_err(|error| Undelivered::Broken(reason(&error)))?;
    }
    sink.finish().await.map_err(Undelivered::Output)?;
    observer.step(&Step::Written { bytes });
    Ok(bytes)
}

impl Undelivered {
    /// The failure of an answer; `paid` tells whether one was bought.
    pub(crate) fn into_error(self, place: String, paid: Option<PaidFacts>) -> BuyError {
        match (self, paid) {
            (Self::Broken(reason), Some(paid)) => BuyError::PaidAnswerLost { paid, reason },
            (Self::Broken(reason), None) => BuyError::Network { place, reason },
            (Self::Output(source), paid) => BuyError::Output { source, paid },
            (Self::TooLong(limit), paid) => BuyError::TooLong { limit, paid },
        }
    }
}
