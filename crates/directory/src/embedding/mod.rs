//! Vectors of texts from a service of the operator's choice, in place of our own model's: anything
//! that answers `POST /v1/embeddings` the way OpenAI does.
//!
//! An [`Embedder`] asks for the vector of a query while somebody waits, with a time limit, a
//! circuit breaker and a memory of the last queries; what it cannot give is [`Degraded`] for a
//! reason, and search goes on with our own model. [`DocumentVectors`] keeps the vectors of the
//! listings' texts in the database and asks for missing ones in the background.

mod answer;
mod breaker;
mod degraded;
mod document_vectors;
mod embedder;
mod exchange;
mod known_queries;
mod missing;
mod options;
mod rows;

pub use degraded::{DEGRADED_HEADER, Degraded};
pub use document_vectors::{DocumentVectors, Texts};
pub use embedder::{Embedder, EmbedderStats};
pub use exchange::EmbedError;
pub use farebox_search::DIMENSIONS_MAX;
pub use options::{ApiKey, EmbedderOptions, ProviderUrl, ProviderUrlProblem};
