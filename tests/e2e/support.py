"""What the end-to-end tests stand on: logchute as a process, a real OpenSearch node, and waiting without sleeping."""
import base64
import http.client
import http.server
import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

# Everything is on the loopback: a proxy of the environment has no part in it.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def wait_for(is_true, seconds=30, what=""):
    """Polls `is_true` until it returns something true, which is returned; fails after `seconds`. What takes long is
    looked at less often: a search engine that is asked all the time does nothing else."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while True:
        result = is_true()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError("not within %g s: %s" % (seconds, what or is_true))
        time.sleep(pause)
        pause = min(pause * 1.2, 0.5)


GIVEN_PORTS = set()


def free_port():
    """A port that is free for TCP and UDP alike, not given before, and below those the system gives to clients."""
    while True:
        port = random.randrange(10000, 32000)
        if port in GIVEN_PORTS:
            continue
        with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("0.0.0.0", port))
                udp.bind(("0.0.0.0", port))
            except OSError:
                continue
            GIVEN_PORTS.add(port)
            return port


class Logchute:
    """One logchute: a configuration, a data folder, and what it said. May be started again after a stop."""

    def __init__(self, binary, folder, config, *args, env=None):
        self.binary, self.folder, self.args = binary, str(folder), list(args)
        self.env = dict(os.environ, **(env or {}))
        self.prefix = []  # of the command: a program that starts ours with less
        self.data = os.path.join(self.folder, "data")
        self.config = os.path.join(self.folder, "pipeline.conf")
        self.out = os.path.join(self.folder, "stdout")
        self.err = os.path.join(self.folder, "stderr")
        self.process = None
        self.api_port = free_port()
        with open(self.config, "w", encoding="utf-8") as f:
            f.write(config)

    def launch(self):
        """Starts it, and waits for nothing."""
        self.out_file, self.err_file = open(self.out, "ab"), open(self.err, "wb")
        self.process = subprocess.Popen(
            [*self.prefix, self.binary, "-f", self.config, "--path.data", self.data, "--log.format", "json",
             "--api.http.port", str(self.api_port), *self.args],
            stdin=subprocess.DEVNULL, stdout=self.out_file, stderr=self.err_file, env=self.env, cwd=self.folder)

    def start(self, seconds=30):
        """Starts it and waits until its log says that the pipeline runs."""
        self.launch()
        wait_for(lambda: self.process.poll() is not None or self.said("pipeline started"), seconds, "the start of logchute")
        assert self.process.poll() is None, "logchute ended with %d: %s" % (self.process.returncode, self.stderr())
        return self

    def stderr(self):
        with open(self.err, encoding="utf-8", errors="replace") as f:
            return f.read()

    def log(self):
        """The log's records; lines that are none (the start screen) are left out."""
        records = []
        for line in self.stderr().splitlines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                records.append(record)
        return records

    def said(self, message):
        return any(record.get("message") == message for record in self.log())

    def ask(self, path, method="GET", body=None, headers=None, port=None):
        """What the API answers: its status, its headers and its body as a text."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.api_port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def api(self, path):
        """The JSON that the API answers with."""
        status, _, body = self.ask(path)
        assert status == 200, "%s: %d %s" % (path, status, body)
        return json.loads(body)

    def events(self):
        """What the stdout output wrote so far, whole lines only."""
        with open(self.out, encoding="utf-8", errors="replace") as f:
            return [json.loads(line) for line in f.read().split("\n")[:-1]]

    def stop(self, number=signal.SIGTERM, seconds=30):
        """Asks it to stop: its exit code, and the log's last record. Before that its API has to account for all events."""
        self.see_balance()
        self.process.send_signal(number)
        return self.wait(seconds)

    def see_balance(self, seconds=10):
        """Waits until the API accounts for all events: while they move, one may be seen twice or not at all. False if
        nobody can be asked."""
        if self.process.poll() is not None or self.api_authority() is None:
            return False
        try:
            wait_for(lambda: is_api_balanced(self), seconds, "a balance in the API")
        except OSError:
            return False
        return True

    def api_authority(self):
        """The port of its API, and the headers that it wants. None if it has none, or one that wants more than that."""
        try:
            with open(os.path.join(self.data, "api.address"), encoding="ascii") as f:
                port = int(f.read().rsplit(":", 1)[1])
        except (OSError, IndexError):
            return None
        given = dict(zip(self.args, self.args[1:]))
        words = "%s:%s" % (given.get("--api.auth.basic.username"), given.get("--api.auth.basic.password"))
        headers = {"Authorization": "Basic " + base64.b64encode(words.encode()).decode()}
        try:
            status = self.ask("/", headers=headers, port=port)[0]
        except (OSError, http.client.HTTPException):
            return None
        return (port, headers) if status == 200 else None

    def end(self):
        """The end of its test: what came in is accounted for, by the API, or, where that cannot be asked or events go on
        moving, by the last line of the log."""
        if self.process is None:
            return
        try:
            if self.process.poll() is None:
                try:
                    is_seen = self.see_balance(2)
                except AssertionError:
                    before = api_events(self)
                    wait_for(lambda: api_events(self) != before, 1, "a balance in the API, though nothing moves: %s" % before)
                    is_seen = False
                if not is_seen:
                    self.process.terminate()
                    assert self.wait(30)[1].get("message") == "stopped", "it ended without its counters"
            elif self.log() and self.log()[-1].get("message") == "stopped":
                assert_balanced(self.log()[-1])
        finally:
            self.kill()

    def wait(self, seconds=30):
        try:
            code = self.process.wait(seconds)
        finally:
            self.kill()
        records = self.log()
        reports = [line for line in self.stderr().splitlines() if "Sanitizer" in line or "runtime error:" in line]
        assert not reports, reports
        last = records[-1] if records else {}
        if last.get("message") == "stopped":
            assert_balanced(last)
        return code, last

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.out_file.close()
        self.err_file.close()

    def memory_kb(self, name="VmHWM"):
        with open("/proc/%d/status" % self.process.pid) as f:
            return next(int(line.split()[1]) for line in f if line.startswith(name + ":"))

    def dead_letters(self):
        """Every line of the dead-letter folder."""
        lines = []
        for folder, _, names in os.walk(os.path.join(self.data, "dead_letter_queue")):
            for name in sorted(names):
                with open(os.path.join(folder, name), encoding="utf-8") as f:
                    lines += [json.loads(line) for line in f if line.strip()]
        return lines


