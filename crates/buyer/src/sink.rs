//! Where an answer is written to.

use async_trait::async_trait;
use std::io;
use std::path::{Path, PathBuf};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWrite, AsyncWriteExt};

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

/// Writes to `FILE.part` and renames it when it is complete, so that a file under its own name
/// is always a whole answer.
#[derive(Debug)]
pub struct FileSink {
    path: PathBuf,
    part: PathBuf,
    file: Option<File>,
}

impl FileSink {
    /// Writes to `path`, which is replaced if it is there.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let mut part = path.clone().into_os_string();
        part.push(".part");
        Self { path, part: part.into(), file: None }
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = self.file.as_mut();
        file.ok_or_else(|| io::Error::other("the file is not open"))
    }
}

#[async_trait]
impl Sink for FileSink {
    async fn prepare(&mut self) -> io::Result<()> {
        if self.path.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        // What an earlier run left behind; a link in its place must not be written through.
        match tokio::fs::remove_file(&self.part).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create_new(true);
        self.file = Some(options.open(&self.part).await?);
        Ok(())
    }

    fn can_restart(&self) -> bool {
        true
    }

    async fn begin(&mut self) -> io::Result<()> {
        let file = self.file()?;
        file.set_len(0).await?;
        file.rewind().await.map(|_| ())
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file()?.write_all(bytes).await
    }

    async fn finish(&mut self) -> io::Result<()> {
        let file = self.file()?;
        file.flush().await?;
        file.sync_all().await?;
        tokio::fs::rename(&self.part, &self.path).await?;
        self.file = None;
        sync_folder(&self.path).await
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Never finished; what is left is of no use to anyone.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

/// A rename survives a power cut only once its folder is on the disk.
async fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new(".")).to_owned();
    if cfg!(unix) {
        File::open(folder).await?.sync_all().await?;
    }
    Ok(())
}
