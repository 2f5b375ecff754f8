//! The file that a model is in:
//!
//! ```text
//! "SE04" | tokens: u32 | dimensions: u32 | vocabulary length: u32
//! | vocabulary, entries in the order of their tokens, a line feed between two
//! | a scale per token: f16
//! | tokens × dimensions values of 4 bits, the lower half of a byte first, each 8 more than it means
//! ```
//!
//! All numbers are little-endian. A token's vector is its values times its scale.

use super::vector::DIMENSIONS_MAX;
use thiserror::Error;

const MAGIC: &[u8; 4] = b"SE04";
const HEADER_LEN: usize = 16;
const SCALE_LEN: usize = 2;
const TOKENS_MAX: usize = 1 << 20;

/// Why a file is no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    /// It begins otherwise.
    #[error("not a model file of kind SE04: it begins with other bytes")]
    Kind,
    /// No tokens, too many, or a number of dimensions that is odd or out of range.
    #[error("a model of {tokens} tokens in {dimensions} dimensions is out of range")]
    Size {
        /// As the file has it.
        tokens: usize,
        /// As the file has it.
        dimensions: usize,
    },
    /// Cut off, or with something behind its end.
    #[error("the model file has {found} bytes where its header asks for {expected}")]
    Length {
        /// By the header.
        expected: usize,
        /// In the file.
        found: usize,
    },
    /// The vocabulary is not UTF-8, has another number of entries than the header says, one of
    /// them twice, or no `[UNK]`.
    #[error("the model file's vocabulary is damaged")]
    Vocabulary,
    /// A scale is no finite number.
    #[error("the model file's scale of token {0} is not a number")]
    Scale(usize),
}

/// A file's parts, of which only the sizes are checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct ModelFile {
    /// Even, not 0.
    pub(super) dimensions: usize,
    pub(super) vocabulary: &'static str,
    scales: &'static [[u8; SCALE_LEN]],
    /// `dimensions / 2` bytes for each token.
    pub(super) values: &'static [u8],
}

impl ModelFile {
    pub(super) fn parse(file: &'static [u8]) -> Result<Self, ModelError> {
        let (header, rest) = file.split_first_chunk::<HEADER_LEN>().ok_or(ModelError::Kind)?;
        let ([magic, tokens, dimensions, vocabulary_len], _) = header.as_chunks::<4>() else {
            return Err(ModelError::Kind);
        };
        if magic != MAGIC {
            return Err(ModelError::Kind);
        }
        let tokens = to_len(*tokens);
        let dimensions = to_len(*dimensions);
        let in_range = (1..=TOKENS_MAX).contains(&tokens)
            && (2..=DIMENSIONS_MAX).contains(&dimensions)
            && dimensions.is_multiple_of(2);
        if !in_range {
            return Err(ModelError::Size { tokens, dimensions });
        }
        let (scales_len, values_len) = (tokens * SCALE_LEN, tokens * dimensions / 2);
        let vocabulary_len = to_len(*vocabulary_len);
        let expected = (HEADER_LEN + scales_len + values_len).saturating_add(vocabulary_len);
        let damaged = ModelError::Length { expected, found: file.len() };
        let (vocabulary, rest) = rest.split_at_checked(vocabulary_len).ok_or(damaged)?;
        let (scales, values) = rest.split_at_checked(scales_len).ok_or(damaged)?;
        if values.len() != values_len {
            return Err(damaged);
        }
        let vocabulary = str::from_utf8(vocabulary).map_err(|_| ModelError::Vocabulary)?;
        if vocabulary.split('\n').count() != tokens {
            return Err(ModelError::Vocabulary);
        }
        Ok(Self { dimensions, vocabulary, scales: scales.as_chunks().0, values })
    }

    /// The scale of each token.
    pub(super) fn scales(&self) -> Result<Box<[f32]>, ModelError> {
        let scales = self.scales.iter().map(|bytes| half_to_f32(u16::from_le_bytes(*bytes)));
        let finite = |(token, scale): (usize, f32)| {
            scale.is_finite().then_some(scale).ok_or(ModelError::Scale(token))
        };
        scales.enumerate().map(finite).collect()
    }
}

fn to_len(bytes: [u8; 4]) -> usize {
    usize::try_from(u32::from_le_bytes(bytes)).unwrap_or(usize::MAX)
}

/// A number of IEEE 754's binary16, exactly.
fn half_to_f32(bits: u16) -> f32 {
    let (exponent, fraction) = (u32::from(bits >> 10 & 0x1f), u32::from(bits & 0x3ff));
    let magnitude = match exponent {
        0 => f32::from(bits & 0x3ff) * 2_f32.powi(-24),
        0x1f => f32::from_bits(0xff << 23 | fraction << 13),
        // The bias is 15 there and 127 here.
        _ => f32::from_bits((exponent + 112) << 23 | fraction << 13),
    };
    if bits >> 15 == 1 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_exactly() {
        for (bits, expected) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65_504.0),
            (0x0400, 0.000_061_035_156),
            (0x0001, 0.000_000_059_604_645),
            (0x3555, 0.333_251_95),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(half_to_f32(bits).to_bits(), f32::to_bits(expected), "{bits:#x}");
        }
        assert!(half_to_f32(0x7e00).is_nan());
    }
}
