//! Damaged files are refused and never read wrongly.

#![allow(clippy::unwrap_used, reason = "tests")]

use farebox_search::{Model, ModelError};
use proptest::prelude::*;

const VOCABULARY: &str = "[UNK]\nweather\nbit\n##coin";

/// A model of 4 tokens in 4 dimensions.
fn file() -> Vec<u8> {
    let mut file = b"SE04".to_vec();
    for number in [4, 4, u32::try_from(VOCABULARY.len()).unwrap()] {
        file.extend(number.to_le_bytes());
    }
    file.extend(VOCABULARY.bytes());
    // 1, 1, 1 and 2 as numbers of 16 bits.
    file.extend([0, 0x3c, 0, 0x3c, 0, 0x3c, 0, 0x40]);
    // 0; 1, 0, 0, 0; 0, 1, 0, 0; 0, 0, -1, 7.
    file.extend([0x88, 0x88, 0x89, 0x88, 0x98, 0x88, 0x88, 0xf7]);
    file
}

fn load(file: Vec<u8>) -> Result<Model, ModelError> {
    Model::load(file.leak())
}

fn refused(change: impl FnOnce(&mut Vec<u8>)) -> ModelError {
    let mut file = file();
    change(&mut file);
    load(file).map(|model| model.id().to_owned()).unwrap_err()
}

#[test]
fn a_file_is_read_as_it_is_described() {
    let model = load(file()).unwrap();
    assert_eq!(model.dimensions(), 4);
    assert_eq!(model.tokens("Weather bitcoin money"), [1, 2, 3, 0]);
    let near = |found: &[f32], expected: [f32; 4]| {
        found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6)
    };
    assert!(near(model.embed("weather").unwrap().values(), [1.0, 0.0, 0.0, 0.0]));
    let bitcoin = model.embed("bitcoin").unwrap();
    let length = (1.0_f32 + 4.0 + 14.0 * 14.0).sqrt();
    assert!(near(bitcoin.values(), [0.0, 1.0 / length, -2.0 / length, 14.0 / length]));
    assert!(bitcoin.known_share().abs() < f32::EPSILON);
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    assert_eq!(refused(Vec::clear), ModelError::Kind);
    assert_eq!(refused(|file| file[3] = b'5'), ModelError::Kind);
    assert_eq!(refused(|file| file[4..8].fill(0)), ModelError::Size { tokens: 0, dimensions: 4 });
    assert_eq!(refused(|file| file[8] = 3), ModelError::Size { tokens: 4, dimensions: 3 });
    let huge = u32::MAX as usize;
    assert_eq!(
        refused(|file| file[4..12].fill(255)),
        ModelError::Size { tokens: huge, dimensions: huge }
    );
    let len = file().len();
    assert_eq!(
        refused(|file| file.truncate(len - 1)),
        ModelError::Length { expected: len, found: len - 1 }
    );
    assert_eq!(refused(|file| file.push(0)), ModelError::Length { expected: len, found: len + 1 });
    assert!(matches!(refused(|file| file[12..16].fill(255)), ModelError::Length { .. }));
    assert_eq!(refused(|file| file[16] = 255), ModelError::Vocabulary, "not UTF-8");
    assert_eq!(refused(|file| file[16] = b'('), ModelError::Vocabulary, "no [UNK]");
    assert_eq!(refused(|file| file[21] = b' '), ModelError::Vocabulary, "an entry less");
    let scales = 16 + VOCABULARY.len();
    assert_eq!(refused(|file| file[scales + 3] = 0x7c), ModelError::Scale(1));
}

proptest! {
    #[test]
    fn any_bytes_are_a_model_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(load(bytes).is_err());
    }

    #[test]
    fn a_changed_file_is_refused_or_read(changes in proptest::collection::vec((0_usize..60, any::<u8>()), 1..6)) {
        let mut file = file();
        for (at, byte) in changes {
            if let Some(found) = file.get_mut(at) {
                *found = byte;
            }
        }
        if let Ok(model) = load(file) {
            let _ = (model.embed("weather bitcoin"), model.tokens("bit coin"));
        }
    }
}
