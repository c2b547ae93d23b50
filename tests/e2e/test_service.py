"""What a service manager asks of the program: sd_notify's datagrams, and SIGHUP."""
import os
import signal
import socket

import pytest

from support import assert_balanced, free_port, json_lines, plugin_counters, send_tcp, wait_for

CONFIG = """
input { %s }
output { stdout { codec => json_lines } }
"""


def tcp(port):
    return 'tcp { host => "127.0.0.1" port => %d codec => json_lines } ' % port


class Manager:
    """The socket of a service manager; `name` is what NOTIFY_SOCKET says."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name[0] == "@" else name)

    def next(self, seconds=30):
        self.socket.settimeout(seconds)
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))

    def has_more(self):
        self.socket.settimeout(0)
        try:
            return self.socket.recv(4096)
        except BlockingIOError:
            return None


@pytest.fixture(params=["a path", "an abstract name"])
def manager(request, tmp_path):
    one = Manager(str(tmp_path / "notify") if request.param == "a path" else "@logchute-test-%d" % os.getpid())
    yield one
    one.socket.close()


def test_ready_comes_when_all_listens_and_stopping_at_a_stop(logchute, manager):
    ports = [free_port() for _ in range(3)]
    one = logchute(CONFIG % "".join(map(tcp, ports)), start=False, env={"NOTIFY_SOCKET": manager.name})
    one.launch()
    said = manager.next()
    for port in [*ports, one.api_port]:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    assert one.ask("/health/ready")[0] == 200
    assert said == {"READY": "1", "STATUS": "Pipeline main runs; the API is 127.0.0.1:%d" % one.api_port}
    wait_for(lambda: one.said("pipeline started"))
    assert manager.has_more() is None
    one.process.terminate()
    assert manager.next()["STOPPING"] == "1"
    assert one.process.wait(30) == 0


@pytest.mark.parametrize("taken", [0, 1, 2], ids=["first", "second", "third"])
def test_it_is_not_ready_while_one_port_of_three_is_taken(logchute, manager, taken):
    ports = [free_port() for _ in range(3)]
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports[taken]))
        other.listen()
        one = logchute(CONFIG % "".join(map(tcp, ports)), start=False, env={"NOTIFY_SOCKET": manager.name})
        one.launch()
        assert one.process.wait(30) == 1
    assert manager.has_more() is None
    assert str(ports[taken]) in one.stderr()


def test_the_end_of_all_inputs_is_no_stop(logchute, manager):
    """A service manager that is told of a stop gives it a time; what has been read may take longer."""
    one = logchute(CONFIG % "generator { count => 3 }", start=False, env={"NOTIFY_SOCKET": manager.name})
    one.launch()
    assert one.process.wait(30) == 0
    assert manager.next()["READY"] == "1"
    assert manager.has_more() is None


def test_the_watchdog_is_told_while_it_runs(logchute, manager, port):
    one = logchute(CONFIG % tcp(port), start=False, env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "200000"})
    one.launch()
    said = [manager.next() for _ in range(6)]
    assert sum(some.get("WATCHDOG") == "1" for some in said) == 5 and sum("READY" in some for some in said) == 1
    os.kill(one.process.pid, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        while True:  # what was sent before
            manager.next(1)
    os.kill(one.process.pid, signal.SIGCONT)
    assert manager.next() == {"WATCHDOG": "1"}


def test_hangup_stops_as_termination_does_and_asks_to_be_started_again(logchute, port):
    one = logchute(CONFIG % tcp(port))
    send_tcp(port, json_lines([{"message": "m%d" % i} for i in range(100)]))
    one.process.send_signal(signal.SIGHUP)
    assert one.process.wait(30) == 75
    counters = assert_balanced(one.log()[-1])
    assert plugin_counters(counters, "output", "stdout")["out"] == 100


def test_hangup_does_nothing_under_nohup(logchute, port):
    one = logchute(CONFIG % tcp(port), start=False)
    one.prefix = ["nohup"]
    one.start()
    one.process.send_signal(signal.SIGHUP)
    one.process.terminate()  # would come second
    assert one.process.wait(30) == 0
