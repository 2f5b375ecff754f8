//! Meaning: texts as vectors, near each other when they say the same in other words.
//!
//! [`Model`] turns a text into an [`Embedding`] without any service: it adds up one vector for each
//! token of the text. A [`VectorIndex`] finds the documents whose embeddings are nearest; it takes
//! embeddings of any model and number of dimensions.

mod characters;
mod kernels;
mod model;
mod model_file;
mod nearest_bits;
mod quantised;
mod sign_bits;
mod vector;
mod vector_index;
mod word_pieces;
mod words;

pub use model::Model;
pub use model_file::ModelError;
pub use vector::{DIMENSIONS_MAX, Embedding};
pub use vector_index::VectorIndex;
