"""How each kind of case is put through the real binary. Every driver returns the list of what is wrong."""
import gzip
import http.server
import json
import os
import random
import re
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from urllib.parse import urlsplit

import checks

PATIENCE_S = 15
GRACE_S = 0.15  # how long nothing more must come, where nothing more is wanted
# Codecs that are handed whole messages; a stream would be cut into lines first.
MESSAGE_CODECS = {"plain", "json", "csv", "cef", "msgpack", "edn", "es_bulk", "json_array"}
CONFIG_ERROR = re.compile(r"^(?:\[[^\n]*\] )?(?:config error|syntax error)|\"message\":\"(?:config error|syntax error)",
                          re.M)


class NotChecked(Exception):
    """A key of the case that no driver knows: to be written when its plugin is."""


def wait_until(is_true, seconds=PATIENCE_S):
    deadline = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


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


def is_bound(port, protocol):
    """True once somebody listens on `port`: from the kernel's tables, so that nothing has to connect."""
    for table in ("/proc/net/" + protocol, "/proc/net/%s6" % protocol):
        with open(table) as f:
            for line in f.readlines()[1:]:
                field = line.split()
                if field[1].endswith(":%04X" % port) and (protocol == "udp" or field[3] == "0A"):
                    return True
    return False


def to_bytes(piece):
    return bytes.fromhex(piece["hex"]) if isinstance(piece, dict) else piece.encode("utf-8", "surrogatepass")


def events_of(case):
    """The input events as objects; a text stands for its message."""
    given = case.get("in", [])
    given = given if isinstance(given, list) else [given]
    return [{"message": e} if isinstance(e, str) else e for e in given]


def as_lines(events):
    return "".join(json.dumps(e, ensure_ascii=False) + "\n" for e in events).encode("utf-8", "surrogatepass")


def quoted(text):
    return '"%s"' % text if '"' not in text else "'%s'" % text


class Run:
    """The settings of one case, its folder and port, and the binary started with them."""

    def __init__(self, binary, case):
        self.case = case
        self.folder = tempfile.TemporaryDirectory(prefix="vector-")
        self.dir = self.folder.name
        self.port = free_port()
        self.used = socket.socket()
        self.used.bind(("0.0.0.0", 0))
        self.used.listen(1)
        self.binary = binary
        self.process = None
        self.data = tempfile.TemporaryDirectory(prefix="vector-data-")
        for name, text in case.get("files", {}).items():
            self.put(name, text)
        for name, text in case.get("files_gzip", {}).items():
            self.put(name, gzip.compress(text.encode()))

    def path(self, name):
        return os.path.join(self.dir, name)

    def put(self, name, text, mode="wb"):
        if text is None:
            os.makedirs(self.path(name), exist_ok=True)
            return
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), mode) as f:
            f.write(text if isinstance(text, bytes) else text.encode())

    def fill(self, value):
        """The placeholders in a text, or in every text of a structure."""
        if isinstance(value, list):
            return [self.fill(v) for v in value]
        if isinstance(value, dict):
            return {self.fill(k): self.fill(v) for k, v in value.items()}
        if not isinstance(value, str):
            return value
        if value == "@PORT_INT@":
            return self.port
        for mark, text in (("@DIR@", self.dir), ("@PORT@", str(self.port)), ("@PEER@", "127.0.0.1"),
                           ("@USED_PORT@", str(self.used.getsockname()[1])), ("@HOSTNAME@", socket.gethostname())):
            value = value.replace(mark, text)
        return value

    def argv(self, config):
        ecs = self.case.get("ecs", "disabled")
        argv = [self.binary, "-e", self.fill(config), "-w", "1", "--pipeline.ordered", "true",
                "--pipeline.ecs_compatibility", ecs, "--path.data", self.data.name]
        for name, value in self.case.get("settings", {}).items():
            argv += ["--" + name, json.dumps(value) if not isinstance(value, str) else value]
        return argv

    def env(self):
        env = {k: os.environ[k] for k in ("PATH", "HOME", "ASAN_OPTIONS", "UBSAN_OPTIONS") if k in os.environ}
        env.update(TZ="UTC", LC_ALL="C.UTF-8", API_ENABLED="false")  # nobody asks, and every process would open a port
        env.update(self.case.get("env", {}))
        if "now" in self.case:
            env["LOGCHUTE_NOW"] = self.case["now"]
        return env

    def once(self, config, data):
        """Runs to the end with `data` on standard input: (exit code, standard output, standard error)."""
        done = subprocess.run(self.argv(config), input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.env(), cwd=self.dir, timeout=PATIENCE_S)
        return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")

    def start(self, config):
        """Starts it and keeps standard input open; output goes to files, to be looked at while it runs."""
        self.out = tempfile.NamedTemporaryFile(prefix="vector-out-")
        self.err = tempfile.NamedTemporaryFile(prefix="vector-err-")
        self.process = subprocess.Popen(self.argv(config) + ["--log.format", "json"], stdin=subprocess.PIPE,
                                        stdout=self.out, stderr=self.err, env=self.env(), cwd=self.dir)

    def is_started(self):
        with open(self.err.name, encoding="utf-8", errors="replace") as f:
            return self.process.poll() is not None or "pipeline started" in f.read()

    def events(self):
        with open(self.out.name, "rb") as f:
            return parse_events(f.read())

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return ["it did not stop"]
        with open(self.err.name, encoding="utf-8", errors="replace") as f:
            said = f.read()
        if number == signal.SIGTERM and self.process.returncode != 0:
            return ["exit code %d: %s" % (self.process.returncode, said[-500:])]
        return []

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.used.close()
        self.folder.cleanup()
        self.data.cleanup()


