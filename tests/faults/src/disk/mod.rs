//! A disk in memory, mounted with FUSE, whose power can be cut.
//!
//! It promises what POSIX does and no more. A sync of a file makes its bytes and its length
//! durable, a sync of a folder its names; the rest may be there after a cut, in any mixture of
//! sectors and versions. It keeps no times, links or rights, which SQLite does not rely on.

mod file;
mod folder;
mod fuse;
mod tree;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tree::Tree;

/// The disk; clones are the same one.
#[derive(Clone, Default)]
pub struct Disk {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    tree: Mutex<Tree>,
    power_went: Condvar,
}

/// A mounted disk.
pub struct Mounted {
    session: fuser::BackgroundSession,
}

impl Disk {
    /// Mounts the disk on a folder.
    pub fn mount(&self, folder: &Path) -> std::io::Result<Mounted> {
        let mut config = fuser::Config::default();
        config.mount_options = vec![fuser::MountOption::FSName("farebox-faults".to_owned())];
        let session = fuser::spawn_mount(fuse::Mount(self.clone()), folder, &config)?;
        Ok(Mounted { session })
    }

    /// Cuts the power when `changes` more have been carried out.
    pub fn cut_after(&self, changes: u64) {
        self.tree().cut_after(changes);
    }

    /// Waits until the power is gone and says whether it is.
    pub fn wait_for_cut(&self, timeout: Duration) -> bool {
        let waited =
            self.shared.power_went.wait_timeout_while(self.tree(), timeout, |tree| !tree.is_off());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_off()
    }

    /// Switches the power on again; `random` decides what of the unsynced is there.
    pub fn power_on(&self, random: &mut fastrand::Rng) {
        self.tree().power_on(random);
    }

    /// Copies everything into an ordinary folder.
    pub fn copy_to(&self, folder: &Path) -> std::io::Result<()> {
        self.tree().copy_to(folder)
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.shared.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mounted {
    /// Unmounts; nobody may have anything open.
    pub fn unmount(self) -> std::io::Result<()> {
        self.session.umount_and_join()
    }
}
