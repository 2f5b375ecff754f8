//! A command with money that did not end well.

use farebox_buyer::BuyError;
use serde_json::json;
use std::fmt::Display;
use std::process::ExitCode;

/// What happened, what to do, and what programs compare.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<&'static str>,
    pub(crate) exit_code: u8,
}

impl Problem {
    pub(crate) fn usage(message: impl Display) -> Self {
        Self { code: "usage", message: message.to_string(), hint: None, exit_code: 2 }
    }

    pub(crate) fn general(message: impl Display) -> Self {
        Self { code: "start", message: message.to_string(), hint: None, exit_code: 1 }
    }

    /// One line of JSON, or one for what happened and one for what to do, on standard error.
    pub(crate) fn print(&self, json: bool) -> ExitCode {
        let Self { code, message, hint, exit_code } = self;
        if json {
            let error =
                json!({"code": code, "message": message, "hint": hint, "exit_code": exit_code});
            eprintln!("{}", json!({ "error": error }));
        } else {
            eprintln!("farebox: {message}");
            if let Some(hint) = hint {
                eprintln!("hint: {hint}");
            }
        }
        ExitCode::from(*exit_code)
    }
}

impl From<BuyError> for Problem {
    fn from(error: BuyError) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
            exit_code: error.exit_code(),
        }
    }
}
