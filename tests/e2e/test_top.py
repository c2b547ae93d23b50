"""`logchute top`: the numbers of one that runs, on a terminal and for scripts."""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios

import pytest

from support import FakeEngine, free_port, json_lines, send_tcp, wait_for

PIPELINE = """
input { tcp { host => "127.0.0.1" port => %(tcp)d codec => json_lines id => "from_tcp" } }
filter { mutate { id => "mark" add_tag => ["seen"] } }
output { elasticsearch { hosts => ["http://127.0.0.1:%(engine)d"] index => "logs" action => create manage_template => false id => "engine" } }
"""
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?25h\x1b[?1049l"


@pytest.fixture
def chute(logchute, port, unused_port):
    engine = FakeEngine(unused_port, lambda document: 400 if b'"n":7,' in document else 201).start()
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port})
    send_tcp(port, json_lines({"n": n, "more": "x"} for n in range(100)))
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["out"] == 99, what="the events")
    yield chute
    engine.stop()


def once(chute, *args, env=None):
    done = subprocess.run([chute.binary, "top", "--once", "--interval", "0.1", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=30, env=dict(os.environ, **(env or {})))
    return done.returncode, done.stdout, done.stderr


def test_one_frame(chute):
    code, out, err = once(chute, "--path.data", chute.data)
    assert (code, err) == (0, "") and "\x1b" not in out
    lines = out.splitlines()
    assert lines[0].startswith("logchute  ") and "127.0.0.1:%d" % chute.api_port in lines[0]
    assert lines[1] == "status   yellow" and "pipeline main" in lines  # of the event that was refused
    assert "all      in 100   out 99   dropped 0   dead-lettered 1   lost 0" in lines
    assert [line.split()[:2] for line in lines if re.match("(input|filter|output) ", line)] == [
        ["input", "from_tcp"], ["filter", "mark"], ["output", "engine"]]
    engine = next(line for line in lines if line.startswith("output engine (elasticsearch)"))
    assert re.search(r" [\d.]+ (us|ms|s) +1 +0$", engine), engine
    assert any(line.startswith("yellow   engine: ") for line in lines)
    memory = float(re.search(r"memory ([\d.]+) MiB", out).group(1))
    assert abs(memory - chute.memory_kb("VmRSS") / 1024) < 8


def test_rates(logchute):
    """What comes between two looks."""
    chute = logchute("input { generator { id => from } } filter { mutate { id => mark add_tag => ['seen'] } } output { null { id => away } }")
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["out"] > 0, what="the first events")
    out = once(chute, "--path.data", chute.data, "--interval", "0.5")[1]
    rates = [float(rate.replace(",", "")) for rate in re.findall(r"^events   in ([\d.,]+)/s   out ([\d.,]+)/s ", out, flags=re.M)[0]]
    assert min(rates) > 100, out
    for plugin in ("filter mark", "output away"):
        words = next(line for line in out.splitlines() if line.startswith(plugin)).split()
        assert float(words[3].replace(",", "")) > 100, words
        assert (words[5] == "-") == (plugin == "output away"), "null delivers nothing: %s" % words
    cpu = re.search(r"cpu (\d+) %", out)
    assert cpu and int(cpu.group(1)) > 0, out


def test_where_it_asks(chute, logchute, port):
    address = "127.0.0.1:%d" % chute.api_port
    for url in (address, "http://" + address, "http://" + address + "/"):
        assert once(chute, "--url", url)[0] == 0
    # without a note it looks through the ports
    assert once(chute, "--path.data", "/nonexistent", "--api.http.port", "%d-%d" % (chute.api_port - 2, chute.api_port))[0] == 0
    code, out, err = once(chute, "--url", "http://ann:secret@127.0.0.1:%d" % free_port())
    assert code == 1 and out == "" and err.startswith("logchute top: no answer from http://") and "secret" not in err
    for args in (["--nope"], ["--interval", "0"], ["--interval", "x"], ["--color", "x"], ["--api.enabled", "false"]):
        code, out, err = once(chute, *args)
        assert code == 1 and out == "" and err, args
    assert subprocess.run([chute.binary, "top", "--help"], stdout=subprocess.PIPE, timeout=20).returncode == 0
    engine = FakeEngine(free_port(), lambda document: 201).start()
    assert "no logchute" in once(chute, "--url", "http://127.0.0.1:%d" % engine.port)[2]
    engine.stop()


def test_with_a_password(logchute, port, unused_port):
    words = ["--api.auth.type", "basic", "--api.auth.basic.username", "ann", "--api.auth.basic.password", "some words"]
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port}, *words)
    assert once(chute, "--path.data", chute.data, *words)[0] == 0
    code, _, err = once(chute, "--path.data", chute.data)
    assert code == 1 and "a name and a password" in err


def test_colours_are_asked_for(chute):
    assert "\x1b[1m" in once(chute, "--path.data", chute.data, "--color", "always")[1]


