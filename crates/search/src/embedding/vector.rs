//! A text as a vector.

/// The most dimensions that an embedding may have; models in use have up to 4,096.
pub const DIMENSIONS_MAX: usize = 8_192;

/// The vector of a text: finite numbers, of length 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    values: Box<[f32]>,
    known_share: f32,
}

impl Embedding {
    /// A vector made elsewhere, brought to length 1. None if it has no or too many dimensions
    /// ([`DIMENSIONS_MAX`]), a value that is no finite number, or no direction.
    #[must_use]
    pub fn new(values: Vec<f32>) -> Option<Self> {
        Self::with_known_share(values, 1.0)
    }

    pub(super) fn with_known_share(values: Vec<f32>, known_share: f32) -> Option<Self> {
        if values.is_empty() || values.len() > DIMENSIONS_MAX {
            return None;
        }
        let largest = values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        if !values.iter().all(|value| value.is_finite()) || largest < f32::MIN_POSITIVE {
            return None;
        }
        // Divided by the largest first, as squares of very large values would be infinite.
        let scaled = values.into_iter().map(|value| value / largest);
        let mut values: Box<[f32]> = scaled.collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        for value in &mut values {
            *value /= length;
        }
        Some(Self { values, known_share })
    }

    /// The vector.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// How many numbers the vector has.
    #[must_use]
    pub fn dimensions(&self) -> usize {
        self.values.len()
    }

    /// Which share of the text's words are in the model's vocabulary as a whole, 0 to 1; the other
    /// words were put together from pieces. Of a text with less than half of its words known, the
    /// vector says little. 1 for vectors made elsewhere.
    #[must_use]
    pub const fn known_share(&self) -> f32 {
        self.known_share
    }

    /// How alike the meanings are, -1 to 1. 0 if the vectors are of different models, as far as
    /// the numbers of dimensions tell.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        if self.dimensions() != other.dimensions() {
            return 0.0;
        }
        let products = self.values.iter().zip(&other.values).map(|(a, b)| a * b);
        products.sum::<f32>().clamp(-1.0, 1.0)
    }
}
