//! `farebox categories`

use super::directory_client::{ServerArgs, ask};
use crate::config::Settings;
use crate::output::{Failure, harmless, print_json, print_line};
use clap::Args;
use serde_json::Value;
use std::process::ExitCode;

/// List the categories of the directory, the largest first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  farebox categories
  farebox categories --json | jq '.categories | keys'")]
pub struct CategoriesArgs {
    /// Print the server's JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Asks the directory and prints the tree.
pub async fn run(args: CategoriesArgs, settings: Settings) -> Result<ExitCode, Failure> {
    let answer = ask(&settings, "/api/v1/categories", &[]).await?;
    if args.json {
        print_json(&answer);
        return Ok(ExitCode::SUCCESS);
    }
    print_level(answer.get("categories").unwrap_or(&Value::Null), 0);
    Ok(ExitCode::SUCCESS)
}

fn print_level(categories: &Value, depth: usize) {
    let total = |node: &Value| node.get("total").and_then(Value::as_u64).unwrap_or(0);
    let Some(categories) = categories.as_object() else { return };
    let mut sorted: Vec<_> = categories.iter().collect();
    sorted.sort_by_key(|(name, node)| (std::cmp::Reverse(total(node)), *name));
    for (name, node) in sorted {
        let label = format!("{}{}", "  ".repeat(depth), harmless(name));
        print_line(format_args!("{label:<36}{:>7}", total(node)));
        if let Some(below) = node.get("subcategories") {
            print_level(below, depth + 1);
        }
    }
}
