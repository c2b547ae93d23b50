"""A disk without room, under everything that writes: one clear message, nothing else is lost, and it goes on by
itself when there is room again."""
import json
import os
import resource
import sqlite3
import subprocess

import pytest

from conftest import skip
from support import FakeEngine, assert_balanced, free_port, json_lines, send_tcp, wait_for


class SmallDisk:
    """A file system of four mebibytes, and a ballast that fills it."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.ballast = os.path.join(self.folder, "ballast")

    def fill(self):
        with open(self.ballast, "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"\0" * 4096)
            except OSError:
                pass

    def free(self):
        os.unlink(self.ballast)

    def path(self, name):
        return os.path.join(self.folder, name)


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        skip("only root may mount a small disk")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip("no small disk can be mounted: " + done.stderr.strip())
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


def tcp(port):
    return 'input { tcp { host => "127.0.0.1" port => %d codec => json_lines ecs_compatibility => disabled } }\n' % port


def complaints(chute, words):
    return [r for r in chute.log() if r["level"] in ("warn", "error", "fatal") and words in json.dumps(r)]


def numbers_in(path):
    if not os.path.exists(path):
        return []
    with open(path, "rb") as f:
        return [json.loads(line)["n"] for line in f.read().split(b"\n")[:-1]]


def end_balanced(chute):
    code, last = chute.stop()
    assert code == 0, chute.stderr()
    return assert_balanced(last)["pipeline"]


def send_numbers(port, first, end):
    send_tcp(port, json_lines({"n": n, "padding": "p" * 80} for n in range(first, end)))


def test_file_output(logchute, port, small_disk):
    path = small_disk.path("out.log")
    chute = logchute(tcp(port) + 'output { file { path => "%s" codec => json_lines } }' % path)
    send_numbers(port, 0, 10)
    wait_for(lambda: len(numbers_in(path)) == 10, 10, "the first events")
    small_disk.fill()
    send_numbers(port, 10, 2000)
    wait_for(lambda: complaints(chute, "No space left"), 10, "the message")
    send_numbers(port, 2000, 2010)
    small_disk.free()
    wait_for(lambda: len(numbers_in(path)) == 2010, 30, "all events")
    counters = end_balanced(chute)
    assert sorted(numbers_in(path)) == list(range(2010)), "each once, and no piece of a line"
    assert counters["out"] == 2010 and len(complaints(chute, "No space left")) == 1


def test_limit_of_file_sizes(logchute, port, tmp_path):
    """As a full disk, and not the end of the process, which the signal's default would be."""
    path = str(tmp_path / "out.log")
    chute = logchute(tcp(port) + 'output { file { path => "%s" codec => json_lines } }' % path)
    resource.prlimit(chute.process.pid, resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
    send_numbers(port, 0, 1000)
    wait_for(lambda: complaints(chute, "File too large"), 10, "the message")
    resource.prlimit(chute.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: len(numbers_in(path)) == 1000, 30, "all events")
    assert end_balanced(chute)["out"] == 1000
    assert sorted(numbers_in(path)) == list(range(1000))


def test_sincedb(logchute, tmp_path, small_disk):
    """Lines are read and delivered all the same; the position is written when there is room, and holds."""
    log, sincedb = tmp_path / "in.log", small_disk.path("sincedb")
    log.write_text("".join('{"n":%d}\n' % n for n in range(100)))
    small_disk.fill()
    chute = logchute('input { file { path => "%s" sincedb_path => "%s" start_position => beginning codec => json'
                     ' stat_interval => 0.1 } } output { stdout { codec => json_lines } }' % (log, sincedb))
    wait_for(lambda: len(chute.events()) == 100, 10, "the lines")
    wait_for(lambda: complaints(chute, "sincedb"), 10, "the message")
    with open(log, "a") as f:
        f.write('{"n":100}\n')
    wait_for(lambda: len(chute.events()) == 101, 10, "the new line")
    small_disk.free()
    wait_for(lambda: chute.said("the sincedb is written again"), 10, "the sincedb")
    assert end_balanced(chute)["out"] == 101
    assert len(complaints(chute, "sincedb")) == 1
    assert open(sincedb).read().split()[3] == str(log.stat().st_size)
    chute.start()
    with open(log, "a") as f:
        f.write('{"n":101}\n')
    wait_for(lambda: len(chute.events()) >= 102, 10, "the newest line")
    end_balanced(chute)
    assert sorted(e["n"] for e in chute.events()) == list(range(102))


def stored(path):
    """The numbers in the embedded store."""
    if not os.path.exists(path):
        return []
    db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
    try:
        return [json.loads(row[0])["n"] for row in db.execute("SELECT document FROM events")]
    except sqlite3.OperationalError:
        return []  # the view is being made anew
    finally:
        db.close()


def test_store(logchute, port, small_disk):
    path = small_disk.path("events.db")
    chute = logchute(tcp(port) + 'output { sqlite { path => "%s" } }' % path)
    send_numbers(port, 0, 10)
    wait_for(lambda: len(stored(path)) == 10, 10, "the first events")
    small_disk.fill()
    send_numbers(port, 10, 1500)
    wait_for(lambda: complaints(chute, "the store cannot be written"), 10, "the message")
    small_disk.free()
    wait_for(lambda: len(stored(path)) == 1500, 30, "all events")
    assert end_balanced(chute)["out"] == 1500
    assert sorted(stored(path)) == list(range(1500))
    assert len(complaints(chute, "the store")) == 1


def test_start_on_a_full_disk(binary, logchute, port, small_disk):
    """An output that cannot be opened ends the start with one message."""
    small_disk.fill()
    done = subprocess.run([binary, "-e", tcp(port) + 'output { sqlite { path => "%s" } }' % small_disk.path("events.db"),
                           "--path.data", os.path.join(os.path.dirname(small_disk.folder), "data"), "--api.enabled", "false"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 1 and done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1 and "the store cannot be opened" in lines[0] and "full" in lines[0], done.stderr


def test_dead_letters(logchute, port, small_disk):
    """What cannot be kept is said once, and counted; what the destination takes still arrives."""
    engine = FakeEngine(free_port(), lambda document: 400 if json.loads(document)["n"] % 2 else 201).start()
    chute = logchute(tcp(port) + 'output { elasticsearch { hosts => "http://127.0.0.1:%d" index => "i" action => create'
                     ' manage_template => false } }' % engine.port, start=False)
    chute.data = small_disk.path("data")
    chute.start()
    small_disk.fill()
    send_numbers(port, 0, 500)
    wait_for(lambda: complaints(chute, "refused events cannot be kept"), 10, "the message")
    small_disk.free()
    send_numbers(port, 500, 1000)
    wait_for(lambda: len(chute.dead_letters()) >= 250, 10, "the later dead letters")
    counters = end_balanced(chute)
    engine.stop()
    kept = [letter["event"]["n"] for letter in chute.dead_letters()]
    assert counters["in"] == 1000 and counters["out"] == 500
    assert counters["dead_lettered"] == len(kept)
    assert counters["lost"] == counters["unkept_dead_letters"] == 500 - len(kept) > 0
    said = complaints(chute, "refused events cannot be kept")
    assert len(said) == 1 and "No space left" in said[0]["reason"]
    assert len(kept) == len(set(kept)) and set(range(501, 1000, 2)) <= set(kept)


def test_dead_letters_that_cannot_be_kept_hold_nothing_up(logchute, tmp_path):
    """They are lost and counted so, in the last line too; the position of the file moves on, as with those that are kept."""
    log, sincedb = tmp_path / "in.log", tmp_path / "sincedb"
    log.write_text("".join('{"n":%d}\n' % n for n in range(1000)))
    engine = FakeEngine(free_port(), lambda document: 400 if json.loads(document)["n"] % 2 else 201).start()
    chute = logchute('input { file { path => "%s" sincedb_path => "%s" start_position => beginning codec => json } }'
                     ' output { elasticsearch { hosts => "http://127.0.0.1:%d" index => "i" action => create'
                     ' manage_template => false } }' % (log, sincedb, engine.port), start=False)
    os.mkdir(chute.data)
    with open(os.path.join(chute.data, "dead_letter_queue"), "w"):
        pass  # a file where the folder should be
    chute.start()
    wait_for(lambda: sincedb.exists() and sincedb.read_text().split()[3] == str(log.stat().st_size), 20, "the position")
    counters = end_balanced(chute)
    engine.stop()
    assert counters["in"] == 1000 and counters["out"] == 500 and counters["dead_lettered"] == 0
    assert counters["lost"] == counters["unkept_dead_letters"] == 500
    assert chute.log()[-1]["unkept_dead_letters"] == "500"
