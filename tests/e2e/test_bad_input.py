"""What nobody should send: each gets a tag or one clear message, and its neighbours never notice."""
import json
import os
import pathlib
import random
import socket
import ssl
import subprocess
import tempfile

import pytest

from support import assert_balanced, free_port, send_tcp, wait_for

STDOUT = 'output { stdout { codec => json_lines } }\n'
TCP = 'input { tcp { host => "127.0.0.1" port => %d %s } }\n'
# port → what listens there; each is given garbage, then one good message.
LISTENERS = {
    "tcp-line": 'tcp { host => "127.0.0.1" port => %d codec => line type => "%s" }',
    "tcp-latin": 'tcp { host => "127.0.0.1" port => %d codec => line { charset => "ISO-8859-1" } type => "%s" }',
    "tcp-sjis": 'tcp { host => "127.0.0.1" port => %d codec => line { charset => "Shift_JIS" } type => "%s" }',
    "tcp-json": 'tcp { host => "127.0.0.1" port => %d codec => json type => "%s" }',
    "tcp-json_lines": 'tcp { host => "127.0.0.1" port => %d codec => json_lines type => "%s" }',
    "tcp-multiline": 'tcp { host => "127.0.0.1" port => %d type => "%s"'
                     ' codec => multiline { pattern => "^\\s" what => previous auto_flush_interval => 1 } }',
    "udp-plain": 'udp { host => "127.0.0.1" port => %d type => "%s" }',
    "udp-line": 'udp { host => "127.0.0.1" port => %d codec => line type => "%s" }',
    "udp-json": 'udp { host => "127.0.0.1" port => %d codec => json type => "%s" }',
    "udp-json_lines": 'udp { host => "127.0.0.1" port => %d codec => json_lines type => "%s" }',
    "syslog-tcp": 'syslog { host => "127.0.0.1" port => %d type => "%s" }',
    "syslog-udp": 'syslog { host => "127.0.0.1" port => %d type => "%s" }',
}


def garbage(size, seed):
    """Random bytes among which line feeds, quotes, braces and long UTF-8 heads are far more frequent than by chance."""
    source = random.Random(seed)
    odd = [b"\n", b"\0", b"{", b"}", b"[", b'"', b"\\u", b"\\ud800", b"\xff", b"\xf4\x8f\xbf", b"\xed\xa0\x80", b"<34>",
           b"12 ", b'{"a":', b"\r\n", b"\xc0\x80", b"1e999999", b"%{", b"\xef\xbb\xbf"]
    parts, length = [], 0
    while length < size:
        part = source.choice(odd) if source.random() < 0.3 else source.randbytes(source.randrange(1, 12))
        parts.append(part)
        length += len(part)
    return b"".join(parts)


def send_udp(port, datagrams):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for datagram in datagrams:
            s.sendto(datagram, ("127.0.0.1", port))


def good_message(kind, number):
    if "json" in kind:
        return b'{"message":"good %d"}\n' % number
    if "syslog" in kind:
        return b"<34>Oct 11 22:14:15 host app: good %d\n" % number
    return b"good %d\n" % number


def strict_events(chute):
    """Every event; a byte that is not UTF-8 is an error here."""
    with open(chute.out, "rb") as f:
        return [json.loads(line) for line in f.read().decode("utf-8").split("\n")[:-1]]


def end_balanced(chute):
    code, last = chute.stop()
    assert code == 0, chute.stderr()
    return assert_balanced(last)


def has_good(chute, kind, number):
    with open(chute.out, "rb") as f:
        lines = [line for line in f.read().split(b"\n")[:-1] if b"good %d" % number in line]
    return any(event["type"] == kind and "good %d" % number in event["message"] for event in map(json.loads, lines))


def test_garbage_on_every_listener(logchute):
    ports = {kind: free_port() for kind in LISTENERS}
    chute = logchute("input {\n%s\n}\n%s" % ("\n".join(LISTENERS[k] % (ports[k], k) for k in LISTENERS), STDOUT))
    before = len(chute.log())
    for number, (kind, port) in enumerate(ports.items()):
        bytes_ = garbage(300000, number)
        if "udp" in kind:
            send_udp(port, [bytes_[i:i + 700] for i in range(0, 50000, 700)])
            send_udp(port, [b"", b"\0", b"\n", bytes_[:60000]])
        else:
            # A zero byte in front: by chance alone it would be a TLS hello now and then, which is another test.
            send_tcp(port, b"\0" + bytes_)
    for number, (kind, port) in enumerate(ports.items()):
        if "udp" in kind:
            send_udp(port, [good_message(kind, number)])
        else:
            send_tcp(port, good_message(kind, number))
    for number, kind in enumerate(ports):
        wait_for(lambda: has_good(chute, kind, number), 20, "the good message of " + kind)
    end_balanced(chute)
    assert len(strict_events(chute)) > 1000
    warnings = [r for r in chute.log()[before:] if r["level"] in ("warn", "error", "fatal")]
    assert not warnings, "garbage is tagged, not logged: %s" % warnings[:3]


