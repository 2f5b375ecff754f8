//! The whole query as it stands: `name LIKE '%query%' OR description LIKE '%query%'`, names first.

use crate::listings::Listings;
use crate::{Failed, Search};

pub struct Like {
    /// Name and description in lower case.
    texts: Vec<(String, String)>,
}

impl Like {
    pub fn build(listings: &Listings) -> Self {
        let lower = listings.rows.iter();
        let texts = lower.map(|row| (row.name.to_lowercase(), row.description().to_lowercase()));
        Self { texts: texts.collect() }
    }
}

impl Search for Like {
    fn name(&self) -> &'static str {
        "LIKE"
    }

    fn search(&self, query: &str) -> Result<Vec<usize>, Failed> {
        let query = query.to_lowercase();
        let in_name =
            |(row, (name, _)): (usize, &(String, String))| name.contains(&query).then_some(row);
        let below = |(row, (name, description)): (usize, &(String, String))| {
            (!name.contains(&query) && description.contains(&query)).then_some(row)
        };
        let all = || self.texts.iter().enumerate();
        Ok(all().filter_map(in_name).chain(all().filter_map(below)).collect())
    }
}
