//! Programs that are measured: started, watched through `/proc`, stopped.

use crate::Failed;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const START_MAX: Duration = Duration::from_secs(60);
/// Linux counts processor time in hundredths of a second here, whatever its kernel's own ticks.
const TICK: Duration = Duration::from_millis(10);

/// A running program, which is stopped when this is dropped.
pub struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub name: String,
}

/// What a program has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    pub processor: Duration,
    pub written: u64,
    pub memory_kib: u64,
}

impl Program {
    /// Starts a program; its log goes to FOLDER/NAME.log.
    pub fn start(name: &str, mut command: Command, folder: &Path) -> Result<Self, Failed> {
        let log = std::fs::File::create(folder.join(format!("{name}.log")))?;
        // The settings of whoever runs this are not those of the measurement.
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("FAREBOX_")) {
            command.env_remove(key);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("{name}: {error}"))?;
        let stdout = child.stdout.take().ok_or("a program has no output")?;
        let lines = BufReader::new(stdout).lines();
        Ok(Self { child, lines, name: name.to_owned() })
    }

    /// The next line that it prints in which `find` finds something.
    pub async fn says<T>(&mut self, find: impl Fn(&str) -> Option<T>) -> Result<T, Failed> {
        let search = async {
            while let Some(line) = self.lines.next_line().await? {
                if let Some(found) = find(&line) {
                    return Ok(found);
                }
            }
            Err::<T, Failed>("it ended".into())
        };
        match tokio::time::timeout(START_MAX, search).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(format!("{} did not start: {error}", self.name).into()),
            Err(_) => Err(format!("{} did not start in time", self.name).into()),
        }
    }

    /// The address (`127.0.0.1:4020`) of the URL that it prints as a line.
    pub async fn address(&mut self) -> Result<String, Failed> {
        self.says(|line| line.strip_prefix("http://").map(|rest| rest.trim().to_owned())).await
    }

    /// What it has used so far.
    pub fn usage(&self) -> Result<Usage, Failed> {
        let pid = self.child.id().ok_or("a program that was measured ended")?;
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}"));
        let stat = read("stat")?;
        // The name in parentheses may have spaces; user and system time are the 12th and 13th after.
        let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let ticks =
            fields.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u32>().ok());
        let ticks: u32 = ticks.sum();
        Ok(Usage {
            processor: TICK * ticks,
            written: labelled(&read("io")?, "write_bytes:").unwrap_or_default(),
            memory_kib: labelled(&read("status")?, "VmRSS:").unwrap_or_default(),
        })
    }
}

/// A number in a file of lines `label: number unit`.
fn labelled(text: &str, label: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(label))?;
    line.split_whitespace().next()?.parse().ok()
}