def counters_of(record):
    assert record.get("message") == "stopped", "the last log line is %r" % record
    counters = record["counters"]
    return json.loads(counters) if isinstance(counters, str) else counters


def assert_balanced(record):
    """What went in came out, was dropped, dead-lettered, lost and counted, or is held: for the pipeline and for each
    output. Returns the counters."""
    counters = counters_of(record)
    whole = counters["pipeline"]
    left = whole["in"] + whole["created"]
    right = sum(whole[k] for k in ("dropped", "out", "dead_lettered", "lost", "in_flight"))
    assert left == right, "pipeline: %d in and created, %d accounted for: %s" % (left, right, whole)
    outputs = [p for p in counters["plugins"] if p["kind"] == "output"]
    assert outputs, "no output is counted: %s" % counters
    for output in outputs:
        right = sum(output[k] for k in ("out", "dead_lettered", "lost", "in_flight"))
        assert output["in"] == right, "output %s: %s" % (output["id"], output)
    return counters


COUNTS = ("in", "created", "out", "dropped", "dead_lettered", "lost", "in_flight")


def api_events(chute):
    """The counts of every pipeline, and of each of its filters and outputs, as the API tells them."""
    port, headers = chute.api_authority() or (None, None)
    if port is None:
        raise ConnectionError("there is no API to ask")
    found = []
    for pipeline in json.loads(chute.ask("/_node/stats/pipelines", headers=headers, port=port)[2])["pipelines"].values():
        plugins = pipeline["plugins"]["filters"] + pipeline["plugins"]["outputs"]
        found += [{k: part["events"][k] for k in COUNTS} for part in [pipeline] + plugins]
    return found


def is_api_balanced(chute):
    """True if the API accounts for all events that came in: for every pipeline and each of its plugins."""
    found = api_events(chute)
    return len(found) > 0 and all(counts["in"] + counts["created"] == sum(counts[k] for k in COUNTS[2:]) for counts in found)


def plugin_counters(counters, kind, name):
    return next(p for p in counters["plugins"] if p["kind"] == kind and p["name"] == name)


