//! One folder: its names as programs see them, and those that a power cut leaves.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

/// Names that change together: each is put in, or taken out.
type Change = Vec<(OsString, Option<u64>)>;

/// Names and the nodes behind them. Changes reach the disk in their order, and are certain to be
/// there only when the folder itself was synced: a synced file without a name is lost.
#[derive(Default)]
pub struct Folder {
    current: BTreeMap<OsString, u64>,
    durable: BTreeMap<OsString, u64>,
    unsynced: Vec<Change>,
}

impl Folder {
    /// What programs see.
    pub fn names(&self) -> &BTreeMap<OsString, u64> {
        &self.current
    }

    /// Makes a name.
    pub fn insert(&mut self, name: &OsStr, node: u64) {
        self.change(vec![(name.to_owned(), Some(node))]);
    }

    /// Takes a name out.
    pub fn remove(&mut self, name: &OsStr) {
        self.change(vec![(name.to_owned(), None)]);
    }

    /// Gives a node another name, in one step.
    pub fn rename(&mut self, from: &OsStr, to: &OsStr) {
        if let Some(node) = self.current.get(from).copied() {
            self.change(vec![(from.to_owned(), None), (to.to_owned(), Some(node))]);
        }
    }

    /// All names are on the disk.
    pub fn sync(&mut self) {
        self.durable = self.current.clone();
        self.unsynced.clear();
    }

    /// What the disk holds after a cut: the synced names and the first few changes since.
    pub fn after_cut(&self, random: &mut fastrand::Rng, reached: f64) -> Self {
        let mut names = self.durable.clone();
        let some = random.f64() < reached;
        let count = if some { random.usize(0..=self.unsynced.len()) } else { 0 };
        for change in self.unsynced.iter().take(count) {
            apply(&mut names, change);
        }
        Self { current: names.clone(), durable: names, unsynced: Vec::new() }
    }

    fn change(&mut self, change: Change) {
        apply(&mut self.current, &change);
        self.unsynced.push(change);
    }
}

fn apply(names: &mut BTreeMap<OsString, u64>, change: &Change) {
    for (name, node) in change {
        match node {
            Some(node) => names.insert(name.clone(), *node),
            None => names.remove(name),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_certain_only_after_the_folders_own_sync() {
        let outcomes = |folder: &Folder| -> std::collections::BTreeSet<Vec<OsString>> {
            let cut = |seed| folder.after_cut(&mut fastrand::Rng::with_seed(seed), 0.5).durable;
            (0..100).map(|seed| cut(seed).into_keys().collect()).collect()
        };
        let mut folder = Folder::default();
        folder.insert(OsStr::new("a"), 2);
        assert_eq!(outcomes(&folder), [vec![], vec!["a".into()]].into());
        folder.sync();
        folder.rename(OsStr::new("a"), OsStr::new("b"));
        assert_eq!(outcomes(&folder), [vec!["a".into()], vec!["b".into()]].into());
        folder.remove(OsStr::new("b"));
        folder.sync();
        assert_eq!(outcomes(&folder), [vec![]].into());
    }
}