def parse_events(text):
    """The JSON lines of standard output; a last line that is not whole yet is left."""
    return [json.loads(line) for line in text.decode("utf-8", "replace").split("\n")[:-1] if line.strip()]


OUTPUT = "\noutput { stdout { codec => json_lines } }\n"
# A check of [@metadata], which no output ever shows, looks at a copy.
OUTPUT_METADATA = '\nfilter { mutate { copy => { "[@metadata]" => "[__metadata]" } } }' + OUTPUT


def output_for(case):
    keys = {k: v for k, v in case.items() if k not in ("config", "in", "wire")}
    return OUTPUT_METADATA if "@metadata" in json.dumps(keys) else OUTPUT


def clean_input(events):
    """An input of events exactly as given: what stdin itself adds and the case does not have is taken away."""
    added = [name for name in ("host", "event") if not any(name in e for e in events)]
    drop = "filter { mutate { remove_field => [%s] } }\n" % ", ".join('"%s"' % n for n in added) if added else ""
    return "input { stdin { codec => json_lines } }\n" + drop


def has_section(config, name):
    return re.search(r"(?:^|[\s}])%s\s*\{" % name, config) is not None


def refused(run, config):
    code, out, err = run.once(config, b"")
    if code != 1 or parse_events(out):
        return ["must be refused; exit code %d, standard error: %s" % (code, err[-300:])]
    if "@USED_PORT@" not in config and not CONFIG_ERROR.search(err):
        return ["refused, but not with `config error` or `syntax error`: %s" % err[-300:]]
    return []


def check_result(case, want, events):
    """The keys of a case that speak of all events together."""
    exact = "exact text" in case.get("note", "")
    wrong = []
    if case.get("dropped"):
        wrong += ["must be dropped, got %s" % checks.shown(events)] if events else []
    elif "events" in case:
        wrong += checks.check_events(want["events"], events, case.get("any_order", False))
    elif "events_contain" in case:
        wrong += checks.check_contain(want["events_contain"], events)
    elif checks.EVENT_KEYS & case.keys():
        if len(events) != 1:
            return ["want one event, got %d: %s" % (len(events), checks.shown(events))]
        wrong += checks.check_event(want, events[0], exact)
    if "first_event" in case:
        wrong += checks.check_event(want["first_event"], events[0]) if events else ["no event"]
    if "total_lines" in case:
        lines = sum(len(e.get("message", "").split("\n")) for e in events)
        wrong += [] if lines == case["total_lines"] else ["want %d lines, got %d" % (case["total_lines"], lines)]
    for reference in case.get("same", []):
        values = {json.dumps(checks.fetch(e, reference), default=str) for e in events}
        wrong += [] if len(values) == 1 and len(events) > 1 else ["%s differs: %s" % (reference, values)]
    return wrong


def drive_filter(run, case):
    events = events_of(case)
    config = case["config"]
    if not has_section(config, "input"):
        config = clean_input(events) + config
    begun = time.monotonic()
    if "flushes" in case:
        return drive_flushes(run, case, config + output_for(case), events)
    code, out, err = run.once(config + output_for(case), case["stdin"].encode() if "stdin" in case else as_lines(events))
    took = time.monotonic() - begun
    if code != 0:
        return ["exit code %d: %s" % (code, err[-500:])]
    wrong = check_result(case, run.fill(case), parse_events(out))
    if took < case.get("min_seconds", 0) or took > case.get("max_seconds", PATIENCE_S):
        wrong.append("took %.2f s" % took)
    return wrong


