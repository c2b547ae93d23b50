#!/usr/bin/env python3
"""generate.py [--seed N] [--check FILE]: labelled lines for tests/redaction/run, on standard output.

A JSON object a line: `id`, `kind`, `line` (a text) or `event` (an object), and `secrets`, what must not survive; kind "none"
for a line that holds no secret but looks as if it did. Drawn from a seeded generator whose words lie beside it; no value
was ever a real one. wide.ndjson is what the default seed gives (--check says whether FILE is)."""
import argparse
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import forms
import values

R = values.R
COUNTS = {  # lines of a kind
    "logfmt": 96, "yaml": 60, "json": 56, "json_escaped": 62, "dump": 104, "query": 64, "command": 56, "command_tool": 18,
    "env": 44, "name_value": 12, "xml": 48, "sql": 48, "connection_string": 50, "url_password": 76, "basic_auth": 34,
    "bearer_auth": 50, "other_auth": 34, "go_header": 24, "cookie": 42, "jwt": 36, "aws_secret_key": 20, "private_key": 48,
    "high_entropy": 54, "credit_card": 70, "iban": 48, "email": 48, "phone": 70, "field": 110, "nested": 56, "several": 36,
    "vendor_token": 44,
}
EACH_TOKEN = 16
EACH_CLEAN_TEXT = 1.32
BEFORE = [
    "", "", "", lambda: "2026-11-%02dT08:%02d:12.%sZ INFO [%s] " %
    (R.randint(1, 28), R.randint(0, 59), values.digits(3), R.choice(["http", "sync-3", "main"])),
    "<134>Nov 26 10:11:12 web-1 app[871]: ", "[worker-3] ", "createTimetable: ", "updateRoom: ", "ERROR c.s.t.Export - ",
    "08:12:44.017 | ", "E1126 10:11:12.1 7 a.go:31] "
]


def before(text):
    """What a program puts in front of its texts; nothing before one that begins with blanks."""
    start = R.choice(BEFORE)
    return text if text.startswith(" ") else (start if isinstance(start, str) else start()) + text


def texts(value):
    """Every text and name of an event."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def is_sound(secrets, made):
    """Whether each secret stands in the line, a short one only once, so that nothing else can be taken for it."""
    whole = "\0".join(texts(made))
    for secret in secrets:
        is_short = len(secret) < 3 or secret.isalpha() and len(secret) < 6
        if is_short or secret not in whole or len(secret) < 8 and whole.count(secret) != 1:
            return False
    return True


def secret_row(make):
    for _ in range(200):
        made, secrets = make()
        if isinstance(made, str):
            made = before(made)
        if is_sound(secrets, made):
            return made, list(dict.fromkeys(secrets))
    raise SystemExit("a form whose secret cannot be told from the rest: %r" % (made, ))


def rows():
    counts = dict(COUNTS, **{kind: COUNTS.get(kind, EACH_TOKEN) for kind in values.TOKENS})
    for kind, count in counts.items():
        some = []
        while len(some) < count:  # every form as often as any other
            turn = list(forms.FORMS[kind])
            R.shuffle(turn)
            some += turn
        for make in some[:count]:
            made, secrets = secret_row(make)
            yield kind, made, secrets
    clean = list(forms.CLEAN_TEXTS)
    clean += R.sample(clean, int(len(clean) * (EACH_CLEAN_TEXT - 1)))
    for text in clean:
        yield "none", before(forms.fill(text)), []
    for make, count in forms.CLEAN_BUILT:
        for _ in range(count):
            made = make()
            yield "none", before(made) if isinstance(made, str) else made, []


def generate(seed):
    R.seed(seed)
    found = list(rows())
    R.shuffle(found)
    lines = []
    for number, (kind, made, secrets) in enumerate(found):
        lines.append(
            json.dumps({"id": number, "kind": kind, "secrets": secrets, "line" if isinstance(made, str) else "event": made},
                       ensure_ascii=False))
    return "\n".join(lines) + "\n"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=2604)
    options.add_argument("--check", metavar="FILE", help="compare with FILE instead of printing")
    args = options.parse_args()
    text = generate(args.seed)
    if args.check:
        with open(args.check, encoding="utf-8", newline="") as f:
            return 0 if f.read() == text else "%s is not what the seed %d gives" % (args.check, args.seed)
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
