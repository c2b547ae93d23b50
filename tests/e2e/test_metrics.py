"""/metrics as Prometheus reads it."""
import os
import re
import subprocess
import time

import pytest

from conftest import one_at_a_time, skip
from support import ROOT, json_lines, send_tcp, wait_for

CONFIG = """input { tcp { id => "in" host => "127.0.0.1" port => %d codec => json_lines } }
filter { redact { id => "hide" } %s if [drop] { drop { id => "away" } } }
output { null { id => "out\\"" } }
"""
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@pytest.fixture(scope="session")
def promtool():
    folder = os.path.join(os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test")), "promtool")
    with one_at_a_time("promtool"):
        done = subprocess.run([os.path.join(ROOT, "tests/tools/unpack-promtool"), folder], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip(done.stderr.strip())
    return done.stdout.strip()


def scrape(chute):
    status, headers, body = chute.ask("/metrics")
    assert status == 200 and headers["content-type"].startswith("text/plain; version=0.0.4")
    return body


def samples(body):
    """(name, frozenset of labels) -> value."""
    found = {}
    for line in body.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            key = (name, frozenset(LABEL.findall(labels or "")))
            assert key not in found, "twice: %s" % line
            found[key] = float(value)
    return found


def value(found, name, **labels):
    wanted = set(labels.items())
    fits = [v for (n, have), v in found.items() if n == name and wanted <= have]
    assert len(fits) == 1, "%d samples of %s%s" % (len(fits), name, labels)
    return fits[0]


def test_promtool_finds_nothing_wrong(logchute, port, promtool):
    chute = logchute(CONFIG % (port, ""))
    send_tcp(port, json_lines([{"message": "password=hunter2 of a@b.example", "n": n} for n in range(100)]))
    wait_for(lambda: value(samples(scrape(chute)), "logchute_plugin_events_out_total", kind="output") == 100, 10, "the events")
    done = subprocess.run([promtool, "check", "metrics"], input=scrape(chute), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=30)
    assert done.returncode == 0, done.stdout


def test_counters_by_plugin_detector_and_field(logchute, port):
    chute = logchute(CONFIG % (port, ""))
    send_tcp(port, json_lines([{"message": "password=hunter2", "user": {"pin": 1}, **({"drop": 1} if n < 10 else {})}
                               for n in range(100)]))
    wait_for(lambda: value(samples(scrape(chute)), "logchute_plugin_events_out_total", kind="output") == 90, 10, "the events")
    found = samples(scrape(chute))
    assert value(found, "logchute_pipeline_events_in_total", pipeline="main") == 100
    assert value(found, "logchute_plugin_events_dropped_total", id="away") == 10
    assert value(found, "logchute_redacted_total", id="hide", detector="key_value", field="message") == 100
    assert value(found, "logchute_redacted_total", id="hide", detector="field", field="[user][pin]") == 100
    assert value(found, "logchute_plugin_duration_seconds_count", id="hide") > 0
    assert value(found, "logchute_plugin_duration_seconds_bucket", id="hide", le="+Inf") == value(
        found, "logchute_plugin_duration_seconds_count", id="hide")
    assert value(found, "logchute_plugin_duration_seconds_sum", id="hide") > 0
    assert value(found, "logchute_queue_bytes", pipeline="main") == 0
    assert value(found, "logchute_process_resident_memory_bytes") > 1e6
    stats = chute.api("/_node/stats/pipelines/main")["pipelines"]["main"]["plugins"]["filters"]
    assert "hide" in [plugin["id"] for plugin in stats] and "key_value" in str(stats)
    chute.stop()


def test_a_scrape_of_200_plugins_is_short(logchute, port, is_sanitized):
    chute = logchute(CONFIG % (port, "mutate { add_tag => ['x'] } " * 197))
    send_tcp(port, json_lines([{"message": "x"}] * 100))
    times = []
    for _ in range(20):
        begun = time.monotonic()
        body = scrape(chute)
        times.append(time.monotonic() - begun)
    assert body.count("logchute_plugin_events_in_total{") == 201
    print("a scrape of 201 plugins: %.1f ms" % (sorted(times)[10] * 1e3))
    assert is_sanitized or sorted(times)[10] < 0.03, times
