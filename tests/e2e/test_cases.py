"""`logchute test`: test cases against pipelines, its ways to be called, its reports, and the page about it."""
import json
import os
import re
import resource
import shutil
import subprocess
import xml.etree.ElementTree

import pytest

from conftest import skip
from support import ROOT

CONFIG = """input { tcp { id => in codec => json_lines type => "t" } }
filter { if [level] == "error" { mutate { add_tag => ["error"] } } else if [level] == "x" { drop { } } }
output { stdout { id => out } }
"""
FILTERS = CONFIG.splitlines()[1]
SHIPPED = [os.path.join(ROOT, "conf/pipelines", name) for name in ("timetable.conf", "output-store.conf")]


@pytest.fixture
def test(binary, tmp_path):
    """test("a.yml", "--flag", …) in a folder of its own, where files were written by test.write(name, text or object)."""
    def run(*words, env=None):
        done = subprocess.run([binary, "test", *words], cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=60, env=dict(os.environ, **(env or {})))
        assert "Sanitizer" not in done.stderr and "runtime error:" not in done.stderr, done.stderr
        return done

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")

    run.write = write
    run.folder = tmp_path
    return run


def case(line, *expected, **more):
    return dict(input=[line if isinstance(line, str) else json.dumps(line)], expected=list(expected), **more)


def cases(*all_cases, **more):
    return dict({"input_plugin": "in", "ignore": ["@timestamp"], "testcases": list(all_cases)}, **more)


GOOD = case({"level": "error"}, {"level": "error", "type": "t", "tags": ["error"]}, description="good & <\u00e4>")
BAD = case({"a": 1}, {"a": 2, "type": "t"}, description="bad #1\nof 2")


def test_exit_codes(test):
    test.write("p.conf", CONFIG)
    test.write("good.json", cases(GOOD))
    test.write("bad.json", cases(GOOD, BAD))
    test.write("broken.json", '{"testcases": [}')
    test.write("unknown.json", {"testcase": []})
    test.write("folder/empty.txt", "")
    for words, code, says in (
            (["good.json", "p.conf"], 0, "1 passed, 0 failed"),
            (["bad.json", "good.json", "p.conf"], 1, "2 passed, 1 failed"),
            (["bad.json", "p.conf", "--quiet"], 1, "1 passed, 1 failed"),
            (["good.json", "p.conf", "--full-coverage"], 1, "not reached: p.conf:2:%d: else if [level] == \"x\"" % (FILTERS.index("else") + 1)),
            (["broken.json", "p.conf"], 2, "syntax error: broken.json:1:16"),
            (["unknown.json", "p.conf"], 2, "config error: unknown.json:1:3: unknown key \"testcase\""),
            (["none.json", "p.conf"], 2, "cannot read none.json: No such file"),
            (["good.json", "none.conf"], 2, "none.conf: there is no such file"),
            (["folder", "p.conf"], 2, "there is no file of test cases in folder"),
            (["good.json"], 2, "no configuration is named"),
            (["p.conf"], 2, "no configuration is named"),
            ([], 2, "no test cases are named"),
            (["--nope", "good.json", "p.conf"], 2, "there is no such flag"),
            (["--format", "xml", "good.json", "p.conf"], 2, "--format takes human or tap"),
            (["good.json", "p.conf", "--junit"], 2, "a value is missing"),
            (["good.json", "p.conf", "--junit", "none/junit.xml"], 2, "none/junit.xml cannot be written"),
            (["good.json", "p.conf", "--nonsense.setting=1"], 2, "unknown flag --nonsense.setting"),
            (["good.json", "p.conf", "--pipeline", "x.yml"], 2, "leave one of them out"),
            (["daemon", "stop"], 2, "daemon takes run, start or shutdown"),
            (["--help"], 0, "logchute test [FLAGS] CASES")):
        done = test(*words)
        assert done.returncode == code and says in done.stdout + done.stderr, (words, done)
        assert (code == 2) == bool(done.stderr), (words, done)


def test_a_configuration_that_does_not_load(test):
    test.write("good.json", cases(GOOD))
    test.write("p.conf", CONFIG.replace("drop { }", "dorp { }"))
    done = test("good.json", "p.conf")
    assert done.returncode == 2 and done.stdout == ""
    assert 'config error: p.conf:2:%d: unknown filter plugin "dorp"' % (FILTERS.index("drop") + 1) in done.stderr
    assert 'did you mean "drop"?' in done.stderr


