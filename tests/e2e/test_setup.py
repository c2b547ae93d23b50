"""`logchute setup` against real search engines. Kibana cannot be had: a server that answers as its documentation says stands in."""
import base64
import contextlib
import http.server
import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import threading
import time

import pytest

from support import ROOT, free_port, send_tcp, wait_for
from test_timetable import LEVELS, Timetable

PASSWORD = "hunter2-the-word"
VARIABLES = ("ELASTICSEARCH_", "KIBANA_")


def run(binary, *args, env=None):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(VARIABLES)}
    done = subprocess.run([binary, "setup", *args], env=dict(clean, **(env or {})), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=120)
    assert PASSWORD not in done.stdout + done.stderr
    assert "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr
    return done


def good(binary, *args, env=None):
    done = run(binary, *args, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


class Board(contextlib.AbstractContextManager):
    """A scripted server: Elasticsearch's answers of a template, and those of Kibana (POST /api/data_views/data_view), or of Kibana 7
    and OpenSearch Dashboards, which have saved objects only. `script` holds answers that come before all others."""

    def __init__(self, has_data_views=True, wants=None, tls=None):
        self.port = free_port()
        self.url = "%s://127.0.0.1:%d" % ("https" if tls else "http", self.port)
        self.script, self.seen, self.views, self.saved = [], [], {}, {}
        board = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def reply(self, body):
                board.seen.append((self.command, self.path, body, self.headers))
                if board.script:
                    return board.script.pop(0)
                if wants and self.headers["authorization"] not in wants:
                    return 401, {"error": {"type": "security_exception", "reason": "unable to authenticate user [anna]"}, "status": 401}
                if self.command in ("GET", "PUT"):
                    return 200, {"acknowledged": True} if self.command == "PUT" else {"version": {"number": "8.17.0"}}
                if not (self.headers["kbn-xsrf"] and self.headers["osd-xsrf"]):
                    return 400, {"statusCode": 400, "error": "Bad Request", "message": "Request must contain a kbn-xsrf header."}
                if self.path == "/api/data_views/data_view" and has_data_views:
                    return board.make_view(body)
                if self.path.startswith("/api/saved_objects/index-pattern/") and self.path.endswith("?overwrite=true"):
                    board.saved[self.path.split("/")[-1].split("?")[0]] = body["attributes"]
                    return 200, {"type": "index-pattern", "attributes": body["attributes"]}
                return 404, {"statusCode": 404, "error": "Not Found", "message": "Not Found"}

            def handle_one(self):
                length = int(self.headers["content-length"] or 0)
                self.answer(*self.reply(json.loads(self.rfile.read(length) or b"null")))

            do_GET = do_PUT = do_POST = handle_one

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def make_view(self, body):
        view = body["data_view"]
        if set(body) - {"data_view", "override", "refresh_fields"} or set(view) - {"id", "title", "name", "timeFieldName", "allowNoIndex"}:
            return 400, {"statusCode": 400, "error": "Bad Request", "message": "[request body]: definition for this key is missing"}
        if view["name"] in self.views and not body.get("override"):
            return 400, {"statusCode": 400, "error": "Bad Request", "message": "Duplicate data view: " + view["name"]}
        self.views[view["name"]] = view
        return 200, {"data_view": dict(view, version="WzQ5LDFd")}

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


# ---------------------------------------------------------------- the template, by real engines


def kinds(properties, prefix=""):
    """The type of each field, by its whole name; of a field under one, too: status.number."""
    found = {}
    for name, field in properties.items():
        if "type" in field:
            found[prefix + name] = field["type"]
        found.update(kinds({**field.get("properties", {}), **field.get("fields", {})}, prefix + name + "."))
    return found


def send_a_day(timetable, day):
    """Events of all kinds, of which the first are what would settle the types wrongly if there were no template; returns how many."""
    events = [{"message": "2026-01-01", "duration": 12, "note": "2026-01-01", "ip": "10.0.0.1", "level": 50, "status": 200, "host": "web"},
              {"message": "m", "duration": 12.5, "note": "no date", "ip": "no address", "level": "info", "status": "ok", "count": 1,
               "host": {"ip": "10.0.0.1"}}, {"message": "m", "count": "no number", "user": "al", "service": "timetable"}]
    events += [event for event, _ in LEVELS if not any(isinstance(event.get(name), dict) for name in ("status", "level"))]
    events += [{"message": "long " + "x" * 40000}, {"message": "room is gone", "stack": "Error: gone\n    at plan (plan.js:3)"}]
    stamp = "%s-%s-%sT10:00:00Z" % tuple(day.split("."))
    timetable.send([dict(event, **{"@timestamp": stamp}) for event in events])
    timetable.send_udp(timetable.syslog, b"<11>1 %s web app 7 - - no room" % stamp.encode())
    return len(events) + 1


def check_engine(binary, logchute, tmp_path, engine, day):
    assert "index template timetable for timetable-logs-* and timetable-errors-*" in good(binary, "--hosts", engine.url, "--timeout", "0")
    logs, errors = "timetable-logs-" + day, "timetable-errors-" + day
    timetable = Timetable(logchute, "output-elasticsearch.conf", {"ELASTICSEARCH_HOSTS": engine.url}).start(tmp_path)
    count = send_a_day(timetable, day)
    wait_for(lambda: engine.count(logs) == count, 60, "all events")
    wait_for(lambda: engine.count(errors) > 0, 60, "the errors")
    assert timetable.chute.dead_letters() == []
    fields = kinds(engine.call("GET", "/%s/_mapping" % logs)[logs]["mappings"]["properties"])
    want = {"@timestamp": "date", "message": "text", "message.keyword": "keyword", "level": "keyword", "status": "keyword",
            "status.number": "double", "duration": "double", "note": "keyword", "ip": "ip", "count": "long", "host.name": "keyword",
            "host.ip": "ip", "user.name": "keyword", "service.name": "keyword", "service.type": "keyword", "error.stack_trace": "text",
            "log.syslog.severity.code": "integer", "process.pid": "long", "tags": "keyword"}
    assert {name: fields.get(name) for name in want} == want

    def hits(index, query):
        return engine.call("POST", "/%s/_search" % index, {"query": query, "track_total_hits": True})["hits"]["total"]["value"]

    assert hits(logs, {"match": {"message": "gone"}}) == hits(errors, {"match": {"error.stack_trace": "plan.js"}}) == 1
    assert hits(logs, {"range": {"status.number": {"gte": 500}}}) >= 2 and hits(logs, {"range": {"duration": {"gt": 12}}}) == 1
    settings = engine.call("GET", "/%s/_settings" % logs)[logs]["settings"]["index"]
    assert (settings["number_of_replicas"], settings["number_of_shards"]) == ("0", "1")
    before = engine.call("GET", "/_index_template/timetable")
    assert "note:" not in good(binary, "--hosts", engine.url) and engine.call("GET", "/_index_template/timetable") == before
    timetable.chute.stop()


def forget(engine):
    """The one node of all tests is as before: another test's indices have no template."""
    with contextlib.suppress(OSError):
        engine.call("DELETE", "/_index_template/timetable")


def test_opensearch(binary, logchute, tmp_path, opensearch):
    try:
        check_engine(binary, logchute, tmp_path, opensearch, "2027.01.02")
    finally:
        forget(opensearch)


def test_an_index_from_before_is_told(binary, opensearch):
    index = "timetable-errors-2027.01.09"
    try:
        opensearch.call("PUT", "/%s/_doc/1?refresh" % index, {"@timestamp": "2027-01-09T00:00:00Z"})
        assert " of the indices are from before, and keep their own mappings" in good(binary, "--hosts", opensearch.url)
    finally:
        opensearch.call("DELETE", "/" + index)
        forget(opensearch)


def test_a_template_in_the_way_is_told(binary, opensearch):
    opensearch.call("PUT", "/_index_template/other", {"index_patterns": ["timetable-*"], "priority": 200})
    try:
        done = run(binary, "--hosts", opensearch.url)
        assert done.returncode == 1 and done.stdout == ""
        assert "answers 400 to PUT /_index_template/timetable: " in done.stderr and "other" in done.stderr
    finally:
        opensearch.call("DELETE", "/_index_template/other")


# ---------------------------------------------------------------- Kibana, scripted


def test_data_views_and_again(binary):
    with Board() as board:
        for _ in range(2):
            told = good(binary, "--hosts", board.url, "--kibana", board.url)
        assert "Kibana at %s: data views timetable-logs-* and timetable-errors-*" % board.url in told
        assert sorted((view["id"], view["title"], view["timeFieldName"]) for view in board.views.values()) == [
            ("timetable-errors", "timetable-errors-*", "@timestamp"), ("timetable-logs", "timetable-logs-*", "@timestamp")]
        assert len([1 for seen in board.seen if seen[0] == "POST"]) == 4


@pytest.mark.parametrize("version, name", [({"number": "2.19.1", "distribution": "opensearch"}, "OpenSearch Dashboards"),
                                           ({"number": "7.17.26"}, "Kibana")])
def test_saved_objects_where_there_are_no_data_views(binary, version, name):
    with Board(has_data_views=False) as board:
        board.script = [(200, {"version": version})]
        assert name + " at " in good(binary, "--hosts", board.url, "--kibana", board.url)
        assert board.saved == {"timetable-logs": {"title": "timetable-logs-*", "timeFieldName": "@timestamp"},
                               "timetable-errors": {"title": "timetable-errors-*", "timeFieldName": "@timestamp"}}


def test_it_waits_for_what_is_not_ready(binary):
    with Board() as board:
        board.script = [(503, b"Kibana server is not ready yet"), (429, {"error": {"reason": "busy"}}), (200, {"version": {"number": "8.17.0"}}),
                        (200, {}), (200, {}), (503, b"Kibana server is not ready yet")]
        done = run(binary, "--hosts", board.url, "--kibana", board.url, "--timeout", "30")
        assert done.returncode == 0 and len(board.views) == 2
        assert done.stderr.count("waiting: ") == 3 and "Kibana server is not ready yet" in done.stderr


def test_hosts_are_tried_in_turn(binary, unused_port):
    with Board() as board:
        done = run(binary, "--hosts", "http://127.0.0.1:%d, %s" % (unused_port, board.url))
        assert done.returncode == 0 and "Elasticsearch 8.17.0 at " + board.url in done.stdout


def test_a_user_who_may_only_write_templates(binary):
    refused = (403, {"error": {"type": "security_exception", "reason": "action [cluster:monitor/main] is unauthorized"}})
    with Board() as board:
        board.script = [refused, (200, {"acknowledged": True}), refused]
        assert "Elasticsearch at " in good(binary, "--hosts", board.url)


# ---------------------------------------------------------------- what goes wrong


def test_nobody_answers(binary, unused_port):
    done = run(binary, "--hosts", "http://anna:%s@127.0.0.1:%d" % (PASSWORD, unused_port), "--timeout", "1")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 2 and "does not answer" in done.stderr and "--timeout is over" in done.stderr


def test_somebody_takes_the_question_and_never_answers(binary, port):
    with socket.create_server(("127.0.0.1", port)):
        start = time.monotonic()
        done = run(binary, "--hosts", "http://127.0.0.1:%d" % port, "--timeout", "0")
        assert time.monotonic() - start < 15, "it took all of a request's time"
        assert done.returncode == 1 and "does not answer" in done.stderr and "waiting" not in done.stderr


@pytest.mark.parametrize("answer, want", [
    ((403, {"statusCode": 403, "error": "Forbidden", "message": "Unable to bulk_create index-pattern"}),
     "answers 403 to POST /api/data_views/data_view: Unable to bulk_create index-pattern"),
    ((302, b""), "answers 302 to POST /api/data_views/data_view"),
    ((500, b"<html>\x1b[31mproxy</html>"), "answers 500 to POST /api/data_views/data_view: <html> [31mproxy</html>")])
def test_kibana_refuses(binary, answer, want):
    with Board() as board:
        board.script = [(200, {}), (200, {}), (200, {}), answer]
        done = run(binary, "--hosts", board.url, "--kibana", board.url)
        assert done.returncode == 1 and want in done.stderr and "index template" in done.stdout


def basic(user, password):
    return "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()


def test_credentials(binary, tmp_path):
    """Flags win over variables, both over the URL's; the file's line end is no part of the password."""
    word = tmp_path / "password"
    word.write_text(PASSWORD + "\n")
    with Board(wants={basic("anna", PASSWORD)}) as board:
        here = ["--hosts", board.url, "--kibana", board.url]
        good(binary, *here, "--user", "anna", "--password", PASSWORD, env={"ELASTICSEARCH_USER": "bob", "ELASTICSEARCH_PASSWORD": "x"})
        good(binary, *here, "--user=anna", "--password-file", str(word), env={"ELASTICSEARCH_API_KEY": "k"})
        good(binary, *here, env={"ELASTICSEARCH_USER": "anna", "ELASTICSEARCH_PASSWORD": PASSWORD})
        good(binary, env={"ELASTICSEARCH_HOSTS": board.url, "KIBANA_HOST": board.url, "ELASTICSEARCH_USER": "anna",
                          "ELASTICSEARCH_PASSWORD_FILE": str(word)})
        good(binary, "--hosts", board.url.replace("//", "//anna:%s@" % PASSWORD))
        assert all(seen[3]["authorization"] == basic("anna", PASSWORD) for seen in board.seen) and len(board.seen) == 23
        for args, want in ((["--user", "anna", "--password", "wrong"], "does not take the credentials"), ([], "wants credentials")):
            done = run(binary, *here, *args)
            assert done.returncode == 1 and want in done.stderr and "unable to authenticate" in done.stderr


def test_an_api_key_over_tls(binary, tmp_path):
    key, cert = str(tmp_path / "key.pem"), str(tmp_path / "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert,
                    "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    wanted = "ApiKey " + base64.b64encode(("id:" + PASSWORD).encode()).decode()
    with Board(wants={wanted}, tls=(cert, key)) as board:
        good(binary, "--hosts", board.url, "--kibana", board.url, "--cacert", cert, "--api-key", "id:" + PASSWORD)
        good(binary, env={"ELASTICSEARCH_HOSTS": board.url, "ELASTICSEARCH_CACERT": cert, "ELASTICSEARCH_API_KEY": "id:" + PASSWORD})
        done = run(binary, "--hosts", board.url, "--api-key", "id:" + PASSWORD)
        assert done.returncode == 1 and "certificate" in done.stderr and "waiting" not in done.stderr
    done = run(binary, "--hosts", "http://127.0.0.1:9", "--api-key", "id:" + PASSWORD)
    assert done.returncode == 2 and "over TLS only" in done.stderr


@pytest.mark.parametrize("args, want", [
    (["--host", "x"], "there is no such flag; --help tells all: --host"),
    (["--pasword=" + PASSWORD], "there is no such flag; --help tells all: --pasword\n"),
    (["--hosts"], "a value is missing behind: --hosts"), (["--hosts", " , "], "there is no host in: --hosts"),
    (["--hosts", "ftp://anna:%s@x" % PASSWORD], "--hosts: "), (["--kibana", "a,b"], "--kibana takes one URL"),
    (["--timeout", "soon"], "--timeout takes seconds, not: soon"), (["--timeout", "-1"], "--timeout takes seconds"),
    (["--user", "anna"], "the user has no password"), (["--password", PASSWORD], "the password has no user"),
    (["--user", "a", "--password", PASSWORD, "--password-file", "x"], "write one of --password and --password-file"),
    (["--user", "a", "--password", PASSWORD, "--api-key", "k"], "there are several credentials"),
    (["--user", "a", "--password-file", "/nowhere"], "the password file /nowhere cannot be read: No such file"),
    (["--user", "a", "--password-file", "/dev/null"], "the password file /dev/null cannot be read: it is empty"),
    (["--cacert", "/nowhere"], "the CA certificate /nowhere cannot be read: No such file"), (["words"], "there is no such flag")])
def test_wrong_flags(binary, args, want):
    done = run(binary, *args)
    assert (done.returncode, done.stdout) == (2, "") and want in done.stderr


def test_help_tells_all_flags_and_print_sends_nothing(binary):
    text = good(binary, "--help")
    for flag in ("hosts", "kibana", "user", "password", "password-file", "api-key", "cacert", "timeout", "print"):
        assert "--" + flag in text
    shown = good(binary, "--print", "--hosts", "http://127.0.0.1:9")
    assert shown.startswith("PUT /_index_template/timetable\n{") and shown.count("POST kbn:/api/data_views/data_view\n") == 2
    json.loads(shown.split("\n", 1)[1].split("\n\n")[0])


def test_what_the_page_shows(binary, tmp_path):
    """Its commands, and its table of flags and variables."""
    with open(os.path.join(ROOT, "docs/setup.md"), encoding="utf-8") as f:
        page = f.read()
    text = good(binary, "--help")
    rows = re.findall(r"^\| `(--[a-z-]+)[^`]*` \| (?:`(\w+)`)? ?\|", page, re.M)
    assert {flag for flag, _ in rows} == set(re.findall(r"^  (--[a-z-]+)", text, re.M)) - {"--help"}
    named = {name for _, name in rows if name}
    assert len(named) == 7 and all(name in text for name in named)
    (tmp_path / "elastic").write_text(PASSWORD)
    commands = [shlex.split(line)[2:] for line in re.findall(r"^logchute setup .*", page, re.M) if " -- " not in line]
    assert len(commands) == 3
    with Board() as board:
        here = {"http://127.0.0.1:9200": board.url, "http://127.0.0.1:5601": board.url, "/run/secrets/elastic": str(tmp_path / "elastic")}
        for command in commands:
            good(binary, *(here.get(word, word) for word in command))
        assert board.views and board.seen[-1][3]["authorization"] == basic("elastic", PASSWORD)


# ---------------------------------------------------------------- beside a logchute that runs


PIPELINE = 'input { tcp { host => "127.0.0.1" port => %d codec => json_lines } } output { stdout { codec => json_lines } }'


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as f:
        return f.read().split()


def beside(logchute, *args, config):
    """A logchute that is started by `logchute setup ARGS -- …`."""
    chute = logchute(config, start=False)
    chute.binary, chute.prefix = "--", [chute.binary, "setup", *args]
    chute.env = {k: v for k, v in chute.env.items() if not k.startswith(VARIABLES)}
    return chute


def test_beside_a_pipeline_that_takes_events_meanwhile(logchute, port):
    with Board() as board:
        board.script = [(503, b"not yet")] * 4
        chute = beside(logchute, "--hosts", board.url, "--kibana", board.url, "--user", "anna", "--password", PASSWORD,
                       config=PIPELINE % port).start()
        send_tcp(port, b'{"n":1}\n')
        wait_for(lambda: len(chute.events()) == 1, 10, "an event")
        assert board.views == {}, "the setup is not through yet"
        wait_for(lambda: len(board.views) == 2, 30, "the data views")
        wait_for(lambda: not children(chute.process.pid), 10, "the end of the setup, which leaves no process behind")
        with open("/proc/%d/cmdline" % chute.process.pid, "rb") as f:
            assert PASSWORD.encode() not in f.read()
        assert "index template timetable" in chute.stderr() and chute.stop()[0] == 0
        assert [event["n"] for event in chute.events()] == [1], "standard output is for events"


def test_the_pipeline_beside_is_told_hosts_and_password(logchute, port, tmp_path, unused_port):
    """So that a password in a file serves both."""
    word = tmp_path / "password"
    word.write_text(PASSWORD + "\n")
    names = ("HOSTS", "USER", "PASSWORD")
    config = (PIPELINE % port).replace("output", "filter { mutate { add_field => { %s } } } output" % " ".join(
        '"%s" => "${ELASTICSEARCH_%s:none}"' % (name, name) for name in names))
    url = "http://127.0.0.1:%d" % unused_port
    chute = beside(logchute, "--hosts", url, "--user", "anna", "--password-file", str(word), config=config).start()
    send_tcp(port, b'{"n":1}\n')
    event, = wait_for(chute.events, 10, "an event")
    assert [event[name] for name in names] == [url, "anna", PASSWORD]
    assert chute.stop()[0] == 0 and PASSWORD not in chute.stderr()


def test_beside_a_pipeline_that_ends_first(logchute, port, unused_port):
    chute = beside(logchute, "--hosts", "http://127.0.0.1:%d" % unused_port, config=PIPELINE % port).start()
    child, = wait_for(lambda: children(chute.process.pid), 10, "the setup")
    assert chute.stop()[0] == 0
    wait_for(lambda: not os.path.exists("/proc/" + child), 10, "the end of the setup")
