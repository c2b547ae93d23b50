"""The file input's options, one by one: which files, in which order, how much at once, and for how long."""
import os
import time

import pytest

from support import assert_balanced, wait_for

CONFIG = """
input { file { path => "%s" sincedb_path => "%s/sincedb" start_position => "beginning" stat_interval => 0.05 discover_interval => 1
               %s } }
output { stdout { codec => json_lines } }
"""
READ_ONCE = 'mode => "read" exit_after_read => true file_completed_action => "log" file_completed_log_path => "%s/done"'


@pytest.fixture
def tail(logchute, tmp_path):
    """Follows tmp_path/logs/PATTERN: tail(options, pattern)."""
    (tmp_path / "logs").mkdir()

    def start(options="", pattern="*"):
        return logchute(CONFIG % (tmp_path / "logs" / pattern, tmp_path, options), "-w", "1")
    return start


@pytest.fixture
def read(logchute, tmp_path):
    """The messages of tmp_path/logs/PATTERN, read once."""
    (tmp_path / "logs").mkdir()

    def run(options="", pattern="*"):
        chute = logchute(CONFIG % (tmp_path / "logs" / pattern, tmp_path, READ_ONCE % tmp_path + " " + options), "-w", "1",
                         start=False)
        chute.launch()
        code, last = chute.wait(120)
        assert code == 0, chute.stderr()
        assert_balanced(last)
        return chute.events()
    return run


def put(folder, name, text, age=0):
    path = folder / "logs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "ab") as f:
        f.write(text.encode())
    if age:
        os.utime(path, (time.time() - age, time.time() - age))
    return path


def messages(chute):
    return [event["message"] for event in chute.events()]


def wait_for_messages(chute, *wanted):
    wait_for(lambda: len(messages(chute)) >= len(wanted), 20, wanted)
    assert sorted(messages(chute)) == sorted(wanted)


def is_open(chute, path):
    folder = "/proc/%d/fd" % chute.process.pid
    return any(os.path.realpath(os.path.join(folder, fd)) == str(path) for fd in os.listdir(folder))


def test_which_files(tail, tmp_path):
    """** is any number of folders; exclude is of names without folders."""
    for name in ("a.log", "x/b.log", "x/y/c.log", "x/y/d.txt", "x/skip.log", "x/y/skip2.log", "x/old.log.gz"):
        put(tmp_path, name, name + "\n")
    chute = tail('exclude => ["skip*", "*.gz"]', "**/*.{log,gz}")
    wait_for_messages(chute, "a.log", "x/b.log", "x/y/c.log")
    put(tmp_path, "new/skip.log", "new/skip.log\n")
    put(tmp_path, "new/z/e.log", "new/z/e.log\n")
    wait_for_messages(chute, "a.log", "x/b.log", "x/y/c.log", "new/z/e.log")
    assert chute.stop()[0] == 0


def test_close_older(tail, tmp_path):
    """A quiet file is closed, and read on where it was when it grows."""
    path = put(tmp_path, "a.log", "one\n")
    chute = tail("close_older => 0.3")
    wait_for_messages(chute, "one")
    for lines in (["one", "two"], ["one", "two", "three"]):
        wait_for(lambda: not is_open(chute, path), 10, "the file to be closed")
        put(tmp_path, "a.log", lines[-1] + "\n")
        wait_for_messages(chute, *lines)
    assert chute.stop()[0] == 0


def test_a_file_stays_open_for_an_hour(tail, tmp_path):
    path = put(tmp_path, "a.log", "one\n")
    chute = tail()
    wait_for_messages(chute, "one")
    assert is_open(chute, path)
    assert chute.stop()[0] == 0


def test_ignore_older(tail, tmp_path):
    """What was last changed long ago is not read; what comes to it later is."""
    put(tmp_path, "old.log", "old\n", age=7200)
    put(tmp_path, "young.log", "young\n", age=1800)
    chute = tail('ignore_older => "1 hour"')
    wait_for_messages(chute, "young")
    put(tmp_path, "old.log", "awake\n")
    wait_for_messages(chute, "young", "awake")
    assert chute.stop()[0] == 0


@pytest.mark.parametrize("options, names", [
    ("", "bdac"), ("file_sort_direction => desc", "cadb"), ("file_sort_by => path", "abcd"),
    ("file_sort_by => path file_sort_direction => desc", "dcba")])
def test_order(read, tmp_path, options, names):
    for name, age in (("a", 20), ("b", 40), ("c", 10), ("d", 30)):
        put(tmp_path, name, name + "\n", age)
    assert "".join(event["message"] for event in read(options)) == names