def test_nothing_is_opened_and_the_verifier_s_flags_are_taken(test):
    """Inputs and outputs are those of a machine that is not here, and need variables that are not set."""
    test.write("p.conf", """input { kafka { id => in brokers => "${BROKERS}" codec => json } redis { } }
filter { mutate { id => "seen" add_tag => [ "seen" ] } } output { email { id => "mail" to => "${MAIL_TO}" } }""")
    test.write("c/one.json", cases(case({"a": 1}, {"a": 1, "tags": ["seen"]})))
    ignored = ["--diff-command", "diff -u", "--keep-env=HOME", "--logstash-path", "/nowhere", "--logstash-version=8.1.0",
               "--loglevel", "DEBUG", "--sockets", "--sockets-timeout=60s", "--logstash-output", "--add-missing-id",
               "--socket", "/tmp/x"]
    done = test("daemon", "run", "--logstash-config", "p.conf", "--testcase-dir", "c", *ignored)
    assert done.returncode == 0, done
    test.write("c/one.json", {"codec": "json_lines", "ignore": ["@timestamp", "host"],
                              "testcases": [case({"a": 1}, {"a": 1, "tags": ["seen"]})]})
    for words in (["standalone", *ignored, "c/one.json", "p.conf"], ["c", "p.conf"],
                  ["standalone", "--logstash-arg=--pipeline.ecs_compatibility", "--logstash-arg", "disabled", "c", "p.conf"]):
        assert test(*words).returncode == 0, words
    for words in (["daemon", "start"], ["daemon", "shutdown"]):
        done = test(*words)
        assert done.returncode == 0 and "there is no daemon" in done.stdout
    done = test("daemon", "run", "--logstash-config", "p.conf", "--testcase-dir", "c")
    assert done.returncode == 2 and "input_plugin is missing" in done.stderr


def test_ecs_compatibility_is_a_setting(test):
    test.write("p.conf", "filter { }")
    test.write("c.json", {"ignore": ["@timestamp"], "testcases": [case("x", {"message": "x", "host": {"hostname": os.uname().nodename},
                                                                             "event": {"original": "x"}})]})
    assert test("c.json", "p.conf").returncode == 0
    assert test("c.json", "p.conf", "--pipeline.ecs_compatibility=disabled").returncode == 1
    assert test("c.json", "p.conf", env={"PIPELINE_ECS_COMPATIBILITY": "disabled"}).returncode == 1


def test_times_do_not_depend_on_the_machine(test):
    test.write("p.conf", 'filter { date { match => ["message", "MMM dd HH:mm:ss"] } }')
    test.write("c.json", {"testcases": [case("Nov 23 21:40:31", {"message": "Nov 23 21:40:31", "@timestamp": "2031-11-23T21:40:31.000Z"})]})
    zone = {"TZ": "Asia/Tokyo", "LOGCHUTE_NOW": "2031-12-01T00:00:00Z"}
    assert test("c.json", "p.conf", env=zone).returncode == 0
    assert test("c.json", "p.conf", "--keep-env", "TZ", env=zone).returncode == 1


def test_configuration_files_of_a_pipelines_yml(test):
    """`**` is any depth, relative paths begin at the base; keys may be nested."""
    test.write("conf/main/a.conf", 'input { tcp { id => in } } filter { mutate { add_tag => ["a"] } } output { stdout { } }')
    test.write("conf/main/deep/er/b.conf", 'filter { mutate { add_tag => ["b"] } }')
    test.write("conf/main/deep/c.txt", "no configuration")
    test.write("p.yml", "- pipeline: { id: main }\n  path: { config: 'main/**/*.conf' }\n  pipeline.workers: 4\n")
    test.write("c.json", cases(case("x", {"message": "x", "tags": ["a", "b"]})))
    for words in (["--pipeline", "p.yml", "--pipeline-base", "conf"], ["-p", "p.yml", "--pipeline-base=%s/conf" % test.folder]):
        done = test("daemon", "run", *words, "-t", "c.json")
        assert done.returncode == 0, done
    test.write("conf/q.yml", "- pipeline.id: main\n  path.config: main/a.conf\n- pipeline.id: other\n  path.config: ${OTHER}\n")
    done = test("c.json", "--pipeline", "conf/q.yml", env={"OTHER": "main/deep/er/b.conf"})
    assert done.returncode == 1 and '-     "b"' in done.stdout, done
    for text, says in (("a: 1", "a pipelines.yml is a list"), ("- pipeline.id: x", "p.yml:1:3: a pipeline has a path.config"),
                       ("- path.config: none.conf", "none.conf: there is no such file")):
        test.write("p.yml", text)
        done = test("c.json", "--pipeline", "p.yml")
        assert done.returncode == 2 and says in done.stderr, done


