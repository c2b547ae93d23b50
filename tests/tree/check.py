#!/usr/bin/env python3
"""check.py ROOT [LOGCHUTE]: what a compiler does not check about the tree.

- includes follow the arrows of ARCHITECTURE (who may include whom); a plugin never includes another;
- a .c or .h file has at most 800 lines beside its tables of data, a function at most 60. A file may carry
  one mark, `/* scanner: why */`, right above the one function that may be longer;
- a header opens with a comment that has `Ownership:` and `Threads:`;
- no path of somebody's machine is in the tree;
- each row of docs/library-traps.md names a test that is there, or a function that we do not use;
- docs/plugins/ is what `logchute docs` writes (given LOGCHUTE).

Prints one line for each breach, `path:line: what`, and exits 1 if there is any."""
import filecmp
import os
import re
import subprocess
import sys
import tempfile

FILE_LINES = 800
FUNCTION_LINES = 60
PLUGIN_FOLDERS = ("inputs", "codecs", "filters", "outputs")
EVERYTHING = ("pipeline/base", "conf", "pipeline/text", "pipeline/net", "pipeline/run", "pipeline/serve",
              "pipeline/check", "pipeline/cli") + PLUGIN_FOLDERS
# folder -> what it may include beside itself
ARROWS = {
    "pipeline/base": (),
    "conf": ("pipeline/base",),
    "pipeline/text": ("pipeline/base", "conf"),
    "pipeline/net": ("pipeline/base", "conf"),
    "pipeline/run": ("pipeline/base", "conf", "pipeline/net/sockets.h", "pipeline/net/peers.h"),
    "pipeline/check": ("pipeline/base", "conf", "pipeline/run"),
    "pipeline/serve": EVERYTHING,
    "pipeline/cli": EVERYTHING,
}
for plugins in PLUGIN_FOLDERS:
    ARROWS[plugins] = ("pipeline/base", "conf", "pipeline/text", "pipeline/net",
                       "pipeline/run/plugin.h", "pipeline/run/stream.h", "pipeline/run/datagrams.h")

INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
SCANNER = re.compile(r"^/\* scanner: \S")
MACHINE_PATH = re.compile(r"(?<![\w./-])/(?:work|home/[a-z]\w*|Users/\w+|root)/[\w.-]+")
TEXT_ENDINGS = (".c", ".h", ".py", ".md", ".txt", ".json", ".conf", ".cmake", ".yml", ".yaml", ".sh", ".js", ".cases")


