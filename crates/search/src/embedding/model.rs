//! The model that turns a text into a vector.

use super::kernels;
use super::model_file::{ModelError, ModelFile};
use super::vector::Embedding;
use super::word_pieces::{Spelling, Vocabulary};
use super::words::{Word, visit_words};
use sha2::{Digest, Sha256};
use std::ops::ControlFlow;
use std::sync::{LazyLock, OnceLock};

static FILE: &[u8] = include_bytes!("../../assets/embed402-int4.bin");

static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
    let model = Model::load(FILE);
    debug_assert!(model.is_ok(), "{:?}", model.as_ref().err());
    model.unwrap_or_else(|_| Model::knowing_nothing())
});

/// An embedding counts this many tokens of a text, from its beginning.
const TOKENS_COUNTED: usize = 128;

/// The beginning of the file's SHA-256 that names a model.
const ID_LEN: usize = 8;

/// A static embedding model: a vector for each word or piece of a word; that of a text is the
/// direction of their sum. Reading it needs no library for machine learning, and the same text
/// gives the same vector on every machine.
pub struct Model {
    file: &'static [u8],
    id: OnceLock<String>,
    vocabulary: Option<Vocabulary>,
    dimensions: usize,
    scales: Box<[f32]>,
    values: &'static [u8],
}

impl Model {
    /// The model that is part of this crate, read when it is first asked for.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Reads a model's file. Its vectors stay where they are and are unpacked when they are used.
    ///
    /// # Errors
    ///
    /// If the file is not a whole and sound model.
    pub fn load(file: &'static [u8]) -> Result<Self, ModelError> {
        let parts = ModelFile::parse(file)?;
        let vocabulary = Vocabulary::new(parts.vocabulary).map_err(|_| ModelError::Vocabulary)?;
        Ok(Self {
            file,
            id: OnceLock::new(),
            vocabulary: Some(vocabulary),
            dimensions: parts.dimensions,
            scales: parts.scales()?,
            values: parts.values,
        })
    }

    /// What a program with a damaged file in it has: no text has an embedding.
    fn knowing_nothing() -> Self {
        let (scales, id) = (Box::default(), OnceLock::new());
        Self { file: &[], id, vocabulary: None, dimensions: 0, scales, values: &[] }
    }

    /// Names the space that the vectors are in: vectors of models with different names cannot be
    /// compared. The beginning of the file's SHA-256 in hexadecimal.
    pub fn id(&self) -> &str {
        self.id.get_or_init(|| {
            let digest = Sha256::digest(self.file);
            digest.iter().take(ID_LEN).map(|byte| format!("{byte:02x}")).collect()
        })
    }

    /// How many numbers a vector has.
    #[must_use]
    pub const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The tokens of a text, the same that BERT's tokenizer for lower-case English gives with this
    /// vocabulary. There are no names for its special tokens: `[CLS]` in a text is three words.
    #[must_use]
    pub fn tokens(&self, text: &str) -> Vec<u32> {
        let Some(vocabulary) = &self.vocabulary else { return Vec::new() };
        let mut tokens = Vec::new();
        visit_words(text, |word| {
            spell(vocabulary, word, &mut tokens);
            ControlFlow::Continue(())
        });
        tokens
    }

    /// The vector of a text: of its first 128 tokens, so the time is bounded whatever its length.
    /// None if there is no word in it that the model can read.
    #[must_use]
    pub fn embed(&self, text: &str) -> Option<Embedding> {
        let vocabulary = self.vocabulary.as_ref()?;
        let mut tokens = Vec::with_capacity(TOKENS_COUNTED);
        let (mut words, mut known) = (0_u16, 0_u16);
        visit_words(text, |word| {
            let spelling = spell(vocabulary, word, &mut tokens);
            // Marks are all in the vocabulary and say nothing.
            if !matches!(word, Word::Text(text) if text.starts_with(|c: char| !c.is_alphanumeric()))
            {
                words += 1;
                known += u16::from(spelling == Spelling::Whole);
            }
            if tokens.len() < TOKENS_COUNTED {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        tokens.truncate(TOKENS_COUNTED);
        if tokens.iter().all(|token| *token == vocabulary.unknown()) {
            return None;
        }
        let known_share = if words == 0 { 0.0 } else { f32::from(known) / f32::from(words) };
        Embedding::with_known_share(self.sum(&tokens), known_share)
    }

    fn sum(&self, tokens: &[u32]) -> Vec<f32> {
        // A byte has an even dimension and the odd one after it.
        let row_len = self.dimensions / 2;
        let (mut even, mut odd) = (vec![0.0; row_len], vec![0.0; row_len]);
        for token in tokens {
            let token = *token as usize;
            let row = self.values.get(token * row_len..(token + 1) * row_len);
            if let (Some(row), Some(scale)) = (row, self.scales.get(token)) {
                kernels::add_row(&mut even, &mut odd, row, *scale);
            }
        }
        even.into_iter().zip(odd).flat_map(<[f32; 2]>::from).collect()
    }
}

fn spell(vocabulary: &Vocabulary, word: Word<'_>, tokens: &mut Vec<u32>) -> Spelling {
    match word {
        Word::Text(word) => vocabulary.spell(word, tokens),
        Word::TooLong => {
            tokens.push(vocabulary.unknown());
            Spelling::Unknown
        }
    }
}