@pytest.mark.parametrize("codec", ["line", "json", "json_lines", "plain",
                                   'multiline { pattern => "^\\s" what => previous }'])
def test_garbage_on_standard_input(binary, tmp_path, codec):
    done = subprocess.run([binary, "-e", "input { stdin { codec => %s } } %s" % (codec, STDOUT), "--path.data",
                           str(tmp_path / "data"), "--log.format", "json"], input=garbage(300000, 99) + b"\n" + (b'{"message":"good"}' if "json" in codec else b"good"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1]]
    assert any(event["message"].endswith("good") for event in events)
    assert_balanced(json.loads(done.stderr.splitlines()[-1]))


# ------------------------------------------------------------------ lines without an end


@pytest.mark.parametrize("step", [1 << 20, 7, 1])
@pytest.mark.parametrize("delimiter", [b"\n", b"\0", b"<=>"])
def test_end_of_a_long_line(logchute, port, delimiter, step):
    """What is forgotten ends where the codec's lines end."""
    codec = 'codec => json_lines { decode_size_limit_bytes => 100 delimiter => "%s" }' % delimiter.decode()
    chute = logchute(TCP % (port, codec) + STDOUT, "-w", "1")
    data = delimiter.join([b'{"n":1}', b"z" * 500, b'{"n":2}', b'{"n":3}', b""])
    send_in_steps(port, data, step)
    end_balanced(chute)
    assert [e.get("n", "cut") for e in strict_events(chute)] == [1, "cut", 2, 3]


def send_in_steps(port, data, step):
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for i in range(0, len(data), step):
            s.sendall(data[i:i + step])
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1) == b""


@pytest.mark.parametrize("step", [1 << 20, 7, 1])
def test_line_longer_than_its_limit(logchute, port, step):
    chute = logchute(TCP % (port, "codec => json_lines { decode_size_limit_bytes => 100 }") + STDOUT, "-w", "1")
    fits, too_long = b'{"a":"' + b"x" * 92 + b'"}', b'{"b":"' + b"y" * 93 + b'"}'
    assert (len(fits), len(too_long)) == (100, 101)
    data = fits + b"\n" + too_long + b"\n" + fits + b"\n" + b"z" * 5000 + b"\n" + b'{"next":1}\n' + b"w" * 300
    send_in_steps(port, data, step)
    end_balanced(chute)
    events = strict_events(chute)
    assert [("a" in e, "next" in e, "_linetoolong" in e.get("tags", ())) for e in events] == [
        (True, False, False), (False, False, True), (True, False, False), (False, False, True), (False, True, False),
        (False, False, True)]
    assert [e["message"] for e in events if "message" in e] == [too_long[:100].decode(), "z" * 100, "w" * 100]


def test_a_gigabyte_without_a_line_end(logchute, port, is_sanitized):
    """Cut at the limit, tagged, and the rest up to the next line feed forgotten; neighbours go on meanwhile."""
    chute = logchute(TCP % (port, 'codec => line ecs_compatibility => disabled') + STDOUT)
    block = b"a" * (1 << 20)
    with socket.create_connection(("127.0.0.1", port)) as s:
        for i in range(1024):
            s.sendall(block)
            if i == 512:
                send_tcp(port, b"neighbour\n")
                wait_for(lambda: b"neighbour" in open(chute.out, "rb").read(), 20, "the neighbour's line")
        s.sendall(b"\nnext\n")
        s.shutdown(socket.SHUT_WR)
        assert s.recv(1) == b""
    wait_for(lambda: b'"next"' in open(chute.out, "rb").read(), 20, "the next line")
    memory = chute.memory_kb()
    counters = end_balanced(chute)
    events = strict_events(chute)
    assert sorted(len(e["message"]) for e in events) == [4, 9, 20971520]
    assert [e.get("tags") for e in events if len(e["message"]) > 9] == [["_linetoolong"]]
    assert counters["pipeline"]["in"] == 3
    assert is_sanitized or memory < 160 * 1024, "%d KiB" % memory


