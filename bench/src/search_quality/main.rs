//! How well a search finds: nDCG@10 on judged queries, beside three plain ways to search, in one
//! run over the same listings.
//!
//! A search answers with rows, each on one rail; judged is the URL and method, so that further
//! rows of the same do not count.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod bm25;
mod directory;
mod full_text;
mod like;
mod listings;
mod measure;
mod queries;
mod report;
mod words;

use clap::Parser;
use listings::Listings;
use measure::Score;
use queries::Query;
use std::error::Error;
use std::path::PathBuf;

type Failed = Box<dyn Error + Send + Sync>;

/// Measures how well the directory's search finds, beside LIKE, SQLite's FTS5 and BM25.
///
/// Run it in the repository's folder, or name the files. Reading `tune` queries one by one is
/// how a search is improved; `held` ones are for its report.
#[derive(Debug, Parser)]
struct Args {
    /// Judged queries, one JSON object a line
    #[arg(long, default_value = "bench/search-quality/queries.jsonl")]
    queries: PathBuf,

    /// Listings, one JSON object a line; as they are or with gzip
    #[arg(long, default_value = "data/listings.jsonl.gz")]
    listings: PathBuf,

    /// Only queries of this split
    #[arg(long)]
    split: Option<String>,

    /// Also measures /api/v1/services with further parameters, such as rank=best
    #[arg(long, value_name = "PARAMETERS")]
    with: Vec<String>,

    /// Prints the rows that each way puts first for the query of this id
    #[arg(long, value_name = "ID")]
    show: Option<String>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A way to search.
trait Search {
    fn name(&self) -> &str;

    /// The rows found, best first, by their place in the listings.
    fn search(&self, query: &str) -> Result<Vec<usize>, Failed>;
}

/// What one way scored, one for each query.
struct Column {
    name: String,
    scores: Vec<Score>,
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let args = Args::parse();
    let listings = Listings::read(&args.listings)?;
    let mut queries = queries::read(&args.queries)?;
    queries.retain(|query| args.split.as_ref().is_none_or(|split| *split == query.split));
    let ways = ways(&args, &listings).await?;
    if let Some(id) = &args.show {
        let query = queries.iter().find(|query| query.id == *id);
        return report::show(query.ok_or("no query has this id")?, &ways, &listings);
    }
    let columns = ways.iter().map(|way| score(way.as_ref(), &queries, &listings));
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    match args.json {
        true => println!("{:#}", report::to_json(&queries, &columns)),
        false => report::print(&queries, &columns),
    }
    Ok(())
}

async fn ways(args: &Args, listings: &Listings) -> Result<Vec<Box<dyn Search>>, Failed> {
    let directory = directory::open(listings).await?;
    let mut ways: Vec<Box<dyn Search>> = vec![Box::new(directory.with(""))];
    for parameters in &args.with {
        ways.push(Box::new(directory.with(parameters)));
    }
    ways.push(Box::new(like::Like::build(listings)));
    ways.push(Box::new(full_text::FullText::build(listings)?));
    ways.push(Box::new(bm25::Bm25::build(listings)));
    Ok(ways)
}

fn score(way: &dyn Search, queries: &[Query], listings: &Listings) -> Result<Column, Failed> {
    let scores = queries.iter().map(|query| {
        let found = listings.endpoints(&way.search(&query.text)?);
        Ok(Score::of(&found, &query.grades))
    });
    Ok(Column { name: way.name().to_owned(), scores: scores.collect::<Result<_, Failed>>()? })
}
