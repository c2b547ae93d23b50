"""A stop that an output holds up."""
import array
import fcntl
import os
import termios
import time

from support import assert_balanced, wait_for

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
