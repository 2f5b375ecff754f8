//! `farebox probe --recorded`: judges answers that were recorded, by the code that judges live ones.

mod case;
mod failure;
mod lines;
mod output;
mod read;

use crate::output::{Failure, print_line};
use case::Case;
use farebox_wire::probe::health::{Classification, FAILURES_MAX, Listed, classify};
use lines::{Line, Lines};
use output::{Summary, error_json, to_json, to_row};
use std::fs::File;
use std::io::{BufReader, Read, stdin};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Judges every line of a file, or of standard input where the name is `-`, as it is read.
/// A line that cannot be read is answered with an error, and with exit code 1 at the end.
pub(super) fn run(name: &str, json: bool) -> Result<ExitCode, Failure> {
    let cannot = |error: std::io::Error| Failure::usage(format!("cannot read {name}: {error}"));
    let (input, folder): (Box<dyn Read>, PathBuf) = if name == "-" {
        (Box::new(stdin()), PathBuf::from("."))
    } else {
        let folder = Path::new(name).parent().map(Path::to_path_buf).unwrap_or_default();
        (Box::new(File::open(name).map_err(cannot)?), folder)
    };
    let mut summary = Summary::default();
    if !json {
        print_line(output::HEAD);
    }
    for line in Lines::new(BufReader::new(input)) {
        let Line { number, text } = line.map_err(cannot)?;
        let judged = text.and_then(|text| judge(&text, &folder));
        match &judged {
            Ok(judged) if json => print_line(to_json(judged)),
            Ok(judged) => print_line(to_row(judged)),
            Err(problem) if json => print_line(error_json(number, problem)),
            Err(problem) => print_line(format_args!("line {number}: {}", output::shown(problem))),
        }
        summary.count(judged.as_ref());
    }
    if !json {
        print_line(summary.text().trim_end());
    }
    Ok(if summary.has_failures() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A line, and what it comes to.
struct Judged {
    case: Case,
    now: Classification,
    /// The same as the third failure in a row.
    third: Classification,
}

fn judge(text: &[u8], folder: &Path) -> Result<Judged, String> {
    let case = Case::read(text, folder)?;
    let now = classify(&case.seen(), &case.listed, case.terms);
    let failures_before = case.listed.failures_before.max(FAILURES_MAX.saturating_sub(1));
    let listed = Listed { failures_before, ..case.listed.clone() };
    let third = classify(&case.seen(), &listed, case.terms);
    Ok(Judged { case, now, third })
}
