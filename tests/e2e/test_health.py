"""Alive, ready, and what ails it: for those who start it anew, who send to it, and who are called at night."""
import json
import os
import subprocess
import time

import pytest

from support import FakeEngine, free_port, json_lines, send_tcp, wait_for

PIPELINE = """
input { tcp { host => "127.0.0.1" port => %(tcp)d codec => json_lines } }
output { elasticsearch { hosts => ["http://127.0.0.1:%(engine)d"] index => "logs" manage_template => false id => "engine" } }
"""


def health(chute, what):
    status, _, body = chute.ask("/health/" + what)
    return status, json.loads(body)


def report(chute):
    whole = chute.api("/_health_report")
    return whole, whole["indicators"]["pipelines"]["indicators"]["main"]


def check(chute, *args):
    done = subprocess.run([chute.binary, "healthcheck", "--path.data", chute.data, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=30)
    return done.returncode, (done.stdout + done.stderr).strip()


def test_all_is_well(logchute, port, unused_port):
    engine = FakeEngine(unused_port, lambda document: 201).start()
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port})
    assert health(chute, "live") == (200, {"status": "live"})
    assert health(chute, "ready") == (200, {"status": "ready"})
    whole, main = report(chute)
    assert whole["status"] == main["status"] == "green" and whole["symptom"] == "1 indicator is healthy (`pipelines`)"
    assert whole["indicators"]["pipelines"]["symptom"] == "1 indicator is healthy (`main`)"
    assert main["symptom"] == "The pipeline is healthy; 0 areas are impacted and 0 diagnoses are available."
    assert main["details"]["status"]["state"] == "RUNNING" and "lifetime" in main["details"]["flow"]["worker_utilization"]
    assert "diagnosis" not in main and "impacts" not in main
    engine.stop()


def test_an_output_that_is_away_is_a_concern_and_no_reason_to_start_anew(logchute, port, unused_port):
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port})
    send_tcp(port, json_lines([{"n": 1}]))
    whole, main = wait_for(lambda: report(chute)[0]["status"] == "yellow" and report(chute), what="yellow")
    assert whole["symptom"] == "1 indicator is concerning (`pipelines`)" and chute.api("/")["status"] == "yellow"
    assert main["symptom"] == "The pipeline is concerning; 1 area is impacted and 1 diagnosis is available."
    diagnosis, impact = main["diagnosis"][0], main["impacts"][0]
    assert diagnosis["id"] == "logstash:health:pipeline:output:diagnosis:away" and diagnosis["cause"].startswith("engine: ")
    assert diagnosis["action"] and diagnosis["help_url"] == "docs/health.md#output-away"
    assert impact["id"] == "logstash:health:pipeline:output:impact:away" and impact["impact_areas"] == ["pipeline_execution"]
    assert isinstance(impact["severity"], int) and impact["description"]
    assert health(chute, "live")[0] == health(chute, "ready")[0] == 200
    engine = FakeEngine(unused_port, lambda document: 201).start()
    wait_for(lambda: report(chute)[0]["status"] == "green", 60, "green again")
    engine.stop()


def test_a_full_queue_is_a_concern(logchute, port, unused_port):
    chute = logchute("input { generator { } } output { elasticsearch { hosts => ['http://127.0.0.1:%d'] manage_template => false } }"
                     % unused_port)
    main = wait_for(lambda: len(report(chute)[1].get("diagnosis", [])) == 2 and report(chute)[1], what="two diagnoses")
    assert [d["id"].split(":")[3] for d in main["diagnosis"]] == ["output", "queue"]
    assert health(chute, "live")[0] == 200


def test_a_stop_is_not_ready(logchute, port, unused_port):
    """While it lets what it has come through, nobody should send to it any more."""
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port})
    send_tcp(port, json_lines([{"n": 1}]))
    wait_for(lambda: report(chute)[0]["status"] == "yellow", what="yellow")
    chute.process.terminate()
    wait_for(lambda: health(chute, "ready") == (503, {"status": "no", "reason": "a pipeline stops"}), what="not ready")
    assert health(chute, "live")[0] == 200 and check(chute, "--ready")[0] == 1 and check(chute)[0] == 0
    assert chute.wait()[0] == 0


def test_health_needs_no_password(logchute, port, unused_port):
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port}, "--api.auth.type", "basic", "--api.auth.basic.username", "a",
                     "--api.auth.basic.password", "b")
    assert health(chute, "live")[0] == health(chute, "ready")[0] == 200
    assert chute.ask("/_health_report")[0] == 401
    assert check(chute, "--url", "http://127.0.0.1:%d/_health_report" % chute.api_port)[0] == 1
    assert check(chute, "--url", "http://127.0.0.1:%d/_health_report" % chute.api_port, "--api.auth.type", "basic",
                 "--api.auth.basic.username", "a", "--api.auth.basic.password", "b")[0] == 0


# ------------------------------------------------------------------ logchute healthcheck


@pytest.fixture
def chute(logchute, port, unused_port):
    return logchute(PIPELINE % {"tcp": port, "engine": unused_port})


def test_healthcheck(chute):
    assert check(chute) == (0, '{"status":"live"}')
    assert check(chute, "--ready") == (0, '{"status":"ready"}')
    assert check(chute, "--url", "http://127.0.0.1:%d" % chute.api_port, "--ready")[0] == 0
    assert check(chute, "--url=127.0.0.1:%d" % chute.api_port) == (0, '{"status":"live"}')
    code, said = check(chute, "--url", "http://127.0.0.1:%d" % free_port())
    assert code == 1 and said.startswith("nobody listens on 127.0.0.1, port")
    assert check(chute, "--url", "nonsense")[0] == 1
    assert check(chute, "--nope")[0] == 1
    assert check(chute, "--help")[0] == 0
    assert chute.stop()[0] == 0
    code, said = check(chute, "--api.http.port", str(chute.api_port))
    assert code == 1 and said == "nobody listens on 127.0.0.1, port %d" % chute.api_port
    assert check(chute, "--api.enabled", "false") == (1, "api.enabled is false: there is nobody to ask")


def test_healthcheck_finds_the_port_of_a_range(logchute, port, unused_port):
    first = free_port()
    ports = "%d-%d" % (first, first + 5)
    one = logchute(PIPELINE % {"tcp": port, "engine": unused_port}, "--api.http.port", ports)
    other = logchute(PIPELINE % {"tcp": free_port(), "engine": unused_port}, "--api.http.port", ports, "--api.http.host", "0.0.0.0")
    assert check(one)[0] == check(other)[0] == 0
    one.stop()
    assert check(one, "--api.http.port", "%d-%d" % (first + 3, first + 5))[0] == 1
    assert check(other)[0] == 0
    os.unlink(os.path.join(other.data, "api.address"))
    assert check(other, "--api.http.port", ports)[0] == 0, "without a note it looks through the range"


def test_a_process_that_died_is_not_healthy(chute):
    chute.process.kill()
    chute.process.wait()
    assert check(chute)[0] == 1


def test_healthcheck_is_fast(chute, is_sanitized):
    took = []
    for _ in range(10):
        begun = time.perf_counter()
        assert check(chute)[0] == 0
        took.append(time.perf_counter() - begun)
    assert is_sanitized or min(took) < 0.02, "%.1f ms" % (min(took) * 1000)
