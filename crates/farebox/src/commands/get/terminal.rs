//! Standard output when a person looks at it.

use async_trait::async_trait;
use farebox_buyer::{Sink, WriterSink};
use std::io;
use tokio::io::AsyncWrite;

/// Ends a text with a line break, and keeps binary data off the screen.
pub(super) struct TerminalSink<W> {
    writer: WriterSink<W>,
    ends_line: bool,
}

impl<W> TerminalSink<W> {
    pub(super) const fn new(writer: W) -> Self {
        Self { writer: WriterSink::new(writer), ends_line: true }
    }
}

#[async_trait]
impl<W: AsyncWrite + Unpin + Send> Sink for TerminalSink<W> {
    async fn prepare(&mut self) -> io::Result<()> {
        self.writer.prepare().await
    }

    fn can_restart(&self) -> bool {
        self.writer.can_restart()
    }

    async fn begin(&mut self) -> io::Result<()> {
        self.writer.begin().await
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.contains(&0) {
            let text = "it is binary and standard output is a terminal; use -o FILE, or -o - to \
                        print it all the same";
            return Err(io::Error::other(text));
        }
        if let Some(last) = bytes.last() {
            self.ends_line = *last == b'\n';
        }
        self.writer.write(bytes).await
    }

    async fn finish(&mut self) -> io::Result<()> {
        if !self.ends_line {
            self.writer.write(b"\n").await?;
        }
        self.writer.finish().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shown(chunks: &[&[u8]]) -> io::Result<Vec<u8>> {
        let mut screen = Vec::new();
        let mut sink = TerminalSink::new(&mut screen);
        sink.begin().await?;
        for chunk in chunks {
            sink.write(chunk).await?;
        }
        sink.finish().await?;
        Ok(screen)
    }

    #[tokio::test]
    async fn a_text_ends_with_one_line_break_and_binary_data_is_kept_off() {
        assert_eq!(shown(&[b"{\"a\":", b"1}"]).await.unwrap(), b"{\"a\":1}\n");
        assert_eq!(shown(&[b"a\n"]).await.unwrap(), b"a\n");
        assert_eq!(shown(&[]).await.unwrap(), b"");
        assert!(shown(&[b"BM\0\0"]).await.is_err());
    }
}
