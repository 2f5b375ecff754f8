//! Child processes that end with the test.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// A running program; killed when this goes.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts a program and reads its standard output up to the line that `value` finds something
    /// in.
    pub(crate) fn start<T>(
        command: &mut Command,
        log: &Path,
        value: impl Fn(&str) -> Option<T>,
    ) -> (Self, T) {
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let found = lines.by_ref().map_while(Result::ok).find_map(|line| value(&line));
        // What follows is read too, so that the program never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let found = found.unwrap_or_else(|| {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            panic!("{command:?} did not start:\n{log}");
        });
        (Self(child), found)
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let id = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.0.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program of this workspace, built next to the tests.
pub(crate) fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).expect("the folder above deps");
    let program = folder.join(name);
    assert!(program.exists(), "build the whole workspace first: {} is missing", program.display());
    program
}
