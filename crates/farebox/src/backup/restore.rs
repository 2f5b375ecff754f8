//! `farebox admin restore`: checks the backup, checks its copy beside the old data, and only then
//! changes places. The old data is moved aside, never deleted.

use super::files::{cannot, check_room, copy_private, digest_of, move_if_there, sync_folder};
use super::postgres::Schemas;
use super::{DATABASE, DUMP, Manifest, PLAY, Progress, SECRET, unfinished};
use crate::books;
use crate::config::Settings;
use crate::output::Failure;
use farebox_store::{FileLock, Location, Store, make_private_folder};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// What was done.
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// The data folder.
    pub folder: PathBuf,
    /// Where the old data is now.
    pub moved_to: Vec<String>,
}

/// Puts the backup in `from` in the place of the server's data.
pub async fn restore(
    settings: &Settings,
    demo: bool,
    from: PathBuf,
    replace: bool,
    progress: Progress,
) -> Result<Restored, Failure> {
    progress.say("checking the backup");
    let manifest = Manifest::read_checked(&from)?;
    let folder = settings.server_dir(demo).map_err(Failure::usage)?;
    let location = settings.store_location(demo).map_err(Failure::usage)?;
    check_kind(&manifest, demo, &location)?;
    let _locks = lock(&folder, demo)?;
    let target = Target { folder, manifest, stamp: stamp() };
    target.refuse_old_data(replace)?;
    let schemas = match &location {
        Location::File(_) => None,
        Location::Postgres(url) => Some(Schemas::look(url, &target.stamp, replace).await?),
    };
    if let Err(error) = target.stage(&from, schemas.as_ref(), &progress).await {
        target.unstage();
        return Err(error);
    }
    target.change_places(schemas)
}

fn check_kind(manifest: &Manifest, demo: bool, location: &Location) -> Result<(), Failure> {
    if manifest.demo != demo {
        let text = match demo {
            true => "this is not a backup of the demo; leave --demo away",
            false => "this is a backup of the demo; say --demo",
        };
        return Err(Failure::usage(text));
    }
    let (name, other) = match location {
        Location::File(_) => (DATABASE, "a SQLite file; it has one of a PostgreSQL"),
        Location::Postgres(_) => (DUMP, "a PostgreSQL; it has a SQLite file"),
    };
    match manifest.has(name) {
        true => Ok(()),
        false => Err(Failure::usage(format!("the settings (store.postgres) name {other}"))),
    }
}

/// No server has the files open, and none can start meanwhile.
fn lock(folder: &Path, demo: bool) -> Result<Vec<FileLock>, Failure> {
    let names = if demo { [DATABASE, PLAY].as_slice() } else { &[DATABASE] };
    let take = |name: &&str| FileLock::take(&folder.join(name)).map_err(Failure::general);
    names.iter().map(take).collect()
}

fn stamp() -> String {
    Timestamp::now().strftime("%Y%m%d_%H%M%S").to_string()
}

struct Target {
    folder: PathBuf,
    manifest: Manifest,
    /// The time of this restore, for names.
    stamp: String,
}

impl Target {
    fn refuse_old_data(&self, replace: bool) -> Result<(), Failure> {
        let there = old_names().find(|name| self.folder.join(name).exists());
        match there {
            Some(name) if !replace => Err(Failure::usage(format!(
                "{} has data ({name}); with --replace it is moved aside",
                self.folder.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Puts everything beside the old data and checks it there.
    async fn stage(
        &self,
        from: &Path,
        schemas: Option<&Schemas>,
        progress: &Progress,
    ) -> Result<(), Failure> {
        self.stage_files(from, progress).await?;
        let Some(schemas) = schemas else { return Ok(()) };
        progress.say("restoring into the database");
        let schema = self.manifest.postgres_schema.as_deref().unwrap_or("public");
        schemas.stage(from.join(DUMP), schema.to_owned(), self.manifest.head()?).await
    }

    /// Removes what [`Self::stage`] left in the folder.
    fn unstage(&self) {
        for file in self.files() {
            // Most of them may not be there.
            let _ = std::fs::remove_file(self.staged(&file.name));
        }
    }

    async fn stage_files(&self, from: &Path, progress: &Progress) -> Result<(), Failure> {
        check_room(&self.folder, self.manifest.bytes())?;
        // An earlier attempt may have been cut off.
        self.unstage();
        for file in self.files() {
            let (source, staged) = (from.join(&file.name), self.staged(&file.name));
            let copy = || copy_private(&source, &staged);
            progress.copying("restoring", &staged, file.bytes, copy)?;
            if digest_of(&staged)? != (file.bytes, file.sha256.clone()) {
                return Err(Failure::general(format!("{} was not copied well", file.name)));
            }
        }
        if self.manifest.has(DATABASE) {
            progress.say("checking the books");
            let look = Store::look(Location::File(self.staged(DATABASE)), books::verify_file);
            let books = look.await.map_err(Failure::general)?;
            super::make::refuse_unsound(&books)?;
            check_head(&books, &self.manifest)?;
        }
        Ok(())
    }

    /// From the first name that changes to the last, the folder is marked as unfinished.
    fn change_places(self, schemas: Option<Schemas>) -> Result<Restored, Failure> {
        let folder = &self.folder;
        let was_whole = unfinished::set(folder)?;
        let mut moved_to = Vec::new();
        if let Some(schemas) = schemas {
            match schemas.change_places() {
                Ok(old) => moved_to.extend(old),
                Err(error) => {
                    // One transaction: it changed nothing, and no file was touched yet.
                    if was_whole {
                        unfinished::clear(folder)?;
                    }
                    return Err(error);
                }
            }
        }
        let aside = folder.join(format!("before-restore-{}", self.stamp));
        if old_names().any(|name| folder.join(name).exists()) {
            make_private_folder(&aside).map_err(|error| cannot("make", &aside, &error))?;
            for name in old_names() {
                move_if_there(&folder.join(&name), &aside.join(&name))?;
            }
            sync_folder(&aside)?;
            sync_folder(folder)?;
            moved_to.push(aside.display().to_string());
        }
        for file in self.files() {
            move_if_there(&self.staged(&file.name), &folder.join(&file.name))?;
        }
        unfinished::clear(folder)?;
        Ok(Restored { manifest: self.manifest, folder: self.folder, moved_to })
    }

    /// What becomes a file of the data folder; a dump goes into its database.
    fn files(&self) -> impl Iterator<Item = &super::manifest::FileEntry> {
        self.manifest.files.iter().filter(|file| file.name != DUMP)
    }

    fn staged(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.restoring"))
    }
}

/// Files that would not fit the restored ones: a write-ahead log above all.
fn old_names() -> impl Iterator<Item = String> {
    let with_logs = |name: &'static str| ["", "-wal", "-shm"].map(|end| format!("{name}{end}"));
    let databases = [DATABASE, PLAY].into_iter().flat_map(with_logs);
    databases.chain([SECRET.to_owned()])
}

/// Refuses books that are not those of the manifest.
fn check_head(books: &books::Books, manifest: &Manifest) -> Result<(), Failure> {
    if books.head() == manifest.head()? {
        return Ok(());
    }
    let (found, expected) = (books.head(), &manifest.head);
    Err(Failure::general(format!(
        "the books reach to {found}, and the manifest says {expected}: this is another database"
    )))
}
