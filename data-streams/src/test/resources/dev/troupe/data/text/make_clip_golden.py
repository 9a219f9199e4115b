"""Token ids of open_clip's SimpleTokenizer for captions of many kinds, as golden values.

usage: make_clip_golden.py [COUNT=2400] [SEED=0] > clip-golden.jsonl.gz      (needs open_clip_torch 3.3.0)

Each line is [cleaning, caption, ids without start, end and limit]. With a greater COUNT the same
script makes more captions to compare than the tests keep.
"""
import gzip
import html.entities
import json
import random
import sys

from open_clip.tokenizer import SimpleTokenizer

count = int(sys.argv[1]) if len(sys.argv) > 1 else 2400
rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)

WORDS = """a photo of the red dog cat bicycle sleeping mountain lake sunset with two people smiling
face flag woman man runner medium skin tone house garden street market blue sky over old city bridge
transformer unbelievable photosynthesis antidisestablishmentarianism x-ray state-of-the-art""".split()
PHRASES = [
    "naïve café", "l’été déjà à la mode", "Ünïcödé Ąćęłńóśźż", "Привет, мир — «ёлка»",
    "Καλημέρα κόσμε", "日本語のテキスト", "한국어 문장", "العربية نص", "हिन्दी पाठ", "עברית", "ไทย",
    "🙂👍🏽👨‍👩‍👧🇩🇪", "“curly” ‘quotes’ — dash… ellipsis", "½ £5 €10 ©®™", "ﬁne ﬂow oﬃce",
    "Ｆｕｌｌｗｉｄｔｈ　ｶﾞｷﾞ", "Çok güzel ğış", "žluťoučký kůň", "año ¿qué? ¡sí!", "Šķērss žūt",
    "✔ No problems", "o\u0308 e\u0301 a\u030a", "ΑΣ ΣΑΣ. ὈΔΥΣΣΕΎΣ", "İstanbul ISPARTA", "ß ẞ ŉ",
    "Ⅷ ⅷ ② ²³", "ᾳ\u0345 \u0345x",
]
ENCODINGS = [
    "latin-1", "windows-1252", "windows-1251", "windows-1250", "windows-1253", "windows-1254",
    "windows-1257", "iso-8859-2", "mac_roman", "cp437", "sloppy-windows-1252",
    "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253", "sloppy-windows-1254",
    "sloppy-windows-1257",
]
ENTITIES = sorted(html.entities.html5)
ODD_ENTITIES = [
    "&amp;lt;", "&amp;amp;amp;", "&;", "&#;", "&#x;", "&&amp;", "&nbsp;", "&amp;#39;", "&lt;b&gt;",
    "&notin;", "&notit;", "&am p;", "&#99999999999;",
]
MARKS = [
    "<start_of_text>", "<END_of_text>", "<ſtart_of_text>", "<b>", "\x1b[31m", "\x1b[0;1mA", "\r\n",
    "\n", "\u2028", "\x85", "\t", "\u3000", "1999", "3.14", "#1",
]
SUSPICIOUS = "âÃÂ€™œ\x80\x9d\xa0 ðŸ˜ï»¿'\"&;#<>x\x1a\ufffd?ØÙàВГРСв Ђβ€ā√≈‚Ä"
BLOCKS = [
    (0x20, 0x7F), (0x80, 0x180), (0x370, 0x530), (0x2000, 0x2C00), (0x1F300, 0x1FA00), (0, 0xD800),
    (0xE000, 0x110000), (0x300, 0x370), (0xF900, 0x10000), (0, 0x20), (0x2500, 0x25A0),
]


def characters():
    if rng.random() < 0.1:
        return "".join(rng.choice(SUSPICIOUS) for _ in range(rng.randrange(1, 9)))
    low, high = rng.choice(BLOCKS)
    return "".join(chr(rng.randrange(low, high)) for _ in range(rng.randrange(1, 9)))


def mojibake(text):
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        try:
            errors = rng.choice(["strict", "replace", "ignore"])
            text = text.encode().decode(rng.choice(ENCODINGS), errors)
        except UnicodeDecodeError:
            pass
    if rng.random() < 0.2:
        text = text.replace("\xa0", " ")
    if rng.random() < 0.1:
        text = text.replace("\x9d", "\ufffd")
    return text


def entity():
    name, kind = rng.choice(ENTITIES), rng.random()
    if kind < 0.4:
        return "&" + name
    if kind < 0.5:
        return "&" + name.upper()
    if kind < 0.6:
        return "&" + name.rstrip(";") + rng.choice(["", " ", "x", ";"])
    end = rng.choice([";", "", " "])
    if kind < 0.75:
        number = rng.choice(
            [rng.randrange(300), rng.randrange(0x11FFFF), 0x80 + rng.randrange(32), 0xD800, 0xFFFE]
        )
        return f"&#{number}{end}"
    if kind < 0.9:
        return f"&#{rng.choice('xX')}{rng.randrange(0x3000)}{end}"
    return rng.choice(ODD_ENTITIES)


def part():
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(WORDS)
    if kind < 0.4:
        endings = ["'s", "'RE", "'ll", "n't", "'ſ", "’s", "!!!", "...", "_x", "-"]
        return rng.choice(WORDS).title() + rng.choice(endings)
    if kind < 0.5:
        return rng.choice(PHRASES)
    if kind < 0.68:
        return mojibake(rng.choice(PHRASES) + rng.choice(["", rng.choice(WORDS)]))
    if kind < 0.78:
        return entity()
    if kind < 0.8:
        return rng.choice(MARKS)
    return characters()


def caption(index):
    if index == 0:
        return ""
    if index % 1200 == 1:  # 10 kB and more
        return " ".join(part() for _ in range(1200))
    if index % 1200 == 2:
        return rng.choice(WORDS) * 1200
    parts = rng.choice([0, 1, 1, 2, 2, 3, 4, 6, 10])
    text = rng.choice(["", " ", " ", " "]).join(part() for _ in range(parts))
    return "".join(c for c in text if not "\ud800" <= c <= "\udfff")


tokenizers = {name: SimpleTokenizer(clean=name) for name in ("lower", "whitespace", "canonicalize")}
with gzip.GzipFile(fileobj=sys.stdout.buffer, mode="wb", mtime=0) as out:
    for i in range(count):
        cleaning, text = list(tokenizers)[i % 3], caption(i)
        line = [cleaning, text, tokenizers[cleaning].encode(text)]
        out.write((json.dumps(line, separators=(",", ":")) + "\n").encode())