def test_standard_output_that_is_closed(chute):
    top = subprocess.run("%s top --once --interval 0.1 --path.data %s >&-" % (chute.binary, chute.data), shell=True,
                         stderr=subprocess.PIPE, timeout=20)
    assert top.returncode == 1


class Terminal:
    """A logchute top on a terminal of its own, and all that it wrote there."""

    def __init__(self, chute, columns=120, lines=40, args=()):
        self.outer, self.inner = pty.openpty()
        self.resize(columns, lines)
        os.set_blocking(self.outer, False)
        self.before = termios.tcgetattr(self.inner)
        self.wrote = b""
        self.process = subprocess.Popen([chute.binary, "top", "--interval", "0.1", "--path.data", chute.data, *args], stdin=self.inner,
                                        stdout=self.inner, stderr=self.inner, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def resize(self, columns, lines):
        fcntl.ioctl(self.outer, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self):
        try:
            while True:
                self.wrote += os.read(self.outer, 65536)
        except OSError:
            return self.wrote

    def wait_for(self, text, times=1):
        wait_for(lambda: self.read().count(text) >= times, 20, "%r in %r" % (text, self.wrote[-300:]))

    def frames(self):
        """The lines of each whole frame."""
        found = self.read().split(b"\x1b[H")[1:-1]
        return [[re.sub(rb"\x1b\[[?0-9;]*[A-Za-z]", b"", line).decode() for line in re.split(rb"\r+\n", frame)] for frame in found]

    def type(self, keys):
        os.write(self.outer, keys)

    def end(self):
        """Its exit code; the terminal has to be as it was."""
        code = None

        def is_over():
            nonlocal code
            self.read()
            code = self.process.poll()
            return code is not None
        wait_for(is_over, 20, "its end")
        self.read()
        assert self.wrote.rstrip(b"\r\n").endswith(LEAVE) and self.wrote.count(ENTER) == self.wrote.count(LEAVE)
        assert termios.tcgetattr(self.inner) == self.before
        os.close(self.inner)
        os.close(self.outer)
        return code


def test_q_leaves_the_terminal_as_it_was(chute):
    terminal = Terminal(chute)
    terminal.wait_for(b"\x1b[H", 4)
    assert terminal.wrote.startswith(ENTER)
    assert not termios.tcgetattr(terminal.inner)[3] & (termios.ICANON | termios.ECHO)
    frame = terminal.frames()[-1]
    assert frame[0].startswith("logchute  ") and any(line.startswith("output engine (elasticsearch)") for line in frame)
    terminal.type(b"x")
    terminal.type(b"q")
    assert terminal.end() == 0


@pytest.mark.parametrize("how, code", [(b"\x03", 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (b"Q", 0)])
def test_other_ends(chute, how, code):
    terminal = Terminal(chute)
    terminal.wait_for(b"\x1b[H", 2)
    if isinstance(how, bytes):
        terminal.type(how)
    else:
        terminal.process.send_signal(how)
    assert terminal.end() == code


def test_narrow_terminals_cut_lines(chute):
    terminal = Terminal(chute, columns=24, lines=9)
    terminal.wait_for(b"\x1b[H", 3)
    for frame in terminal.frames():
        assert len(frame) <= 9 and max(map(len, frame)) <= 24, frame
    seen = len(terminal.frames())
    terminal.resize(100, 30)
    terminal.process.send_signal(signal.SIGWINCH)
    wait_for(lambda: any(len(frame) > 9 for frame in terminal.frames()[seen:]), what="more lines")
    terminal.type(b"q")
    assert terminal.end() == 0


def test_a_stop_gives_the_terminal_back(chute):
    """Ctrl-Z, and fg."""
    terminal = Terminal(chute)
    terminal.wait_for(b"\x1b[H", 2)
    terminal.type(b"\x1a")
    wait_for(lambda: open("/proc/%d/stat" % terminal.process.pid).read().rsplit(")", 1)[1].split()[0] == "T", what="the stop")
    terminal.wait_for(LEAVE)
    assert termios.tcgetattr(terminal.inner) == terminal.before
    terminal.process.send_signal(signal.SIGCONT)
    terminal.wait_for(ENTER, 2)
    terminal.type(b"q")
    assert terminal.end() == 0


def test_it_outlives_a_restart(chute):
    """While nobody answers it says so, and goes on."""
    terminal = Terminal(chute)
    terminal.wait_for(b"\x1b[H", 2)
    assert chute.stop()[0] == 0
    terminal.wait_for(b"no answer from http://127.0.0.1:%d" % chute.api_port)
    chute.start()
    wait_for(lambda: terminal.frames()[-1][0].startswith("logchute  ") and "all      in 0 " in "\n".join(terminal.frames()[-1]), what="the new one")
    terminal.type(b"q")
    assert terminal.end() == 0


def test_without_a_terminal_it_is_one_frame(chute):
    done = subprocess.run([chute.binary, "top", "--interval", "0.1", "--path.data", chute.data], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True, timeout=20)
    assert done.returncode == 0 and done.stdout.count("logchute  ") == 1 and "\x1b" not in done.stdout
