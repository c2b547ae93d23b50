"""A stop that an output holds up."""
import array
import fcntl
import os
import random
import socket
import termios
import threading
import time

import pytest

from support import FakeEngine, assert_balanced, free_port, json_lines, send_tcp, wait_for

LINES = ("input { generator { message => '%s' } } "
         "output { stdout { codec => line { format => '%%{message}' } } }" % ("x" * 200))
PIPE_BYTES = 60000  # of a pipe's 65536: then it takes no more of our writes


def waiting_bytes(fd):
    count = array.array("i", [0])
    fcntl.ioctl(fd, termios.FIONREAD, count)
    return count[0]


def start_into_pipe(logchute):
    one = logchute(LINES, start=False)
    os.mkfifo(one.out)
    reader = os.open(one.out, os.O_RDONLY | os.O_NONBLOCK)
    one.start()
    one.out_file.close()  # the program alone writes
    wait_for(lambda: waiting_bytes(reader) >= PIPE_BYTES, what="a full pipe")
    return one, reader


def test_standard_output_that_nobody_reads(logchute):
    """The stop's patience ends it: what the pipe did not take is lost, and counted."""
    one, reader = start_into_pipe(logchute)
    began = time.monotonic()
    code, last = one.stop(seconds=20)
    taken = waiting_bytes(reader)
    os.close(reader)
    counters = assert_balanced(last)
    assert code == 0
    assert 4 < time.monotonic() - began < 15
    assert counters["pipeline"]["lost"] > 0 and counters["pipeline"]["in_flight"] == 0
    assert counters["pipeline"]["out"] == taken // 201, "what the pipe took whole is out"


def test_standard_output_that_is_read_late(logchute):
    """A slow reader loses nothing: what is written while the stop waits goes on."""
    one, reader = start_into_pipe(logchute)
    one.process.terminate()
    os.set_blocking(reader, True)
    read = 0
    while True:
        bytes_ = os.read(reader, 1 << 20)
        if not bytes_:
            break
        read += len(bytes_)
    os.close(reader)
    code, last = one.wait()
    counters = assert_balanced(last)
    assert (code, counters["pipeline"]["lost"]) == (0, 0)
    assert counters["pipeline"]["out"] * 201 == read


# ------------------------------------------------------------------ a destination that is slow to answer


def start_with_elasticsearch(logchute, port, engine_port):
    return logchute('input { tcp { host => "127.0.0.1" port => %d codec => json_lines } } output { elasticsearch {'
                    ' hosts => "http://127.0.0.1:%d" index => "i" action => create manage_template => false } }'
                    % (port, engine_port))


def timed_stop(chute):
    began = time.monotonic()
    code, last = chute.stop(seconds=20)
    assert code == 0, chute.stderr()
    return time.monotonic() - began, assert_balanced(last)["pipeline"]


@pytest.mark.parametrize("answers_after", [6.5, 60])
def test_a_request_that_was_taken_is_waited_for(logchute, port, answers_after):
    """Longer than for a destination that is away, and no longer than what started us waits before it kills us."""
    has_come, is_over = threading.Event(), threading.Event()

    def decide(_):
        has_come.set()
        is_over.wait(answers_after)
        return 201

    engine = FakeEngine(free_port(), decide).start()
    chute = start_with_elasticsearch(logchute, port, engine.port)
    send_tcp(port, json_lines([{"n": 1}]))
    assert has_come.wait(10)
    seconds, counters = timed_stop(chute)
    is_over.set()
    engine.stop()
    is_answered = answers_after < 8
    assert counters["in"] == 1 and counters["out"] == is_answered and counters["lost"] == (not is_answered)
    assert seconds < 9.5 and (is_answered or seconds > 7.5), seconds


def unacknowledged(port):
    """Bytes sent to `port` that have not come there."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.read().splitlines()[1:]]
    return sum(int(row[4].split(":")[0], 16) for row in rows if row[2].endswith(":%04X" % port))


def test_a_request_that_is_not_taken_is_not_waited_for(logchute, port):
    """Somebody listens, and nobody reads: the usual patience."""
    text = random.Random(1).randbytes(500000).hex()  # no compression makes it fit into buffers of the kernel
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        there = nobody.getsockname()[1]
        chute = start_with_elasticsearch(logchute, port, there)
        send_tcp(port, json_lines({"n": n, "text": text[n * 1000:n * 1000 + 1000]} for n in range(1000)))
        wait_for(lambda: unacknowledged(there) > 0, 10, "a request")
        seconds, counters = timed_stop(chute)
    assert 4.5 < seconds < 7.5, seconds
    assert counters["lost"] == counters["in"] == 1000
