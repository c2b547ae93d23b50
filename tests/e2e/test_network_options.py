"""The options of the inputs tcp, udp and syslog, one by one."""
import os
import socket
import struct
import threading

import pytest

from support import assert_balanced, plugin_counters, send_tcp, wait_for

OUT = """
filter { mutate { copy => { "@metadata" => "metadata" } } }
output { stdout { codec => json_lines } }
"""


def of_tcp(port, options="", ecs="v8"):
    return 'input { tcp { host => "127.0.0.1" port => %d ecs_compatibility => %s %s } }' % (port, ecs, options) + OUT


def wait_for_messages(chute, *wanted):
    wait_for(lambda: len(chute.events()) >= len(wanted), 20, wanted)
    events = chute.events()
    assert [event["message"] for event in events] == list(wanted)
    return events


def sender_of(event, ecs):
    """Host, address and port of a TCP event."""
    if ecs == "disabled":
        return event["host"], event["metadata"]["ip_address"], event["port"]
    source = event["metadata"]["input"]["tcp"]["source"]
    return source["name"], source["ip"], source["port"]


@pytest.mark.parametrize("ecs", ["disabled", "v8"])
@pytest.mark.parametrize("looks_up", [True, False])
def test_host_and_port(logchute, port, ecs, looks_up):
    options = "" if looks_up else "dns_reverse_lookup_enabled => false"
    chute = logchute(of_tcp(port, options, ecs))
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"hello\n")
        event, = wait_for_messages(chute, "hello")
        name = socket.getnameinfo(("127.0.0.1", 0), socket.NI_NUMERICSERV)[0] if looks_up else "127.0.0.1"
        assert sender_of(event, ecs) == (name, "127.0.0.1", s.getsockname()[1])
    assert ("host" in event) == ("port" in event) == (ecs == "disabled")


def has_keep_alive(port):
    """True if the kernel runs a keep-alive timer (2) for the connection to this local port."""
    with open("/proc/net/tcp") as f:
        rows = [line.split() for line in f.read().splitlines()[1:]]
    timers = [row[5].split(":")[0] for row in rows if row[1].endswith(":%04X" % port) and row[3] == "01"]
    assert len(timers) == 1, timers
    return timers[0] == "02"


@pytest.mark.parametrize("is_asked", [True, False])
def test_tcp_keep_alive(logchute, port, is_asked):
    chute = logchute(of_tcp(port, "tcp_keep_alive => %s" % str(is_asked).lower()))
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"x\n")
        wait_for_messages(chute, "x")
        assert has_keep_alive(port) == is_asked


PROXY_V2 = b"\r\n\r\n\0\r\nQUIT\n"


@pytest.mark.parametrize("ecs", ["disabled", "v8"])
@pytest.mark.parametrize("header, source, proxy", [
    (b"PROXY TCP4 192.0.2.1 198.51.100.2 1111 2222\r\n", ("192.0.2.1", "1111"), ("198.51.100.2", "2222")),
    (b"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", ("2001:db8::1", "1"), ("2001:db8::2", "65535")),
    (PROXY_V2 + b"\x21\x11\0\x0c" + socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.2") + struct.pack(">HH", 1111, 2222),
     ("192.0.2.1", "1111"), ("198.51.100.2", "2222")),
    (b"PROXY UNKNOWN\r\n", None, None), (PROXY_V2 + b"\x20\0\0\0", None, None)],
    ids=["v1", "v1 IPv6", "v2", "v1 unknown", "v2 local"])
def test_proxy_protocol(logchute, port, ecs, header, source, proxy):
    """Who the proxy speaks for; ports as texts, as in Logstash. Where it does not say, the proxy itself."""
    chute = logchute(of_tcp(port, "proxy_protocol => true dns_reverse_lookup_enabled => false", ecs))
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (header[:7], header[7:] + b"hel", b"lo\n"):
            s.sendall(piece)
        event, = wait_for_messages(chute, "hello")
        _, ip, source_port = sender_of(event, ecs)
        assert (ip, source_port) == (source or ("127.0.0.1", s.getsockname()[1]))
    if ecs == "disabled":
        there = event.get("proxy_host"), event.get("proxy_port")
    else:
        there = tuple(event["metadata"]["input"]["tcp"].get("proxy", {}).get(key) for key in ("ip", "port"))
    assert there == (proxy or (None, None))


