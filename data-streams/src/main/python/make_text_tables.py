"""Makes the tables of dev.troupe.data.text from the libraries whose behaviour they describe.

usage: make_text_tables.py FOLDER      (needs ftfy 6.3 and regex; writes three files)

unicode-classes.txt   classes of CLIP's token pattern, as the regex module sees them with IGNORECASE;
                      lower case and the context of the final sigma, as str.lower() sees them
html5-entities.txt    html.entities.html5
mojibake.json         single-byte encodings and classes of characters of ftfy's heuristic (Apache-2.0)
"""
import html.entities
import json
import re
import sys
import unicodedata
from pathlib import Path

import ftfy
import regex
from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import CHARMAP_ENCODINGS, UTF8_CLUES

folder = Path(sys.argv[1])
ALL = [chr(i) for i in range(0x110000) if not 0xD800 <= i <= 0xDFFF]


def ranges(characters):
    runs = []
    for code in sorted(map(ord, characters)):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in runs)


def matching(pattern):
    compiled = regex.compile(pattern, regex.IGNORECASE)
    return [c for c in ALL if compiled.match(c)]


letters, numbers = matching(r"[\p{L}]"), matching(r"[\p{N}]")
others = set(matching(r"[^\s\p{L}\p{N}]"))
unmatched = [c for c in set(ALL) - set(letters) - set(numbers) - others if not c.isspace()]
cased = [c for c in ALL if (c + "Σ").lower().endswith("ς")]
ignorable = [c for c in ALL if ("a" + c + "Σ").lower().endswith("ς") and c not in set(cased)]
shifts = {}  # distance to the lower-case character -> characters
for c in ALL:
    low = c.lower()
    if low != c and len(low) == 1 and c != "Σ":
        shifts.setdefault(ord(low) - ord(c), []).append(c)
assert [c for c in ALL if len(c.lower()) != 1] == ["İ"]

with open(folder / "unicode-classes.txt", "w", encoding="ascii") as out:
    print(f"# Made by make_text_tables.py with regex {regex.__version__} and Python's Unicode {unicodedata.unidata_version}.", file=out)
    print("# NAME RANGES; ranges in hexadecimal. lower:SHIFT lists characters whose lower case lies SHIFT further on.", file=out)
    print("letter", ranges(letters), file=out)
    print("number", ranges(numbers), file=out)
    print("unmatched", ranges(unmatched), file=out)
    print("cased", ranges(cased), file=out)
    print("ignorable", ranges(ignorable), file=out)
    for shift, characters in sorted(shifts.items()):
        print(f"lower:{shift}", ranges(characters), file=out)

with open(folder / "html5-entities.txt", "w", encoding="ascii") as out:
    print("# Named character references of HTML5 (WHATWG), from Python's html.entities. NAME CODE...", file=out)
    for name, value in sorted(html.entities.html5.items()):
        print(name, *(f"{ord(c):x}" for c in value), file=out)


def members(character_class):
    return "".join(c for c in ALL if re.match(f"[{character_class}]", c))


tables = {
    "source": f"ftfy {ftfy.__version__}, Apache-2.0, Copyright Robyn Speer",
    "encodings": {e: bytes(range(0x80, 0x100)).decode(e) for e in CHARMAP_ENCODINGS},
    "categories": {name: members(chars) for name, chars in MOJIBAKE_CATEGORIES.items()},
    "utf8": {name: members(chars) for name, chars in UTF8_CLUES.items()},
}
with open(folder / "mojibake.json", "w", encoding="ascii") as out:
    json.dump(tables, out, indent=1)
    print(file=out)
