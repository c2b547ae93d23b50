"""The file input under rotation, restarts and crashes: no line is ever lost; after orderly stops each comes once."""
import gzip
import json
import os
import shutil
import signal
import threading

import pytest

from support import wait_for

CONFIG = """
input { file { path => "%(dir)s/app.log%(more)s" start_position => "beginning" sincedb_path => "%(dir)s/sincedb"
               stat_interval => %(look)s discover_interval => 2 %(options)s } }
output { file { path => "%(dir)s/out.txt" codec => line { format => "%%{message}" } } }
"""


class Lines:
    """A writer of numbered lines to a log that is rotated under it, as a logging library does."""

    def __init__(self, folder):
        self.path = os.path.join(str(folder), "app.log")
        self.count = 0
        self.file = open(self.path, "ab", buffering=0)
        self.is_over = False
        self.thread = None

    def write(self, count=1):
        for _ in range(count):
            self.file.write(b"line %d %s\n" % (self.count, b"x" * (self.count % 90)))
            self.count += 1

    def run(self):
        """Writes all the time, until stop."""
        def body():
            tick = threading.Event()
            while not self.is_over:
                self.write(50)
                tick.wait(0.001)
        self.thread = threading.Thread(target=body)
        self.thread.start()
        return self

    def wait(self, more):
        """Until it has written so many lines more."""
        goal = self.count + more
        wait_for(lambda: self.count >= goal)

    def stop(self):
        self.is_over = True
        if self.thread:
            self.thread.join()
        self.file.close()

    def rotate_by_rename(self, number):
        """Renames it while it is open; the writer goes on in the old one for a while, as before a SIGHUP. Returns
        the number of a line of the new one."""
        os.rename(self.path, "%s.%d" % (self.path, number))
        self.wait(100)
        self.file = open(self.path, "ab", buffering=0)
        self.wait(100)
        return self.count


def config(folder, more="", options="", look=0.05):
    return CONFIG % {"dir": folder, "more": more, "options": options, "look": look}


def numbers(folder):
    """The numbers of the lines that came out, in order."""
    path = os.path.join(str(folder), "out.txt")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [int(line.split()[1]) for line in f.read().split("\n")[:-1] if line.startswith("line ")]


def wait_for_all(folder, lines):
    wait_for(lambda: set(numbers(folder)) >= set(range(lines.count)), 30,
             "all of %d lines" % lines.count)


def check_once(folder, lines):
    got = numbers(folder)
    assert sorted(got) == list(range(lines.count)), "%d lines came, %d were written" % (len(got), lines.count)


@pytest.mark.parametrize("more", ["", "*"], ids=["its name only", "the rotated ones too"])
def test_rename_under_load(logchute, tmp_path, more):
    lines = Lines(tmp_path)
    process = logchute(config(tmp_path, more))
    lines.run()
    for number in range(5):
        lines.wait(500)
        begun = lines.rotate_by_rename(number)
        # Only a file that lived for a look at it can be known by its name alone.
        wait_for(lambda: max(numbers(tmp_path), default=0) > begun)
    lines.wait(500)
    lines.stop()
    wait_for_all(tmp_path, lines)
    assert process.stop()[0] == 0
    check_once(tmp_path, lines)


def test_copytruncate_under_load(logchute, tmp_path):
    """Lines written between the copy and the cut are only in neither; so the writer waits there, as no tool can."""
    lines = Lines(tmp_path)
    process = logchute(config(tmp_path))
    for number in range(5):
        lines.write(3000)
        wait_for_all(tmp_path, lines)
        shutil.copy(lines.path, "%s.%d" % (lines.path, number))
        os.truncate(lines.path, 0)
        lines.write(2000 + number)  # may be more than before the cut, within one look
    wait_for_all(tmp_path, lines)
    lines.stop()
    assert process.stop()[0] == 0
    check_once(tmp_path, lines)


