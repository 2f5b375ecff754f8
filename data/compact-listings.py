#!/usr/bin/env python3
"""Makes listings.jsonl.gz, the sample listings that the binary carries.

usage: compact-listings.py INPUT.jsonl [OUTPUT.jsonl.gz]

Each input line is one collected listing. Kept are the fields that the directory shows; empty
ones are left out. A row whose source does not allow its text to be copied must come with
`facts_only` (its name and description are words of its own URL); the script stops otherwise.
The output is the same, byte for byte, for the same input.
"""

import gzip
import json
import pathlib
import sys

KEPT = (
    "id url method protocol name description price price_usd price_sats asset network category"
    " tags provider source source_ref licence facts_only"
).split()


# How our notes name an origin, and how it is written for readers.
ORIGINS = (
    ("find_string ", "public source code that names "),
    ("; find_string", "; public source code"),
    (", see challenges.jsonl", ""),
)


def origin(text: str) -> str:
    for note, written in ORIGINS:
        text = text.replace(note, written)
    return text


def unmarked(text: str) -> str:
    """Without the asterisks and backticks that a Markdown list left around a name."""
    return text.strip("*` ")


def compact(line: str, number: int) -> str:
    row = json.loads(line)
    if not row["redistributable"] and not row.get("facts_only"):
        sys.exit(f"line {number}: the text of {row['id']} may not be copied")
    row["name"] = unmarked(row["name"])
    row["provider"] = unmarked(row["provider"] or "")
    row["source_ref"] = origin(row["source_ref"])
    kept = {key: row[key] for key in KEPT if row.get(key) not in (None, "", [])}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def main() -> None:
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    source = pathlib.Path(sys.argv[1])
    default = pathlib.Path(__file__).with_name("listings.jsonl.gz")
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else default
    lines = source.read_text(encoding="utf-8").splitlines()
    rows = [compact(line, number) for number, line in enumerate(lines, 1) if line.strip()]
    text = "\n".join(rows) + "\n"
    target.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{len(rows)} listings, {len(text)} bytes, {target.stat().st_size} compressed")


if __name__ == "__main__":
    main()
