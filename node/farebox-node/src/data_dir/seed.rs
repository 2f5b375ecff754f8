//! The backup words (BIP 39) that all keys come from.

use super::{DataDir, private_file};
use crate::problem::Problem;
use ldk_node::bip39::Mnemonic;
use ldk_node::generate_entropy_mnemonic;
use std::fmt;
use std::io::Read;
use std::path::Path;

const FILE: &str = "seed";
/// 24 words of at most 8 letters, and room for what people put around them.
const RESTORED_LEN_MAX: u64 = 4_096;

/// The words.
pub(crate) struct Seed(pub(crate) Mnemonic);

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(hidden)")
    }
}

impl Seed {
    /// The words in the folder, made on the first start.
    ///
    /// # Errors
    ///
    /// The folder holds channels but no words, or the words cannot be read or written.
    pub(crate) fn open(data: &DataDir) -> Result<Self, Problem> {
        let path = data.path().join(FILE);
        if !path.exists() {
            must_be_new(data)?;
            keep(&path, &generate_entropy_mnemonic(None))?;
            tracing::info!("new backup words were made; see them with `farebox-node seed`");
        }
        Self::read(data.path())
    }

    /// The words in a folder that may be in use.
    ///
    /// # Errors
    ///
    /// There are none yet, or they cannot be read.
    pub(crate) fn read(folder: &Path) -> Result<Self, Problem> {
        let text = std::fs::read_to_string(folder.join(FILE))
            .map_err(|error| Problem::file("the file of backup words", error))?;
        parse(&text).map(Self)
    }

    /// Puts words that somebody kept into a new data folder.
    ///
    /// # Errors
    ///
    /// The folder is in use already, or these are no backup words.
    pub(crate) fn restore(data: &DataDir, words: impl Read) -> Result<(), Problem> {
        let path = data.path().join(FILE);
        if path.exists() {
            return Err(Problem::Data("this data folder has backup words already".into()));
        }
        must_be_new(data)?;
        let mut text = String::new();
        let read = words.take(RESTORED_LEN_MAX).read_to_string(&mut text);
        read.map_err(|error| Problem::file("the backup words", error))?;
        keep(&path, &parse(&text)?)
    }

    /// The words with what there is to know about them.
    pub(crate) fn explained(&self) -> String {
        format!(
            "{}\n\n\
             Write these {} words down and keep them where nobody else finds them: who has them\n\
             has the coins.\n\n\
             They bring back: the node's identity and the coins of its on-chain wallet.\n\
             They do not bring back: channels. The money in channels needs the data folder as it\n\
             was last written. Never start an old copy of it: the other side may take all.\n\
             Close the channels before you give up a data folder. docs/node.md says more.",
            self.0,
            self.0.word_count()
        )
    }
}

/// New words next to the channels of other words would make them unusable.
fn must_be_new(data: &DataDir) -> Result<(), Problem> {
    if !data.channels_database().exists() {
        return Ok(());
    }
    let text = "the data folder holds channels but no backup words; put the file `seed` back";
    Err(Problem::Data(text.into()))
}

fn keep(path: &Path, words: &Mnemonic) -> Result<(), Problem> {
    private_file::create(path, &format!("{words}\n"))
        .map_err(|error| Problem::file("the file of backup words", error))
}

fn parse(text: &str) -> Result<Mnemonic, Problem> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.parse().map_err(|error| Problem::Data(format!("no backup words (BIP 39): {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_are_never_overwritten() {
        let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let data = DataDir::open(first.path().to_owned()).unwrap();
        let words = Seed::open(&data).unwrap().0.to_string();
        assert_eq!(words.split(' ').count(), 24);
        assert_eq!(Seed::open(&data).unwrap().0.to_string(), words);
        let other = DataDir::open(second.path().to_owned()).unwrap();
        Seed::restore(&other, format!(" {}\n", words.replace(' ', "\n")).as_bytes()).unwrap();
        assert_eq!(Seed::open(&other).unwrap().0.to_string(), words);
        assert!(Seed::restore(&other, words.as_bytes()).is_err());
    }

    #[test]
    fn channels_without_words_are_not_given_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path().to_owned()).unwrap();
        std::fs::write(data.channels_database(), "").unwrap();
        assert!(Seed::open(&data).is_err());
        assert!(Seed::restore(&data, "abandon".as_bytes()).is_err());
    }

    #[test]
    fn a_typing_error_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path().to_owned()).unwrap();
        let words = "abandon ".repeat(11) + "abandon";
        assert!(Seed::restore(&data, words.as_bytes()).is_err(), "wrong checksum");
    }
}
