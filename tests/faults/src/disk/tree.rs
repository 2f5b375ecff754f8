//! Files and folders, and the moment at which the power goes.

use super::file::File;
use super::folder::Folder;
use fuser::Errno;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::Path;

/// The number of the folder at the top.
pub const ROOT: u64 = 1;

/// A file or a folder.
pub enum Node {
    File(File),
    Folder(Folder),
}

/// Everything on the disk.
pub struct Tree {
    nodes: HashMap<u64, Node>,
    next: u64,
    power: Power,
}

enum Power {
    On,
    /// On for so many more changes.
    GoesAfter(u64),
    Off,
}

impl Default for Tree {
    fn default() -> Self {
        let nodes = HashMap::from([(ROOT, Node::Folder(Folder::default()))]);
        Self { nodes, next: ROOT + 1, power: Power::On }
    }
}

impl Tree {
    /// Lets the power go in the middle of a change: `changes` more are carried out.
    pub fn cut_after(&mut self, changes: u64) {
        self.power = Power::GoesAfter(changes);
    }

    /// Whether the power is gone; every operation fails then.
    pub const fn is_off(&self) -> bool {
        matches!(self.power, Power::Off)
    }

    /// Switches the power on again: what was not synced is there by chance.
    pub fn power_on(&mut self, random: &mut fastrand::Rng) {
        let reached = [0.0, 0.1, 0.5, 0.9, 1.0];
        let reached = random.choice(reached).unwrap_or_default();
        let mut numbers: Vec<_> = self.nodes.keys().copied().collect();
        // In the order of a hash table, one seed would not make one outcome.
        numbers.sort_unstable();
        for number in numbers {
            match self.nodes.get_mut(&number) {
                Some(Node::File(file)) => *file = file.after_cut(random, reached),
                Some(Node::Folder(folder)) => *folder = folder.after_cut(random, reached),
                None => {}
            }
        }
        self.power = Power::On;
    }

    /// Copies everything below the top into an ordinary folder.
    pub fn copy_to(&self, target: &Path) -> std::io::Result<()> {
        self.copy_folder(ROOT, target)
    }

    fn copy_folder(&self, number: u64, target: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(target)?;
        let Some(Node::Folder(folder)) = self.nodes.get(&number) else { return Ok(()) };
        for (name, child) in folder.names() {
            match self.nodes.get(child) {
                Some(Node::File(file)) => std::fs::write(target.join(name), file.bytes())?,
                Some(Node::Folder(_)) => self.copy_folder(*child, &target.join(name))?,
                None => {}
            }
        }
        Ok(())
    }

    /// A node, while there is power.
    pub fn node(&self, number: u64) -> Result<&Node, Errno> {
        if self.is_off() {
            return Err(Errno::EIO);
        }
        self.nodes.get(&number).ok_or(Errno::ENOENT)
    }

    /// The number behind a name.
    pub fn find(&self, folder: u64, name: &OsStr) -> Result<u64, Errno> {
        match self.node(folder)? {
            Node::Folder(folder) => folder.names().get(name).copied().ok_or(Errno::ENOENT),
            Node::File(_) => Err(Errno::ENOTDIR),
        }
    }

    /// A file that is about to change; counts as one change.
    pub fn file_mut(&mut self, number: u64) -> Result<&mut File, Errno> {
        match self.node_mut(number)? {
            Node::File(file) => Ok(file),
            Node::Folder(_) => Err(Errno::EISDIR),
        }
    }

    /// A folder that is about to change; counts as one change.
    pub fn folder_mut(&mut self, number: u64) -> Result<&mut Folder, Errno> {
        match self.node_mut(number)? {
            Node::Folder(folder) => Ok(folder),
            Node::File(_) => Err(Errno::ENOTDIR),
        }
    }

    /// Puts a new node into a folder and returns its number.
    pub fn make(&mut self, folder: u64, name: &OsStr, node: Node) -> Result<u64, Errno> {
        let number = self.next;
        let folder = self.folder_mut(folder)?;
        if folder.names().contains_key(name) {
            return Err(Errno::EEXIST);
        }
        folder.insert(name, number);
        self.nodes.insert(number, node);
        self.next += 1;
        Ok(number)
    }

    /// Takes a file's name away. Who has the file open goes on with it.
    pub fn unlink(&mut self, folder: u64, name: &OsStr) -> Result<(), Errno> {
        let number = self.find(folder, name)?;
        if let Node::Folder(_) = self.node(number)? {
            return Err(Errno::EISDIR);
        }
        self.folder_mut(folder)?.remove(name);
        Ok(())
    }

    /// Renames within one folder, over a file that may be there.
    pub fn rename(&mut self, folder: u64, from: &OsStr, to: &OsStr) -> Result<(), Errno> {
        self.find(folder, from)?;
        self.folder_mut(folder)?.rename(from, to);
        Ok(())
    }

    fn node_mut(&mut self, number: u64) -> Result<&mut Node, Errno> {
        self.power = match self.power {
            Power::On => Power::On,
            Power::GoesAfter(0) | Power::Off => Power::Off,
            Power::GoesAfter(changes) => Power::GoesAfter(changes - 1),
        };
        if self.is_off() {
            return Err(Errno::EIO);
        }
        self.nodes.get_mut(&number).ok_or(Errno::ENOENT)
    }
}
