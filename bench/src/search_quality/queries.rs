//! Judged queries.

use crate::Failed;
use crate::listings::Endpoint;
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;

/// A query, and what it is to find.
pub struct Query {
    pub id: String,
    /// What the query is kept for.
    pub split: String,
    pub text: String,
    /// The kinds of query it is, the main one first.
    pub tags: Vec<String>,
    /// Of every endpoint that is of use, from 1.
    pub grades: HashMap<Endpoint, u8>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    split: String,
    query: String,
    #[serde(default)]
    tags: Vec<String>,
    relevant: Vec<Judgement>,
}

#[derive(Deserialize)]
struct Judgement {
    #[serde(flatten)]
    endpoint: Endpoint,
    grade: u8,
}

impl From<Line> for Query {
    fn from(line: Line) -> Self {
        let judgements = line.relevant.into_iter();
        let grades = judgements.map(|judgement| (judgement.endpoint, judgement.grade)).collect();
        Self { id: line.id, split: line.split, text: line.query, tags: line.tags, grades }
    }
}

pub fn read(path: &Path) -> Result<Vec<Query>, Failed> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| Ok(serde_json::from_str::<Line>(line)?.into())).collect()
}