def test_many_unfinished_lines_share_a_budget(logchute, port, is_sanitized):
    chute = logchute(TCP % (port, "codec => line") + 'output { null { } }\n')
    senders = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    for s in senders:
        s.sendall(b"b" * (4 << 20))
    memory = chute.memory_kb()
    for s in senders:
        s.sendall(b"\nnext\n")
        s.shutdown(socket.SHUT_WR)
    for s in senders:
        assert s.recv(1) == b""
        s.close()
    counters = end_balanced(chute)
    assert counters["pipeline"]["in"] == 80, "each connection has one long line and the next"
    assert is_sanitized or memory < 160 * 1024, "%d KiB" % memory


# ------------------------------------------------------------------ JSON of the odd kind


def one_by_one(logchute, port, lines, settings="codec => json_lines ecs_compatibility => disabled", filters=""):
    """The events of lines that were sent over one connection."""
    chute = logchute(TCP % (port, settings) + filters + STDOUT, "-w", "1")
    send_tcp(port, b"".join(line + b"\n" for line in lines))
    wait_for(lambda: len(chute.events()) >= len(lines), 20, "%d events" % len(lines))
    end_balanced(chute)
    events = strict_events(chute)
    assert len(events) == len(lines)
    return events


@pytest.mark.parametrize("opening,closing", [(b'{"a":', b"}"), (b"[", b"]")])
@pytest.mark.parametrize("way", ["codec", "filter"])
def test_nested_10000_deep(logchute, port, way, opening, closing):
    deep = b'{"a":' + opening * 10000 + b"1" + closing * 10000 + b"}"
    allowed = b'{"a":' + opening * 900 + b"1" + closing * 900 + b"}"
    settings, filters = "codec => json_lines", ""
    if way == "filter":
        settings, filters = "codec => line", 'filter { json { source => "message" } }\n'
    events = one_by_one(logchute, port, [deep, allowed, b'{"next":1}'], settings, filters)
    assert [e.get("tags") for e in events] == [["_jsonparsefailure"], None, None]
    assert events[0]["message"] == deep.decode()
    assert "a" in events[1] and events[2]["next"] == 1


def test_unclosed_nesting(logchute, port):
    events = one_by_one(logchute, port, [b"[" * 100000, b'{"a":' * 50000, b"]" * 100000, b'{"next":1}'])
    assert [e.get("tags") for e in events] == [["_jsonparsefailure"]] * 3 + [None]


@pytest.mark.parametrize("way", ["codec", "filter"])
def test_odd_values(logchute, port, way):
    numbers = ["12345678901234567890123456789", "-9223372036854775809", "18446744073709551616", "0.1234567890123456789012",
               "1e400", "9007199254740993", "1E5", "1.0"]
    lines = [b'{"n":1,"a":"first","a":"second"}', b'{"n":2,"s":"x\\u0000y"}', b'{"n":3,"s":"\\ud800"}',
             b'{"n":4,"s":"\xff\xfe"}', b'{"n":5,"numbers":[' + ",".join(numbers).encode() + b"]}",
             b'{"n":6,"@timestamp":17,"tags":{"a":1},"@version":null}', b'{"n":7,"":1," ":2,"[a][b]":3,"a.b":4}', b"\0",
             b'{"n":8}']
    settings, filters = "codec => json_lines", ""
    if way == "filter":
        settings, filters = "codec => line", 'filter { json { source => "message" } }\n'
    chute = logchute(TCP % (port, settings) + filters + STDOUT)
    send_tcp(port, b"".join(line + b"\n" for line in lines))
    wait_for(lambda: len(chute.events()) == len(lines), 20, "every event")
    end_balanced(chute)
    events = strict_events(chute)
    by_number = {e.get("n"): e for e in events}
    assert by_number[1]["a"] == "second"
    assert by_number[2]["s"] == "x\0y"
    if way == "codec":  # the line codec makes \\xFF of a bad byte, which is no JSON
        assert by_number[4]["s"] == "\ufffd\ufffd"
    with open(chute.out, encoding="utf-8") as f:
        line = next(line for line in f if '"n":5' in line)
    assert line.split('"numbers":[')[1].split("]")[0].split(",") == numbers
    assert {3, 5, 6, 7, 8} <= by_number.keys()
    failed = [e for e in events if "_jsonparsefailure" in e.get("tags", ())]
    assert failed and failed[-1]["message"] == "\0"


