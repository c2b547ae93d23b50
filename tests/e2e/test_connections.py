"""Many connections, slow ones, broken ones; and a destination that takes nothing for a while."""
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from support import FakeEngine, assert_balanced, free_port, plugin_counters, send_tcp, wait_for

STDOUT = " output { stdout { codec => json_lines } }\n"


@pytest.fixture(autouse=True, scope="module")
def many_descriptors():
    """For this side of the connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 4096:
        pytest.skip("2,000 connections need as many descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 4096), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def tcp(port, codec="json_lines"):
    return 'input { tcp { host => "127.0.0.1" port => %d codec => %s } }' % (port, codec)


def connect(port):
    s = socket.create_connection(("127.0.0.1", port), timeout=60)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def close_and_wait(*connections):
    """Closes our sides and waits until the other side has read everything and closed, too."""
    for s in connections:
        s.shutdown(socket.SHUT_WR)
    for s in connections:
        assert s.recv(1) == b""
        s.close()


def wait_for_events(chute, count):
    wait_for(lambda: len(chute.events()) >= count, 20, "%d events" % count)
    assert len(chute.events()) == count
    return chute.events()


def end_balanced(chute):
    code, last = chute.stop()
    assert code == 0, chute.stderr()
    return assert_balanced(last)


def test_300_connections_carry_one_stream(logchute, port):
    """As a client with a pool does: each object on another connection, in pieces, one behind the other."""
    chute = logchute(tcp(port) + STDOUT)
    pool = [connect(port) for _ in range(300)]
    objects = [json.dumps({"n": n, "text": "} {\n\"" * (n % 5)}).encode() for n in range(6000)]
    for at in range(0, len(objects), 300):
        for piece in range(3):
            for s, data in zip(pool, objects[at:at + 300]):
                third = len(data) // 3 + 1
                s.sendall(data[piece * third:(piece + 1) * third])
    close_and_wait(*pool)
    assert sorted(e["n"] for e in wait_for_events(chute, 6000)) == list(range(6000))
    assert end_balanced(chute)["pipeline"]["in"] == 6000


def test_objects_without_line_ends(logchute, port):
    """The last one is taken when nothing follows, or at the end of the connection."""
    chute = logchute(tcp(port) + STDOUT)
    idle, closing = connect(port), connect(port)
    idle.sendall(b'{"n":1}{"n":2} {"n":3}')
    wait_for_events(chute, 3)
    idle.sendall(b'{"n":4}\n{"n":5')
    closing.sendall(b'{"n":6}{"n":7}')
    close_and_wait(closing)
    wait_for_events(chute, 6)
    idle.sendall(b'}')
    close_and_wait(idle)
    assert sorted(e["n"] for e in wait_for_events(chute, 7)) == [1, 2, 3, 4, 5, 6, 7]
    assert not any("tags" in e for e in chute.events())
    end_balanced(chute)


@pytest.mark.parametrize("plugin", ["tcp", "syslog"])
def test_one_byte_at_a_time(logchute, port, plugin):
    if plugin == "tcp":
        config, data = tcp(port), b'{"message":"m\xc3\xa4 1"}\r\n\r\n{"message":"m 2"}{"message":"m 3"}'
    else:
        config = 'input { syslog { host => "127.0.0.1" port => %d } }' % port
        data = b"<34>Oct 11 22:14:15 host app: m\xc3\xa4 1\n40 <34>1 2026-10-11T22:14:15Z h a - - - m 2<13>m 3\0"
    chute = logchute(config + STDOUT)
    s = connect(port)
    for i in range(len(data)):
        s.sendall(data[i:i + 1])
    close_and_wait(s)
    assert sorted(e["message"].strip()[-1] for e in wait_for_events(chute, 3)) == ["1", "2", "3"]
    assert any("\u00e4" in e["message"] for e in chute.events())
    end_balanced(chute)


@pytest.mark.parametrize("way", ["half closed", "reset", "closed", "stop"])
def test_unfinished_line_at_the_end(logchute, port, way):
    """What was read is kept, however its connection ends; nobody else notices."""
    chute = logchute(tcp(port, "line") + STDOUT)
    s, neighbour = connect(port), connect(port)
    neighbour.sendall(b"neigh")
    s.sendall(b"whole\nunfin")
    wait_for_events(chute, 1)
    s.sendall(b"ished")
    if way == "half closed":
        close_and_wait(s)
    elif way == "reset":
        # A reset throws away what the other side has not read.
        wait_for(lambda: not any(line.split()[4] != "00000000:00000000" for line in connections_of(port)), 10, "reading")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    elif way == "closed":
        s.close()
    if way != "stop":
        wait_for_events(chute, 2)
    neighbour.sendall(b"bour\n")
    if way != "stop":
        wait_for_events(chute, 3)
    counters = end_balanced(chute)
    assert sorted(e["message"] for e in chute.events()) == ["neighbour", "unfinished", "whole"]
    assert counters["pipeline"]["in"] == 3


def connections_of(port):
    """The kernel's lines of the connections to a local port."""
    with open("/proc/net/tcp") as f:
        return [line for line in f.read().splitlines()[1:] if line.split()[1].endswith(":%04X" % port) and
                line.split()[3] == "01"]