def drive_flushes(run, case, config, events):
    """Periodic flushes come every five seconds; what comes beyond the events themselves are the flushed ones."""
    run.start(config)
    run.process.stdin.write(as_lines(events))
    run.process.stdin.flush()
    begun = time.monotonic()
    counts = []
    for number in range(case["flushes"]):
        time.sleep(max(0, begun + 5 * (number + 1) + 1 - time.monotonic()))
        counts.append(len(run.events()) - len(events) - sum(counts))
    flushed = run.events()[len(events):]
    run.stop(signal.SIGKILL)
    if "flushed_counts" in case:
        return [] if counts == case["flushed_counts"] else ["want %s, got %s" % (case["flushed_counts"], counts)]
    return checks.check_events(case["flushed"], flushed)


def drive_codec(run, case):
    if "encode" in case:
        return drive_encode(run, case)
    name = re.match(r"\w+", case["codec"]).group()
    return drive_datagrams(run, case) if name in MESSAGE_CODECS else drive_stream(run, case, name)


def drive_encode(run, case):
    unknown = {"output_msgpack", "output_edn", "output_hex", "output_csv_set"} & case.keys()
    if unknown:
        raise NotChecked(", ".join(unknown))
    config = clean_input([case["encode"]]) + "output { stdout { codec => %s } }" % case["codec"]
    code, out, err = run.once(config, as_lines([case["encode"]]))
    if code != 0:
        return ["exit code %d: %s" % (code, err[-500:])]
    text = out.decode("utf-8", "replace")
    wrong = []
    if "output" in case and text != case["output"]:
        wrong.append("want %s, got %s" % (checks.shown(case["output"]), checks.shown(text)))
    if "output_end" in case and not text.endswith(case["output_end"]):
        wrong.append("must end in %s: %s" % (checks.shown(case["output_end"]), checks.shown(text)))
    for key, value in case.get("output_json", {}).items():
        got = json.loads(text).get(key, checks.ABSENT)
        wrong += [] if checks.same(value, got) else ["%s: want %s, got %s" % (key, checks.shown(value), checks.shown(got))]
    return wrong


def expected_count(case):
    return len(case["events"]) if "events" in case else 1


def settle(run, case):
    """Waits for the events, and a little for one too many."""
    wait_until(lambda: len(run.events()) >= expected_count(case) or run.process.poll() is not None)
    time.sleep(GRACE_S)


def drive_stream(run, case, name):
    run.start("input { stdin { codec => %s } }" % case["codec"] + output_for(case))
    for chunk in case["decode"]:
        data = to_bytes(chunk)
        if name == "multiline" and not data.endswith(b"\n"):
            data += b"\n"  # the codec is handed lines; on standard input the end is what makes them
        run.process.stdin.write(data)
        run.process.stdin.flush()
        time.sleep(0.02)  # so that chunks arrive as chunks
    wrong = []
    if case.get("flush"):
        run.process.stdin.close()
        run.process.stdin = None
        if not wait_until(lambda: run.process.poll() is not None):
            wrong.append("it did not end with its input")
        wrong += run.stop()
    else:
        wait_until(run.is_started)
        time.sleep(case.get("wait_s", 0))
        settle(run, case)
    return wrong + check_result(case, run.fill(case), run.events())


def drive_datagrams(run, case):
    run.start("input { udp { host => \"127.0.0.1\" port => @PORT@ codec => %s } }" % case["codec"] + output_for(case))
    if not wait_until(lambda: is_bound(run.port, "udp") or run.process.poll() is not None):
        return ["it does not listen"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for chunk in case["decode"]:
            s.sendto(to_bytes(chunk), ("127.0.0.1", run.port))
    settle(run, case)
    return run.stop() + check_result(case, run.fill(case), run.events())


def drive_input(run, case):
    if "transport" in case:
        return drive_socket(run, case)
    if "in" in case or has_section(case["config"], "filter"):
        return drive_filter(run, case)
    if re.search(r"input\s*\{\s*file", case["config"]):
        return drive_file(run, case)
    return drive_filter(run, case)


def drive_socket(run, case):
    if case["transport"] not in ("tcp", "udp"):
        raise NotChecked("transport " + case["transport"])
    run.start(case["config"] + output_for(case))
    if not wait_until(lambda: is_bound(run.port, case["transport"]) or run.process.poll() is not None):
        return ["it does not listen"]
    pieces = case["wire"] if isinstance(case["wire"], list) else [case["wire"]]
    if case["transport"] == "udp":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for piece in pieces:
                s.sendto(to_bytes(piece), ("127.0.0.1", run.port))
    else:
        try:
            with socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE_S) as s:
                for piece in pieces:
                    s.sendall(to_bytes(piece))
                    time.sleep(0.02)
        except OSError as error:
            return ["%s: %s" % (error, run.stop())]
    settle(run, case)
    return run.stop() + check_result(case, run.fill(case), run.events())