def test_cut_and_grown_past_the_old_end_in_one_look(logchute, tmp_path):
    lines = Lines(tmp_path)
    process = logchute(config(tmp_path, look=1))
    lines.write(100)
    wait_for_all(tmp_path, lines)
    os.truncate(lines.path, 0)
    lines.write(1000)
    wait_for_all(tmp_path, lines)
    lines.stop()
    assert process.stop()[0] == 0
    check_once(tmp_path, lines)


def test_restart_in_the_middle_gives_each_line_once(logchute, tmp_path):
    lines = Lines(tmp_path).run()
    process = logchute(config(tmp_path))
    for number in range(3):
        lines.wait(2000)
        assert process.stop()[0] == 0
        lines.wait(300)
        if number == 1:
            lines.rotate_by_rename(number)
            lines.wait(300)
        process.start()
    lines.stop()
    if not set(range(lines.count)) <= set(numbers(tmp_path)):
        wait_for(lambda: numbers(tmp_path) and max(numbers(tmp_path)) == lines.count - 1)
    assert process.stop()[0] == 0
    lost = set(range(lines.count)) - set(numbers(tmp_path))
    # What was written to the old file after the stop and before its rename has no name that is watched.
    with open(lines.path + ".1", encoding="utf-8") as f:
        unwatched = {int(line.split()[1]) for line in f}
    assert lost <= unwatched
    assert len(numbers(tmp_path)) == len(set(numbers(tmp_path))), "an orderly stop must not repeat lines"


def test_restart_over_a_rotation_with_the_rotated_name_watched(logchute, tmp_path):
    lines = Lines(tmp_path)
    process = logchute(config(tmp_path, "*"))
    lines.write(1000)
    wait_for_all(tmp_path, lines)
    assert process.stop()[0] == 0
    lines.write(500)
    os.rename(lines.path, lines.path + ".1")
    lines.file = open(lines.path, "ab", buffering=0)
    lines.write(500)
    process.start()
    wait_for_all(tmp_path, lines)
    lines.stop()
    assert process.stop()[0] == 0
    check_once(tmp_path, lines)


def test_kill_in_the_middle_loses_nothing(logchute, tmp_path):
    lines = Lines(tmp_path).run()
    process = logchute(config(tmp_path))
    for _ in range(3):
        lines.wait(3000)
        process.process.send_signal(signal.SIGKILL)
        process.process.wait()
        lines.wait(300)
        process.start()
    lines.stop()
    wait_for_all(tmp_path, lines)
    assert process.stop()[0] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["stop", "kill"])
def test_unfinished_line_over_a_restart(logchute, tmp_path, number):
    path, out = tmp_path / "app.log", tmp_path / "out.txt"
    path.write_bytes(b"whole\nbegin")
    process = logchute(config(tmp_path))
    wait_for(lambda: out.exists() and out.read_bytes() == b"whole\n")
    wait_for(lambda: (tmp_path / "sincedb").exists() and b" 6 " in (tmp_path / "sincedb").read_bytes())
    process.process.send_signal(number)
    process.process.wait()
    with open(path, "ab") as f:
        f.write(b"ning and end\nnext\n")
    process.start()
    wait_for(lambda: out.read_bytes().endswith(b"next\n"))
    assert process.stop()[0] == 0
    assert out.read_bytes() == b"whole\nbeginning and end\nnext\n"


def test_multiline_event_over_a_kill(logchute, tmp_path):
    path, out = tmp_path / "app.log", tmp_path / "out.txt"
    path.write_bytes(b"a\n 1\nb\n 2\n")
    multiline = 'codec => multiline { pattern => "^ " what => "previous" }'
    process = logchute(config(tmp_path, options=multiline))
    wait_for(lambda: out.exists() and out.read_bytes() == b"a\n 1\n")
    wait_for(lambda: (tmp_path / "sincedb").exists() and b" 5 " in (tmp_path / "sincedb").read_bytes())
    process.process.send_signal(signal.SIGKILL)
    process.process.wait()
    with open(path, "ab") as f:
        f.write(b" 3\nc\n")
    process.start()
    wait_for(lambda: out.read_bytes() == b"a\n 1\nb\n 2\n 3\n")
    assert process.stop()[0] == 0


