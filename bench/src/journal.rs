//! The physical limit: records appended to a file, one flush for all that wait.

use crate::load::{self, Figure};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// About what one transfer takes in SQLite's log.
const RECORD: [u8; 160] = [7; 160];

/// Appends records for `callers` that each wait for their own.
///
/// # Errors
/// When the file cannot be written.
pub async fn run(path: &Path, callers: usize, time: Duration) -> Result<Figure, Box<dyn Error>> {
    let mut file = std::fs::File::create(path)?;
    let (records, mut waiting) = mpsc::channel::<oneshot::Sender<()>>(4_096);
    std::thread::spawn(move || {
        let mut batch = Vec::new();
        while waiting.blocking_recv_many(&mut batch, 1_024) > 0 {
            let bytes = RECORD.repeat(batch.len());
            if file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
                return;
            }
            for done in batch.drain(..) {
                let _ = done.send(());
            }
        }
    });
    load::run(callers, time, move |_| {
        let records = records.clone();
        async move {
            let (done, wait) = oneshot::channel();
            records.send(done).await.map_err(|error| error.to_string())?;
            wait.await.map_err(|error| error.to_string())
        }
    })
    .await
}
