//! Where the answer goes.

use super::GetArgs;
use super::terminal::TerminalSink;
use crate::commands::problem::Problem;
use farebox_buyer::{FileSink, MemorySink, Sink, WriterSink};
use std::io::IsTerminal;
use std::path::PathBuf;
use tokio::io::Stdout;

/// A longer answer needs a file of its own and is no part of a JSON object.
const JSON_BODY_LEN_MAX: u64 = 1 << 20;

/// A file, standard output for programs or for people, or the `body` of a JSON object.
pub(super) enum Output {
    File { sink: FileSink, path: PathBuf },
    Stdout(WriterSink<Stdout>),
    Terminal(TerminalSink<Stdout>),
    Json(MemorySink),
}

impl Output {
    pub(super) fn new(args: &GetArgs) -> Result<Self, Problem> {
        Ok(match args.output.as_deref() {
            Some("") => {
                let text = "--output must name a file, or - for standard output";
                return Err(Problem::usage(text));
            }
            Some(path) if path != "-" => {
                let path = PathBuf::from(path);
                Self::File { sink: FileSink::new(path.clone()), path }
            }
            _ if args.json => Self::Json(MemorySink::default()),
            None if std::io::stdout().is_terminal() => {
                Self::Terminal(TerminalSink::new(tokio::io::stdout()))
            }
            _ => Self::Stdout(WriterSink::new(tokio::io::stdout())),
        })
    }

    pub(super) fn sink(&mut self) -> &mut dyn Sink {
        match self {
            Self::File { sink, .. } => sink,
            Self::Stdout(sink) => sink,
            Self::Terminal(sink) => sink,
            Self::Json(sink) => sink,
        }
    }

    pub(super) fn len_max(&self) -> Option<u64> {
        matches!(self, Self::Json(_)).then_some(JSON_BODY_LEN_MAX)
    }

    /// The file, where there is one.
    pub(super) fn path(&self) -> Option<String> {
        match self {
            Self::File { path, .. } => Some(path.display().to_string()),
            _ => None,
        }
    }

    /// The answer, where it is to be part of the JSON object.
    pub(super) fn body(&self) -> Option<&[u8]> {
        match self {
            Self::Json(sink) => Some(sink.body()),
            _ => None,
        }
    }
}