@pytest.mark.parametrize("codec", ["json", "json_lines"])
def test_bad_lines_in_a_datagram(logchute, port, codec):
    """Each is a message of its own; those before and behind it are none the worse."""
    chute = logchute('input { udp { host => "127.0.0.1" port => %d codec => %s } }' % (port, codec) + STDOUT)
    lines = [b'{"n":%d}' % n for n in range(200)]
    lines[0] = b"first"
    lines[100] = b'{"n":100,"cut'
    lines[150] = b"[150]"
    send_udp(port, [b"\n".join(lines) + b"\n"])
    wait_for(lambda: len(chute.events()) >= 200, 10, "every line")
    end_balanced(chute)
    events = strict_events(chute)
    assert [e.get("n", e.get("message")) for e in events] == [
        {0: "first", 100: '{"n":100,"cut', 150: "[150]"}.get(n, n) for n in range(200)]
    assert sum(e.get("tags") == ["_jsonparsefailure"] for e in events) == 3


@pytest.mark.parametrize("codec", ["line", "plain"])
def test_zero_bytes_in_text(logchute, port, codec):
    events = one_by_one(logchute, port, [b"a\0b", b"\0", b"after"], "codec => " + codec)
    assert [e["message"] for e in events] == ["a\0b", "\0", "after"]


# ------------------------------------------------------------------ the wrong protocol


@pytest.mark.parametrize("plugin", ["tcp { codec => json_lines host => '127.0.0.1' port => %d }",
                                    "syslog { host => '127.0.0.1' port => %d }"])
def test_tls_hello_on_a_plain_port(logchute, port, plugin):
    chute = logchute("input { %s }\n" % (plugin % port) + STDOUT)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    good = good_message(plugin.split()[0] if "json" not in plugin else "json", 1)
    with socket.create_connection(("127.0.0.1", port)) as neighbour:
        neighbour.sendall(good[:10])
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s, pytest.raises(OSError):
                context.wrap_socket(s)
        neighbour.sendall(good[10:])
        wait_for(lambda: chute.events(), 10, "the neighbour's event")
    end_balanced(chute)
    assert len(chute.events()) == 1 and "good 1" in chute.events()[0]["message"]
    warnings = [r for r in chute.log() if r["level"] == "warn"]
    assert len(warnings) == 1 and "TLS" in warnings[0]["message"], warnings


def test_http_request_on_a_json_port(logchute, port):
    """Every line of it is kept, and the connection is not answered."""
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    chute = logchute(TCP % (port, "codec => json_lines") + STDOUT)
    send_tcp(port, request)
    wait_for(lambda: len(chute.events()) >= 2, 10, "its lines")
    end_balanced(chute)
    assert all(e["tags"] == ["_jsonparsefailure"] for e in chute.events())


# ------------------------------------------------------------------ the wrong file, no permission, a port in use


