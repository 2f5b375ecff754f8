//! One connection that sends a request at a time: as little work as a load can have.

use crate::Failed;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEADERS_MAX: usize = 64;
const READ_LEN: usize = 16 * 1024;

/// A connection that stays open.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Where the parts of an answer are in the buffer.
struct Head {
    status: u16,
    len: usize,
    body_len: BodyLen,
}

enum BodyLen {
    Known(usize),
    Chunked,
}

/// An answer, as long as the next request is not sent.
pub struct Answer<'a> {
    pub status: u16,
    head: &'a [u8],
    pub body: &'a [u8],
}

impl Answer<'_> {
    /// All values of a header.
    pub fn header(&self, name: &str) -> Vec<String> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let _ = response.parse(self.head);
        let found = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8_lossy(header.value).into_owned()).collect()
    }

    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, Failed> {
        let shown = || String::from_utf8_lossy(self.body).chars().take(300).collect::<String>();
        serde_json::from_slice(self.body)
            .map_err(|error| format!("{error}: {} {}", self.status, shown()).into())
    }
}

impl Connection {
    pub async fn open(address: &str) -> Result<Self, Failed> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(READ_LEN) })
    }

    /// Sends a whole request and reads its whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>, Failed> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = loop {
            self.read_more().await?;
            if let Some(head) = parse(&self.buffer)? {
                break head;
            }
        };
        let end = match head.body_len {
            BodyLen::Known(len) => {
                while self.buffer.len() < head.len + len {
                    self.read_more().await?;
                }
                head.len + len
            }
            BodyLen::Chunked => {
                while !self.buffer.ends_with(b"0\r\n\r\n") {
                    self.read_more().await?;
                }
                self.buffer.len()
            }
        };
        let (front, body) = self.buffer.split_at(head.len);
        let body = body.get(..end - head.len).unwrap_or_default();
        let body = match head.body_len {
            BodyLen::Known(_) => body,
            BodyLen::Chunked => first_chunk(body),
        };
        Ok(Answer { status: head.status, head: front, body })
    }

    async fn read_more(&mut self) -> Result<(), Failed> {
        self.buffer.reserve(READ_LEN);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the connection was closed".into()),
            _ => Ok(()),
        }
    }
}

/// Answers that are looked into have one.
fn first_chunk(body: &[u8]) -> &[u8] {
    match httparse::parse_chunk_size(body) {
        Ok(httparse::Status::Complete((start, len))) => {
            let end = start.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
            body.get(start..end).unwrap_or_default()
        }
        _ => body,
    }
}

fn parse(buffer: &[u8]) -> Result<Option<Head>, Failed> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(len) = response.parse(buffer)? else { return Ok(None) };
    let value = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.and_then(|header| std::str::from_utf8(header.value).ok())
    };
    let body_len = match value("content-length").and_then(|text| text.parse().ok()) {
        Some(len) => BodyLen::Known(len),
        None => BodyLen::Chunked,
    };
    Ok(Some(Head { status: response.code.unwrap_or_default(), len, body_len }))
}

/// A request without a body.
pub fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    request("GET", address, path, headers, None)
}

/// A request with a body.
pub fn post(address: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    request("POST", address, path, headers, Some(body))
}

fn request(
    method: &str,
    address: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}
