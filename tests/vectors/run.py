#!/usr/bin/env python3
"""run.py BINARY [--only NAME] [--file NAME] [--verbose] [--jobs 2]: the cases of this folder through the real binary.

Each case is one start of BINARY, as a user would start it. Prints a line for each file and each case that fails, with
what was wanted and what came; cases of plugins that BINARY does not have (it lists them with `BINARY plugins`, lines
like `filter mutate`) are counted apart, by plugin. The last line is `N passed, N failed`; exits 1 on a failure.
--only takes part of a case's name, --file part of a file's."""
import argparse
import collections
import concurrent.futures
import glob
import json
import os
import re
import subprocess
import sys

import drivers
import plugins

HERE = os.path.dirname(os.path.abspath(__file__))


def built_plugins(binary):
    """The set of "filter mutate", …; a binary that cannot tell is an error, not an empty set."""
    done = subprocess.run([binary, "plugins"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = {" ".join(line.split()[:2]) for line in done.stdout.splitlines()
             if re.match(r"(input|codec|filter|output) \S+", line)}
    if done.returncode != 0 or not found:
        sys.exit("run.py: `%s plugins` lists nothing (exit code %d)" % (binary, done.returncode))
    return found


def missing_plugins(case, file_name, built):
    needed = plugins.named(case.get("config", ""))
    if "codec" in case:
        needed.add("codec " + re.match(r"\w+", case["codec"]).group())
    if case.get("needs") == "ruby":
        needed.add("filter ruby")
    if "grok_pattern" in case.get("config", ""):
        needed.add("filter grok")
    kinds = {name.split()[0] for name in needed}
    # What the runner itself puts around a case.
    if "input" not in kinds:
        needed |= {"input stdin", "codec json_lines", "filter mutate"}
    if "output" not in kinds:
        needed |= {"output stdout", "codec json_lines"}
    return sorted(needed - built)


def run_case(job):
    binary, file_name, case = job
    run = drivers.Run(binary, case)
    try:
        return file_name, case, drivers.drive(run, case, file_name)
    except drivers.NotChecked as error:
        return file_name, case, ["this runner does not check %s yet" % error]
    except subprocess.TimeoutExpired as error:
        said = (error.stderr or b"").decode("utf-8", "replace")[-300:]
        return file_name, case, ["no end after %g s; standard error: %s" % (error.timeout, said)]
    except (OSError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        return file_name, case, ["%s: %s" % (type(error).__name__, error)]
    finally:
        run.close()


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("binary")
    options.add_argument("--only", default="")
    options.add_argument("--file", default="")
    options.add_argument("--verbose", action="store_true")
    options.add_argument("--jobs", type=int, default=2)
    args = options.parse_args()
    binary = os.path.abspath(args.binary)
    built = built_plugins(binary)
    jobs, absent = [], collections.defaultdict(collections.Counter)
    for path in sorted(glob.glob(os.path.join(HERE, "*.json"))):
        name = os.path.basename(path)[:-len(".json")]
        with open(path, encoding="utf-8") as f:
            cases = json.load(f)
        for case in cases:
            if args.only in case["name"] and args.file in name:
                missing = missing_plugins(case, name, built)
                if missing:
                    absent[missing[0]][name] += 1
                else:
                    jobs.append((binary, name, case))
    passed, failed = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for name, case, wrong in pool.map(run_case, jobs):
            (failed if wrong else passed)[name] += 1
            if wrong or args.verbose:
                print("%s %s: %s" % ("FAIL" if wrong else "ok  ", name, case["name"]), flush=True)
            for what in wrong if args.verbose else wrong[:3]:
                print("       %s" % what, flush=True)
    print()
    for name in sorted(set(passed) | set(failed)):
        print("%-28s %4d passed %4d failed" % (name, passed[name], failed[name]))
    for plugin, files in sorted(absent.items()):
        print("not built: %-20s %4d cases (%s)" % (plugin, sum(files.values()), ", ".join(sorted(files))))
    print("%d passed, %d failed" % (sum(passed.values()), sum(failed.values())))
    return 1 if failed or not jobs else 0


if __name__ == "__main__":
    sys.exit(main())
