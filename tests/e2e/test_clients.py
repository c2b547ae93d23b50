"""Real clients as people use them: each sends N messages, and exactly those come out."""
import collections
import contextlib
import json
import os
import re
import subprocess
import sys
import threading

import pytest

from support import HERE, assert_balanced, wait_for

N = 300
N_BURST = 100  # UDP without a pause: what fits into a socket's buffer even if nobody reads for a while
JSON_INPUTS = """
input {
  tcp { host => "127.0.0.1" port => %(port)d codec => json }
  udp { host => "127.0.0.1" port => %(port)d codec => json }
}
output { stdout { codec => json_lines } }
"""
SYSLOG_INPUT = """
input { syslog { host => "127.0.0.1" port => %(port)d ecs_compatibility => disabled } }
output { stdout { codec => json_lines } }
"""
NODE = ["winston3-tcp", "winston3-tcp-default", "winston3-udp", "winston-logstash", "bunyan-tcp", "bunyan-udp", "pino-tcp",
        "pino-udp", "log4js-udp", "log4js-tcp"]
# Its default keeps only the last ten records while it connects.
NODE_OPTIONS = {"bunyan-tcp": ["--opt", "cbuffer_size=1000"]}
PYTHON = ["logstash-tcp", "logstash-udp", "async-tcp", "async-udp", "jsonlogger-tcp"]
LOGGER = ["logger-3164-udp", "logger-3164-tcp", "logger-3164-octet", "logger-5424-udp", "logger-5424-tcp",
          "logger-5424-octet"]
LOGGEN = ["loggen-3164-udp", "loggen-3164-tcp", "loggen-5424-udp", "loggen-5424-tcp", "loggen-5424-noframe"]
DAEMONS = ["rsyslog-udp", "rsyslog-tcp", "rsyslog-octet", "rsyslog-5424", "syslogng-tcp", "syslogng-syslog"]


def numbers(chute, pattern):
    """How often each number came: `pattern` is looked for in each whole event, of which it must be part once."""
    found = collections.Counter()
    for event in chute.events():
        match = re.search(pattern, json.dumps({k: v for k, v in event.items() if k != "event"}))
        found[int(match.group(1)) if match else json.dumps(event)[:200]] += 1
    return found


def burst_of(kind):
    return N_BURST if kind.endswith("udp") else N


def expect(chute, pattern, first=1, count=N):
    """Waits for `count` events, stops, and wants each number once and nothing else; the events."""
    wait_for(lambda: len(chute.events()) >= count, 30, "%d events" % count)
    code, last = chute.stop()
    assert code == 0
    assert_balanced(last)
    got = numbers(chute, pattern)
    wanted = collections.Counter(range(first, first + count))
    assert got == wanted, "unexpected: %s" % (got - wanted or "some are missing: %d came" % len(got))
    events = chute.events()
    assert not [e for e in events if "_jsonparsefailure" in e.get("tags", ())]
    return events


@pytest.mark.parametrize("client", NODE)
def test_node_client(logchute, node_clients, port, client):
    chute = logchute(JSON_INPUTS % {"port": port})
    # UDP drops what comes faster than it is read; a pause of 1 ms is what an application has between two lines.
    options = ["--rate", "1"] if "udp" in client else NODE_OPTIONS.get(client, [])
    done = subprocess.run(["node", node_clients, client, str(port), str(N), *options], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, cwd=os.path.dirname(node_clients))
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["errorCount"] == 0, done.stdout
    expect(chute, r'"msg (\d+)\b')


@pytest.mark.parametrize("client", PYTHON)
def test_python_client(logchute, port, client):
    chute = logchute(JSON_INPUTS % {"port": port})
    send_python(client, port)
    for event in expect(chute, r'"msg (\d+)\b'):
        assert isinstance(event["message"], str)