def test_new_file_with_the_inode_of_the_old(logchute, tmp_path):
    """Written anew in place: device and inode are the same, the content is not."""
    path, out = tmp_path / "app.log", tmp_path / "out.txt"
    path.write_bytes(b"old 1\nold 2\n")
    process = logchute(config(tmp_path))
    wait_for(lambda: out.exists() and out.read_bytes() == b"old 1\nold 2\n")
    assert process.stop()[0] == 0
    path.write_bytes(b"new 1\nnew 2\nnew 3\n")
    process.start()
    wait_for(lambda: out.read_bytes() == b"old 1\nold 2\nnew 1\nnew 2\nnew 3\n")
    assert process.stop()[0] == 0


def test_logstash_goes_on_from_our_sincedb_and_we_from_its(logchute, tmp_path):
    path, out, sincedb = tmp_path / "app.log", tmp_path / "out.txt", tmp_path / "sincedb"
    path.write_bytes(b"one\ntwo\nthree\n")
    info = os.stat(path)
    key = "%d %d %d " % (info.st_ino, os.major(info.st_dev), os.minor(info.st_dev))
    sincedb.write_text(key + "4 1519319662.852678 %s\n" % path)
    process = logchute(config(tmp_path))
    wait_for(lambda: out.exists() and out.read_bytes() == b"two\nthree\n")
    assert process.stop()[0] == 0
    assert sincedb.read_text().startswith(key + "14 ") and sincedb.read_text().endswith(" %s\n" % path)


def test_device_with_another_number(logchute, tmp_path):
    """Volumes get other device numbers when they are mounted anew."""
    path, out, sincedb = tmp_path / "app.log", tmp_path / "out.txt", tmp_path / "sincedb"
    path.write_bytes(b"one\ntwo\n")
    process = logchute(config(tmp_path))
    wait_for(lambda: out.exists() and out.read_bytes() == b"one\ntwo\n")
    assert process.stop()[0] == 0
    for name in (sincedb, tmp_path / "sincedb.logchute"):
        words = name.read_text().split(" ")
        name.write_text(" ".join([words[0], "77", "7"] + words[3:]))
    with open(path, "ab") as f:
        f.write(b"three\n")
    process.start()
    wait_for(lambda: out.read_bytes() == b"one\ntwo\nthree\n")
    assert process.stop()[0] == 0


def test_more_files_than_may_be_open(logchute, tmp_path):
    out = tmp_path / "out.txt"
    paths = [tmp_path / ("app.log.%d" % i) for i in range(40)]
    for i, path in enumerate(paths):
        path.write_bytes(b"line %d\n" % i)
    process = logchute(config(tmp_path, "*", "max_open_files => 3"))
    wait_for(lambda: sorted(numbers(tmp_path)) == list(range(40)))
    for i, path in enumerate(paths):
        with open(path, "ab") as f:
            f.write(b"line %d\n" % (40 + i))
    wait_for(lambda: sorted(numbers(tmp_path)) == list(range(80)))
    links = "/proc/%d/fd" % process.process.pid
    opened = [os.readlink(os.path.join(links, fd)) for fd in os.listdir(links)]
    assert sum("app.log" in name for name in opened) == 3
    assert process.stop()[0] == 0