def opened(pid, path):
    folder = "/proc/%d/fd" % pid
    try:
        return any(os.path.realpath(os.path.join(folder, fd)) == os.path.realpath(path) for fd in os.listdir(folder))
    except OSError:
        return False


def drive_file(run, case):
    run.start(case["config"] + output_for(case))
    wait_until(run.is_started)
    for name, text in case.get("later", {}).items():
        run.put(name, text)
    for name, text in case.get("append", {}).items():
        wait_until(lambda path=run.path(name): opened(run.process.pid, path), 3)
        run.put(name, text, "ab")
    if not case.get("shutdown"):
        settle(run, case)
        wait_until(lambda: not any(os.path.exists(run.path(n)) for n in case.get("files_gone", [])), 3)
        wait_until(lambda: all(os.path.exists(run.path(n)) for n in case.get("file_match", {})), 3)
    else:
        time.sleep(1)  # nothing can be seen from outside before the stop flushes it
    wrong = run.stop() + check_result(case, run.fill(case), run.events())
    wrong += ["%s must be gone" % n for n in case.get("files_gone", []) if os.path.exists(run.path(n))]
    for name, pattern in case.get("file_match", {}).items():
        text = open(run.path(name)).read() if os.path.exists(run.path(name)) else ""
        wrong += [] if re.search(pattern, text) else ["%s: no match of %s in %r" % (name, pattern, text)]
    if "then_append" in case:
        for name, text in case["then_append"].items():
            run.put(name, text, "ab")
        second = {"events": case["second_run_events"], "any_order": True}
        run.start(case["config"] + output_for(case))
        settle(run, second)
        wrong += run.stop() + check_result(second, second, run.events())
    return wrong


def read_lines(path, opener=open):
    try:
        with opener(path, "rb") as f:
            return [json.loads(line) for line in f.read().decode().splitlines()]
    except (OSError, ValueError) as error:
        return [{"error": str(error)}]


def drive_output_file(run, case):
    events = events_of(case)
    code, _, err = run.once(clean_input(events) + case["config"], as_lines(events))
    if code != 0:
        return ["exit code %d: %s" % (code, err[-500:])]
    wrong = []
    for key, opener in (("file_json_lines", open), ("file_gunzip_json_lines", gzip.open)):
        for name, want in case.get(key, {}).items():
            got = read_lines(run.path(name), opener)
            is_right = len(got) == len(want) and all(
                checks.same(v, g.get(k, checks.ABSENT)) for w, g in zip(want, got) for k, v in w.items())
            wrong += [] if is_right else ["%s: want %s, got %s" % (name, checks.shown(want), checks.shown(got))]
    for name, want in case.get("file_text", {}).items():
        got = open(run.path(name)).read() if os.path.exists(run.path(name)) else None
        wrong += [] if got == want else ["%s: want %s, got %s" % (name, checks.shown(want), checks.shown(got))]
    made = sorted(os.path.relpath(os.path.join(d, f), run.dir) for d, _, fs in os.walk(run.dir) for f in fs)
    wrong += ["%s is not there; there is %s" % (n, made) for n in case.get("file_exists", []) if n not in made]
    if "file_count" in case and len(made) != case["file_count"]:
        wrong.append("want %d files, there is %s" % (case["file_count"], made))
    for name, want in case.get("file_mode", {}).items():
        got = oct(stat.S_IMODE(os.stat(run.path(name)).st_mode))[2:] if os.path.exists(run.path(name)) else "nothing"
        wrong += [] if got == want else ["%s: want mode %s, got %s" % (name, want, got)]
    return wrong


