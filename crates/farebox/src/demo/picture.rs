//! `GET /demo/picture.bmp`: some megabytes that arrive slowly; a token is good for ten minutes.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use http::header;
use std::convert::Infallible;
use std::time::Duration;

const WIDTH: u32 = 1_400;
const HEIGHT: u32 = 1_000;
const HEADER_LEN: u32 = 54;
const ROW_LEN: u32 = WIDTH * 3;
const FILE_LEN: u32 = HEADER_LEN + ROW_LEN * HEIGHT;
const ROWS_PER_CHUNK: u32 = 25;
/// 40 chunks: about two seconds in all.
const CHUNK_PAUSE: Duration = Duration::from_millis(50);

// BMP rows are padded to four bytes; this width needs no padding.
const _: () = assert!(ROW_LEN.is_multiple_of(4));

/// Streams the picture, a chunk of rows at a time.
#[utoipa::path(
    get,
    path = "/demo/picture.bmp",
    operation_id = "demo_picture",
    tag = "demo",
    responses((status = 200, description = "The picture", body = Vec<u8>, content_type = "image/bmp"))
)]
pub(super) async fn handler() -> Response {
    let chunks = stream::unfold(0, |row| async move {
        if row >= HEIGHT {
            return None;
        }
        tokio::time::sleep(CHUNK_PAUSE).await;
        let end = (row + ROWS_PER_CHUNK).min(HEIGHT);
        let head = if row == 0 { file_header() } else { Vec::new() };
        let rows = (row..end).flat_map(|row| (0..WIDTH).flat_map(move |x| pixel(x, row)));
        let chunk: Vec<u8> = head.into_iter().chain(rows).collect();
        Some((Ok::<_, Infallible>(Bytes::from(chunk)), end))
    });
    let headers = [
        (header::CONTENT_TYPE, "image/bmp".to_owned()),
        (header::CONTENT_LENGTH, FILE_LEN.to_string()),
        (header::CONTENT_DISPOSITION, "inline; filename=\"farebox-demo.bmp\"".to_owned()),
    ];
    (headers, Body::from_stream(chunks)).into_response()
}

/// `BITMAPFILEHEADER` and `BITMAPINFOHEADER` of an uncompressed 24-bit picture.
fn file_header() -> Vec<u8> {
    let mut header = b"BM".to_vec();
    for field in [FILE_LEN, 0, HEADER_LEN, 40, WIDTH, HEIGHT] {
        header.extend(field.to_le_bytes());
    }
    header.extend(1u16.to_le_bytes());
    header.extend(24u16.to_le_bytes());
    for field in [0, ROW_LEN * HEIGHT, 2_835, 2_835, 0, 0] {
        header.extend(field.to_le_bytes());
    }
    header
}

/// Blue, green, red of a point: hills under an evening sky.
fn pixel(x: u32, row: u32) -> [u8; 3] {
    let shade = |value: u32| u8::try_from(value.min(255)).unwrap_or(u8::MAX);
    let wave = |period: u32| {
        let position = x % period;
        position.min(period - position)
    };
    let hill = 180 + wave(700) / 2 + wave(230) / 3;
    if row < hill {
        return [shade(40 + row / 8), shade(60 + row / 3), shade(30 + row / 6)];
    }
    let height = row - hill;
    [shade(90 + height / 6), shade(120 - (height / 8).min(100)), shade(250 - (height / 5).min(200))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[tokio::test]
    async fn the_picture_is_as_long_as_it_says() {
        tokio::time::pause();
        let response = handler().await;
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(u32::try_from(body.len()), Ok(FILE_LEN));
        assert_eq!(&body[..2], b"BM");
        assert_eq!(body[2..6], FILE_LEN.to_le_bytes());
    }
}
