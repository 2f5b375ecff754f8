"""The texts that tokens are compared of, and what the reference makes of them.

python tokens.py listings FILE                   prints the listings' texts as JSON, one per line
python tokens.py hostile                         prints texts that nobody means well with
python tokens.py compare MODEL TEXTS OURS        compares the tokens in OURS with the reference's
python tokens.py compare MODEL TEXTS OURS KNOWN  and forgives characters that are not in KNOWN, the
                                                 numbers of those that are in Unicode 8.0
"""

import gzip
import json
import random
import struct
import sys

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer

RANGES = [
    (0, 0x7F), (0x80, 0x24F), (0x250, 0x1FFF), (0x2000, 0x32FF), (0x3300, 0xD7FF), (0xE000, 0xFFFF),
    (0x10000, 0x1FFFF),
]
HOSTILE = [
    "",
    " \t\r\n\x0b\x0c",
    "[CLS] [SEP] [PAD] [MASK] [UNK] ##s ## #",
    "raw\x12control\x00characters\x7fin\x1fwords\x85\x9f",
    "zero\u200bwidth\u200djoin\ufeffer soft\xadhyphen \u202ertl\u202c \u2066isolate\u2069",
    "a" * 100, "a" * 101, "é" * 100, "é" * 101, "ß" * 101, "x" * 100_000,
    "e\u0301" * 100, "e\u0301" * 101, "o" + "\u0301" * 5_000, "\u0301\u0302 alone",
    "İstanbul ıstanbul ΣΊΣΥΦΟΣ ǅ ŉ ﬁ ẞ ß K Å",
    "中文字 and 日本語のテキスト 한국어 ไทย हिन्दी العربية עברית \U00020000\U0002b820\U0002b920\U0002f800豈",
    "½ ² ℝ ™ ① Ⅷ ㎏ ａｂｃ １２３ ，。！？「」",
    "“quotes” ‘single’ — dash – en … « » ¿¡ § ¶ · ¦ ¬ ° ± ¨ ´ ¸ ª º",
    "$5.00 €3 £2 ¥1 ₿0.001 a+b=c x^y `code` ~ | < >",
    "👍🏽 👨‍👩‍👧‍👦 🇩🇪 ❤️ \ue000 \U000f0000 \ufffd \ufffe \uffff \U0010ffff",
    "U+0345\u0345 \u0dcf\u0dca \u302e\u302f \U0001d165\U0001d16d \u1fef \u037e \u2000 \u2126 \u212b",
    "n\u0303\u0327 \u0327\u0303 \uac01 \u1100\u1161\u11a8 q\u0307\u0323",
    "http://user:pass@host.example:8080/a/b?c=d&e=%20#frag snake_case kebab-case CamelCase 3.14e-10",
]


# These were of another general category in Unicode 8.0, whose tables the reference has.
MOVED = {0x166D, 0x1734, 0x1885, 0x1886, 0xA9BD, 0x111C9, 0x1171E}


def listings(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            listing = json.loads(line)
            for field in ("name", "description"):
                if listing.get(field):
                    yield listing[field]


def hostile():
    yield from HOSTILE
    # Each character there is, within a word and alone.
    for code in range(0x110000):
        if not 0xD800 <= code <= 0xDFFF:
            yield f"data{chr(code)}base {chr(code)}"
    chance = random.Random(402)
    for _ in range(50_000):
        few = chance.sample(RANGES, chance.randint(1, 3))
        codes = (chance.randint(*chance.choice(few)) for _ in range(chance.randint(1, 60)))
        yield "".join(chr(code) for code in codes)


def vocabulary(model):
    with open(model, "rb") as file:
        magic, tokens, _, length = struct.unpack("<4sIII", file.read(16))
        assert magic == b"SE04", magic
        entries = file.read(length).decode().split("\n")
    assert len(entries) == tokens, (len(entries), tokens)
    return {entry: token for token, entry in enumerate(entries)}


def reference(model):
    # BertWordPieceTokenizer's parts without its special tokens: in the texts of strangers, [CLS]
    # is only text.
    tokenizer = Tokenizer(WordPiece(vocabulary(model), unk_token="[UNK]"))
    tokenizer.normalizer = BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    return tokenizer


def compare(model, path, ours, known=None):
    tokenizer = reference(model)
    forgiven = set(MOVED)
    if known:
        with open(known) as lines:
            forgiven.update(set(range(0x110000)) - set(map(int, lines)))
    texts = tokens = newer = 0
    different = []
    with open(path) as lines, open(ours) as found:
        for text, mine in zip(map(json.loads, lines), map(json.loads, found), strict=True):
            theirs = tokenizer.encode(text, add_special_tokens=False).ids
            texts += 1
            tokens += len(theirs)
            if mine == theirs:
                continue
            if known and any(ord(character) in forgiven for character in text):
                newer += 1
            else:
                different.append((text, mine, theirs))
    print(f"{texts} texts, {tokens} tokens, {len(different)} texts with other tokens", file=sys.stderr)
    if known:
        print(f"{newer} more, which have characters of Unicode 9.0 and later", file=sys.stderr)
    for text, mine, theirs in different[:20]:
        print(ascii(text[:80]), "ours", mine[:20], "theirs", theirs[:20])
    assert texts > 1_000, "too few texts to say anything"
    assert not different


def show(texts):
    for text in texts:
        print(json.dumps(text))


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "compare":
        compare(*arguments)
    else:
        show({"listings": listings, "hostile": hostile}[command](*arguments))
