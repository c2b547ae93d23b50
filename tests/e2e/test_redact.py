"""Redaction where people would look for a leak: a canary goes in everywhere, and must come out nowhere."""
import json
import os
import subprocess

import pytest

from support import FakeEngine, free_port, json_lines, send_tcp, wait_for

CANARY = "c4nary-S3cr3t"
EVENTS = [
    {"n": 1, "message": "login with password=%s failed" % CANARY},
    {"n": 2, "message": "x", "user": {"name": "bob", "password": CANARY, "tokens": [CANARY]}},
    {"n": 3, "message": json.dumps({"headers": {"Authorization": "Bearer " + CANARY}})},
    {"n": 4, "message": "GET /?api_key=%s&x=1" % CANARY, "list": [{"deep": [{"secret": CANARY}]}]},
    {"n": 5, "message": "connect postgres://app:%s@db/tt" % CANARY},
    {"n": 6, "message": "x", "seen": {"password=" + CANARY: 1}},
    {"n": 7, "message": "x", "tags": ["token=" + CANARY], "error": {"stack_trace": "Error\n at x (secret: %s)" % CANARY}},
    {"n": 8, "message": "refused", "note": "pwd=" + CANARY},
]


def everything_written(chute):
    """Every byte in its folder: log, start screen, store, dead letters, files."""
    found = {}
    for folder, _, names in os.walk(chute.folder):
        for name in names:
            path = os.path.join(folder, name)
            if path != chute.config and os.path.isfile(path):
                with open(path, "rb") as f:
                    found[path] = f.read()
    return found


@pytest.mark.parametrize("level", ["trace", "info"])
def test_a_canary_shows_nowhere(logchute, level):
    port, engine_port = free_port(), free_port()
    got = []

    def decide(document):
        got.append(document)
        return 400 if b"refused" in document else 201

    engine = FakeEngine(engine_port, decide).start()
    chute = logchute("""input { tcp { host => "127.0.0.1" port => %d codec => json_lines ecs_compatibility => v8 } }
filter { redact { audit => true } }
output {
  elasticsearch { hosts => ["http://127.0.0.1:%d"] index => "logs-%%{n}" manage_template => false }
  sqlite { }
  file { path => "out.ndjson" codec => json_lines }
  stdout { codec => rubydebug { metadata => true } }
}
""" % (port, engine_port), "--log.level", level)
    send_tcp(port, json_lines(EVENTS))
    wait_for(lambda: len(got) >= len(EVENTS), what="the documents")
    answers = {path: chute.ask(path)[2].encode() for path in ("/_node/stats", "/_node", "/metrics", "/_node/hot_threads",
                                                              "/_node/pipelines/main?graph=true")}
    assert b"key_value" in answers["/metrics"] and b"key_value" in answers["/_node/stats"]
    code, _ = chute.stop()
    engine.stop()
    assert code == 0
    assert len(chute.dead_letters()) == 1
    written = dict(everything_written(chute), **answers)
    assert any(b"[REDACTED:" in text for text in written.values())
    assert sum(b"events.db" in path.encode() for path in written) >= 1
    leaks = [path for path, text in written.items() if CANARY.encode() in text]
    assert not leaks, leaks
    assert not any(CANARY.encode() in document for document in got)
    assert b'"redact" => {' in written[chute.out]


def test_the_log_never_quotes_an_event(logchute):
    """Without any redact filter: what a cluster quotes of a document goes to the dead-letter file, and not to the log."""
    port, engine_port = free_port(), free_port()
    engine = FakeEngine(engine_port, lambda document: 400,
                        "failed to parse field [age] of type [long] in document with id '%s'" % CANARY).start()
    chute = logchute("""input { tcp { host => "127.0.0.1" port => %d codec => json_lines } }
output { elasticsearch { hosts => ["http://127.0.0.1:%d"] index => "logs" manage_template => false } }
""" % (port, engine_port), "--log.level", "trace")
    send_tcp(port, json_lines([{"age": CANARY, "message": CANARY}]))
    wait_for(chute.dead_letters, what="the dead letter")
    chute.stop()
    engine.stop()
    assert CANARY in chute.dead_letters()[0]["reason"]
    assert CANARY not in chute.stderr()
    assert "field [age]" in chute.stderr()


def run(binary, *args, text=None):
    return subprocess.run([binary, "redact", *args], input=text, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)


def test_the_command_shows_where_and_of_which_kind(binary, tmp_path):
    path = tmp_path / "app.log"
    path.write_text("one\nlogin a@b.example password=hunter2\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nlast 4111111111111111\n")
    done = run(binary, str(path))
    assert done.returncode == 0 and "hunter2" not in done.stdout and "MIIE" not in done.stdout
    assert "%s:2: login [email] password=[key_value]" % path in done.stdout
    assert "%s:3: [private_key]" % path in done.stdout
    assert "%s:6: last [credit_card]" % path in done.stdout
    assert "in 6 lines" in done.stdout
    assert "[key_value: hunter2]" in run(binary, "--reveal", str(path)).stdout
    assert "\033[1;31m" in run(binary, "--color", "always", str(path)).stdout


def test_the_command_as_a_check(binary, tmp_path):
    clean, dirty = tmp_path / "clean", tmp_path / "dirty"
    clean.write_text("password must be long\ntokens_left=3\n")
    dirty.write_text("x\nabc token=q1w2e3\n")
    assert run(binary, "--check", str(clean)).returncode == 0
    assert run(binary, "--check", "--quiet", str(clean), str(dirty)).returncode == 1
    assert run(binary, "--check", "--detectors", "email", str(dirty)).returncode == 0
    assert run(binary, "--check", "--detectors=-key_value", str(dirty)).returncode == 0
    done = run(binary, "--json", "-", text="x\nabc token=q1w2e3\n")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"file": "(standard input)", "line": 2, "column": 11, "kind": "key_value", "length": 6}]


def test_the_command_says_what_is_wrong(binary, tmp_path):
    done = run(binary, "--detectors", "emial", "-")
    assert done.returncode == 2 and 'did you mean "email"?' in done.stderr
    done = run(binary, str(tmp_path / "nowhere"))
    assert done.returncode == 2 and "No such file" in done.stderr
    assert run(binary, "--nope", "-").returncode == 2
    assert run(binary).returncode == 2
    assert run(binary, "--help").returncode == 0
