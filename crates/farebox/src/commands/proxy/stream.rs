//! From the buyer's sink to the program's connection, as it comes.

use super::answer::{self, Head};
use super::target::Form;
use super::track::Track;
use async_trait::async_trait;
use bytes::Bytes;
use farebox_buyer::{Mode, Sink};
use futures_util::Stream;
use http::{Method, StatusCode};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// A part of a body.
enum Piece {
    Bytes(Bytes),
    /// There is no more, and nothing is missing.
    End,
}

/// How much of a body has gone which way.
#[derive(Debug, Default)]
struct Count {
    written: AtomicU64,
    taken: AtomicU64,
    /// Whether the end was taken too.
    ended: AtomicBool,
}

/// The end of the program.
pub(super) struct AnswerBody {
    pieces: mpsc::Receiver<Piece>,
    count: Arc<Count>,
    is_over: bool,
}

/// The end of the buyer.
pub(super) struct StreamSink {
    track: Arc<Track>,
    form: Form,
    mode: Mode,
    head: Option<oneshot::Sender<Head>>,
    pieces: mpsc::Sender<Piece>,
    count: Arc<Count>,
    /// How long a program may take nothing.
    patience: Duration,
}

/// Knows when the program has gone.
pub(super) struct Presence {
    track: Arc<Track>,
    method: Method,
    pieces: mpsc::Sender<Piece>,
    count: Arc<Count>,
}

/// Both ends of one answer, and what notices that the program has gone.
pub(super) fn channel(
    track: &Arc<Track>,
    (method, form, mode): (&Method, Form, Mode),
    patience: Duration,
) -> (StreamSink, Presence, oneshot::Receiver<Head>, AnswerBody) {
    let (head, head_receiver) = oneshot::channel();
    // One piece under way: what a program does not take is not fetched.
    let (pieces, receiver) = mpsc::channel(1);
    let count = Arc::<Count>::default();
    let presence = Presence {
        track: Arc::clone(track),
        method: method.clone(),
        pieces: pieces.clone(),
        count: Arc::clone(&count),
    };
    let body = AnswerBody { pieces: receiver, count: Arc::clone(&count), is_over: false };
    let sink = StreamSink {
        track: Arc::clone(track),
        form,
        mode,
        head: Some(head),
        pieces,
        count,
        patience,
    };
    (sink, presence, head_receiver, body)
}

impl StreamSink {
    /// What an answer without a body of a seller is sent through; `None` once one has begun.
    pub(super) fn into_head(self) -> Option<oneshot::Sender<Head>> {
        self.head
    }

    async fn send(&self, piece: Piece) -> io::Result<()> {
        match tokio::time::timeout(self.patience, self.pieces.send(piece)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(gone()),
            Err(_) => Err(stuck()),
        }
    }
}

#[async_trait]
impl Sink for StreamSink {
    async fn prepare(&mut self) -> io::Result<()> {
        if self.pieces.is_closed() { Err(gone()) } else { Ok(()) }
    }

    fn can_restart(&self) -> bool {
        self.head.is_some()
    }

    async fn begin(&mut self) -> io::Result<()> {
        let Some(sender) = self.head.take() else {
            return Err(io::Error::other("an answer cannot begin twice"));
        };
        let head = answer::head(&self.track.known(), self.form, self.mode)
            .ok_or_else(|| io::Error::other("an answer without a head"))?;
        sender.send(head).map_err(|_| gone())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.count.written.fetch_add(len(bytes), Ordering::SeqCst);
        self.send(Piece::Bytes(Bytes::copy_from_slice(bytes))).await
    }

    async fn finish(&mut self) -> io::Result<()> {
        // A body of a known length is let go before its end is told.
        let _ = self.send(Piece::End).await;
        let taken = tokio::time::timeout(self.patience, self.pieces.closed()).await;
        taken.map_err(|_| stuck())?;
        if self.count.is_taken() { Ok(()) } else { Err(gone()) }
    }
}

impl Presence {
    /// Returns when the program has gone and has not got all of the answer.
    pub(super) async fn gone(&self) {
        self.pieces.closed().await;
        if self.is_whole() {
            std::future::pending::<()>().await;
        }
    }

    /// Whether the program has all that it is to get, by its end or by the length that the seller
    /// named. What is left then is to write that down.
    fn is_whole(&self) -> bool {
        if self.count.ended.load(Ordering::SeqCst) {
            return true;
        }
        let Some((status, headers)) = self.track.known().head else { return false };
        let written = self.count.written.load(Ordering::SeqCst);
        let is_bodyless = self.method == Method::HEAD
            || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let length = headers.get(http::header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
        is_bodyless || (length == Some(written) && self.count.is_taken())
    }
}

impl Count {
    fn is_taken(&self) -> bool {
        self.taken.load(Ordering::SeqCst) == self.written.load(Ordering::SeqCst)
    }
}

impl Stream for AnswerBody {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        match std::task::ready!(self.pieces.poll_recv(context)) {
            Some(Piece::Bytes(bytes)) => {
                self.count.taken.fetch_add(len(&bytes), Ordering::SeqCst);
                Poll::Ready(Some(Ok(bytes)))
            }
            Some(Piece::End) => {
                self.count.ended.store(true, Ordering::SeqCst);
                self.is_over = true;
                Poll::Ready(None)
            }
            None => {
                self.is_over = true;
                // The connection is broken off, so that nobody takes this for the whole answer.
                Poll::Ready(Some(Err(io::Error::other("the answer broke off"))))
            }
        }
    }
}

fn len(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the program that asked has gone")
}

fn stuck() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the program that asked takes nothing")
}