@pytest.mark.parametrize("size, count, turns", [(10, 1, [1] * 6), (10, 2, [2] * 3), (30, 1, [3] * 2), (262144, 1, [6])])
def test_turns(read, tmp_path, size, count, turns):
    """After so many chunks it is the next file's turn."""
    for name in "ab":
        put(tmp_path, name, "".join("%s line %d\r\n" % (name, n) for n in range(6)))
    got = [event["message"].strip() for event in read("file_chunk_size => %d file_chunk_count => %d file_sort_by => path" % (size, count))]
    wanted, done = [], 0
    for lines in turns:
        wanted += ["%s line %d" % (name, n) for name in "ab" for n in range(done, done + lines)]
        done += lines
    assert got == wanted


@pytest.mark.parametrize("options, codec", [('delimiter => "|"', ""), ('delimiter => "<=>"', "codec => line"), ("", "")])
def test_line_longer_than_its_limit(read, tmp_path, options, codec):
    """Cut at 20 MiB and tagged, also where the input finds the lines; the rest of it is forgotten, and no more."""
    delimiter = options.split('"')[1] if options else "\n"
    put(tmp_path, "a.log", delimiter.join(["first", "x" * (25 << 20), "next", "y" * (21 << 20)]))
    events = [(event["message"][:5], len(event["message"]), event.get("tags")) for event in read(options + " " + codec)]
    assert events == [("first", 5, None), ("xxxxx", 20 << 20, ["_linetoolong"]), ("next", 4, None),
                      ("yyyyy", 20 << 20, ["_linetoolong"])]


def test_log_and_delete(logchute, tmp_path):
    paths = [put(tmp_path, name, name + "\n") for name in ("a", "b")]
    chute = logchute("""input { file { path => "%s/logs/*" mode => "read" exit_after_read => true sincedb_path => "%s/sincedb"
        file_completed_action => "log_and_delete" file_completed_log_path => "%s/done" } }
        output { stdout { codec => json_lines } }""" % (tmp_path, tmp_path, tmp_path), start=False)
    chute.launch()
    assert chute.wait()[0] == 0
    assert sorted(messages(chute)) == ["a", "b"]
    assert sorted((tmp_path / "done").read_text().splitlines()) == sorted(map(str, paths))
    assert not any(path.exists() for path in paths)


def sincedb_names(tmp_path):
    try:
        return sorted(os.path.basename(line.split(" ", 5)[5]) for line in (tmp_path / "sincedb").read_text().splitlines())
    except FileNotFoundError:
        return []


@pytest.mark.parametrize("after, is_forgotten", [('"1 s"', True), ("14", False), ("0.00001", True)])
def test_sincedb_clean_after(tail, tmp_path, after, is_forgotten):
    """A number is in days; what is still there is never forgotten."""
    put(tmp_path, "a.log", "a\n")
    gone = put(tmp_path, "b.log", "b\n")
    chute = tail("sincedb_clean_after => %s close_older => 0.1" % after)
    wait_for_messages(chute, "a", "b")
    wait_for(lambda: sincedb_names(tmp_path) == ["a.log", "b.log"], 10, "both in the sincedb")
    wait_for(lambda: not is_open(chute, gone), 10, "the file to be closed")
    gone.unlink()
    written = os.stat(tmp_path / "sincedb").st_mtime
    begun = time.monotonic()
    number = 0
    # It is looked at whenever the sincedb is written: so something has to come.
    while sincedb_names(tmp_path) != ["a.log"] and (is_forgotten or time.monotonic() < begun + 2.5):
        put(tmp_path, "a.log", "more %d\n" % number)
        number += 1
        wait_for(lambda: os.stat(tmp_path / "sincedb").st_mtime > written, 10, "the sincedb to be written")
        written = os.stat(tmp_path / "sincedb").st_mtime
        assert time.monotonic() < begun + 20, sincedb_names(tmp_path)
    assert sincedb_names(tmp_path) == (["a.log"] if is_forgotten else ["a.log", "b.log"])
    assert chute.stop()[0] == 0


@pytest.mark.parametrize("options, most", [("", 4), ("sincedb_write_interval => 0.2", 20)])
def test_sincedb_is_written_whole_and_not_too_often(tail, tmp_path, options, most):
    """At most once an interval while lines come all the time, and at the stop; whoever reads it finds whole lines."""
    put(tmp_path, "a.log", "0\n")
    chute = tail(options)
    sincedb, versions, number = tmp_path / "sincedb", set(), 0
    end = time.monotonic() + 3
    while time.monotonic() < end:
        number += 1
        put(tmp_path, "a.log", "%d\n" % number)
        try:
            info = os.stat(sincedb)
            text = sincedb.read_text()
        except FileNotFoundError:
            continue
        versions.add((info.st_ino, info.st_mtime_ns))
        assert text.count("\n") == 1 and text.endswith("/a.log\n") and len(text.split(" ")) == 6, text
    assert most / 2 <= len(versions) <= most
    wait_for(lambda: len(messages(chute)) > number, 10, "the last line")
    assert chute.stop()[0] == 0
    assert sincedb.read_text().split(" ")[3] == str(os.stat(tmp_path / "logs/a.log").st_size)
    assert sorted(map(int, messages(chute))) == list(range(number + 1))
