"""Outages and restarts: nothing is lost that a sender can hold back, and memory stays bounded."""
import json
import os
import select
import socket
import threading
import time

from support import assert_balanced, json_lines, plugin_counters, send_tcp, wait_for

CONNECTIONS, PER_CONNECTION, SYSLOG, FILE = 8, 15000, 40000, 40000
TOTAL = CONNECTIONS * PER_CONNECTION + SYSLOG + FILE

EVERYTHING = """
input {
  tcp { host => "127.0.0.1" port => %(tcp)d codec => json_lines }
  syslog { host => "127.0.0.1" port => %(syslog)d ecs_compatibility => disabled }
  file { path => "%(folder)s/app*.log" start_position => "beginning" sincedb_path => "%(folder)s/sincedb"
         stat_interval => "100 ms" discover_interval => 1 codec => json }
}
filter {
  if ![id] { mutate { copy => { "message" => "id" } } }
  mutate { strip => ["id"] }
}
output { elasticsearch { hosts => ["%(url)s"] index => "everything" manage_template => false } }
"""


def tcp_events(connection, first, last):
    return json_lines({"id": "tcp-%d-%05d" % (connection, i), "message": "over TCP", "level": "info"}
                      for i in range(first, last))


def syslog_lines(first, last):
    return "".join("<14>1 2026-11-23T20:00:00.%03dZ host timetable 1 - - syslog-%05d\n" % (i % 1000, i)
                   for i in range(first, last)).encode()


def write_rotating(folder, first, last):
    """Appends in small pieces; after every 4,000 lines the file is renamed and a new one begun."""
    path = os.path.join(folder, "app.log")
    for start in range(first, last, 200):
        if start % 4000 == 0 and os.path.exists(path):
            os.rename(path, os.path.join(folder, "app-%06d.log" % start))
        with open(path, "ab") as f:
            f.write(json_lines({"id": "file-%05d" % i, "message": "from a file"} for i in range(start, start + 200)))


class Senders:
    """All sources at once, in threads; join() passes on what went wrong in them."""

    def __init__(self, *jobs):
        self.errors = []
        self.threads = [threading.Thread(target=self.run, args=job, daemon=True) for job in jobs]
        for thread in self.threads:
            thread.start()

    def run(self, work, *args):
        try:
            work(*args)
        except Exception as error:  # a thread's failure is the test's
            self.errors.append("%s%s: %r" % (work.__name__, args[:1], error))

    def join(self, seconds):
        deadline = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0, deadline - time.monotonic()))
        assert not any(t.is_alive() for t in self.threads), "a sender is stuck"
        assert not self.errors, self.errors


