#!/usr/bin/env python3
"""Proves that check.py sees each kind of breach, and nothing in a clean tree."""
import os
import subprocess
import sys
import tempfile

CHECK = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check.py")
LONG = "static int %s(int a) {\n" + "    a++;\n" * 62 + "    return a;\n}\n"
# what it says, file, text, what the report must hold (None: clean)
ROWS = [
    ("a plugin may include the run's plugin.h", "filters/a.c", '#include "pipeline/run/plugin.h"\n', None),
    ("base includes nothing of ours", "pipeline/base/a.c", '#include "conf/b.h"\n', "pipeline/base may not include"),
    ("conf does not include run", "conf/a.h", '#include "pipeline/run/b.h"\n', "conf may not include"),
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
    ("a machine's path", "docs/a.md", "see " + "/ho" + "me/someone/src\n", "a path of one machine"),
]


def main():
    failed = 0
    for says, path, text, want in ROWS:
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(["git", "init", "-q", root], check=True)
            os.makedirs(os.path.join(root, os.path.dirname(path)))
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
            got = subprocess.run([CHECK, root], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            out = got.stdout.decode()
            is_right = got.returncode == 0 if want is None else got.returncode == 1 and want in out
            if not is_right:
                failed += 1
                print("FAILED: %s: exit %d\n%s" % (says, got.returncode, out))
    print("%d passed, %d failed" % (len(ROWS) - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
