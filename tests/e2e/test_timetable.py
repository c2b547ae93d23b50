"""The timetable pipeline as it is shipped: all of its inputs, what it takes out, what it tags, and where it goes."""
import json
import os
import socket
import subprocess

import pytest

from support import ROOT, assert_balanced, free_port, json_lines, send_tcp, wait_for

PIPELINES = os.path.join(ROOT, "conf/pipelines")
SECRETS = ["hunter2", "s3cr3t", "4111 1111 1111 1111", "4111111111111111", "eyJhbGciOi", "dXNlcjpwYXNz", "tok-123", "378282246310005", "7654321"]
JAVA = ("2026-11-23 10:00:00 ERROR Planner room is gone password=hunter2\n"
        "java.lang.IllegalStateException: no room\n\tat app.Planner.plan(Planner.java:42)\n"
        "Caused by: java.io.IOException: closed\n\t... 3 more\n")
NODE = "TypeError: x is undefined\n    at plan (/app/plan.js:3:9)\n    at main (/app/main.js:1:1)\n"


class Timetable:
    def __init__(self, logchute, output, env=None):
        self.tcp, self.udp, self.syslog = free_port(), free_port(), free_port()
        self.make, self.output, self.more = logchute, output, env or {}

    def start(self, folder):
        self.files = os.path.join(str(folder), "logs")
        os.mkdir(self.files)
        env = dict(TIMETABLE_HOST="127.0.0.1", TIMETABLE_TCP_PORT=str(self.tcp), TIMETABLE_UDP_PORT=str(self.udp),
                   TIMETABLE_SYSLOG_PORT=str(self.syslog), TIMETABLE_FILES=os.path.join(self.files, "*.log"), **self.more)
        config = ""
        for name in ("timetable.conf", self.output):
            with open(os.path.join(PIPELINES, name), encoding="utf-8") as f:
                config += f.read()
        self.chute = self.make(config, env=env)
        return self

    def send(self, events):
        send_tcp(self.tcp, json_lines(events))

    def send_udp(self, port, data):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(data, ("127.0.0.1", port))

    def write(self, name, text):
        with open(os.path.join(self.files, name), "a", encoding="utf-8") as f:
            f.write(text)

    def search(self, *words):
        done = subprocess.run([self.chute.binary, "search", "--json", "--limit", "1000", "--path.data", self.chute.data, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def wait_for(self, count):
        return wait_for(lambda: len(self.search()) >= count and self.search(), 30, "%d events" % count)


@pytest.mark.parametrize("output", ["output-store.conf", "output-elasticsearch.conf"])
def test_configuration_is_valid(binary, output, tmp_path):
    done = subprocess.run([binary, "-t", "-f", "{%s/timetable.conf,%s/%s}" % (PIPELINES, PIPELINES, output),
                           "--path.data", str(tmp_path)], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def timetable(logchute, tmp_path):
    return Timetable(logchute, "output-store.conf").start(tmp_path)


def test_all_inputs_arrive_parsed_and_tagged(timetable):
    timetable.send([{"n": 1, "level": "info", "message": "over tcp"},
                    {"n": 2, "message": json.dumps({"level": "ERROR", "inner": 1, "message": "nested"})}])
    timetable.send_udp(timetable.udp, b'{"n":3,"level":"Fatal","message":"over udp"}\n')
    timetable.send_udp(timetable.syslog, b'<11>Nov 23 10:00:00 web app[7]: no room')
    timetable.send_udp(timetable.syslog, b'<14>Nov 23 10:00:00 web app[7]: {"status":503,"message":"in syslog"}')
    timetable.write("app.log", "just a line\n" + JAVA + NODE + '{"level":"warn","message":"from a file"}\n')
    timetable.send([{"message": "with an event", "event": {"action": "book", "original": "as it was"}}])
    events = timetable.wait_for(10)
    assert len(events) == 10
    assert [e["event"] for e in events if "event" in e] == [{"action": "book"}], "no text as it was, and no empty object"
    by = {e["message"]: e for e in events}
    is_error = {message: "error" in e.get("tags", []) for message, e in by.items()}
    assert is_error == {"over tcp": False, "with an event": False, "nested": True, "over udp": True, "no room": True, "in syslog": True,
                        "just a line": False, "2026-11-23 10:00:00 ERROR Planner room is gone password=[REDACTED:key_value]": True,
                        "TypeError: x is undefined": True, "from a file": False}
    assert by["nested"]["inner"] == 1
    java = by["2026-11-23 10:00:00 ERROR Planner room is gone password=[REDACTED:key_value]"]["error"]["stack_trace"]
    assert java.count("\n") == 4 and "Planner.java:42" in java and "... 3 more" in java and "hunter2" not in java
    assert "main.js" in by["TypeError: x is undefined"]["error"]["stack_trace"]
    assert by["no room"]["process"]["pid"] and by["no room"]["host"]
    assert len(timetable.search("tags:error")) == 5 + 1
    code, last = timetable.chute.stop()
    assert code == 0
    assert_balanced(last)


LEVELS = [({"level": "error"}, True), ({"level": "FATAL"}, True), ({"level": "Error"}, True), ({"level": 50}, True),
          ({"level": "info"}, False), ({"level": 30}, False), ({"severity": "ERROR"}, True), ({"status": 500}, True),
          ({"status": "503"}, True), ({"status": 499}, False), ({"status": "ok"}, False), ({"status": {"code": 7}}, False),
          ({"status": [500]}, False), ({"status": 502.0}, True), ({"http": {"response": {"status_code": 500}}}, True),
          ({"http": {"status": 404}}, False), ({"stack": "E\n    at f (x.js:1)"}, True), ({"error": "text only"}, False),
          ({"error": "text", "stack": "E\n    at f (x.js:1)"}, True), ({"err": {"stack": "E\n  at y", "message": "m"}}, True),
          ({"level": None}, False), ({"level": {"name": "error"}}, False),
          ({"log": {"syslog": {"severity": {"code": "2"}}}}, True), ({"message": "ERROR is only a word here"}, False)]


def test_what_counts_as_an_error(timetable):
    timetable.send([dict({"message": "m"}, n=i, **event) if "message" not in event else dict(event, n=i)
                    for i, (event, _) in enumerate(LEVELS)])
    found = {e["n"]: e for e in timetable.wait_for(len(LEVELS))}
    assert sorted(found) == list(range(len(LEVELS)))
    for i, (event, is_error) in enumerate(LEVELS):
        assert ("error" in found[i].get("tags", [])) == is_error, (event, found[i])
        assert isinstance(found[i].get("error", {}), dict), found[i]
    assert [e["n"] for e in timetable.search("error.stack_trace:js")] == [16, 18]


def test_what_is_an_object_somewhere_is_one_everywhere(timetable):
    names = ("error", "host", "service", "process", "user")
    timetable.send([dict({"n": 1}, **{name: "a text" for name in names}), dict({"n": 2}, **{name: {"id": "x"} for name in names})])
    text, whole = sorted(timetable.wait_for(2), key=lambda e: e["n"])
    assert {name: text[name] for name in names} == {"error": {"message": "a text"}, **{name: {"name": "a text"} for name in names[1:]}}
    assert {name: whole[name] for name in names} == {name: {"id": "x"} for name in names}


def test_no_secret_comes_out(timetable):
    timetable.send([
        {"password": "hunter2", "token": "tok-123", "message": "fields"},
        {"user": {"name": "al", "password": "hunter2", "deep": [{"client_secret": "s3cr3t"}]}, "message": "deep"},
        {"req": {"headers": {"Authorization": "Bearer eyJhbGciOi.x.y", "cookie": "s3cr3t"}}, "message": "headers"},
        {"cardNumber": 4111111111111111, "message": "number"},
        {"message": "login password=hunter2&token=tok-123, Authorization: Bearer eyJhbGciOi.x-y_z"},
        {"message": "paid with 4111 1111 1111 1111 and 4111111111111111 and 378282246310005, db://u:s3cr3t@host/x"},
        {"message": '{"cvv": 7654321, "level": "info", "message": "parsed"}'},
        {"message": 'text {"password": "hunter2"} and Authorization: Basic dXNlcjpwYXNz'},
    ])
    timetable.send_udp(timetable.syslog, b'<14>Nov 23 10:00:00 web app: {"cvv":7654321,"message":"passwd=hunter2 for bob"}')
    timetable.write("app.log", "Cookie and password: hunter2 here\n")
    events = timetable.wait_for(10)
    for event in events:
        for secret in SECRETS:
            assert secret not in json.dumps(event), event
    for secret in ("hunter2", "s3cr3t", "eyJhbGciOi"):
        assert timetable.search(secret) == [], "not in the index either"
    assert "password" not in next(e for e in events if e["message"] == "fields")
    assert next(e for e in events if e["message"] == "deep")["user"]["name"] == "al"


def test_indices_of_a_search_engine(logchute, tmp_path, opensearch):
    timetable = Timetable(logchute, "output-elasticsearch.conf", {"ELASTICSEARCH_HOSTS": opensearch.url}).start(tmp_path)
    timetable.send([{"@timestamp": "2026-05-0%dT10:00:00Z" % (i % 2 + 1), "n": i, "level": "error" if i % 4 == 0 else "info",
                     "message": "m %d password=hunter2" % i} for i in range(20)])
    wait_for(lambda: opensearch.count("timetable-logs-2026.05.01") == 10, 60, "the first day")
    wait_for(lambda: opensearch.count("timetable-logs-2026.05.02") == 10, 60, "the second day")
    wait_for(lambda: opensearch.count("timetable-errors-2026.05.01") == 5, 60, "the errors")
    assert opensearch.count("timetable-errors-2026.05.02") == 0
    for document in opensearch.documents("timetable-errors-2026.05.01"):
        assert document["tags"] == ["error"] and "hunter2" not in document["message"]
    code, last = timetable.chute.stop()
    assert code == 0
    assert_balanced(last)