def test_files_of_the_standalone_form_go_by_their_names(test):
    """As a folder of them would be read; otherwise in the order in which they are given."""
    test.write("z/1.conf", 'filter { mutate { add_tag => ["first"] } }')
    test.write("a/2.conf", 'filter { mutate { add_tag => ["second"] } }')
    for form, tags in (("standalone", ["first", "second"]), (None, ["second", "first"])):
        test.write("c.json", {"ignore": ["@timestamp"], "testcases": [case("x", {"message": "x", "tags": tags})]})
        done = test(*([form] if form else []), "c.json", "a/2.conf", "z/1.conf")
        assert done.returncode == 0, done


def test_tap_is_read_by_prove(test):
    if not shutil.which("prove"):
        skip("prove is part of perl")
    test.write("p.conf", CONFIG)
    test.write("bad.json", cases(GOOD, BAD))
    done = test("bad.json", "p.conf", "--format=tap", "--coverage")
    lines = done.stdout.splitlines()
    assert lines[:4] == ["TAP version 13", "1..2", "ok 1 - bad.json: case 1: good & <\u00e4>", r"not ok 2 - bad.json: case 2: bad \#1 of 2"]
    assert "# coverage: 1 of 2 branches, 0 of 0 patterns" in lines
    test.write("bad.t", done.stdout)
    proved = subprocess.run(["prove", "-e", "cat", "bad.t"], cwd=test.folder, stdout=subprocess.PIPE, text=True)
    assert "Failed test:  2" in proved.stdout and "Failed 1/2 subtests" in proved.stdout, proved.stdout
    test.write("good.json", cases(GOOD))
    test.write("good.t", test("good.json", "p.conf", "--format=tap").stdout)
    proved = subprocess.run(["prove", "-e", "cat", "good.t"], cwd=test.folder, stdout=subprocess.PIPE, text=True)
    assert proved.returncode == 0 and "Result: PASS" in proved.stdout


def test_junit(test):
    test.write("p.conf", CONFIG)
    test.write("good.json", cases(GOOD))
    odd = case({"a": "\u0001\u0002 <&> ]]>"}, description="control \u0001")
    test.write("bad.json", cases(GOOD, BAD, odd))
    done = test("good.json", "bad.json", "p.conf", "--junit", "junit.xml")
    assert done.returncode == 1 and "FAIL  bad.json:1: case 2" in done.stdout
    root = xml.etree.ElementTree.parse(test.folder / "junit.xml").getroot()
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == ("testsuites", "4", "2", "0")
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in root] == [("good.json", "1", "0"), ("bad.json", "3", "2")]
    names = [(c.get("classname"), c.get("name"), c.get("line"), [f.tag for f in c]) for c in root.iter("testcase")]
    assert names[0] == ("good.json", "case 1: good & <\u00e4>", "1", [])
    assert names[2] == ("bad.json", "case 2: bad #1 of 2", "1", ["failure"])
    text = [f.text for f in root.iter("failure")]
    assert '-   "a": 2,\n+   "a": 1,\n' in text[0] and "<&> ]]>" in text[1] and "\\u0001" in text[1]
    assert all(float(c.get("time")) >= 0 for c in root.iter("testcase"))


def test_colours_and_control_characters(test):
    test.write("p.conf", CONFIG)
    test.write("bad.json", cases(case({"a": "\u001b[2J"}, description="\u001b[2J")))
    done = test("bad.json", "p.conf")
    assert done.returncode == 1 and "\x1b" not in done.stdout
    done = test("bad.json", "p.conf", "--color", "always")
    assert "\x1b[31mFAIL\x1b[0m" in done.stdout and "\x1b[32m+   " in done.stdout and "\x1b[2J" not in done.stdout


def hundred(tmp, per_file):
    for i in range(0, 100, per_file):
        some = [case({"level": "error", "n": n, "message": "login failed, password=hunter%d" % n},
                     {"level": "error", "n": n, "type": "timetable", "tags": ["error"],
                      "message": "login failed, password=[REDACTED:key_value]"}) for n in range(i, i + per_file)]
        tmp("c%d/%03d.json" % (per_file, i), cases(*some, input_plugin="tcp"))


def used_by_children():
    """Seconds of a processor: a busy machine adds none."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize("per_file", [1, 100])
def test_a_hundred_cases_in_less_than_a_second(test, per_file, is_sanitized):
    hundred(test.write, per_file)
    begun = used_by_children()
    done = test("c%d" % per_file, *SHIPPED)
    took = used_by_children() - begun
    assert done.returncode == 0 and "100 cases in %d file" % (100 // per_file) in done.stdout, done
    assert took < 1 or is_sanitized, took


def test_the_shipped_pipelines_are_covered(test):
    done = test("--full-coverage", os.path.join(ROOT, "tests/pipelines/timetable"), *SHIPPED)
    assert done.returncode == 0 and re.search(r"coverage: (\d+) of \1 branches", done.stdout), done.stdout