def test_archives_of_several_members_and_broken_ones(logchute, tmp_path):
    whole = gzip.compress(b"line 0\n") + gzip.compress(b"line 1\nline 2")
    (tmp_path / "app.log.1.gz").write_bytes(whole)
    (tmp_path / "app.log.2.gz").write_bytes(gzip.compress(os.urandom(3000).hex().encode())[:-100])
    (tmp_path / "app.log.3.gz").write_bytes(b"this is none")
    read = 'mode => "read" exit_after_read => true check_archive_validity => true'
    process = logchute(config(tmp_path, "*.gz", read), start=False)
    process.launch()
    assert process.wait()[0] == 0
    assert sorted(numbers(tmp_path)) == [0, 1, 2]
    assert sorted(name for name in os.listdir(tmp_path) if name.endswith(".gz")) == ["app.log.2.gz", "app.log.3.gz"]
    assert len([r for r in process.log() if "archive is broken" in r.get("message", "")]) == 2


def test_a_file_is_deleted_only_when_it_is_delivered(logchute, tmp_path):
    """/dev/full takes nothing, so nothing is delivered."""
    path = tmp_path / "app.log"
    path.write_bytes(b"line 0\n")
    process = logchute("""input { file { path => "%s" mode => "read" sincedb_path => "%s/sincedb" } }
        output { file { path => "/dev/full" } }""" % (path, tmp_path))
    wait_for(lambda: [r for r in process.log() if r.get("message") == "a file cannot be written"])
    process.stop()
    assert path.exists()
    sincedb = tmp_path / "sincedb"
    assert not sincedb.exists() or sincedb.read_text().split()[3] == "0"


def test_what_stands_in_the_way_is_said_once_and_others_are_read(logchute, tmp_path):
    (tmp_path / "app.log").mkdir()
    (tmp_path / "app.log.1").write_bytes(b"read\n")
    out = tmp_path / "out.txt"
    sincedb = tmp_path / "sincedb.logchute"
    sincedb.mkdir()  # it cannot be replaced
    process = logchute(config(tmp_path, "*"))
    wait_for(lambda: out.exists() and out.read_bytes() == b"read\n")
    wait_for(lambda: [r for r in process.log() if "sincedb cannot be written" in r.get("message", "")])
    with open(tmp_path / "app.log.1", "ab") as f:
        f.write(b"more\n")
    wait_for(lambda: out.read_bytes() == b"read\nmore\n")
    assert process.stop()[0] == 0
    assert len([r for r in process.log() if "sincedb cannot be written" in r.get("message", "")]) == 1


def test_a_name_and_lines_that_are_no_utf8(logchute, tmp_path):
    """Patterns take every text for UTF-8, and so do those who read what comes out."""
    path = os.path.join(os.fsencode(tmp_path), b"a\xff\xc3.log")
    with open(path, "wb") as f:
        f.write(b"line \xc3 1 \xff\n")
    process = logchute("""input { file { path => "%s/*.log" start_position => "beginning" sincedb_path => "%s/sincedb" } }
        filter { if [log][file][path] =~ /a..\\.log$/ and [message] =~ /^line .+ 1 .+$/ { mutate { add_tag => "matched" } } }
        output { stdout { codec => json_lines } }""" % (tmp_path, tmp_path))
    wait_for(process.events)
    assert process.stop()[0] == 0
    with open(process.out, encoding="utf-8", errors="strict") as f:
        event = json.loads(f.read())
    assert event["log"]["file"]["path"] == "%s/a\ufffd\ufffd.log" % tmp_path
    assert event["tags"] == ["matched"], event


def test_ten_thousand_files(logchute, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(10000):
        (folder / ("%d.log" % i)).write_bytes(b"line %d\n" % i)
    process = logchute("""input { file { path => "%s/*.log" mode => "read" sincedb_path => "%s/sincedb"
        exit_after_read => true file_completed_action => "delete" } }
        output { file { path => "%s/out.txt" codec => line { format => "%%{message}" } } }"""
                       % (folder, tmp_path, tmp_path), start=False)
    process.launch()
    assert process.wait(60)[0] == 0
    assert sorted(numbers(tmp_path)) == list(range(10000))
    assert os.listdir(folder) == []
