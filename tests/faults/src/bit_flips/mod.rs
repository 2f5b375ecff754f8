//! One bit of the transfers in a copy of a database is flipped, and the program asked for its
//! verdict. Every flip must be noticed, except those that are none: in a table whose key is the
//! row's number, SQLite keeps an empty place for that key in the row and never reads it, and one
//! bit of that place may be either way.

mod pages;

use crate::Failure;
use crate::books::Books;
use crate::tally::progress;
use farebox_store::Location;
use rusqlite::Connection;
use rusqlite::types::Value;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The table of the transfers.
const TABLE: &str = "ledger_transfer";
/// Events in the database, of two transfers each.
const EVENTS: u64 = 300;

/// How often, and who is asked.
#[derive(Debug, clap::Args)]
pub struct BitFlipArgs {
    /// How many flips
    #[arg(long, default_value_t = 400)]
    rounds: u64,
    /// Makes the same flips again
    #[arg(long)]
    seed: Option<u64>,
    /// Flip every bit of this many rows instead of random ones
    #[arg(long)]
    every_bit_of_rows: Option<usize>,
    /// The farebox program
    #[arg(long, env = "TEST_PROGRAM")]
    program: PathBuf,
}

/// Flips, asks, and prints what was not noticed.
pub async fn run(args: BitFlipArgs) -> Result<bool, Failure> {
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..));
    let folder = tempfile::tempdir()?;
    let (file, rows) = make_books(folder.path()).await?;
    let copy = folder.path().join("copy.sqlite");
    std::fs::write(&copy, &file)?;
    if !is_sound(&args.program, &copy)? {
        return Err("the books are not sound before anything was flipped".into());
    }
    let flips = choose(&rows, &args, &mut fastrand::Rng::with_seed(seed));
    let bar = progress(format!("bit flips, seed {seed}"), flips.len() as u64);
    let (mut unseen, mut without_meaning) = (Vec::new(), 0);
    let contents = contents(&copy)?;
    for flip in &flips {
        let mut bytes = file.clone();
        if let Some(byte) = bytes.get_mut(flip.place) {
            *byte ^= 1 << flip.bit;
        }
        std::fs::write(&copy, bytes)?;
        if is_sound(&args.program, &copy)? {
            match self::contents(&copy)? == contents {
                true => without_meaning += 1,
                false => unseen.push(flip),
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    println!(
        "bit flips, seed {seed}: {} in {} transfers, {} not noticed, {without_meaning} without \
         meaning",
        flips.len(),
        rows.len(),
        unseen.len()
    );
    for flip in &unseen {
        println!("  byte {} of row {}, bit {}", flip.place - flip.row_begin, flip.row, flip.bit);
    }
    Ok(unseen.is_empty() && !flips.is_empty())
}

/// One bit in the file.
struct Flip {
    row: usize,
    row_begin: usize,
    place: usize,
    bit: u8,
}

fn choose(rows: &[Range<usize>], args: &BitFlipArgs, random: &mut fastrand::Rng) -> Vec<Flip> {
    let places = rows.iter().enumerate().flat_map(|(row, range)| {
        let row_begin = range.start;
        range
            .clone()
            .flat_map(move |place| (0..8).map(move |bit| Flip { row, row_begin, place, bit }))
    });
    if let Some(count) = args.every_bit_of_rows {
        return places.filter(|flip| flip.row < count).collect();
    }
    let mut places: Vec<_> = places.collect();
    random.shuffle(&mut places);
    places.truncate(usize::try_from(args.rounds).unwrap_or(usize::MAX));
    places
}

/// A database file with transfers in it, and where they are.
async fn make_books(folder: &Path) -> Result<(Vec<u8>, Vec<Range<usize>>), Failure> {
    let path = folder.join("farebox.sqlite");
    let books = Books::open(&Location::File(path.clone())).await?;
    for number in 0..EVENTS {
        books.book(number).await?;
    }
    books.checkpoint().await;
    let connection = Connection::open(&path)?;
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let root: usize = connection.query_row(sql, [TABLE], |row| row.get(0))?;
    let file = std::fs::read(&path)?;
    let rows = pages::rows(&file, root).ok_or("the file is not as SQLite describes it")?;
    let count = format!("SELECT count(*) FROM {TABLE}");
    let count: usize = connection.query_row(&count, [], |row| row.get(0))?;
    if rows.len() != count || count == 0 {
        return Err(format!("{} of {count} transfers were found in the file", rows.len()).into());
    }
    Ok((file, rows))
}

/// Every value of every transfer, as SQLite reads them.
fn contents(database: &Path) -> Result<Vec<Vec<Value>>, Failure> {
    let connection = Connection::open(database)?;
    let mut statement = connection.prepare(&format!("SELECT * FROM {TABLE}"))?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|index| row.get(index)).collect())?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the program says of a database.
fn is_sound(program: &Path, database: &Path) -> Result<bool, Failure> {
    let mut command = Command::new(program);
    command.args(["admin", "ledger", "verify", "--database"]).arg(database);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    match status.code() {
        Some(0) => Ok(true),
        Some(1 | 2) => Ok(false),
        code => Err(format!("the verification ended with {code:?}").into()),
    }
}
