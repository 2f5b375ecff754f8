//! `farebox admin backup`: copies, checks the copy, and only then gives it its name.

use super::files::{Draft, check_room, copy_private};
use super::{DATABASE, DUMP, Manifest, PLAY, Progress, SECRET, postgres};
use crate::books::{self, Books};
use crate::config::Settings;
use crate::output::Failure;
use farebox_ledger::Head;
use farebox_store::{Location, Store, copy_database, database_len};
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// What was copied of the server's database.
struct Copied {
    name: &'static str,
    head: Head,
    schema: Option<String>,
}

/// Makes a backup in the new folder `target`; the server may run meanwhile.
pub async fn make(
    settings: &Settings,
    demo: bool,
    target: PathBuf,
    progress: Progress,
) -> Result<(PathBuf, Manifest), Failure> {
    let folder = settings.server_dir(demo).map_err(Failure::usage)?;
    let location = settings.store_location(demo).map_err(Failure::usage)?;
    let (draft, begun) = (Draft::begin(&target)?, Timestamp::now());
    let copied = match location {
        Location::File(path) => copy_file(&path, draft.path(), &progress).await?,
        Location::Postgres(url) => {
            progress.say("dumping the database");
            let (head, schema) = postgres::dump(url, draft.path().join(DUMP)).await?;
            Copied { name: DUMP, head, schema: Some(schema) }
        }
    };
    let mut names = vec![copied.name];
    // After the books: what reaches the play network later is found and booked after a restore.
    if demo && copy_play(&folder, draft.path(), &progress).await? {
        names.push(PLAY);
    }
    if copy_secret(&folder, draft.path(), copied.head)? {
        names.push(SECRET);
    }
    let manifest = Manifest::begin(begun, demo, copied.schema, copied.head);
    let manifest = manifest.with_files(draft.path(), &names)?;
    manifest.write(draft.path())?;
    Ok((draft.publish()?, manifest))
}

async fn copy_file(from: &Path, draft: &Path, progress: &Progress) -> Result<Copied, Failure> {
    let to = draft.join(DATABASE);
    copy_sqlite(from, &to, progress)?;
    progress.say("checking the copy");
    let books = Store::look(Location::File(to), books::verify_file).await;
    let books = books.map_err(|error| Failure::general(format!("the copy: {error}")))?;
    refuse_unsound(&books)?;
    Ok(Copied { name: DATABASE, head: books.head(), schema: None })
}

fn copy_sqlite(from: &Path, to: &Path, progress: &Progress) -> Result<(), Failure> {
    let name = from.display();
    if !from.is_file() {
        return Err(Failure::usage(format!("there is no database {name}")));
    }
    let unreadable = |error| Failure::general(format!("cannot copy {name}: {error}"));
    let bytes = database_len(from).map_err(unreadable)?;
    check_room(to.parent().unwrap_or(to), bytes)?;
    let copied = progress.copying("copying", to, bytes, || copy_database(from, to));
    copied.map_err(unreadable)
}

async fn copy_play(folder: &Path, draft: &Path, progress: &Progress) -> Result<bool, Failure> {
    let (from, to) = (folder.join(PLAY), draft.join(PLAY));
    if !from.is_file() {
        return Ok(false);
    }
    copy_sqlite(&from, &to, progress)?;
    let findings = Store::look(Location::File(to), farebox_store::check).await;
    match findings.map_err(Failure::general)?.first() {
        Some(finding) => Err(Failure::general(format!("{} is damaged: {finding}", from.display()))),
        None => Ok(true),
    }
}

/// A server that never took money has no secret.
fn copy_secret(folder: &Path, draft: &Path, head: Head) -> Result<bool, Failure> {
    let from = folder.join(SECRET);
    if from.is_file() {
        copy_private(&from, &draft.join(SECRET))?;
        return Ok(true);
    }
    if head.seq > 0 {
        let text = "is missing, and without it the tokens of these books are void";
        return Err(Failure::general(format!("{} {text}", from.display())));
    }
    Ok(false)
}

/// A backup of wrong books would take the place of a good one.
pub(super) fn refuse_unsound(books: &Books) -> Result<(), Failure> {
    match books.findings().next() {
        None => Ok(()),
        Some(finding) => Err(Failure::general(format!(
            "the books are not sound ({finding}); farebox admin ledger verify says more"
        ))),
    }
}
