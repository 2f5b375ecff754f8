//! The innermost loops, compiled for several generations of processors, of which the right one is
//! chosen at run time. They are plain loops in shapes that the compiler turns into vector
//! instructions; all generations give the same results, to the last bit.

use multiversion::multiversion;

/// Rows of small numbers are padded with zeros to a multiple of this.
pub(super) const LANES: usize = 32;

/// Sign bits are kept and compared in blocks of so many vectors.
pub(super) const BLOCK: usize = 64;

/// Adds `scale` times a row of packed 4-bit values, see `model_file`.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
pub(super) fn add_row(even: &mut [f32], odd: &mut [f32], row: &[u8], scale: f32) {
    for ((even, odd), byte) in even.iter_mut().zip(odd).zip(row) {
        *even += scale * (f32::from(byte & 0xf) - 8.0);
        *odd += scale * (f32::from(byte >> 4) - 8.0);
    }
}

/// The products of the query with the rows at these positions; 0 for a position without a row. Rows
/// are as long as the query, a multiple of [`LANES`]; nothing overflows if the query's numbers are
/// within `quantised::query_max`.
#[multiversion(targets("x86_64+avx2"))]
pub(super) fn dots(query: &[i16], rows: &[i8], positions: &[u32], products: &mut [i32]) {
    let (query_chunks, _) = query.as_chunks::<LANES>();
    for (position, product) in positions.iter().zip(products) {
        let start = *position as usize * query.len();
        let row = rows.get(start..start + query.len()).unwrap_or_default();
        let (row_chunks, _) = row.as_chunks::<LANES>();
        let mut sums = [0_i32; LANES];
        for (query_chunk, row_chunk) in query_chunks.iter().zip(row_chunks) {
            for ((sum, a), b) in sums.iter_mut().zip(query_chunk).zip(row_chunk) {
                *sum += i32::from(*a) * i32::from(*b);
            }
        }
        *product = sums.iter().sum();
    }
}

/// In how many bits each vector of the block differs from the query, and those that differ in fewer
/// than `bound`, a bit for each vector. The block has the first word of all its vectors, then the
/// second of all, and so on.
#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512dq+avx512vpopcntdq+popcnt",
    "x86_64+avx2+popcnt",
    "x86_64+popcnt"
))]
pub(super) fn distances(
    query: &[u64],
    block: &[u64],
    bound: usize,
    distances: &mut [usize; BLOCK],
) -> u64 {
    *distances = [0; BLOCK];
    let (block_words, _) = block.as_chunks::<BLOCK>();
    for (words, query_word) in block_words.iter().zip(query) {
        for (distance, word) in distances.iter_mut().zip(words) {
            *distance += (word ^ query_word).count_ones() as usize;
        }
    }
    let mut nearer = 0;
    for (distance, bit) in distances.iter().zip(&BIT_OF) {
        nearer |= if *distance < bound { *bit } else { 0 };
    }
    nearer
}

/// The bit of each vector of a block.
const BIT_OF: [u64; BLOCK] = {
    let mut bits = [1; BLOCK];
    let mut left: &mut [u64] = &mut bits;
    let mut bit = 1;
    while let Some((first, rest)) = left.split_first_mut() {
        *first = bit;
        bit = bit.rotate_left(1);
        left = rest;
    }
    bits
};
