"""The embedded store through the whole program: search, a full disk, a damaged file, a kill."""
import glob
import json
import os
import resource
import subprocess

from support import assert_balanced, json_lines, send_tcp, wait_for

CONFIG = 'input { tcp { host => "127.0.0.1" port => %d codec => json_lines } } output { sqlite { %s } }'


def search(chute, *words, data=None):
    return subprocess.run([chute.binary, "search", "--path.data", data or chute.data, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)


def numbers(chute, *words):
    done = search(chute, "--json", "--limit", "1000000", *words)
    return sorted(json.loads(line)["n"] for line in done.stdout.splitlines())


def test_search_and_its_exit_codes(logchute, port, tmp_path):
    chute = logchute(CONFIG % (port, ""))
    send_tcp(port, json_lines([{"n": 1, "level": "error", "message": "a timeout\x1b[31m", "@timestamp": "2026-01-01T00:00:00Z"},
                               {"n": 2, "level": "info", "message": "fine"}]))
    wait_for(lambda: numbers(chute) == [1, 2], 30, "both events")
    assert numbers(chute, "level:error timeout") == [1]
    assert numbers(chute, "--since", "1h") == [2]
    assert numbers(chute, "--until", "2026-06-01") == [1]
    newest, = search(chute, "--json", "--limit", "1").stdout.splitlines()
    assert json.loads(newest)["n"] == 2
    store = os.path.join(chute.data, "store/events.db")
    assert json.loads(search(chute, "--json", "--store", store, "--", "timeout", data=str(tmp_path / "none")).stdout)["n"] == 1
    for variable, place in (("PATH_DATA", chute.data), ("LS_SETTINGS_DIR", str(tmp_path))):
        (tmp_path / "logstash.yml").write_text("path.data: %s\n" % chute.data)
        done = subprocess.run([chute.binary, "search", "--json", "timeout"], stdout=subprocess.PIPE, text=True, timeout=60,
                              env=dict(os.environ, **{variable: place}))
        assert json.loads(done.stdout)["n"] == 1, variable
    shown = search(chute, "timeout").stdout
    assert shown.startswith("2026-01-01T00:00:00.000Z ERROR ") and "a timeout\\x1b[31m" in shown and "\x1b" not in shown
    for words, code in ((["nothing"], 0), (['"open'], 1), (["--limit", "x"], 1), (["--since", "soon"], 1), (["--nope"], 1),
                        (["--since"], 1), (["--help"], 0)):
        done = search(chute, *words)
        assert (done.returncode, bool(done.stderr)) == (code, code == 1), (words, done.stderr)
    done = search(chute, "x", data=str(tmp_path / "none"))
    assert done.returncode == 1 and "there is no store here" in done.stderr


def test_follow_shows_what_comes(logchute, port):
    chute = logchute(CONFIG % (port, ""))
    send_tcp(port, json_lines([{"n": 1, "message": "first match"}]))
    wait_for(lambda: numbers(chute) == [1], 30, "the first")
    follower = subprocess.Popen([chute.binary, "search", "--json", "--follow", "--path.data", chute.data, "match"],
                                stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(follower.stdout.readline())["n"] == 1
        send_tcp(port, json_lines([{"n": 2, "message": "other"}, {"n": 3, "message": "a match"}]))
        assert json.loads(follower.stdout.readline())["n"] == 3
    finally:
        follower.kill()
        follower.wait()
        follower.stdout.close()


def test_full_disk_loses_nothing(logchute, port):
    """A limit on the size of files stands for the disk: writes fail, later they do not."""
    chute = logchute(CONFIG % (port, ""))
    send_tcp(port, json_lines([{"n": 0}]))
    wait_for(lambda: numbers(chute) == [0], 30, "the first event")
    pid, most = chute.process.pid, 400 * 1024
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    send_tcp(port, json_lines([{"n": n, "message": "x%d " % n * 30} for n in range(1, 5001)]))
    said = "the store cannot be written: events wait and are tried again"
    wait_for(lambda: chute.said(said), 30, "the complaint")
    assert chute.process.poll() is None
    assert sum(record.get("message") == said for record in chute.log()) == 1, "one line, not one a try"
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    wait_for(lambda: numbers(chute) == list(range(5001)), 60, "all events, once each")
    code, last = chute.stop()
    assert code == 0
    assert_balanced(last)


def test_damaged_store_is_set_aside(logchute, port):
    chute = logchute(CONFIG % (port, ""), start=False)
    store = os.path.join(chute.data, "store/events.db")
    os.makedirs(os.path.dirname(store))
    with open(store, "wb") as f:
        f.write(b"not a database, by any means. " * 1000)
    chute.start()
    send_tcp(port, json_lines([{"n": 1}]))
    wait_for(lambda: numbers(chute) == [1], 30, "the event in a new store")
    aside = glob.glob(store + ".damaged-*")
    assert len(aside) == 1 and os.path.getsize(aside[0]) == 30000
    lines = [record for record in chute.log() if "damaged" in record.get("message", "")]
    assert len(lines) == 1 and aside[0].endswith(os.path.basename(lines[0]["moved_to"])), lines
    assert chute.stop()[0] == 0


def test_store_that_becomes_damaged(logchute, port):
    chute = logchute(CONFIG % (port, ""))
    send_tcp(port, json_lines([{"n": n} for n in range(1000)]))
    wait_for(lambda: len(numbers(chute)) == 1000, 30, "the first events")
    store = os.path.join(chute.data, "store/events.db")
    assert chute.stop()[0] == 0  # all of it is in the file now
    with open(store, "r+b") as f:
        size = f.seek(0, os.SEEK_END)
        f.seek(8192)
        f.write(b"\xa5" * (size - 8192))
    chute.start()
    send_tcp(port, json_lines([{"n": 5000}]))
    wait_for(lambda: numbers(chute) == [5000], 30, "the event in a new store")
    assert glob.glob(store + ".damaged-*")
    assert chute.stop()[0] == 0


def test_kill_keeps_what_was_committed(logchute, port):
    chute = logchute(CONFIG % (port, ""))
    send_tcp(port, json_lines([{"n": n} for n in range(3000)]))
    wait_for(lambda: len(numbers(chute)) == 3000, 30, "the events")
    chute.kill()
    assert numbers(chute) == list(range(3000))
    chute.start()
    send_tcp(port, json_lines([{"n": 3000}]))
    wait_for(lambda: numbers(chute) == list(range(3001)), 30, "one more")
    assert chute.stop()[0] == 0


def test_size_is_kept_to(logchute, port):
    chute = logchute(CONFIG % (port, "max_bytes => \"2MiB\""))
    for begin in range(0, 20000, 4000):
        send_tcp(port, json_lines([{"n": n, "message": "word%d and %d" % (n, n * 7919), "pad": "p" * 200}
                                   for n in range(begin, begin + 4000)]))
    wait_for(lambda: numbers(chute, "n:19999") == [19999], 30, "the last")
    assert os.path.getsize(os.path.join(chute.data, "store/events.db")) <= 2 * 1024 * 1024
    assert numbers(chute, "word0") == []
    code, last = chute.stop()
    assert code == 0
    assert assert_balanced(last)["pipeline"]["out"] == 20000
