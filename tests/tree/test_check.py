#!/usr/bin/env python3
"""Proves that check.py sees each kind of breach, and nothing in a clean tree."""
import os
import subprocess
import sys
import tempfile

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check.py")
LONG = "static int %s(int a) {\n" + "    a++;\n" * 62 + "    return a;\n}\n"
HEADER = "/* conf/a.h - an a.\n *\n * Ownership: the caller's.\n * Threads: any. */\nint a;\n"
# what it says, file, text, what the report must hold (None: clean)
ROWS = [
    ("a plugin may include the run's plugin.h", "filters/a.c", '#include "pipeline/run/plugin.h"\n', None),
    ("base includes nothing of ours", "pipeline/base/a.c", '#include "conf/b.h"\n', "pipeline/base may not include"),
    ("conf does not include run", "conf/a.c", '#include "pipeline/run/b.h"\n', "conf may not include"),
    ("a plugin sees of run only plugin.h", "inputs/a.c", '#include "pipeline/run/queue.h"\n', "inputs may not include"),
    ("a plugin does not include another", "filters/a.c", '#include "filters/b.h"\n', "belongs to another"),
    ("nor one of another kind", "filters/a.c", '#include "codecs/b.h"\n', "belongs to another"),
    ("a big plugin includes its own folder", "outputs/a/b.c", '#include "outputs/a/c.h"\n', None),
    ("main may include everything", "pipeline/cli/a.c", '#include "filters/registry.h"\n', None),
    ("a function of 60 lines is fine", "conf/a.c", "int f(void) {\n" + "    g();\n" * 58 + "}\n", None),
    ("a longer one is not", "conf/a.c", LONG % "f", "conf/a.c:1: a function of 65 lines"),
    ("a wrapped signature counts", "conf/a.c", "int f(int a,\n    int b) {\n" + "    g();\n" * 60 + "}\n", "of 63 lines"),
    ("one marked scanner is fine", "conf/a.c", "/* scanner: one switch reads best */\n" + LONG % "f", None),
    ("two are not", "conf/a.c", ("/* scanner: why */\n" + LONG % "f") + ("/* scanner: why */\n" + LONG % "g"),
     "2 functions are marked"),
    ("a long file", "conf/a.c", "int a;\n" * 801, "801 lines"),
    ("a table does not count", "conf/a.c", "static const int a[] = {\n" + "    1,\n" * 900 + "};\n", None),
    ("a header with its lines", "conf/a.h", HEADER, None),
    ("a header without Threads", "conf/a.h", HEADER.replace("Threads", "Spools"), "conf/a.h:1: the header's"),
    ("a header without Ownership", "conf/a.h", HEADER.replace("Ownership", "Membership"), "lacks `Ownership:`"),
    ("a header with them further down", "conf/a.h", "/* conf/a.h - b. */\n" + HEADER, "lacks `Threads:`"),
    ("a machine's path", "docs/a.md", "see " + "/ho" + "me/someone/src\n", "a path of one machine"),
]

# A program that writes two pages, and one that cannot write any.
WRITER = "#!/bin/sh\necho one >$2/a.md\necho two >$2/b.md\n"
BROKEN = "#!/bin/sh\necho no plugin of that name\nexit 1\n"
# what it says, program, pages that are there, what the report must hold (None: clean)
PAGES = [
    ("pages as they are written now", WRITER, {"a.md": "one\n", "b.md": "two\n"}, None),
    ("a stale page", WRITER, {"a.md": "old\n", "b.md": "two\n"}, "docs/plugins/a.md:1: not what"),
    ("a missing page", WRITER, {"a.md": "one\n"}, "docs/plugins/b.md:1: not what"),
    ("a page of nothing", WRITER, {"a.md": "one\n", "b.md": "two\n", "c.md": ""}, "docs/plugins/c.md:1: not what"),
    ("no pages", WRITER, {}, "docs/plugins/a.md:1: not what"),
    ("a program that fails", BROKEN, {}, "`logchute docs` failed: no plugin of that name"),
]

TRAPS = "# Traps\n\n| trap | what we do | test |\n|---|---|---|\n| a trap | mind it | %s |\n\nThat is | all.\n"
UNIT = {"tests/unit/test_a.c": "Test(suite, minds_it, .timeout = 1) {\n}\n"}
E2E = {"tests/e2e/test_a.py": "def test_minds_it(port):\n    pass\n"}
USER = {"conf/a.c": "int f(void) {\n    return uv_write(1);\n}\n"}
# what it says, the test's cell of a row of library-traps.md, files beside it, what the report must hold (None: clean)
TRAP_ROWS = [
    ("a test in C", "`tests/unit/test_a.c` `minds_it`", UNIT, None),
    ("a test in Python", "`tests/e2e/test_a.py` `test_minds_it`", E2E, None),
    ("several tests", "`tests/e2e/test_a.py` `test_minds_it`, `tests/unit/test_a.c` `minds_it`", {**UNIT, **E2E}, None),
    ("a test that is gone", "`tests/unit/test_a.c` `minds`", UNIT, "traps.md:5: there is no test minds in tests/unit/"),
    ("one of several that is gone", "`tests/unit/test_a.c` `minds_it`, `tests/e2e/test_a.py` `test_a`", {**UNIT, **E2E},
     "no test test_a in tests/e2e"),
    ("a file that is gone", "`tests/unit/test_b.c` `minds_it`", UNIT, "no test minds_it in tests/unit/test_b.c"),
    ("no test", "\u2013", UNIT, "traps.md:5: a trap without a test"),
    ("what is not used", "not used: `uv_try`, `uv_write2`", USER, None),
    ("what is used", "not used: `uv_try`, `uv_write`", USER, "traps.md:5: uv_write is used, in conf/a.c"),
    ("what only a test uses", "not used: `uv_write`", {"tests/unit/test_a.c": "int a = uv_write(1);\n"}, None),
]


def breach(files, want, program=None):
    """What check.py says of a tree of these files, if it is not what is wanted."""
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as other:
        subprocess.run(["git", "init", "-q", root], check=True)
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        args = [CHECK, root]
        if program is not None:
            args.append(os.path.join(other, "program"))
            with open(args[-1], "w", encoding="utf-8") as f:
                f.write(program)
            os.chmod(args[-1], 0o755)
        got = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = got.stdout.decode()
        is_right = got.returncode == 0 if want is None else got.returncode == 1 and want in out
        return None if is_right else "exit %d\n%s" % (got.returncode, out)


def main():
    failed = 0
    runs = [(says, {path: text}, want, None) for says, path, text, want in ROWS]
    for says, tests, files, want in TRAP_ROWS:
        runs.append((says, dict(files, **{"docs/library-traps.md": TRAPS % tests}), want, None))
    for says, program, pages, want in PAGES:
        files = {"docs/plugins/" + name: text for name, text in pages.items()}
        runs.append((says, dict(files, **{"docs/README.md": "pages\n"}), want, program))
    for says, files, want, program in runs:
        wrong = breach(files, want, program)
        if wrong is not None:
            failed += 1
            print("FAILED: %s: %s" % (says, wrong))
    print("%d passed, %d failed" % (len(runs) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
