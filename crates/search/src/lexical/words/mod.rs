//! From text to words that compare: lower case, without marks, endings and filler.

mod fold;
mod split;
mod stem;
mod stop;

pub(crate) use split::for_each_word;
pub(crate) use stem::{Language, stem};
pub(crate) use stop::{is_generic, is_stop_word, languages_of_stop_word};
