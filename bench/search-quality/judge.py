#!/usr/bin/env python3
"""Makes queries.jsonl from rules.toml, and shows what the judge looked at.

usage: judge.py write                grades the whole collection, writes queries.jsonl
       judge.py check                the same, says whether queries.jsonl is what would be written
       judge.py pool NUMBER|WORDS    what the baselines find for a query, with the grades given

Needs only the standard library. What the rules mean is in README.md.
"""

import collections
import gzip
import hashlib
import json
import math
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).parent
LISTINGS = HERE.parent.parent / "data" / "listings.jsonl.gz"
RULES = HERE / "rules.toml"
QUERIES = HERE / "queries.jsonl"

JUDGING = (
    "2 = does what the query asks in one call; 1 = partly, adjacent, or a bundle that names the"
    " capability; everything else in the collection is 0"
)
POOL = (
    "top 15 of LIKE, OR count, BM25 and character n-grams, the same of BM25 with further words of"
    " the judge, and regular expressions over the whole collection; grades by rules.toml, applied"
    " to the whole collection"
)
# Which row of the table a rule looks at.
RULE = re.compile(r"^([012]) (?:(url|name|text|service):)?(.+)$")
POOL_DEPTH = 15
ADDRESS_SHOWN = 95
NAME_SHOWN = 80


class Unit:
    """One URL and method, on whatever rails it is sold."""

    def __init__(self, rows: list[dict]):
        first = rows[0]
        self.url, self.method = first["url"], first.get("method")
        self.rows = rows
        address = self.url.split("://", 1)[-1]
        names = " | ".join(dict.fromkeys(row["name"] for row in rows))
        descriptions = " | ".join(dict.fromkeys(row.get("description", "") for row in rows))
        self.fields = {
            "url": f"{self.method or '-'} {address}",
            "name": names,
            "text": f"{address} | {names} | {descriptions}",
            "service": "" if self.method else f"{names} | {descriptions}",
            None: f"{address} | {names}",
        }
        labels = [row.get("provider", "") + " " + " ".join(row.get("tags", [])) for row in rows]
        self.searched = f"{names} {descriptions} {' '.join(labels)} {first.get('category', '')}"


def units() -> list[Unit]:
    grouped: dict[tuple, list[dict]] = {}
    with gzip.open(LISTINGS, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            grouped.setdefault((row["url"], row.get("method")), []).append(row)
    return [Unit(rows) for rows in grouped.values()]


def compiled(query: dict) -> list[tuple]:
    rules = []
    for rule in query["rules"]:
        match = RULE.match(rule)
        if not match:
            sys.exit(f"{query['query']!r}: {rule!r} is no rule")
        grade, field, pattern = match.groups()
        rules.append((int(grade), field, re.compile(pattern, re.IGNORECASE)))
    return rules


def allowed(query: dict, unit: Unit) -> int:
    """The best grade that the rail and the price let a unit have."""
    rail, price_max = query.get("rail"), query.get("price_usd_max")
    rows = [row for row in unit.rows if rail in (None, row["protocol"])]
    if not rows:
        return 0
    if price_max is None:
        return 2
    price = min(row.get("price_usd", math.inf) for row in rows)
    if price < price_max or (price == price_max and not query.get("price_is_below")):
        return 2
    unpriced = any(row.get("price_usd") is None for row in rows)
    return 1 if unpriced or price == price_max else 0


def grade(rules: list[tuple], query: dict, unit: Unit) -> int:
    """The grade of the first rule that fits, as far as rail and price allow it."""
    for given, field, pattern in rules:
        if pattern.search(unit.fields[field]):
            return min(given, allowed(query, unit))
    return 0


def judged(query: dict, all_units: list[Unit]) -> list[tuple[Unit, int]]:
    rules = compiled(query)
    found = [(unit, grade(rules, query, unit)) for unit in all_units]
    return sorted(
        ((unit, given) for unit, given in found if given),
        key=lambda pair: (-pair[1], pair[0].url, pair[0].method or ""),
    )


def digest(query: dict) -> str:
    return hashlib.sha256(query["query"].encode()).hexdigest()


def with_splits(queries: list[dict]) -> list[dict]:
    """Halves each kind by the hash of the query's text; an odd one goes where there are fewer."""
    kinds: dict[str, list[dict]] = collections.defaultdict(list)
    for query in queries:
        kinds[query["tags"][0]].append(query)
    held = 0
    tune = 0
    for kind in sorted(kinds):
        ordered = sorted(kinds[kind], key=digest)
        first, second = ("held", "tune") if held <= tune else ("tune", "held")
        for number, query in enumerate(ordered):
            query["split"] = first if number % 2 == 0 else second
            held += query["split"] == "held"
            tune += query["split"] == "tune"
    return queries


def record(number: int, query: dict, all_units: list[Unit]) -> dict:
    relevant = [
        {"url": unit.url, "method": unit.method, "grade": given}
        for unit, given in judged(query, all_units)
    ]
    return {
        "id": f"f{number:03}",
        "split": query["split"],
        "query": query["query"],
        "intent": query["intent"],
        "rail": query.get("rail"),
        "tags": query["tags"],
        "n2": sum(row["grade"] == 2 for row in relevant),
        "n1": sum(row["grade"] == 1 for row in relevant),
        "relevant": relevant,
        "judging": JUDGING,
        "pool": POOL,
    }


def load() -> list[dict]:
    return with_splits(tomllib.loads(RULES.read_text(encoding="utf-8"))["query"])


def written() -> str:
    all_units = units()
    records = [record(number, query, all_units) for number, query in enumerate(load(), 1)]
    for row in records:
        if not row["n2"]:
            sys.exit(f"{row['id']} {row['query']!r}: nothing does what it asks")
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in records)


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())


