//! Vectors as rows of small integers: a quarter of the memory and time of floating point.

use super::kernels::{self, LANES};
use crate::Position;

const ROW_MAX: f32 = i8::MAX as f32;

/// Rows of 8-bit integers, each with its length, so that a cosine is that of the integers exactly.
pub(super) struct QuantisedRows {
    /// Of a row, padding included.
    row_len: usize,
    values: Vec<i8>,
    /// 1 / length; 0 for a row that is not there.
    inverse_lengths: Vec<f32>,
}

/// A vector to compare with rows. It has more than 8 bits, which costs nothing: the products are
/// formed of 16-bit numbers anyway.
pub(super) struct QuantisedQuery {
    values: Vec<i16>,
    inverse_length: f32,
}

impl QuantisedRows {
    pub(super) const fn new(dimensions: usize) -> Self {
        let row_len = dimensions.next_multiple_of(LANES);
        Self { row_len, values: Vec::new(), inverse_lengths: Vec::new() }
    }

    /// Adds a row of as many values as there are dimensions, or of none.
    pub(super) fn push(&mut self, row: Option<&[f32]>) {
        let start = self.values.len();
        self.values.extend(quantise(row.unwrap_or_default(), ROW_MAX).map(narrowed));
        self.values.resize(start + self.row_len, 0);
        let quantised = self.values.iter().skip(start).map(|value| f32::from(*value));
        self.inverse_lengths.push(inverse_length(quantised));
    }

    /// A row with its padding.
    pub(super) fn row(&self, position: Position) -> Option<&[i8]> {
        let start = position as usize * self.row_len;
        self.values.get(start..start + self.row_len)
    }

    pub(super) const fn len(&self) -> usize {
        self.inverse_lengths.len()
    }

    pub(super) fn query(&self, values: &[f32]) -> QuantisedQuery {
        let mut quantised: Vec<i16> = quantise(values, query_max(self.row_len)).collect();
        quantised.resize(self.row_len, 0);
        let inverse_length = inverse_length(quantised.iter().map(|value| f32::from(*value)));
        QuantisedQuery { values: quantised, inverse_length }
    }

    /// The cosines of the rows at these positions, in their order; 0 for one that is not there.
    pub(super) fn cosines(&self, query: &QuantisedQuery, positions: &[Position]) -> Vec<f32> {
        let mut products = vec![0; positions.len()];
        kernels::dots(&query.values, &self.values, positions, &mut products);
        let inverse_length =
            |position: &Position| self.inverse_lengths.get(*position as usize).copied();
        let cosine = |(product, position)| {
            let inverse_lengths = query.inverse_length * inverse_length(position).unwrap_or(0.0);
            (to_f32(product) * inverse_lengths).clamp(-1.0, 1.0)
        };
        products.into_iter().zip(positions).map(cosine).collect()
    }

    pub(super) fn is_there(&self, position: Position) -> bool {
        self.inverse_lengths.get(position as usize).is_some_and(|inverse| *inverse > 0.0)
    }

    pub(super) const fn memory_len(&self) -> usize {
        self.values.capacity() + self.inverse_lengths.capacity() * size_of::<f32>()
    }

    pub(super) fn shrink(&mut self) {
        self.values.shrink_to_fit();
        self.inverse_lengths.shrink_to_fit();
    }
}

/// The largest number that a query may have, so that the sum of `row_len` products fits.
fn query_max(row_len: usize) -> f32 {
    let products_max =
        i32::try_from(row_len).map_or(i32::MAX, |len| len.saturating_mul(i8::MAX.into()));
    let max = i32::MAX.checked_div(products_max).unwrap_or(0);
    f32::from(i16::try_from(max).unwrap_or(i16::MAX))
}

/// The values as whole numbers, the largest of them `max`, in either direction.
fn quantise(values: &[f32], max: f32) -> impl Iterator<Item = i16> {
    let largest = values.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
    values.iter().map(move |value| {
        #[expect(clippy::cast_possible_truncation, reason = "at most i16::MAX")]
        let whole = (value / largest * max).round() as i16;
        whole
    })
}

/// A number within the range of `i8`.
#[expect(clippy::cast_possible_truncation, reason = "quantised to at most ROW_MAX")]
const fn narrowed(value: i16) -> i8 {
    value as i8
}

fn inverse_length(values: impl Iterator<Item = f32>) -> f32 {
    let squares = values.map(|value| value * value).sum::<f32>();
    if squares > 0.0 { squares.sqrt().recip() } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "the seventh digit of a cosine says nothing")]
const fn to_f32(product: i32) -> f32 {
    product as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::embedding::DIMENSIONS_MAX;

    #[test]
    fn the_largest_vectors_do_not_overflow() {
        for dimensions in [1, 31, 256, 4_096, DIMENSIONS_MAX] {
            let mut rows = QuantisedRows::new(dimensions);
            rows.push(Some(&vec![1.0; dimensions]));
            rows.push(Some(&vec![-1.0; dimensions]));
            rows.push(None);
            let query = rows.query(&vec![1.0; dimensions]);
            let cosines = rows.cosines(&query, &[0, 1, 2, 3]);
            for (cosine, expected) in cosines.into_iter().zip([1.0, -1.0, 0.0, 0.0]) {
                assert!((cosine - expected).abs() < 1e-5, "{cosine} {expected} of {dimensions}");
            }
        }
    }
}
