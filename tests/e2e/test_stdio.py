"""Standard input and output as a shell gives them: pipes that end, readers that go away, readers that are slow."""
import fcntl
import os
import signal
import subprocess

from support import wait_for


def spawn(binary, folder, config, **streams):
    return subprocess.Popen([binary, "-e", config, "-w", "1", "--path.data", str(folder / "data")],
                            stderr=subprocess.PIPE, text=False, **streams)


def test_the_last_line_needs_no_line_feed(binary, tmp_path):
    config = 'input { stdin { } } output { stdout { codec => line { format => "<%{message}>" } } }'
    process = spawn(binary, tmp_path, config, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    out, err = process.communicate(b"one\n\xe2\x98\xb9\nlast", timeout=30)
    assert process.returncode == 0, err
    assert out.decode() == "<one>\n<\u2639>\n<last>\n"


def test_a_stop_while_nothing_comes(binary, tmp_path):
    config = 'input { stdin { } } output { stdout { codec => line { format => "%{message}" } } }'
    process = spawn(binary, tmp_path, config, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdin.write(b"one\nunfinished")
    process.stdin.flush()
    assert process.stdout.readline() == b"one\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == b"unfinished\n"
    assert process.wait(30) == 0
    process.communicate()


def test_a_reader_that_goes_away_ends_it(binary, tmp_path):
    config = "input { generator { } } output { stdout { codec => line } }"
    process = spawn(binary, tmp_path, config, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    assert b"Hello world!" in process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read().decode()
    assert process.wait(30) >= 0, "it died of a signal"
    assert err.count("the reader of standard output is gone") == 1


def test_a_closed_standard_output_is_said(binary, tmp_path):
    config = "input { generator { count => 1 } } output { stdout { } }"
    process = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", binary, "-e", config, "--path.data",
                              str(tmp_path / "data")], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=30)
    assert process.returncode == 1
    assert b"standard output is not open" in process.stderr


def test_a_closed_standard_input_is_said(binary, tmp_path):
    config = "input { stdin { } } output { stdout { } }"
    process = subprocess.run(["sh", "-c", 'exec "$@" <&-', "sh", binary, "-e", config, "--path.data",
                              str(tmp_path / "data")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
    assert b"standard input cannot be read" in process.stderr and process.stdout == b""


def test_a_slow_reader_of_a_pipe_that_does_not_block(binary, tmp_path):
    read_end, write_end = os.pipe()
    fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(write_end, False)
    config = 'input { generator { count => 20000 } } output { stdout { codec => line { format => "%{[event][sequence]}" } } }'
    process = spawn(binary, tmp_path, config, stdin=subprocess.DEVNULL, stdout=write_end)
    os.close(write_end)
    wait_for(lambda: b"pipeline started" in process.stderr.readline())
    with open(read_end, "rb") as f:
        lines = f.read().split()
    assert process.wait(30) == 0
    process.communicate()
    assert sorted(map(int, lines)) == list(range(20000))