def grams(text: str) -> list[str]:
    return [
        f" {word} "[at : at + length]
        for word in words(text)
        for length in (3, 4)
        for at in range(len(word) + 3 - length)
    ]


class Weighted:
    """BM25 over any way to cut a text into terms."""

    def __init__(self, texts: list[str], cut):
        self.cut = cut
        self.counts = [collections.Counter(cut(text)) for text in texts]
        self.lengths = [sum(count.values()) for count in self.counts]
        self.mean = sum(self.lengths) / len(texts)
        self.frequency = collections.Counter(term for count in self.counts for term in count)

    def scores(self, query: str) -> list[float]:
        total = [0.0] * len(self.counts)
        for term in set(self.cut(query)):
            df = self.frequency[term]
            idf = math.log(1 + (len(total) - df + 0.5) / (df + 0.5))
            for at, count in enumerate(self.counts):
                tf = count[term]
                length = self.lengths[at] / self.mean
                total[at] += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * length))
        return total


def pool(query: dict, all_units: list[Unit], indexes: dict) -> None:
    texts = [unit.searched.lower() for unit in all_units]
    asked = query["query"].lower()
    terms = set(words(asked))
    ways = {
        "like": [float(asked in text) for text in texts],
        "or": [float(len(terms & set(words(text)))) for text in texts],
        "bm25": indexes["words"].scores(asked),
        "chars": indexes["grams"].scores(asked),
        "further": indexes["words"].scores(query.get("further", "")),
    }
    found = collections.defaultdict(list)
    for way, scores in ways.items():
        best = sorted(range(len(scores)), key=lambda at: -scores[at])[:POOL_DEPTH]
        for at in best:
            if scores[at] > 0:
                found[at].append(way)
    rules = compiled(query)
    grades = {at: grade(rules, query, unit) for at, unit in enumerate(all_units)}
    shown = [at for at in range(len(all_units)) if grades[at] or at in found]
    print(f"\n### {query['query']} [{query['intent']}] {query['tags']}")
    for at in sorted(shown, key=lambda at: (-grades[at], all_units[at].url)):
        unit = all_units[at]
        name = unit.fields["name"][:NAME_SHOWN]
        print(f"{grades[at]} {unit.fields['url'][:ADDRESS_SHOWN]} | {name} ({','.join(found[at])})")


def main() -> None:
    match sys.argv[1:]:
        case ["write"]:
            text = written()
            QUERIES.write_text(text, encoding="utf-8")
            print(f"{text.count(chr(10))} queries")
        case ["check"]:
            if QUERIES.read_text(encoding="utf-8") != written():
                sys.exit("queries.jsonl is not what rules.toml gives; run: judge.py write")
        case ["pool", *which]:
            all_units = units()
            texts = [unit.searched for unit in all_units]
            indexes = {"words": Weighted(texts, words), "grams": Weighted(texts, grams)}
            for number, query in enumerate(load(), 1):
                if any(part in (str(number), query["query"]) for part in which):
                    pool(query, all_units, indexes)
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