class OpenSearch:
    """A real node out of Maven; its port and data outlive a kill."""

    def __init__(self, folder, profile=None, settings=()):
        self.port, self.folder = free_port(), str(folder)
        self.url = "http://127.0.0.1:%d" % self.port
        # Without the second compiler it starts in half the time; none of them runs long enough to gain by it.
        self.env = dict(os.environ, HEAP="-Xms256m -Xmx768m", JVM_OPTS="-XX:TieredStopAtLevel=1",
                        OS_OPTS=" ".join(settings))
        if profile:
            self.env["PROFILE"] = profile
        self.process = None

    def start(self):
        self.log = open(os.path.join(self.folder, "opensearch.log"), "ab")
        self.process = subprocess.Popen([os.path.join(HERE, "opensearch/run.sh"), str(self.port),
                                         os.path.join(self.folder, "node")],
                                        stdout=self.log, stderr=self.log, env=self.env)
        # The first start fetches the jars.
        wait_for(self.is_up, 300, "OpenSearch")
        return self

    def is_up(self):
        if self.process.poll() is not None:
            raise AssertionError("OpenSearch ended; see " + self.log.name)
        try:
            return self.call("GET", "/_cluster/health")["status"] in ("green", "yellow")
        except OSError:
            return False

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method,
                                         headers={"content-type": "application/json"})
        with DIRECT.open(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def create(self, index, **fields):
        """An index that maps only `fields` (name=type) and keeps everything else unindexed."""
        self.call("PUT", "/" + index, {
            "settings": {"number_of_replicas": 0, "number_of_shards": 1},
            "mappings": {"dynamic": False, "properties": {name: {"type": kind} for name, kind in fields.items()}}})

    def count(self, index):
        try:
            self.call("POST", "/%s/_refresh" % index)
            return self.call("GET", "/%s/_count" % index)["count"]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return 0
            raise

    def distinct(self, index, field):
        """Every value of a keyword field, with the number of its documents."""
        self.call("POST", "/%s/_refresh" % index)
        values, after = {}, None
        while True:
            source = {"size": 10000, "sources": [{"value": {"terms": {"field": field}}}]}
            if after:
                source["after"] = after
            found = self.call("POST", "/%s/_search?size=0" % index, {"aggs": {"all": {"composite": source}}})
            page = found["aggregations"]["all"]
            values.update((b["key"]["value"], b["doc_count"]) for b in page["buckets"])
            after = page.get("after_key")
            if not page["buckets"] or after is None:
                return values

    def documents(self, index, size=100):
        self.call("POST", "/%s/_refresh" % index)
        return [hit["_source"] for hit in self.call("GET", "/%s/_search?size=%d" % (index, size))["hits"]["hits"]]

    def kill(self):
        """As a power cut would: SIGKILL."""
        self.process.kill()
        self.process.wait()
        self.log.close()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
            self.log.close()


class Elasticsearch(OpenSearch):
    """A real Elasticsearch node of a version out of Maven."""

    def __init__(self, folder, version, java_home=None):
        super().__init__(folder)
        self.version = version
        if java_home:
            self.env["JAVA_HOME"] = java_home

    def start(self):
        self.log = open(os.path.join(self.folder, "elasticsearch.log"), "ab")
        self.process = subprocess.Popen([os.path.join(HERE, "elasticsearch/run.sh"), self.version, str(self.port),
                                         os.path.join(self.folder, "node")], stdout=self.log, stderr=self.log, env=self.env)
        wait_for(self.is_up, 120, "Elasticsearch " + self.version)
        return self


class FakeEngine:
    """Answers bulk requests as a search engine that does with each document what `decide(document)`, a status, says, or
    refuses all requests with a status. For what a real one cannot be made to do at will."""

    def __init__(self, port, decide, reason="refused", refuses_all_with=None):
        self.port, self.decide, self.reason, self.refuses_all_with = port, decide, reason, refuses_all_with

    def start(self):
        decide, reason, engine = self.decide, self.reason, self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, body, status=200):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def do_GET(self):
                self.answer({"version": {"number": "8.19.0"}})

            do_HEAD = do_GET

            def do_POST(self):
                refusal = engine.refuses_all_with
                if refusal:
                    self.rfile.read(int(self.headers["content-length"]))
                    return self.answer({"error": {"type": "security_exception", "reason": reason}, "status": refusal}, refusal)
                documents = self.rfile.read(int(self.headers["content-length"])).split(b"\n")[1:-1:2]
                statuses = [decide(document) for document in documents]
                error = {"type": "mapper_parsing_exception", "reason": reason}
                self.answer({"took": 1, "errors": any(status >= 300 for status in statuses), "items": [
                    {"create": {"status": status, **({"error": error} if status >= 300 else {})}} for status in statuses]})

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def send_tcp(port, data, seconds=120):
    """Sends `data` over one connection and waits until the other side has read all of it and closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass


def json_lines(events):
    return "".join(json.dumps(event) + "\n" for event in events).encode()