def tracked(root):
    """Every file of the tree: what git knows and what is new but not ignored."""
    out = subprocess.run(["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    return sorted(f for f in set(out.split("\0")) if f and os.path.isfile(os.path.join(root, f)))


def folder_of(path):
    """The folder of ARROWS that holds `path`, or None."""
    fits = [f for f in ARROWS if path.startswith(f + "/")]
    return max(fits, key=len) if fits else None


def plugin_of(path):
    """'filters/kv' for filters/kv.c and filters/kv/parse.c; None for what belongs to the folder: registry, headers."""
    parts = path.split("/")
    if parts[0] not in PLUGIN_FOLDERS or len(parts) < 2:
        return None
    return parts[0] + "/" + os.path.splitext(parts[1])[0]


def check_includes(path, lines):
    home = folder_of(path)
    if home is None:
        return
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1)
        there = folder_of(target)
        if there is None:
            if "/" not in target:
                target = os.path.dirname(path) + "/" + target  # a bare name lies beside its includer
                there = folder_of(target)
            if there is None:
                yield number, 'includes "%s", which is in no folder of the design' % match.group(1)
                continue
        if home in PLUGIN_FOLDERS and there in PLUGIN_FOLDERS:
            if plugin_of(target) != plugin_of(path) and not target.endswith("/registry.h"):
                yield number, 'a plugin includes "%s", which belongs to another' % target
        elif there != home and not any(target == may or target.startswith(may + "/") for may in ARROWS[home]):
            yield number, '%s may not include "%s"' % (home, target)


def functions(lines):
    """(first line, last line, is marked as scanner) of each function body of clang-formatted C: its
    signature ends in `) {`, the body in a lone `}` at the margin."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            # A signature may be wrapped: then `{` ends an indented line, and the name is above it.
            if re.search(r"\)\s*\{$", line) and not line.startswith("#"):
                head = number
                while head > 1 and lines[head - 1][:1] in (" ", "\t"):
                    head -= 1
                if re.match(r"[A-Za-z_]", lines[head - 1]):
                    above = lines[head - 2] if head > 1 else ""
                    back = head - 2
                    while back > 0 and above.startswith(" *"):
                        back -= 1
                        above = lines[back]
                    start = (head, bool(SCANNER.match(above)))
        elif line.startswith("}"):
            yield start[0], number, start[1]
            start = None


def table_lines(lines):
    """How many lines belong to tables: `… = {` at the margin up to its `};`."""
    count = 0
    is_inside = False
    for line in lines:
        if not is_inside:
            is_inside = bool(re.match(r"[A-Za-z_].*=\s*\{$", line))
        elif line.startswith("}"):
            is_inside = False
        else:
            count += 1
    return count


def check_size(path, lines):
    size = len(lines) - table_lines(lines)
    if size > FILE_LINES:
        yield len(lines), "%d lines; at most %d" % (size, FILE_LINES)
    marks = 0
    for first, last, is_scanner in functions(lines):
        marks += is_scanner
        if last - first + 1 > FUNCTION_LINES and not is_scanner:
            yield first, "a function of %d lines; at most %d" % (last - first + 1, FUNCTION_LINES)
    if marks > 1:
        yield 1, "%d functions are marked as scanner; one may be" % marks


def check_header(lines):
    """A header says who owns what it deals with, and which threads may use it."""
    end = next((n for n, line in enumerate(lines) if "*/" in line), len(lines))
    opening = "\n".join(lines[:end + 1])
    for word in ("Ownership:", "Threads:"):
        if not opening.startswith("/*") or word not in opening:
            yield 1, "the header's opening comment lacks `%s`" % word


def check_text(path, lines):
    for number, line in enumerate(lines, 1):
        found = MACHINE_PATH.search(line)
        if found:
            yield number, "a path of one machine: %s" % found.group(0)


TEST_NAMED = re.compile(r"`(tests/[\w/.]+\.(?:c|py))` `(\w+)`")
NOT_USED = re.compile(r"not used: ((?:`\w+`(?:, )?)+)")


def check_traps(root):
    """In docs/library-traps.md each row names a test that is there, or a function that nothing of ours uses."""
    page = os.path.join(root, "docs/library-traps.md")
    if not os.path.exists(page):
        return
    with open(page, encoding="utf-8") as f:
        lines = f.read().split("\n")
    sources = {path: read(root, path) for path in tracked(root) if path.endswith((".c", ".h")) and folder_of(path)}
    is_in_table = False
    for number, line in enumerate(lines, 1):
        is_row = is_in_table and line.startswith("|")
        is_in_table = line.startswith("|---") or is_row
        if not is_row:
            continue
        tests = TEST_NAMED.findall(line)
        unused = [name for names in NOT_USED.findall(line) for name in re.findall(r"\w+", names)]
        for path, name in tests:
            if not re.search(r"(?:Test\(\w+, |^def )%s\b" % name, read(root, path), re.M):
                yield "docs/library-traps.md:%d: there is no test %s in %s" % (number, name, path)
        for name in unused:
            for path, text in sources.items():
                if re.search(r"\b%s\b" % name, text):
                    yield "docs/library-traps.md:%d: %s is used, in %s" % (number, name, path)
        if not tests and not unused:
            yield "docs/library-traps.md:%d: a trap without a test" % number


def read(root, path):
    """The text of a file of the tree; an empty one if there is none."""
    path = os.path.join(root, path)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def files_under(folder):
    return {os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names}


def check_docs(root, binary):
    """docs/plugins is generated; it must be what the binary writes now."""
    with tempfile.TemporaryDirectory() as fresh:
        made = subprocess.run([binary, "docs", fresh], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if made.returncode != 0 or not os.listdir(fresh):
            yield "docs/plugins:1: `logchute docs` failed: %s" % made.stdout.decode().strip()
            return
        have = os.path.join(root, "docs/plugins")
        for name in sorted(files_under(fresh) | files_under(have)):
            there, here = os.path.join(fresh, name), os.path.join(have, name)
            if not os.path.exists(here) or not os.path.exists(there) or not filecmp.cmp(there, here, shallow=False):
                yield "docs/plugins/%s:1: not what `logchute docs docs/plugins` writes: run it" % name


def main():
    root = os.path.abspath(sys.argv[1])
    breaches = []
    checked = 0
    for path in tracked(root):
        if not path.endswith(TEXT_ENDINGS) and "." in os.path.basename(path):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
            lines = f.read().split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        checks = []
        if path.endswith((".c", ".h")):
            checks += [check_includes(path, lines), check_size(path, lines)]
        if path.endswith(".h"):
            checks.append(check_header(lines))
        if not path.startswith(("tests/vectors/", "tests/tree/")):
            checks.append(check_text(path, lines))
        for check in checks:
            breaches += ["%s:%d: %s" % (path, number, what) for number, what in check]
        checked += 1
    breaches += check_traps(root)
    if len(sys.argv) > 2:
        breaches += check_docs(root, os.path.abspath(sys.argv[2]))
    print("\n".join(breaches + ["tree: %d files, %d breaches" % (checked, len(breaches))]))
    return 1 if breaches or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
