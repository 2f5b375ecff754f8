//! Where an answer is written to.

use async_trait::async_trait;
use std::io;
use tokio::io::{AsyncWrite, AsyncWriteExt};

/// Takes the body of one answer.
#[async_trait]
pub trait Sink: Send {
    /// Called before anything is sent or paid: the last moment to find out that nothing can be
    /// written.
    async fn prepare(&mut self) -> io::Result<()>;

    /// Whether everything written so far can be taken back.
    fn can_restart(&self) -> bool;

    /// Begins the body, or begins it anew where [`Sink::can_restart`].
    async fn begin(&mut self) -> io::Result<()>;

    /// Appends to it.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Called after the last byte; returns once nothing can be lost any more.
    async fn finish(&mut self) -> io::Result<()>;
}

/// Writes on, as to the standard output: what was written stays written.
#[derive(Debug)]
pub struct WriterSink<W> {
    writer: W,
    is_empty: bool,
}

impl<W> WriterSink<W> {
    /// Writes to `writer`.
    pub const fn new(writer: W) -> Self {
        Self { writer, is_empty: true }
    }
}

#[async_trait]
impl<W: AsyncWrite + Unpin + Send> Sink for WriterSink<W> {
    async fn prepare(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn can_restart(&self) -> bool {
        self.is_empty
    }

    async fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.is_empty &= bytes.is_empty();
        self.writer.write_all(bytes).await
    }

    async fn finish(&mut self) -> io::Result<()> {
        self.writer.flush().await
    }
}

/// Keeps the body in memory.
#[derive(Clone, Debug, Default)]
pub struct MemorySink {
    body: Vec<u8>,
}

impl MemorySink {
    /// What was written.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

#[async_trait]
impl Sink for MemorySink {
    async fn prepare(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn can_restart(&self) -> bool {
        true
    }

    async fn begin(&mut self) -> io::Result<()> {
        self.body.clear();
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    async fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}
