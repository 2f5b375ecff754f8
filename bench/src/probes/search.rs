//! How long searches take while a sweep runs, and without one.

use crate::Failed;
use axum::Router;
use farebox_directory::Directory;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CONNECTIONS: u32 = 8;
const WORDS: [&str; 8] =
    ["weather", "maps", "prices", "images", "news", "speech", "flights", "documents"];

/// Serves the directory's lists on a loopback address.
pub async fn serve(directory: Directory) -> Result<String, Failed> {
    let (router, _) = farebox_directory::routes(directory).split_for_parts();
    let router: Router = router;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Asks at a fixed rate, whether the answers come or not, and returns the times that they took,
/// from when each question was to be asked, sorted.
pub async fn latencies(
    address: &str,
    per_second: u32,
    time: Duration,
) -> Result<Vec<Duration>, Failed> {
    let period = Duration::from_secs(1) * CONNECTIONS / per_second;
    let begun = Instant::now();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|number| {
            let (address, first) = (address.to_owned(), period * number / CONNECTIONS);
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(&address).await.map_err(failed)?;
                stream.set_nodelay(true).map_err(failed)?;
                let mut times = Vec::new();
                let mut due = begun + first;
                while due < begun + time {
                    tokio::time::sleep_until(due.into()).await;
                    let number = times.len();
                    let word = |at: usize| WORDS.get(at % WORDS.len()).copied().unwrap_or("a");
                    let question = format!("{}%20{}", word(number), word(number / 8));
                    ask(&mut stream, &question).await.map_err(failed)?;
                    times.push(due.elapsed());
                    due += period;
                }
                Ok::<_, String>(times)
            })
        })
        .collect();
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await??);
    }
    all.sort_unstable();
    Ok(all)
}

fn failed(error: impl std::fmt::Display) -> String {
    error.to_string()
}

async fn ask(stream: &mut TcpStream, question: &str) -> Result<(), Failed> {
    let request = format!("GET /api/v1/services?q={question}&limit=10 HTTP/1.1\r\nhost: a\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(32 * 1_024);
    loop {
        if stream.read_buf(&mut answer).await? == 0 {
            return Err("the directory hung up".into());
        }
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head_len) = response.parse(&answer)? else { continue };
        if response.code != Some(200) {
            return Err(format!("a search was answered {:?}", response.code).into());
        }
        let lines = response.headers.iter();
        let len = lines
            .filter(|line| line.name.eq_ignore_ascii_case("content-length"))
            .find_map(|line| std::str::from_utf8(line.value).ok()?.parse::<usize>().ok());
        let len = len.ok_or("an answer without its length")?;
        if answer.len() >= head_len + len {
            return Ok(());
        }
    }
}

/// The time that so many of a thousand stayed below.
pub fn percentile(times: &[Duration], per_mille: usize) -> Duration {
    let index = times.len() * per_mille / 1_000;
    times.get(index).or(times.last()).copied().unwrap_or_default()
}