@pytest.mark.parametrize("plugin", ["tcp", "syslog"])
def test_no_proxy_header(logchute, port, plugin):
    """Closed and said; others are none the worse."""
    chute = logchute('input { %s { host => "127.0.0.1" port => %d proxy_protocol => true } }' % (plugin, port) + OUT)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
        s.sendall(b"<13>no header\n")
        assert s.recv(1) == b""
    send_tcp(port, b"PROXY TCP4 192.0.2.1 198.51.100.2 1111 2222\r\n<13>header\n")
    wait_for(chute.events, 10, "the event")
    assert len(chute.events()) == 1
    assert len([r for r in chute.log() if "no PROXY protocol header" in r["message"]]) == 1


@pytest.mark.parametrize("ecs", ["disabled", "v8"])
def test_client_mode(logchute, port, ecs):
    """It connects once somebody listens, and again after each end; unfinished lines are kept."""
    chute = logchute(of_tcp(port, "mode => client", ecs), "-w", "1")
    wait_for(lambda: [r for r in chute.log() if "cannot connect" in r["message"]], 10, "the message")
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(20)
        for pieces in ((b"one\ntw", b"o\nunfinished"), (b"again\n",), (b"{\n",)):
            with server.accept()[0] as connection:
                for piece in pieces:
                    connection.sendall(piece)
        events = wait_for_messages(chute, "one", "two", "unfinished", "again", "{")
        assert all(sender_of(event, ecs)[1:] == ("127.0.0.1", port) for event in events)
    assert len([r for r in chute.log() if "cannot connect" in r["message"]]) <= 2
    code, last = chute.stop()
    assert code == 0 and assert_balanced(last)["pipeline"]["in"] == 5


def test_client_mode_while_a_stop_comes(logchute, port):
    """What has been sent is taken before the end."""
    chute = logchute(of_tcp(port, "mode => client"), "-w", "1", start=False)
    with socket.create_server(("127.0.0.1", port)) as server:
        chute.start()
        connection = server.accept()[0]
        connection.sendall(b"one\nunfinished")
        wait_for(chute.events, 10, "the first line")
        assert chute.stop()[0] == 0
        connection.close()
    wait_for_messages(chute, "one", "unfinished")


def send_udp(port, *datagrams):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for datagram in datagrams:
            s.sendto(datagram, ("127.0.0.1", port))


def test_udp_buffer_size(logchute, port):
    chute = logchute('input { udp { host => "127.0.0.1" port => %d buffer_size => 4 } }' % port + OUT, "-w", "1")
    send_udp(port, b"12345678", b"ab", b"wxyz")
    wait_for_messages(chute, "1234", "ab", "wxyz")


@pytest.mark.parametrize("plugin", ["udp { port => %d receive_buffer_bytes => 5000 }", "syslog { port => %d }"])
def test_kernel_drops_are_counted(logchute, port, plugin):
    """While nobody reads what comes out, no datagram is taken: those for which the kernel has no room are counted."""
    chute = logchute("input { %s } output { stdout { codec => line { format => '%%{message}' } } }" % (plugin % port),
                     "-w", "1", "--queue.memory_bytes", "1mb", start=False)
    os.mkfifo(chute.out)
    reader = os.open(chute.out, os.O_RDONLY | os.O_NONBLOCK)
    chute.start()
    chute.out_file.close()
    sent = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(("127.0.0.1", port))
        while drops_of_kernel(port) < 100:
            s.send(b"<13>%08d" % sent + b"x" * 8000)
            sent += 1
            assert sent < 100000
        dropped = drops_of_kernel(port)
    os.set_blocking(reader, True)
    taken = []

    def read():
        with os.fdopen(reader, "rb") as f:
            taken.extend(f)
    thread = threading.Thread(target=read)
    thread.start()
    code, last = chute.stop()
    thread.join(20)
    counters = plugin_counters(assert_balanced(last), "input", plugin.split()[0])
    assert code == 0 and counters["kernel_drops"] == dropped
    text = b"".join(taken)
    assert text.count(b"x" * 8000) == counters["in"] == sent - dropped


def drops_of_kernel(port):
    with open("/proc/net/udp") as f:
        rows = [line.split() for line in f.read().splitlines()[1:]]
    return sum(int(row[12]) for row in rows if row[1].endswith(":%04X" % port))
