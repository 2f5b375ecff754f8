//! Reads JSON strings, one per line, and prints the tokens of each as a line of JSON.
//! `tests/interop/tokenizer` compares them with those of the reference.

use farebox_search::Model;
use std::io::{BufWriter, Write, stdin, stdout};

fn main() -> std::io::Result<()> {
    let mut output = BufWriter::new(stdout().lock());
    for line in stdin().lines() {
        let text: String = serde_json::from_str(&line?)?;
        serde_json::to_writer(&mut output, &Model::shipped().tokens(&text))?;
        writeln!(output)?;
    }
    output.flush()
}