def test_2000_idle_connections(logchute, port, is_sanitized):
    """They cost little, and leave room for one that works; the limit of descriptors that most shells set is no limit."""
    chute = logchute(tcp(port) + STDOUT, start=False)
    with limit(resource.RLIMIT_NOFILE, 1024, 4096):
        chute.start()
    before = chute.memory_kb("RssAnon")
    idle = [connect(port) for _ in range(2000)]
    for n, s in enumerate(idle):
        s.sendall(b'{"n":%d' % n)
    send_tcp(port, b'{"n":"working"}\n')
    wait_for_events(chute, 1)
    after = chute.memory_kb("RssAnon")
    begun = time.monotonic()
    for s in idle:
        s.sendall(b"}\n")
    wait_for_events(chute, 2001)
    counters = end_balanced(chute)
    assert time.monotonic() - begun < 15
    assert counters["pipeline"]["in"] == 2001
    assert is_sanitized or after - before < 7 * 1024, "%d KiB" % (after - before)
    for s in idle:
        s.close()


class limit:
    """Within it, processes are started with this limit."""

    def __init__(self, kind, soft, hard=None):
        self.kind, self.wanted = kind, (soft, hard if hard is not None else soft)

    def __enter__(self):
        self.before = resource.getrlimit(self.kind)
        self.popen = subprocess.Popen
        kind, wanted = self.kind, self.wanted

        def limited(*args, **kwargs):
            return self.popen(*args, preexec_fn=lambda: resource.setrlimit(kind, wanted), **kwargs)
        subprocess.Popen = limited

    def __exit__(self, *_):
        subprocess.Popen = self.popen


def test_more_connections_than_descriptors(logchute, port):
    """They wait, which is said once, and are taken when others are gone."""
    chute = logchute(tcp(port) + STDOUT, start=False)
    with limit(resource.RLIMIT_NOFILE, 60):
        chute.start()
    connections = [connect(port) for _ in range(100)]
    wait_for(lambda: any("cannot accept" in r["message"] for r in chute.log()), 10, "the message")
    before = cpu_seconds(chute)
    time.sleep(0.5)
    assert cpu_seconds(chute) - before < 0.25, "it waits, and does not spin"
    for n, s in enumerate(connections):
        s.sendall(b'{"n":%d}\n' % n)
        s.shutdown(socket.SHUT_WR)
    wait_for_events(chute, 100)
    close_all(connections)
    end_balanced(chute)
    assert len([r for r in chute.log() if "cannot accept" in r["message"]]) <= 3


def close_all(connections):
    for s in connections:
        s.close()


