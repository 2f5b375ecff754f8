//! What commands print, and how they fail.

use farebox_wire::text::is_hidden;
use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// A failure of a command: one line for people, an exit code for programs.
#[derive(Debug)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Exit code 1: it did not work.
    pub fn general(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 1 }
    }

    /// Exit code 2: arguments or settings are wrong.
    pub fn usage(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 2 }
    }

    /// Exit code 4: a server cannot be reached.
    pub fn network(message: impl Display) -> Self {
        Self { message: message.to_string(), code: 4 }
    }

    /// Prints the line to standard error, or a JSON object of one line where JSON was asked for.
    pub fn report(&self, as_json: bool) -> ExitCode {
        if as_json {
            let error = serde_json::json!({
                "code": self.name(),
                "message": self.message,
                "exit_code": self.code,
            });
            eprintln!("{}", serde_json::json!({"error": error}));
        } else {
            eprintln!("farebox: {}", self.message);
        }
        ExitCode::from(self.code)
    }

    const fn name(&self) -> &'static str {
        match self.code {
            2 => "usage",
            4 => "network",
            _ => "general",
        }
    }
}

/// Writes a line to standard output. A reader that went away (`| head`) is no failure.
pub fn print_line(line: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Prints a value as indented JSON.
pub fn print_json(value: &serde_json::Value) {
    print_line(format_args!("{value:#}"));
}

/// Bold text on a terminal, plain text elsewhere.
pub fn bold(text: &str) -> String {
    let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if coloured { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// A text of a stranger as a terminal may show it: no control characters, so no escape codes,
/// and nothing invisible that turns the rest of the line around.
pub fn harmless(text: &str) -> String {
    text.chars().filter(|character| !is_hidden(*character)).collect()
}
