"""The table of faults in docs/health.md: each is made, and shows as the table says."""
import mmap
import os
import re
import resource
import socket
import struct
import subprocess

import pytest

from conftest import skip
from support import HERE, ROOT, FakeEngine, free_port, json_lines, send_tcp, wait_for
from test_full_disk import small_disk  # noqa: F401: a fixture
from test_metrics import Metrics

ELASTICSEARCH = 'elasticsearch { hosts => ["http://127.0.0.1:%d"] index => "logs" action => create manage_template => false id => "engine" }'
TCP = 'tcp { host => "127.0.0.1" port => %d codec => json_lines id => "from_tcp" }'
CONDITION = re.compile(r'^(logchute_\w+)(?:\{(\w+)="(\w+)"\})? (>=|>|=|<) (\w+)(?: - (\d+))?$')
with open(os.path.join(ROOT, "docs/health.md"), encoding="utf-8") as page:
    PAGE = page.read()
ROWS = {cells[0]: cells[1:] for cells in
        ([cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| "))}


def status(chute, what):
    return str(chute.ask("/health/" + what)[0])


def report(chute):
    """Its status, and the names of what it finds, with whose."""
    main = chute.api("/_health_report")["indicators"]["pipelines"]["indicators"]["main"]
    found = {":".join(d["id"].split(":")[3:6:2]): d for d in main.get("diagnosis", [])}
    return main["status"], found


def value_of(metrics, name, label=None, value=None):
    """The largest of that name, 0 if there is none."""
    return max([v for (n, labels), v in metrics.values.items()
                if n == name and (label is None or (label, value) in labels)], default=0)


def holds(metrics, text):
    name, label, value, sign, other, less = CONDITION.match(text).groups()
    left = value_of(metrics, name, label, value)
    right = (value_of(metrics, other) if other.startswith("logchute_") else float(other)) - int(less or 0)
    return {">": left > right, ">=": left >= right, "=": left == right, "<": left < right}[sign]


def differences(chute, fault):
    """What of a row does not show."""
    live, ready, wanted, conditions = ROWS[fault]
    colour, found = report(chute)
    metrics = Metrics(chute.ask("/metrics")[2])
    missing = [c for c in re.findall("`([^`]+)`", conditions) if not holds(metrics, c)]
    names = set(re.findall("`([^`]+)`", wanted))
    page = chute.api("/_logchute/page.json")["status"]
    rows = (("page", wanted.split(":")[0], page), ("live", live, status(chute, "live")), ("ready", ready, status(chute, "ready")),
            ("report", wanted.split(":")[0], colour), ("found", names, set(found)), ("metrics", [], missing))
    return ["%s: %s, not %s" % (what, real, want) for what, want, real in rows if want != real]


def expect(chute, fault, seconds=30, before=lambda: None):
    """Waits until the row shows, calling `before` before each look; returns what the report found."""
    last = []

    def shows():
        before()
        last[:] = differences(chute, fault)
        return not last
    try:
        wait_for(shows, seconds)
    except AssertionError:
        pytest.fail("%s: %s" % (fault, "; ".join(last)))
    return report(chute)[1]


def expect_over(chute, *names, seconds=60):
    """Waits until the report finds none of these any more, without a restart."""
    wait_for(lambda: not set(names) & set(report(chute)[1]), seconds, "the end of " + ", ".join(names))
    assert status(chute, "live") == status(chute, "ready") == "200"


def test_every_row_has_a_test():
    with open(__file__, encoding="utf-8") as f:
        code = f.read()
    faults = set(ROWS) - {"fault"}
    assert len(faults) >= 12
    for fault in faults:
        assert '"%s"' % fault in code, fault


def test_every_finding_has_a_section():
    with open(os.path.join(ROOT, "pipeline/serve/health.c"), encoding="utf-8") as f:
        found = re.findall(r'= \{ (?:RED|YELLOW), "(\w+)", "(\w+)"', f.read())
    assert len(found) >= 14
    for area, name in found:
        assert re.search("^### .*\\b%s-%s\\b" % (area, name), PAGE, flags=re.M), (area, name)


# ------------------------------------------------------------------ ports


def ended_with(chute, words):
    chute.launch()
    assert chute.process.wait(20) == 1 and words in chute.stderr()
    done = subprocess.run([chute.binary, "healthcheck", "--path.data", chute.data, "--api.http.port", str(chute.api_port)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
    assert done.returncode == 1 and "nobody listens" in done.stdout


def test_port_taken(logchute, port):
    assert ROWS["port taken"] == ["no answer", "no answer", "", ""]
    chute = logchute("input { %s } output { null { } }" % TCP % port, start=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        ended_with(chute, "another process has this port")
    with socket.socket() as other:
        other.bind(("127.0.0.1", chute.api_port))
        other.listen()
        chute.launch()
        assert chute.process.wait(20) == 1 and "set another port with --api.http.port" in chute.stderr()


# ------------------------------------------------------------------ outputs


def with_engine(logchute, port, engine_port, *args, **more):
    return logchute("input { %s } output { %s }" % (TCP % port, ELASTICSEARCH % engine_port), *args, **more)


def test_output_away(logchute, port, unused_port):
    chute = with_engine(logchute, port, unused_port)
    send_tcp(port, json_lines({"n": n} for n in range(10)))
    assert expect(chute, "output away")["output:away"]["cause"].startswith("engine: ")
    engine = FakeEngine(unused_port, lambda document: 201).start()
    expect_over(chute, "output:away")
    assert chute.stop()[0] == 0
    engine.stop()


def test_output_refusing(logchute, port, unused_port):
    engine = FakeEngine(unused_port, lambda document: 201, refuses_all_with=403).start()
    chute = with_engine(logchute, port, unused_port)
    send_tcp(port, json_lines({"n": n} for n in range(10)))
    expect(chute, "output refusing")
    engine.refuses_all_with = None
    expect_over(chute, "output:away")
    assert chute.stop()[0] == 0
    engine.stop()


def test_one_index_refusing(logchute, port, unused_port):
    """For now, as one that is read-only since a disk is full."""
    engine = FakeEngine(unused_port, lambda document: 403 if b'"blocked"' in document else 201).start()
    chute = with_engine(logchute, port, unused_port)
    send_tcp(port, json_lines({"n": n, "to": "blocked" if n % 2 else "open"} for n in range(10)))

    def goes_on():  # what the others take is the last that got done
        send_tcp(port, json_lines([{"to": "open"}]))
        return not differences(chute, "one index refusing")
    wait_for(goes_on, 30, "events that come through beside those that do not")
    expect(chute, "one index refusing")
    engine.stop()


def test_one_index_refusing_for_good(logchute, port, unused_port):
    engine = FakeEngine(unused_port, lambda document: 400 if b'"odd"' in document else 201).start()
    chute = with_engine(logchute, port, unused_port)
    send_tcp(port, json_lines({"n": n, "to": "odd" if n % 2 else "even"} for n in range(10)))
    expect(chute, "one index refusing for good")
    assert len(chute.dead_letters()) == 5
    engine.stop()


def test_dead_letter_folder_full(logchute, port, unused_port):
    engine = FakeEngine(unused_port, lambda document: 400).start()
    chute = with_engine(logchute, port, unused_port, "--dead_letter_queue.max_bytes", "1mb")
    send_tcp(port, json_lines({"n": n, "padding": "p" * 4000} for n in range(500)))
    expect(chute, "dead-letter folder full")
    letters = wait_for(lambda: (stats := chute.api("/_node/stats/pipelines/main")["pipelines"]["main"])["events"]["dead_lettered"] == 500
                       and stats["dead_letter_queue"], what="all letters")
    assert letters["dropped_events"] == 500 - len(chute.dead_letters()) > 0
    assert letters["queue_size_in_bytes"] <= letters["max_queue_size_in_bytes"] == 1048576
    engine.stop()


def test_queue_full(logchute):
    """An output that takes its time and does not fail: a pipe that nobody reads."""
    chute = logchute("input { generator { message => '%s' id => from } } output { stdout { id => to } }" % ("x" * 500),
                     "--queue.memory_bytes", "1048576", start=False)
    os.mkfifo(chute.out)
    reader = os.open(chute.out, os.O_RDONLY | os.O_NONBLOCK)
    chute.start()
    chute.out_file.close()
    assert expect(chute, "queue full")["output:slow"]["cause"].startswith("to: ")
    assert chute.see_balance()
    chute.kill()
    os.close(reader)


def test_disk_full(logchute, port, tmp_path, small_disk):  # noqa: F811
    """Under an output, and under the positions of an input whose events go elsewhere."""
    log, out = tmp_path / "in.log", small_disk.path("out.log")
    log.write_text('{"from_file":true}\n' * 100)
    chute = logchute('input { %s file { path => "%s" sincedb_path => "%s" start_position => beginning codec => json stat_interval => 0.1'
                     ' sincedb_write_interval => 0.1 } } output { if [from_file] { stdout { codec => json_lines } }'
                     ' else { file { path => "%s" codec => json_lines } } }'
                     % (TCP % port, log, small_disk.path("sincedb"), out), start=False)
    small_disk.fill()
    chute.start()
    send_tcp(port, json_lines({"n": n, "padding": "p" * 80} for n in range(2000)))
    expect(chute, "disk full")
    small_disk.free()
    expect_over(chute, "output:away", "input:unsaved")
    assert chute.stop()[0] == 0
    assert len(chute.events()) == 100
    with open(out, encoding="utf-8") as f:
        assert len(f.readlines()) == 2000


def test_disk_full_for_dead_letters(logchute, port, unused_port, small_disk):  # noqa: F811
    engine = FakeEngine(unused_port, lambda document: 400).start()
    chute = with_engine(logchute, port, unused_port, start=False)
    chute.data = small_disk.path("data")
    chute.start()
    small_disk.fill()
    send_tcp(port, json_lines({"n": n, "padding": "p" * 80} for n in range(500)))
    wait_for(lambda: value_of(Metrics(chute.ask("/metrics")[2]), "logchute_plugin_dead_letters_not_kept_total"), what="a loss")
    found = wait_for(lambda: not [d for d in differences(chute, "disk full, and dead letters come") if not d.startswith("found")]
                     and report(chute)[1])
    assert set(found) - {"output:rejecting"} == {"output:losing"}  # the first ones found room in the file's last block
    small_disk.free()
    engine.stop()


# ------------------------------------------------------------------ filters, and time

# Backtracks until the regex's limit ends it: some milliseconds an event.
SLOW = "input { generator { message => '%s' } } filter { mutate { id => slow gsub => [ 'message', '(a+)+$', '' ] } } output { null { } }" \
    % ("a" * 40 + "b")


class Clock:
    """Two numbers that a preloaded library adds to the process's clocks."""

    def __init__(self, folder):
        self.path, library = str(folder / "clock"), str(folder / "clock.so")
        done = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, os.path.join(HERE, "clients/clock.c"), "-ldl"],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            skip("the clock that a test moves cannot be built: " + done.stdout[-300:])
        with open(self.path, "wb") as f:
            f.write(bytes(16))
        # A sanitizer's library wants to be the first one; the rest of its options stays.
        options = ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))
        self.env = {"LD_PRELOAD": library, "CHUTE_TEST_CLOCK": self.path, "ASAN_OPTIONS": options}

    def move(self, day=0, forward=0):
        """By so many seconds more."""
        with open(self.path, "r+b") as f, mmap.mmap(f.fileno(), 16) as shown:
            before = struct.unpack("=qq", shown[:])
            shown[:] = struct.pack("=qq", before[0] + day * 10**9, before[1] + forward * 10**9)


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


def test_slow_filter(logchute):
    chute = logchute(SLOW, "--queue.memory_bytes", "1048576", "--pipeline.batch.size", "50")
    assert expect(chute, "slow filter", 60)["filter:slow"]["cause"].startswith("slow: ")
    assert chute.see_balance()
    chute.kill()


def test_slow_filter_for_five_minutes(logchute, clock):
    chute = logchute(SLOW, "--queue.memory_bytes", "1048576", "--pipeline.batch.size", "50", env=clock.env)
    expect(chute, "slow filter", 60)
    expect(chute, "slow filter, for five minutes at one batch", before=lambda: clock.move(forward=400))
    assert chute.see_balance()
    chute.kill()


def test_no_input_for_an_hour(logchute, port, clock):
    chute = logchute("input { %s } output { stdout { codec => json_lines } }" % TCP % port, env=clock.env)
    send_tcp(port, json_lines([{"n": 1}]))
    wait_for(chute.events, what="the event")
    assert value_of(Metrics(chute.ask("/metrics")[2]), "logchute_input_idle_seconds") < 30
    clock.move(forward=3700)
    expect(chute, "no input for an hour")
    send_tcp(port, json_lines([{"n": 2}]))
    wait_for(lambda: len(chute.events()) == 2, what="the next event")
    wait_for(lambda: value_of(Metrics(chute.ask("/metrics")[2]), "logchute_input_idle_seconds") < 10, what="its trace")
    assert chute.stop()[0] == 0


@pytest.mark.parametrize("hours", [1, -1])
def test_clock_jump(logchute, port, clock, hours):
    chute = logchute("input { %s } output { stdout { codec => json_lines } }" % TCP % port, env=clock.env)
    send_tcp(port, json_lines([{"n": 1}]))
    wait_for(chute.events, what="the event")
    started = value_of(Metrics(chute.ask("/metrics")[2]), "logchute_process_start_time_seconds")
    clock.move(day=hours * 3600)
    expect(chute, "clock jump")
    send_tcp(port, json_lines([{"n": 2}]))
    wait_for(lambda: len(chute.events()) == 2, what="the next event")
    before, after = [int(event["@timestamp"][11:13]) for event in chute.events()]
    assert (after - before) % 24 in (hours % 24, (hours + 1) % 24), "it follows the clock"
    expect(chute, "clock jump")
    metrics = Metrics(chute.ask("/metrics")[2])
    assert value_of(metrics, "logchute_process_start_time_seconds") == started
    assert chute.api("/_node/stats/jvm")["jvm"]["uptime_in_millis"] < 600000
    assert chute.stop()[0] == 0


# ------------------------------------------------------------------ descriptors, files


def test_out_of_descriptors(logchute, port):
    chute = logchute("input { %s } output { stdout { codec => json_lines } }" % TCP % port)
    used = max(int(fd) for fd in os.listdir("/proc/%d/fd" % chute.process.pid))
    soft, hard = resource.prlimit(chute.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(chute.process.pid, resource.RLIMIT_NOFILE, (used + 5, hard))
    crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    wait_for(lambda: chute.said("cannot accept: connections wait"), what="the end of the descriptors")
    expect(chute, "out of descriptors")
    for _ in range(30):  # each by a connection of its own
        assert status(chute, "live") == "200"
    stats = chute.api("/_node/stats/process,jvm")
    assert stats["process"]["mem"]["total_virtual_in_bytes"] > 0 and stats["jvm"]["threads"]["count"] > 1
    crowd[-1].sendall(b'{"n":1}\n')
    resource.prlimit(chute.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    wait_for(chute.events, what="the event of one that had to wait")
    expect_over(chute, "process:descriptors")
    for one in crowd:
        one.close()
    assert chute.stop()[0] == 0


def test_a_file_unreadable(logchute, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    secret, plain = folder / "a.log", folder / "b.log"
    secret.write_text("secret\n")
    secret.chmod(0)
    plain.write_text("plain\n")
    chute = logchute('input { file { path => "%s/*.log" sincedb_path => "%s" start_position => beginning stat_interval => 0.1'
                     ' discover_interval => 1 id => files } } output { stdout { codec => json_lines } }'
                     % (folder, tmp_path / "sincedb"), start=False)
    if os.geteuid() == 0:  # root reads everything, by these two capabilities
        chute.prefix = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
    chute.start()
    wait_for(chute.events, what="the line of the other file")
    assert expect(chute, "a file unreadable")["input:unreadable"]["cause"].startswith("files: ")
    secret.chmod(0o644)
    wait_for(lambda: len(chute.events()) == 2, what="its line")
    expect_over(chute, "input:unreadable")
    assert chute.stop()[0] == 0