def cpu_seconds(chute):
    with open("/proc/%d/stat" % chute.process.pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ------------------------------------------------------------------ back-pressure


class Sender(threading.Thread):
    """Sends numbered events until it is done or the connection ends."""

    def __init__(self, port, number, count):
        super().__init__(daemon=True)
        self.port, self.number, self.count, self.sent = port, number, count, 0

    def run(self):
        padding = "p" * 330
        with connect(self.port) as s:
            s.settimeout(None)
            try:
                for at in range(0, self.count, 100):
                    s.sendall("".join('{"s":%d,"n":%d,"padding":"%s"}\n' % (self.number, n, padding)
                                      for n in range(at, min(at + 100, self.count))).encode())
                    self.sent = min(at + 100, self.count)
                s.shutdown(socket.SHUT_WR)
                s.recv(1)
            except OSError:
                pass


def stalled(senders):
    """True when none of them gets on for a second."""
    before = [s.sent for s in senders]
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        time.sleep(0.05)
        if [s.sent for s in senders] != before:
            return False
    return True


def start_senders(port, count):
    senders = [Sender(port, n, count) for n in range(8)]
    for s in senders:
        s.start()
    return senders


def check_lines(lines, count):
    """Each number of each sender came once."""
    seen = [bytearray(count) for _ in range(8)]
    for line in lines:
        event = json.loads(line)
        seen[event["s"]][event["n"]] += 1
    assert all(numbers == b"\1" * count for numbers in seen)


@pytest.mark.parametrize("kind", ["fifo", "pipe"])
def test_senders_are_held_back(logchute, port, tmp_path, is_sanitized, kind):
    """A destination that takes nothing: memory is bounded, the senders wait, and then everything comes, once."""
    count = 40000  # of 8 senders: 110 MB, more than all the sockets' buffers hold
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    config = tcp(port) + " filter { mutate { remove_field => ['host', '@version', 'event', '@timestamp'] } } output { %s }"
    if kind == "fifo":
        chute = logchute(config % ('file { path => "%s" codec => json_lines }' % fifo))
    else:
        chute = logchute(config % "stdout { codec => json_lines }", start=False)
        chute.out = fifo
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        os.set_blocking(reader, True)
        chute.start()
    senders = start_senders(port, count)
    wait_for(lambda: stalled(senders), 60, "the senders to be held back")
    held = sum(s.sent for s in senders)
    assert held < 8 * count, "everything was taken in"
    assert is_sanitized or chute.memory_kb() <= 64 * 1024, "%d KiB" % chute.memory_kb()
    if kind == "fifo":
        reader = os.open(fifo, os.O_RDONLY)
    lines = []
    with os.fdopen(reader, "rb") as f:
        for line in f:
            lines.append(line)
            if len(lines) == 8 * count:
                break
        for s in senders:
            s.join(30)
        memory = chute.memory_kb()
        counters = end_balanced(chute)
    check_lines(lines, count)
    assert counters["pipeline"]["out"] == counters["pipeline"]["in"] == 8 * count
    assert is_sanitized or memory <= 64 * 1024, "%d KiB" % memory


def test_senders_wait_for_a_search_engine(logchute, port, unused_port, is_sanitized):
    """It is away from the start: nothing is taken in without bound, nothing is lost, everything arrives."""
    count, arrived = 30000, []
    chute = logchute(tcp(port) + ' output { elasticsearch { hosts => "http://127.0.0.1:%d" index => "i" action => create'
                     ' manage_template => false } }' % unused_port)
    senders = start_senders(port, count)
    wait_for(lambda: stalled(senders), 60, "the senders to be held back")
    assert sum(s.sent for s in senders) < 8 * count, "everything was taken in"
    assert is_sanitized or chute.memory_kb() <= 64 * 1024, "%d KiB" % chute.memory_kb()
    engine = FakeEngine(unused_port, lambda document: arrived.append(document) or 201).start()
    wait_for(lambda: len(arrived) >= 8 * count, 60, "every event")
    counters = end_balanced(chute)
    engine.stop()
    check_lines(arrived, count)
    assert counters["pipeline"]["out"] == counters["pipeline"]["in"] == 8 * count
    assert len(chute.log()) < 20, "an outage is a few lines of log"


def test_stop_while_nothing_is_taken(logchute, port, tmp_path):
    """It ends after its patience, says what is lost, and exits with 0."""
    fifo = str(tmp_path / "fifo")
    os.mkfifo(fifo)
    chute = logchute(tcp(port) + ' output { file { path => "%s" codec => json_lines } }' % fifo)
    senders = start_senders(port, 20000)
    wait_for(lambda: stalled(senders) or not any(s.is_alive() for s in senders), 60, "the senders to be held back")
    begun = time.monotonic()
    code, last = chute.stop()
    assert code == 0 and time.monotonic() - begun < 15
    counters = assert_balanced(last)["pipeline"]
    assert counters["lost"] == counters["in"] > 0 and counters["out"] == 0


def test_a_search_engine_that_reads_nothing(logchute, port, unused_port, is_sanitized):
    """It takes the connection and no byte of the body: senders are held back, and a stop ends all the same."""
    with socket.create_server(("127.0.0.1", unused_port)):
        chute = logchute(tcp(port) + ' output { elasticsearch { hosts => "http://127.0.0.1:%d" index => "i"'
                         ' manage_template => false } }' % unused_port)
        senders = start_senders(port, 40000)
        wait_for(lambda: stalled(senders), 60, "the senders to be held back")
        assert sum(s.sent for s in senders) < 8 * 40000, "everything was taken in"
        assert is_sanitized or chute.memory_kb() <= 64 * 1024, "%d KiB" % chute.memory_kb()
        begun = time.monotonic()
        code, last = chute.stop()
    assert code == 0 and time.monotonic() - begun < 15
    counters = assert_balanced(last)["pipeline"]
    assert counters["lost"] == counters["in"] > 0 and counters["out"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_under_load(logchute, port, number):
    """Eight senders push; what was taken in comes out, whole, and is counted."""
    chute = logchute(tcp(port) + " filter { json { source => 'message' } mutate { add_field => { 'seen' => 'yes' } } }" + STDOUT,
                     "-w", "4")
    senders = start_senders(port, 1000000)
    wait_for(lambda: all(s.sent > 500 for s in senders), 30, "some load")
    code, last = chute.stop(number)
    assert code == 0
    counters = assert_balanced(last)
    with open(chute.out, "rb") as f:
        lines = f.read().split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == counters["pipeline"]["out"] == plugin_counters(counters, "output", "stdout")["out"]
    assert counters["pipeline"]["lost"] == 0
    whole = [event for event in map(json.loads, lines) if "_jsonparsefailure" not in event.get("tags", ())]
    assert len(lines) - len(whole) <= 8, "at most the last line of each connection was cut"
    seen = {(event["s"], event["n"]) for event in whole}
    assert len(seen) == len(whole)
    for s in range(8):
        numbers = sorted(n for sender, n in seen if sender == s)
        assert numbers == list(range(len(numbers))), "no line is missing in between"


@pytest.mark.parametrize("plugin", ["udp", "syslog"])
def test_datagrams_of_several_lines_wait_only_so_long(logchute, port, plugin):
    """multiline over UDP: what no other line completes comes after auto_flush_interval, with its sender."""
    chute = logchute('input { %s { host => "127.0.0.1" port => %d codec => multiline { pattern => "^ " what => previous'
                     ' auto_flush_interval => 1 } } }' % (plugin, port) + STDOUT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"one\n two", ("127.0.0.1", port))
    event, = wait_for_events(chute, 1)
    assert event["message"] == "one\n two" and event["host"]["ip"] == "127.0.0.1", event
    end_balanced(chute)


def receive_queue(port):
    """Bytes that wait in the kernel for a UDP port."""
    with open("/proc/net/udp") as f:
        return sum(int(line.split()[4].split(":")[1], 16) for line in f if line.split()[1].endswith(":%04X" % port))


JOINED = 'codec => multiline { pattern => "^ " what => previous }'


@pytest.mark.parametrize("option, is_stopped", [
    ("", False), ("queue_size => 20", False), ("queue_size => 20 " + JOINED, False), ("queue_size => 20", True)])
def test_udp_queue_size_bounds_what_waits(binary, tmp_path, option, is_stopped):
    """Nobody reads what comes out, so nothing is decoded any more: with queue_size few datagrams are taken, and the rest
    wait in the kernel; and all come when there is a reader, also after a stop."""
    port = free_port()
    chute = subprocess.Popen(
        [binary, "--path.data", str(tmp_path), "-w", "1", "--queue.memory_bytes", "64mb", "-e",
         'input { udp { host => "127.0.0.1" port => %d receive_buffer_bytes => 2000000 %s } } '
         "output { stdout { codec => line { format => '%%{message}' } } }" % (port, option)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        while b"pipeline started" not in chute.stderr.readline():
            pass
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", port))
            sent = 0
            is_read = True
            while sent < 2000 and is_read:
                for _ in range(20):
                    s.send(b"%06d" % sent + b"x" * 8000)
                    sent += 1
                deadline = time.monotonic() + 1
                while receive_queue(port) > 0 and is_read:
                    is_read = time.monotonic() < deadline
        if is_stopped:
            chute.terminate()
        # the last one may still wait for a line that goes on
        lines = [chute.stdout.readline() for _ in range(sent - (JOINED in option))]
        assert [int(line[:6]) for line in lines] == list(range(len(lines)))
        assert is_read == (not option), "after %d datagrams" % sent
    finally:
        chute.terminate()
        chute.communicate(timeout=20)
