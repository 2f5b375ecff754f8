//! What a service is asked, and what it answers: the wire format of OpenAI's embeddings.

use farebox_search::Embedding;
use serde::{Deserialize, Serialize};

/// Numbers as JSON: some servers know no other encoding, and some clients' default is base64.
const FLOATS: &str = "float";

#[derive(Serialize)]
pub(crate) struct Question<'a> {
    pub(crate) model: &'a str,
    pub(crate) input: &'a [&'a str],
    pub(crate) encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dimensions: Option<usize>,
}

impl<'a> Question<'a> {
    pub(crate) const fn new(
        model: &'a str,
        input: &'a [&'a str],
        dimensions: Option<usize>,
    ) -> Self {
        Self { model, input, encoding_format: FLOATS, dimensions }
    }
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    /// Some servers leave it out, of a single vector or of all.
    index: Option<usize>,
    embedding: Vec<f32>,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("the answer has not the form of embeddings: {0}")]
    Form(String),
    #[error("the answer has {found} vectors for {expected} texts, or not one for each")]
    Count { expected: usize, found: usize },
    #[error("a vector has {found} dimensions in place of {expected}")]
    Dimensions { expected: usize, found: usize },
    #[error("a vector is not made of finite numbers, or has no direction")]
    Numbers,
}

/// The vectors of an answer in the order of the texts. All have the same number of dimensions:
/// `dimensions` where given.
pub(crate) fn read_answer(
    body: &[u8],
    count: usize,
    dimensions: Option<usize>,
) -> Result<Vec<Embedding>, AnswerError> {
    let answer: Answer =
        serde_json::from_slice(body).map_err(|error| AnswerError::Form(error.to_string()))?;
    let mut items = answer.data;
    let miscounted = AnswerError::Count { expected: count, found: items.len() };
    if items.len() != count {
        return Err(miscounted);
    }
    if items.iter().any(|item| item.index.is_some()) {
        items.sort_by_key(|item| item.index);
        let is_in_place = |(place, item): (usize, &Item)| item.index == Some(place);
        if !items.iter().enumerate().all(is_in_place) {
            return Err(miscounted);
        }
    }
    let expected = dimensions.or_else(|| items.first().map(|item| item.embedding.len()));
    let expected = expected.unwrap_or_default();
    let vectors = items.into_iter().map(|item| {
        let found = item.embedding.len();
        if found != expected {
            return Err(AnswerError::Dimensions { expected, found });
        }
        Embedding::new(item.embedding).ok_or(AnswerError::Numbers)
    });
    vectors.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(body: &str, count: usize) -> Result<Vec<Vec<f32>>, AnswerError> {
        let vectors = read_answer(body.as_bytes(), count, None)?;
        Ok(vectors.into_iter().map(|vector| vector.values().to_vec()).collect())
    }

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        let body = r#"{"object":"list","data":[
            {"object":"embedding","index":1,"embedding":[0,2]},
            {"object":"embedding","index":0,"embedding":[3.0,0]}],
            "model":"m","usage":{"prompt_tokens":1,"total_tokens":1}}"#;
        assert_eq!(read(body, 2).unwrap(), [[1.0, 0.0], [0.0, 1.0]]);
        let body = r#"{"data":[{"embedding":[1,0]},{"embedding":[0,1]}]}"#;
        assert_eq!(read(body, 2).unwrap(), [[1.0, 0.0], [0.0, 1.0]]);
    }

    #[test]
    fn whatever_is_no_vector_for_each_text_is_refused() {
        let count = AnswerError::Count { expected: 2, found: 2 };
        for indexes in [(0, 0), (1, 2), (5, 0)] {
            let (a, b) = indexes;
            let body = format!(
                r#"{{"data":[{{"index":{a},"embedding":[1]}},{{"index":{b},"embedding":[1]}}]}}"#
            );
            assert_eq!(read(&body, 2).unwrap_err(), count, "{indexes:?}");
        }
        let half = r#"{"data":[{"index":0,"embedding":[1]},{"embedding":[1]}]}"#;
        assert_eq!(read(half, 2).unwrap_err(), count);
        assert!(matches!(read(r#"{"data":[]}"#, 1), Err(AnswerError::Count { .. })));
        let uneven = r#"{"data":[{"embedding":[1,0]},{"embedding":[1]}]}"#;
        let expected = AnswerError::Dimensions { expected: 2, found: 1 };
        assert_eq!(read(uneven, 2).unwrap_err(), expected);
        for numbers in ["", "0,0"] {
            let body = format!(r#"{{"data":[{{"embedding":[{numbers}]}}]}}"#);
            assert_eq!(read(&body, 1).unwrap_err(), AnswerError::Numbers, "{numbers}");
        }
        for body in [
            "",
            "null",
            "NaN",
            r#"{"data":[{"embedding":[NaN]}]}"#,
            r#"{"data":[{"embedding":[1e39]}]}"#,
            r#"{"data":[{"embedding":"AACAPw=="}]}"#,
            r#"{"error":{"message":"no"}}"#,
        ] {
            assert!(matches!(read(body, 1), Err(AnswerError::Form(_))), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(body in proptest::collection::vec(any::<u8>(), 0..200), count in 0_usize..5) {
            prop_assert!(read_answer(&body, count, Some(4)).is_err());
        }
    }
}
