//! Texts of strangers: cleaned when they come in, and labelled where they are odd; never silently
//! changed in meaning.

pub(crate) mod clean;
mod flags;
mod lookalike;

pub(crate) use flags::content_flags;
pub(crate) use lookalike::KnownNames;