def send_half(half, tcp, syslog, folder):
    """Plain TCP knows no acknowledgement: each sender ends its half by closing, and waits for the other side to."""
    def part(count):
        return (0, count // 2) if half == 0 else (count // 2, count)
    jobs = [(send_tcp, tcp, tcp_events(c, *part(PER_CONNECTION)), 300) for c in range(CONNECTIONS)]
    jobs += [(send_tcp, syslog, syslog_lines(*part(SYSLOG)), 300), (write_rotating, folder, *part(FILE))]
    return Senders(*jobs)


def test_everything_survives_a_killed_node_and_a_restart(logchute, opensearch, port, tmp_path, unused_port):
    """200,000 events over 8 TCP connections, syslog and a rotating file; OpenSearch is killed half-way through the first
    half, logchute restarted after it. Every event is there, and not one that was not sent."""
    opensearch.create("everything", id="keyword")
    chute = logchute(EVERYTHING % {"tcp": port, "syslog": unused_port, "folder": tmp_path, "url": opensearch.url})
    senders = send_half(0, port, unused_port, str(tmp_path))
    wait_for(lambda: opensearch.count("everything") > TOTAL // 20, 120, "the first documents")
    opensearch.kill()
    opensearch.start()
    senders.join(300)
    kept = opensearch.count("everything")
    wait_for(lambda: opensearch.count("everything") > kept, 120, "the first documents after the outage")
    code, last = chute.stop(seconds=120)
    assert code == 0
    first = assert_balanced(last)
    assert first["pipeline"]["lost"] == 0
    assert plugin_counters(first, "output", "elasticsearch")["retried"] > 0
    chute.start()
    send_half(1, port, unused_port, str(tmp_path)).join(300)
    wait_for(lambda: opensearch.count("everything") >= TOTAL and len(opensearch.distinct("everything", "id")) >= TOTAL,
             300, "%d distinct events" % TOTAL)
    code, last = chute.stop(seconds=120)
    assert code == 0
    second = assert_balanced(last)
    assert second["pipeline"]["lost"] == second["pipeline"]["dead_lettered"] == 0
    wanted = {"tcp-%d-%05d" % (c, i) for c in range(CONNECTIONS) for i in range(PER_CONNECTION)}
    wanted |= {"syslog-%05d" % i for i in range(SYSLOG)} | {"file-%05d" % i for i in range(FILE)}
    found = set(opensearch.distinct("everything", "id"))
    assert len(wanted) == TOTAL == 200000
    assert found == wanted, "missing %s, unknown %s" % (sorted(wanted - found)[:5], sorted(found - wanted)[:5])


def closed_url(closed_port):
    return "http://127.0.0.1:%d" % closed_port


AWAY = """
input {
  tcp { host => "127.0.0.1" port => %(port)d codec => json_lines }
  file { path => "%(folder)s/*.log" start_position => "beginning" sincedb_path => "%(folder)s/sincedb"
         stat_interval => "100 ms" codec => json }
}
output { elasticsearch { hosts => ["%(url)s"] index => "%(index)s" manage_template => false } }
"""


def test_a_stop_with_the_output_away_counts_what_is_lost(logchute, opensearch, port, tmp_path, unused_port):
    """It ends after about five seconds, exit code 0; lines of files are read again by the next start."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "a.log").write_bytes(json_lines({"id": "file-%d" % i} for i in range(1000)))
    config = AWAY % {"port": port, "folder": folder, "url": closed_url(unused_port), "index": "away"}
    chute = logchute(config)
    send_tcp(port, json_lines({"id": "tcp-%d" % i} for i in range(1000)))
    begun = time.monotonic()
    code, last = chute.stop(seconds=20)
    took = time.monotonic() - begun
    assert code == 0
    assert took < 7.5, "it took %.1f s" % took
    counters = assert_balanced(last)
    assert counters["pipeline"]["lost"] >= 1000
    assert counters["pipeline"]["out"] == 0
    opensearch.create("away", id="keyword")
    with open(chute.config, "w", encoding="utf-8") as f:
        f.write(AWAY % {"port": port, "folder": folder, "url": opensearch.url, "index": "away"})
    chute.start()
    wait_for(lambda: len(opensearch.distinct("away", "id")) == 1000, 60, "the lines of the file")
    code, last = chute.stop()
    assert code == 0
    assert_balanced(last)
    assert set(opensearch.distinct("away", "id")) == {"file-%d" % i for i in range(1000)}


def flood(port, connections, limit):
    """Writes until nobody has taken a byte for three seconds, or until `limit` bytes: the bytes that were taken."""
    line = json.dumps({"id": "flood", "message": "m" * 250, "level": "info", "service": "timetable-api"}).encode() + b"\n"
    piece = line * 200
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    left = {s: b"" for s in sockets}
    for s in sockets:
        s.setblocking(False)
    taken = 0
    while taken < limit:
        _, ready, _ = select.select([], sockets, [], 3)
        if not ready:
            break
        for s in ready:
            data = left[s] or piece
            try:
                sent = s.send(data)
            except BlockingIOError:
                continue
            left[s] = data[sent:]
            taken += sent
    return taken, sockets


def test_memory_is_bounded_while_the_output_is_away(logchute, port, tmp_path, unused_port, is_sanitized):
    """Senders are held back, and the process stays within 64 MB."""
    limit = 400 * 1000 * 1000
    chute = logchute(AWAY % {"port": port, "folder": tmp_path, "url": closed_url(unused_port), "index": "flood"})
    taken, sockets = flood(port, 8, limit)
    peak = chute.memory_kb()
    for s in sockets:
        s.close()
    assert taken < limit, "nothing held the senders back"
    if not is_sanitized:
        assert peak <= 64 * 1024, "VmHWM %d kB" % peak
    code, last = chute.stop(seconds=20)
    assert code == 0
    counters = assert_balanced(last)
    assert counters["pipeline"]["lost"] > 0
