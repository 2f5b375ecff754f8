//! The process with the endpoints, and what processes use.

use crate::Failed;
use crate::estate::Estate;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// Linux counts processor time in hundredths of a second here, whatever its kernel's own ticks.
const TICK: Duration = Duration::from_millis(10);

/// The endpoints, which end when this is dropped.
pub struct Endpoints {
    child: Child,
    pub estate: Estate,
}

impl Endpoints {
    pub async fn start(folder: &Path, endpoints: u32, hosts: u32) -> Result<Self, Failed> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--serve").arg(folder).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        let line = lines.next_line().await?.ok_or("the endpoints did not start")?;
        let mut ports = line.split(' ').skip(1).filter_map(|port| port.parse().ok());
        let (http, https) = (ports.next(), ports.next());
        let http_port = http.ok_or("the endpoints have no port")?;
        let https_port = https.ok_or("the endpoints have no port")?;
        Ok(Self { child, estate: Estate { endpoints, hosts, http_port, https_port } })
    }

    /// Tells them something and returns what they counted, in words.
    pub async fn control(&self, word: &str) -> Result<String, Failed> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.estate.http_port)).await?;
        let request = format!("GET /control/{word} HTTP/1.1\r\nhost: a\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let figures = answer.lines().last().unwrap_or_default();
        let mut figures = figures.split(' ');
        let mut next = || figures.next().unwrap_or("?").to_owned();
        let (requests, hosts, most, gap_ms) = (next(), next(), next(), next());
        Ok(format!(
            "{requests} requests at {hosts} hosts, {most} at once at one host at most, \
             {gap_ms} ms between two at least"
        ))
    }

    /// What they used so far.
    pub fn processor_time(&self) -> Result<Duration, Failed> {
        time_of(&self.child.id().ok_or("the endpoints ended")?.to_string())
    }
}

/// What this process used so far.
pub fn processor_time() -> Result<Duration, Failed> {
    time_of("self")
}

fn time_of(process: &str) -> Result<Duration, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may have spaces; user and system time are the 12th and 13th after.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u32>().ok());
    Ok(TICK * ticks.sum())
}

/// What this process holds of memory.
pub fn memory_kib() -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no memory figure")?.parse()?)
}
