"""packaging/node: its own tests, the logger against a logchute that stops and starts, the example with the timetable pipeline
and promtool, and what the package holds."""
import collections
import contextlib
import filecmp
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from support import DIRECT, ROOT, free_port, wait_for
from test_timetable import Timetable

PIPELINE = """
input { tcp { host => "127.0.0.1" port => %d codec => json_lines } }
output { stdout { codec => json_lines } }
"""
# Logs numbers until a line comes in; says then how many, and what became of them. Given a lag, each round blocks the loop for so long.
SENDER = """
const [port, lag] = process.argv.slice(1).map(Number);
const logger = require('./logger').createLogger({ port, console: false, maxBackoffMs: 200, flushSeconds: 30 });
const sleeper = new Int32Array(new SharedArrayBuffer(4));
let seq = 0;
const timer = setInterval(() => {
  Atomics.wait(sleeper, 0, 0, lag);
  for (let i = 0; i < 10; i++) logger.info('number', { seq: ++seq });
}, 5);
process.stdin.once('data', async () => {
  clearInterval(timer);
  console.log(JSON.stringify({ seq, ...await logger.shutdown() }));
  process.exit();
});
"""
PACKED = {
    "LICENSE", "README.md", "package.json", "index.js", "index.d.ts", "logger.js", "logger.d.ts", "prometheus-metrics.js",
    "prometheus-metrics.d.ts", "lib/queue.js", "lib/record.js", "lib/route.js", "lib/shipper.js", "lib/tcp-transport.js",
}


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180, **more)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def test_its_own_tests(node_package):
    out = run("npm", "test", "--silent", cwd=node_package)
    assert int(re.search(r"^\W*pass (\d+)$", out, re.M).group(1)) >= 90, out
    assert re.search(r"^\W*skipped 0$", out, re.M), out


def test_the_package_holds_the_right_files(node_package):
    out = run("npm", "pack", "--dry-run", "--json", "--silent", cwd=node_package)
    packed = json.loads(out)
    # A list in npm up to 10, by name since.
    files = (packed if isinstance(packed, list) else list(packed.values()))[0]["files"]
    assert {f["path"] for f in files} == PACKED
    assert filecmp.cmp(os.path.join(node_package, "LICENSE"), os.path.join(ROOT, "LICENSE"), shallow=False)


# ------------------------------------------------------------------ the logger and a restart


