//! The indexes of some consecutive documents.

use crate::lexical::LexicalIndex;
use crate::{Document, Model, PhraseIndex, Position, VectorIndex};

/// The indexes of some documents, by their places among these.
pub(super) struct Segment {
    pub(super) phrases: PhraseIndex,
    pub(super) lexical: LexicalIndex,
    pub(super) vectors: VectorIndex,
    /// The group of each document.
    groups: Box<[u32]>,
}

impl Segment {
    pub(super) fn build<'a>(
        documents: impl Iterator<Item = (Document<'a>, u32)> + Clone,
        model: &Model,
    ) -> Self {
        let texts = documents.clone().map(|(document, _)| document);
        let embed = |document: Document<'_>| {
            model.embed(&format!("{}. {}", document.name, document.description))
        };
        Self {
            phrases: PhraseIndex::build(texts.clone()),
            lexical: LexicalIndex::build(texts.clone()),
            vectors: VectorIndex::build(texts.map(embed)),
            groups: documents.map(|(_, group)| group).collect(),
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.phrases.len()
    }

    pub(super) fn group(&self, position: Position) -> u32 {
        self.groups.get(position as usize).copied().unwrap_or(u32::MAX)
    }

    pub(super) fn memory_len(&self) -> usize {
        self.phrases.memory_len()
            + self.lexical.memory_len()
            + self.vectors.memory_len()
            + size_of_val(&*self.groups)
    }
}
