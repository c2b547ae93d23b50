"""Real clients as people use them: each sends N messages, and exactly those come out."""
import collections
import json
import os
import re
import subprocess
import sys

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


# Clients that connect again by themselves, and how each is told to go on trying.
RESTART = {
    "winston-logstash": (["node", None], ["--rate", "10", "--hold", "4000", "--opt", "max_connect_retries=-1"]),
    "bunyan-tcp": (["node", None], ["--rate", "10", "--hold", "4000", "--opt", "max_connect_retries=-1", "--opt",
                                    "cbuffer_size=1000"]),
    "pino-tcp": (["node", None], ["--rate", "10", "--hold", "6000", "--opt", "reconnect=true", "--opt", "recovery=true"]),
    "async-tcp": ([sys.executable, os.path.join(HERE, "clients/python/send.py")], ["rate=10"]),
}


@pytest.mark.parametrize("client", RESTART)
def test_client_over_a_restart(logchute, node_clients, port, client):
    """logchute is stopped and started again while the client sends: every record is there."""
    chute = logchute(JSON_INPUTS % {"port": port})
    command, options = RESTART[client]
    command = [node_clients if word is None else word for word in command]
    sender = subprocess.Popen([*command, client, str(port), str(N), *options], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, cwd=os.path.dirname(node_clients))
    try:
        wait_for(lambda: len(chute.events()) >= N // 4, 30, "the first events")
        code, last = chute.stop()
        assert code == 0 and last["lost"] == "0"
        chute.start()
        wait_for(lambda: len(numbers(chute, r'"msg (\d+)\b')) >= N, 60, "all numbers")
    finally:
        out, _ = sender.communicate(timeout=60)
    assert sender.returncode == 0, out
    chute.stop()
    assert set(numbers(chute, r'"msg (\d+)\b')) == set(range(1, N + 1))


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


@pytest.mark.parametrize("kind", ["rsyslog-tcp", "rsyslog-octet", "syslogng-tcp", "syslogng-syslog"])
def test_syslog_daemon_over_a_restart(logchute, syslog_tools, port, tmp_path, kind):
    """Lines that are written while logchute is away wait in the daemon, and come when it is back. A daemon notices a closed
    connection only at its next write, which plain TCP syslog then loses: one line at the most, none of those before."""
    chute = logchute(SYSLOG_INPUT % {"port": port})
    sender = send_syslog(kind, port, tmp_path, syslog_tools)
    pattern = r"seq=(\d+) hello"
    try:
        wait_for(lambda: len(chute.events()) >= N or sender.poll() is not None, 30, kind)
        code, last = chute.stop()
        assert code == 0 and last["lost"] == "0"
        for number in range(N + 1, N + 101):
            with open(tmp_path / "in.log", "a") as f:
                f.write("seq=%d hello\n" % number)
        chute.start()
        wait_for(lambda: N + 100 in numbers(chute, pattern), 60, "the last line")
    finally:
        sender.terminate()
        sender.wait(30)
    chute.stop()
    missing = set(range(1, N + 101)) - set(numbers(chute, pattern))
    assert missing <= {N + 1}, missing