@contextlib.contextmanager
def sender(folder, port, lag=0):
    child = subprocess.Popen(["node", "-e", SENDER, str(port), str(lag)], cwd=folder, stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def end(child):
    """Asks it to end: what it says of its records."""
    out, err = child.communicate("end\n", timeout=60)
    assert child.returncode == 0, err
    return json.loads(out)


def wait_for_more(chute, count=60):
    first = len(chute.events())
    wait_for(lambda: len(chute.events()) >= first + count, 30, "%d events more" % count)


def remove_torn_line(path):
    """SIGKILL may end a write in the middle of a line; the next process would write on behind it."""
    with open(path, "rb+") as f:
        f.truncate(f.read().rfind(b"\n") + 1)


def ids_of(events):
    """The ids of each number; one that comes again has the same."""
    ids = collections.defaultdict(set)
    for event in events:
        ids[event["seq"]].add(event["event"]["id"])
    assert all(len(of_one) == 1 for of_one in ids.values())
    return ids


@pytest.mark.parametrize("lag", [0, 120])
def test_a_restart_loses_nothing(logchute, port, node_package, lag):
    chute = logchute(PIPELINE % port)
    with sender(node_package, port, lag) as child:
        for _ in range(3):
            wait_for_more(chute)
            code, _ = chute.stop()
            assert code == 0
            chute.start()
        wait_for_more(chute)
        said = end(child)
    wait_for(lambda: len(chute.events()) >= said["seq"], 30, "%d events" % said["seq"])
    events = chute.events()
    ids = ids_of(events)
    assert set(ids) == set(range(1, said["seq"] + 1))
    assert len({e["event"]["id"] for e in events}) == said["seq"]
    # None comes twice, unless the loop stood still at the very moment of the end: then with the same id.
    assert len(events) - said["seq"] <= said["resent"]
    assert (said["sent"], said["dropped"], said["waiting"]) == (said["seq"], 0, 0)
    assert said["connections"] >= 4


def test_a_kill_loses_nothing_that_was_not_read(logchute, port, node_package):
    """What a killed logchute had read is its own to lose; all that was logged later comes."""
    chute = logchute(PIPELINE % port)
    with sender(node_package, port) as child:
        wait_for_more(chute)
        chute.kill()
        remove_torn_line(chute.out)
        before = len(chute.events())
        chute.start()
        wait_for_more(chute)
        said = end(child)
    wait_for(lambda: said["seq"] in {e["seq"] for e in chute.events()}, 30, "the last event")
    ids = ids_of(chute.events())
    after_the_gap = next(seq for seq in range(said["seq"], 0, -1) if seq not in ids) + 1 if len(ids) < said["seq"] else 1
    assert set(range(after_the_gap, said["seq"] + 1)) <= set(ids)
    assert after_the_gap <= before + 1000, "only what was on its way may be missing"


# ------------------------------------------------------------------ the example


@contextlib.contextmanager
def example(folder, log_port):
    """The example: its process and its address."""
    env = dict(os.environ, PORT=str(free_port()), LOGCHUTE_HOST="127.0.0.1", LOGCHUTE_PORT=str(log_port), NODE_ENV="production")
    child = subprocess.Popen(["node", "example/app.js"], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        line = child.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:" + env["PORT"]), line + child.stderr.read()
        yield child, "http://127.0.0.1:" + env["PORT"]
    finally:
        child.kill()
        child.communicate()


def ask(url, headers=None, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, dict(headers or {}, **{"content-type": "application/json"}))
    try:
        with DIRECT.open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def by_message(events, start):
    found = [e for e in events if e["message"].startswith(start)]
    assert len(found) == 1, (start, [e["message"] for e in events])
    return found[0]


def test_the_example_with_the_timetable_pipeline(logchute, tmp_path, node_package):
    timetable = Timetable(logchute, "output-store.conf").start(tmp_path)
    with example(node_package, timetable.tcp) as (child, at):
        assert ask(at + "/timelines", body={"title": "a"})[0] == 201
        assert ask(at + "/error?token=hunter2", {"x-request-id": "request-17"})[0] == 500
        assert ask(at + "/timelines/99")[0] == 404
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=30)
        assert (child.returncode, err) == (0, "")
    events = timetable.wait_for(7)
    assert len(events) == 7
    failed = by_message(events, "request failed")
    assert (failed["level"], failed["error"]["type"], failed["http"]["request"]["id"]) == ("error", "TypeError", "request-17")
    assert failed["error"]["stack_trace"].startswith("TypeError: the error route always fails\n    at ")
    access = by_message(events, "GET /error 500")
    assert (access["http"]["response"]["status_code"], access["http"]["request"]["id"]) == (500, "request-17")
    assert access["http"]["route"] == "/error" and access["url"] == {"path": "/error"}
    assert by_message(events, "GET /timelines/99 404")["http"]["route"] == "/timelines/:id"
    assert {e["message"] for e in events if "error" in e.get("tags", ())} == {failed["message"], access["message"]}
    assert by_message(events, "application stops")["service"]["name"] == "timetable"
    assert "hunter2" not in json.dumps(events)


def test_promtool_takes_the_metrics(promtool, node_package, unused_port):
    with example(node_package, unused_port) as (_, at):
        for path, body in [("/timelines", {"title": "a"}), ("/timelines", {}), ("/timelines/1", None), ("/error", None),
                           ("/timelines/1/events", {"type": "exam"}), ("/health", None)]:
            ask(at + path, body=body)
        status, text = ask(at + "/metrics")
    assert status == 200
    done = subprocess.run([promtool, "check", "metrics"], input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # prom-client's own gauges of the process end in _total.
    complaints = [line for line in done.stdout.splitlines() if not re.match(r"nodejs_active_\w+_total non-counter metrics", line)]
    assert complaints == [] and done.returncode in (0, 3), done.stdout
    with open(os.path.join(ROOT, "packaging/README.md"), encoding="utf-8") as f:
        expected = set(re.findall(r"`((?:http|db|health)_\w+)`", f.read()))
    there = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    assert len(expected) >= 6 and expected <= there