def send_python(client, port):
    done = subprocess.run([sys.executable, os.path.join(HERE, "clients/python/send.py"), client, str(port), str(N), "rate=1"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout.splitlines()[-1])["errors"] == 0, done.stdout


@pytest.mark.parametrize("client", ["syslog-udp", "syslog-tcp"])
def test_python_syslog_handler(logchute, port, client):
    """It sends a priority and a text, no time and no host; over TCP the only frame mark is NUL."""
    chute = logchute(SYSLOG_INPUT % {"port": port})
    send_python(client, port)
    for event in expect(chute, r"msg (\d+)\b"):
        assert "\0" not in event["message"]


def send_syslog(kind, port, folder, env=None):
    return subprocess.Popen([os.path.join(HERE, "clients/syslog-send.sh"), kind, str(port), str(burst_of(kind)),
                             str(folder)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check_syslog(events):
    for event in events:
        assert "_grokparsefailure_sysloginput" not in event.get("tags", ()), event
        assert {"priority", "facility", "severity", "facility_label", "severity_label"} <= event.keys()
        assert "\n" not in event["message"] and "\ufeff" not in event["message"], event


@pytest.mark.parametrize("kind", LOGGER)
def test_logger(logchute, port, tmp_path, kind):
    chute = logchute(SYSLOG_INPUT % {"port": port})
    sender = send_syslog(kind, port, tmp_path)
    assert sender.wait(60) == 0, sender.stdout.read()
    events = expect(chute, r"seq=(\d+) hello", count=burst_of(kind))
    check_syslog(events)
    assert {(e["facility"], e["severity"]) for e in events} == {(1, 6)}


@pytest.mark.parametrize("kind", LOGGEN)
def test_loggen(logchute, syslog_tools, port, tmp_path, kind):
    chute = logchute(SYSLOG_INPUT % {"port": port})
    sender = send_syslog(kind, port, tmp_path, syslog_tools)
    assert sender.wait(60) == 0, sender.stdout.read()
    check_syslog(expect(chute, r"seq: (\d+), thread", first=0, count=burst_of(kind)))


@pytest.mark.parametrize("kind", DAEMONS)
def test_syslog_daemon(logchute, syslog_tools, port, tmp_path, kind):
    chute = logchute(SYSLOG_INPUT % {"port": port})
    sender = send_syslog(kind, port, tmp_path, syslog_tools)
    try:
        wait_for(lambda: len(chute.events()) >= burst_of(kind) or sender.poll() is not None, 30, kind)
    finally:
        sender.terminate()
        sender.wait(30)
    check_syslog(expect(chute, r"seq=(\d+) hello", count=burst_of(kind)))


# ------------------------------------------------------------------ over a restart


class Sender(threading.Thread):
    """A client that sends until it is ended, and tells the number of each record it has handed over."""

    def __init__(self, command, folder, env=None):
        super().__init__(daemon=True)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
                                        env=env)
        self.handed, self.words = 0, []
        self.start()

    def run(self):
        for line in self.process.stdout:
            if line.strip().isdigit():
                self.handed = int(line)
            else:
                self.words.append(line)

    def wait(self, more):
        """Until it has handed over so many more; the number of the last one."""
        goal = self.handed + more

        def is_there():
            assert self.process.poll() is None, "it has ended: %s" % self.words
            return self.handed >= goal
        wait_for(is_there, 30, "%d more records" % more)
        return self.handed

    def end(self):
        self.process.terminate()
        self.process.wait(30)


class Lines(threading.Thread):
    """Writes numbered lines to a log that the daemon `process` follows, until it is ended."""

    def __init__(self, path, process):
        super().__init__(daemon=True)
        self.path, self.process, self.words = path, process, []
        self.handed, self.is_over = 0, threading.Event()
        self.start()

    def run(self):
        with open(self.path, "a", buffering=1) as f:
            while not self.is_over.wait(0.005):
                f.write("seq=%d hello\n" % (self.handed + 1))
                self.handed += 1

    wait = Sender.wait

    def end(self):
        self.is_over.set()
        self.join(30)


def restart(chute, sender, is_aware=lambda: True):
    """Stops logchute while `sender` sends, and starts it again when it `is_aware` of that and has gone on. What was read
    before the stop is there. Numbers: the last one handed over before the stop, and one from the start on."""
    wait_for(lambda: len(chute.events()) >= 50, 30, "the first events")
    before = sender.handed
    code, last = chute.stop()
    assert code == 0
    whole = assert_balanced(last)["pipeline"]
    assert whole["lost"] == 0 and whole["out"] == whole["in"] == len(chute.events())
    sender.wait(50)
    wait_for(is_aware, 30, "the client to notice")
    chute.start()
    return before, sender.wait(1) + 1


def expect_all(chute, pattern, first, last):
    """Waits for all numbers from `first` to `last`."""
    wanted = set(range(first, last + 1))
    try:
        wait_for(lambda: wanted <= set(numbers(chute, pattern)), 30)
    except AssertionError:
        missing = sorted(wanted - set(numbers(chute, pattern)))
        pytest.fail("%d of %d to %d are missing, the first is %d" % (len(missing), first, last, missing[0]))


def first_after(chute, pattern, number):
    """Waits for any from `number` on; the lowest that came."""
    def later():
        return [n for n in numbers(chute, pattern) if isinstance(n, int) and n >= number]
    return min(wait_for(later, 30, "the client to come back"))


NODE_COMMAND = ["node", os.path.join(HERE, "clients/node/send.js")]
PYTHON_COMMAND = [sys.executable, os.path.join(HERE, "clients/python/send.py")]


def need(command, request):
    if command is NODE_COMMAND:
        request.getfixturevalue("node_clients")


@contextlib.contextmanager
def sending(command, client, port, *options):
    told = ["--tell", "--rate", "5"] if command is NODE_COMMAND else ["tell=1", "rate=5"]
    sender = Sender([*command, client, str(port), "1000000", *told, *options], os.path.dirname(command[1]))
    try:
        yield sender
    finally:
        sender.end()


# Clients that keep what they cannot send, and how each is told to keep enough and to go on trying.
KEEPERS = {
    "winston-logstash": (NODE_COMMAND, ["--opt", "max_connect_retries=-1"]),
    "bunyan-tcp": (NODE_COMMAND, ["--opt", "max_connect_retries=-1", "--opt", "cbuffer_size=100000"]),
    "pino-tcp": (NODE_COMMAND, ["--opt", "reconnect=true", "--opt", "recovery=true", "--opt",
                                "recoveryQueueMaxSize=10000000"]),
    "async-tcp": (PYTHON_COMMAND, ["pause=0.2"]),
}


@pytest.mark.parametrize("client", KEEPERS)
def test_client_that_keeps_what_it_cannot_send(logchute, request, port, client):
    """Every record is there, those too that it was handed while logchute was away."""
    command, options = KEEPERS[client]
    need(command, request)
    chute = logchute(JSON_INPUTS % {"port": port})
    with sending(command, client, port, *options) as sender:
        _, back = restart(chute, sender)
        sender.wait(100)
        expect_all(chute, r'"msg (\d+)\b', 1, back + 100)
    chute.stop()
    assert not [e for e in chute.events() if "_jsonparsefailure" in e.get("tags", ())]


# Clients that drop what they cannot send, but connect again. True: what it was handed is in the kernel's hands at once.
# (Over TCP winston3-logstash-transport does not after an orderly end, and Python's SysLogHandler never does.)
DROPPERS = {
    "log4js-tcp": (NODE_COMMAND, [], False),
    "jsonlogger-tcp": (PYTHON_COMMAND, ["pause=0.1"], True),
    "logstash-tcp": (PYTHON_COMMAND, ["pause=0.1"], True),
    "winston3-udp": (NODE_COMMAND, [], False),
    "pino-udp": (NODE_COMMAND, [], False),
    "log4js-udp": (NODE_COMMAND, [], False),
    "logstash-udp": (PYTHON_COMMAND, [], True),
    "syslog-udp": (PYTHON_COMMAND, [], True),
}


@pytest.mark.parametrize("client", DROPPERS)
def test_client_that_drops_what_it_cannot_send(logchute, request, port, client):
    """What it has sent before the stop is there, and all from its return on."""
    command, options, is_prompt = DROPPERS[client]
    need(command, request)
    config, pattern = (SYSLOG_INPUT, r"msg (\d+)\b") if client == "syslog-udp" else (JSON_INPUTS, r'"msg (\d+)\b')
    chute = logchute(config % {"port": port})
    with sending(command, client, port, *options) as sender:
        before, back = restart(chute, sender)
        first = first_after(chute, pattern, back)
        sender.wait(100)
        expect_all(chute, pattern, first, first + 100)
    if is_prompt:
        expect_all(chute, pattern, 1, before)
    code, last = chute.stop()
    assert code == 0 and assert_balanced(last)["pipeline"]["lost"] == 0


# Daemons with a queue, and what each says of a server that has gone.
QUEUES = {
    "rsyslog-tcp": "cannot connect to",
    "rsyslog-octet": "cannot connect to",
    "rsyslog-5424": "cannot connect to",
    "syslogng-tcp": "Syslog connection closed",
    "syslogng-syslog": "Syslog connection closed",
}


@pytest.mark.parametrize("kind", QUEUES)
def test_syslog_daemon_over_a_restart(logchute, syslog_tools, port, tmp_path, kind):
    """Every line is there, those too that were written while logchute was away. Plain TCP syslog may lose what is under
    way when a connection ends; but logchute says goodbye and reads on, and both look for that before they send."""
    chute = logchute(SYSLOG_INPUT % {"port": port})
    with contextlib.ExitStack() as ends:
        daemon = Sender([os.path.join(HERE, "clients/syslog-send.sh"), kind, str(port), "0", str(tmp_path)], tmp_path,
                        syslog_tools)
        ends.callback(daemon.end)
        wait_for((tmp_path / "in.log").exists, 10, "the daemon's log")
        lines = Lines(tmp_path / "in.log", daemon.process)
        ends.callback(lines.end)
        _, back = restart(chute, lines, lambda: any(QUEUES[kind] in words for words in daemon.words))
        lines.wait(100)
        expect_all(chute, r"seq=(\d+) hello", 1, back + 100)
    chute.stop()
    check_syslog(chute.events())