def refused(binary, args, env=None, prefix=(), cwd=None):
    """Runs what must not start: exit code 1, nothing on standard output; what it said."""
    done = subprocess.run([*prefix, binary, *args, "--api.enabled", "false"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=30, env=env, cwd=cwd)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert "Sanitizer" not in done.stderr
    return done.stderr.strip()


IDLE = 'input { generator { count => 1 } } output { null { } }'


@pytest.mark.parametrize("plugin,kind", [('tcp { host => "127.0.0.1" port => %d }', "tcp"),
                                         ('udp { host => "127.0.0.1" port => %d }', "udp"),
                                         ('syslog { host => "127.0.0.1" port => %d }', "tcp"),
                                         ('syslog { host => "127.0.0.1" port => %d }', "udp")])
def test_port_in_use(binary, tmp_path, port, plugin, kind):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", port))
        if kind == "tcp":
            s.listen()
        said = refused(binary, ["-e", "input { %s } output { null { } }" % (plugin % port), "--path.data", str(tmp_path)])
    assert len(said.splitlines()) == 1, said
    assert str(port) in said and "Address already in use" in said


def test_folder_in_place_of_a_file(binary, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    empty = tmp_path / "empty"
    empty.mkdir()
    config = tmp_path / "ok.conf"
    config.write_text(IDLE)
    for args, word in ((["-f", str(empty)], str(empty)), (["-f", str(tmp_path / "none*")], "none*"),
                       (["-f", str(tmp_path / "none.conf")], "none.conf"),
                       (["-e", IDLE, "--path.data", str(file)], str(file)),
                       (["-e", IDLE, "--path.data", str(file / "below")], "below"),
                       (["-e", IDLE, "--path.settings", str(tmp_path / "none")], "path.settings")):
        said = refused(binary, args, cwd=str(tmp_path))
        assert len(said.splitlines()) <= 2 and word in said, said


def as_nobody():
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


@pytest.fixture
def open_folder():
    """One that an unprivileged user can reach and write: pytest's own are its user's."""
    with tempfile.TemporaryDirectory(prefix="logchute-") as folder:
        os.chmod(folder, 0o777)
        yield pathlib.Path(folder)


def test_no_permission(binary, open_folder):
    closed = open_folder / "closed"
    closed.mkdir()
    (closed / "in.conf").write_text(IDLE)
    secret = open_folder / "secret.conf"
    secret.write_text(IDLE)
    secret.chmod(0)
    closed.chmod(0o555 if os.geteuid() == 0 else 0)
    rows = [(["-f", str(secret), "--path.data", str(open_folder / "data")], "secret.conf"),
            (["-e", IDLE, "--path.data", str(closed)], "closed"),
            (["-e", IDLE, "--path.data", str(closed / "data")], "closed/data")]
    for args, word in rows:
        said = refused(binary, args, prefix=as_nobody())
        assert len(said.splitlines()) <= 2 and word in said and "ermission denied" in said, said


def test_port_that_only_root_may_have(binary, open_folder):
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as f:
        first = int(f.read())
    if first < 2:
        pytest.skip("every port is everybody's here")
    config = 'input { tcp { host => "127.0.0.1" port => %d } } output { null { } }' % (first - 1)
    said = refused(binary, ["-e", config, "--path.data", str(open_folder / "data")], prefix=as_nobody())
    assert len(said.splitlines()) == 1 and str(first - 1) in said and "ermission denied" in said, said


# ------------------------------------------------------------------ the file input's files


FILE = 'input { file { path => "%s" sincedb_path => "%s" start_position => beginning stat_interval => 0.1' \
       ' discover_interval => 1 } }\n'


def test_folders_in_place_of_files(binary, logchute, tmp_path):
    """A folder under the pattern is none of the files; one in place of the sincedb is refused."""
    folder = tmp_path / "logs"
    (folder / "b.log").mkdir(parents=True)
    (folder / "a.log").write_text("line a\n")
    chute = logchute(FILE % (folder / "*.log", tmp_path / "sincedb") + STDOUT)
    wait_for(lambda: chute.events(), 10, "the file's line")
    (folder / "c.log").write_text("line c\n")
    wait_for(lambda: len(chute.events()) == 2, 10, "the new file's line")
    end_balanced(chute)
    assert [r for r in chute.log() if r["level"] in ("error", "fatal")] == []
    said = refused(binary, ["-e", FILE % (folder / "*.log", folder) + STDOUT, "--path.data", str(tmp_path / "data")])
    assert str(folder) in said and "is a folder" in said and len(said.splitlines()) <= 3, said


def test_unreadable_file(binary, open_folder):
    """It is named once, its neighbours are read, and it is read once it may be."""
    secret, plain, out = open_folder / "a.log", open_folder / "b.log", open_folder / "out"
    secret.write_text("secret\n")
    secret.chmod(0)
    plain.write_text("plain\n")
    with open(out, "wb") as out_file, open(open_folder / "err", "wb") as err_file:
        process = subprocess.Popen([*as_nobody(), binary, "-e", FILE % (open_folder / "*.log", open_folder / "sincedb") + STDOUT,
                                    "--path.data", str(open_folder / "data"), "--log.format", "json"],
                                   stdout=out_file, stderr=err_file)
    try:
        wait_for(lambda: b"plain" in out.read_bytes(), 10, "the line of the other file")
        wait_for(lambda: b"ermission denied" in (open_folder / "err").read_bytes(), 10, "the message")
        secret.chmod(0o644)
        wait_for(lambda: b"secret" in out.read_bytes(), 20, "its line")
    finally:
        process.terminate()
        assert process.wait(20) == 0
    said = [json.loads(line) for line in (open_folder / "err").read_text().splitlines()]
    assert len([r for r in said if "ermission denied" in json.dumps(r)]) == 1
    assert_balanced(said[-1])


def test_garbage_in_a_file_and_its_sincedb(logchute, tmp_path):
    log, sincedb = tmp_path / "in.log", tmp_path / "sincedb"
    log.write_bytes(garbage(300000, 5) + b"\ngood 7\n")
    sincedb.write_bytes(garbage(3000, 6))
    chute = logchute(FILE % (log, sincedb) + STDOUT)
    wait_for(lambda: b"good 7" in open(chute.out, "rb").read(), 20, "the last line")
    end_balanced(chute)
    assert any(e["message"] == "good 7" for e in strict_events(chute))