class Scripted(http.server.BaseHTTPRequestHandler):
    """Elasticsearch 8.19 as far as a case needs it: its answers come in turn from the case."""

    protocol_version = "HTTP/1.1"

    def do_any(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        address = urlsplit(self.path)
        status, answer = 200, {"acknowledged": True}
        if address.path.endswith("/_bulk"):
            status, answer = self.server.answer_bulk(address, self.headers, body)
        elif address.path == "/":
            answer = {"name": "node", "cluster_name": "c", "cluster_uuid": "u", "tagline": "You Know, for Search",
                      "version": {"number": "8.19.0", "build_flavor": "default"}}
        elif address.path.startswith("/_license"):
            answer = {"license": {"status": "active", "type": "basic"}}
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("x-elastic-product", "Elasticsearch")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_HEAD = do_PUT = do_POST = do_any

    def log_message(self, *_):
        pass


class ScriptedServer(http.server.ThreadingHTTPServer):
    """On a port that the system gives: one that was free a moment ago may be another's by now."""

    def __init__(self, script):
        super().__init__(("127.0.0.1", 0), Scripted)
        self.script, self.requests, self.lock = list(script), [], threading.Lock()

    def answer_bulk(self, address, headers, body):
        operations, lines = [], [json.loads(line) for line in body.decode().splitlines() if line]
        while lines:
            (action, params), = lines.pop(0).items()
            operations.append((action, params, lines.pop(0) if action != "delete" else None))
        with self.lock:
            self.requests.append((address, headers, operations))
            step = self.script.pop(0) if self.script else {}
        status = step.get("status", 200)
        names = [action for action, _, _ in operations]
        names += names[-1:] * (step.get("items", len(names)) - len(names))
        items = [{n: {"_index": "i", "_id": "1", "status": 201 if n in ("index", "create") else 200}} for n in names]
        return status, {"took": 1, "errors": step.get("errors", False), "items": items if status == 200 else []}


def check_bulk(case, operations):
    wrong = []
    if "bulk" in case and len(case["bulk"]) != len(operations):
        return ["want %d actions, got %s" % (len(case["bulk"]), checks.shown(operations))]
    for want, (action, params, doc) in zip(case.get("bulk", []), operations):
        if want.get("action", action) != action:
            wrong.append("want action %s, got %s" % (want["action"], action))
        for key, value in want.get("params", {}).items():
            if not checks.same(value, params.get(key, checks.ABSENT)):
                wrong.append("%s: want %s, got %s" % (key, checks.shown(value), checks.shown(params)))
        wrong += ["%s must not be in %s" % (k, params) for k in want.get("params_absent", []) if k in params]
        wrong += checks.check_event({"expect": want.get("doc", {})}, doc or {})
    for reference in case.get("doc_absent", []):
        wrong += ["%s must not be in the document" % reference for _, _, doc in operations
                  if checks.fetch(doc, reference) is not checks.ABSENT]
    return wrong


def drive_elasticsearch(run, case):
    events = events_of(case)
    with ScriptedServer(case.get("server", [])) as server:
        run.port = server.server_port
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            code, _, err = run.once(clean_input(events) + case["config"], as_lines(events))
        finally:
            server.shutdown()
        requests = server.requests
    if code != 0:
        return ["exit code %d: %s" % (code, err[-500:])]
    # A request that is sent again repeats its operations: the last of each counts.
    operations = [o for _, _, ops in requests for o in ops][-len(events):] if "server" in case else \
        [o for _, _, ops in requests for o in ops]
    wrong = check_bulk(case, operations)
    if "sent_ids" in case and [doc.get("id") for _, _, doc in operations] != case["sent_ids"]:
        wrong.append("want ids %s, got %s" % (case["sent_ids"], [doc.get("id") for _, _, doc in operations]))
    if "requests" in case and len(requests) != case["requests"]:
        wrong.append("want %d requests, got %d" % (case["requests"], len(requests)))
    if not requests and not case.get("valid"):
        return wrong + ["no request came"]
    for address, headers, _ in requests[:1]:
        if case.get("request_path", address.path) != address.path:
            wrong.append("want path %s, got %s" % (case["request_path"], address.path))
        if case.get("request_query_contains", "") not in address.query:
            wrong.append("want %s in %s" % (case["request_query_contains"], address.query))
        for name, value in case.get("request_headers", {}).items():
            if headers.get(name) != value:
                wrong.append("header %s: want %s, got %s" % (name, value, headers.get(name)))
    return wrong


def drive(run, case, file_name):
    """The way for this case, by its keys and by the file that it stands in."""
    if case.get("config_error"):
        config = case["config"]
        if not has_section(config, "input"):
            config = "input { stdin { codec => json_lines } }\n" + config
        return refused(run, config + (OUTPUT if not has_section(config, "output") else ""))
    if "codec" in case:
        return drive_codec(run, case)
    if file_name.startswith("output_elasticsearch"):
        return drive_elasticsearch(run, case)
    if file_name.startswith("output_file"):
        return drive_output_file(run, case)
    if file_name.startswith("input_"):
        return drive_input(run, case)
    return drive_filter(run, case)
