"""Which plugins a configuration names: enough of the grammar to tell a case of a plugin that is not built yet."""
import re

TOKEN = re.compile(r"""(?P<space>[\s\u00a0\ufeff]+|\#[^\n]*)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
                   r"""|(?P<arrow>=>)|(?P<operator>=~|!~|==|!=|<=|>=|<|>)|(?P<word>[A-Za-z0-9_@.-]+)|(?P<other>.)""", re.S)
REGEX = re.compile(r"/(?:\\.|[^/\\])*/", re.S)
NO_PLUGINS = {"else", "if", "and", "or", "not", "in", "xor", "nand"}


def tokens(text):
    at, last = 0, ""
    while at < len(text):
        regex = REGEX.match(text, at) if last in ("=~", "!~", "in", "[", ",") else None
        match = regex or TOKEN.match(text, at)
        at = match.end()
        if regex is None and match.lastgroup == "space":
            continue
        last = match.group()
        yield ("regex" if regex else match.lastgroup), last


def named(config):
    """{"filter mutate", "codec json", …}"""
    found, depth, section = set(), 0, None
    before = last = ("", "")
    wants_codec = False
    for kind, text in tokens(config):
        if kind == "arrow" and last[1] == "codec":
            wants_codec = True
        elif wants_codec:
            found.add("codec " + text.strip("\"'"))
            wants_codec = False
        if text == "{":
            if depth == 0 and last[1] in ("input", "filter", "output"):
                section = last[1]
            elif (depth > 0 and last[0] == "word" and last[1] not in NO_PLUGINS and before[0] not in ("operator", "arrow")
                  and not last[1][0].isdigit() and before[1] not in NO_PLUGINS - {"else"}):
                found.add("%s %s" % (section, last[1]))
            depth += 1
        elif text == "}":
            depth -= 1
        before, last = last, (kind, text)
    return found
