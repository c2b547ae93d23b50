"""/_node/stats: what is counted, in the shape that monitoring reads."""
import json
import re
import subprocess

import pytest

from support import FakeEngine, is_api_balanced, json_lines, send_tcp, wait_for

PIPELINE = """
input { tcp { host => "127.0.0.1" port => %(tcp)d codec => json_lines id => "from_tcp" } }
filter {
  redact { id => "hide" }
  if [drop] { drop { id => "away" } }
}
output {
  elasticsearch { hosts => ["http://127.0.0.1:%(engine)d"] index => "logs" manage_template => false id => "to_engine" }
  stdout { codec => json_lines id => "to_stdout" }
}
"""
EVENTS = [{"n": i, "message": "password=hunter2" if i % 2 else "plain", **({"drop": True} if i % 10 == 0 else {})}
          for i in range(1000)]


@pytest.fixture
def chute(logchute, port, unused_port):
    """Has got 1,000 events: 100 are dropped, and the engine refuses one of the rest for good."""
    engine = FakeEngine(unused_port, lambda document: 400 if b'"n":7,' in document else 201).start()
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port})
    send_tcp(port, json_lines(EVENTS))
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["out"] >= 899, what="all events")
    yield chute
    engine.stop()


def main_of(chute):
    return chute.api("/_node/stats/pipelines/main")["pipelines"]["main"]


def plugin(main, kind, plugin_id):
    return next(p for p in main["plugins"][kind] if p["id"] == plugin_id)


def test_events_and_their_balance(chute):
    main = wait_for(lambda: is_api_balanced(chute) and main_of(chute))
    events = main["events"]
    assert (events["in"], events["dropped"], events["filtered"]) == (1000, 100, 900)
    assert (events["out"], events["dead_lettered"], events["lost"], events["in_flight"]) == (899, 1, 0, 0)
    assert chute.api("/_node/stats/events")["events"] == events
    assert plugin(main, "inputs", "from_tcp")["events"]["out"] == 1000
    away = plugin(main, "filters", "away")["events"]
    assert (away["in"], away["out"], away["dropped"]) == (100, 0, 100)
    assert plugin(main, "outputs", "to_stdout")["events"]["out"] == 900


def test_what_plugins_tell_of_themselves(chute):
    main = main_of(chute)
    hidden = plugin(main, "filters", "hide")["redacted"]
    assert hidden["key_value/message"] == 500
    engine = plugin(main, "outputs", "to_engine")
    assert engine["documents"] == {"successes": 899, "non_retryable_failures": 1, "retryable_failures": 0}
    bulk = engine["bulk_requests"]
    assert bulk["responses"]["200"] == bulk["successes"] + bulk["with_errors"] and bulk["with_errors"] == 1
    assert bulk["bytes"] > 900 * 20 and 0 < bulk["wire_bytes"] <= bulk["bytes"]
    assert plugin(main, "inputs", "from_tcp")["connections"] == 1
    codecs = {c["name"]: c for c in main["plugins"]["codecs"] if c["decode"]["out"] or c["encode"]["writes_in"]}
    assert len(main["plugins"]["codecs"]) == 2 and codecs["json_lines"]
    assert sorted((c["decode"]["out"], c["encode"]["writes_in"]) for c in main["plugins"]["codecs"]) == [(0, 900), (1000, 0)]


def test_how_long_it_took(chute):
    main = main_of(chute)
    metrics = chute.ask("/metrics")[2]
    for kind, name in (("filters", "hide"), ("filters", "away"), ("outputs", "to_engine")):
        buckets = plugin(main, kind, name)["latency_micros"]
        assert 0 < len(buckets) <= 28 and buckets[-1] > 0
        counted = re.search(r'^logchute_plugin_duration_seconds_count\{.*id="%s"\} (\d+)$' % name, metrics, flags=re.M)
        assert sum(buckets) == int(counted.group(1)), name
    assert "latency_micros" not in plugin(main, "inputs", "from_tcp")


def test_flow(chute):
    main = main_of(chute)
    flow = main["flow"]
    assert set(flow) == {"input_throughput", "filter_throughput", "output_throughput", "queue_backpressure",
                         "worker_concurrency", "worker_utilization"}
    for rates in flow.values():
        assert set(rates) == {"current", "lifetime"}
    assert flow["input_throughput"]["lifetime"] > flow["output_throughput"]["lifetime"] > 0
    assert 0 < flow["worker_utilization"]["lifetime"] <= 100
    assert plugin(main, "inputs", "from_tcp")["flow"]["throughput"]["lifetime"] > 0
    assert plugin(main, "filters", "hide")["flow"]["worker_millis_per_event"]["lifetime"] > 0
    assert "worker_utilization" not in chute.api("/_node/stats/flow")["flow"]


def test_parts(chute):
    everything = chute.api("/_node/stats")
    parts = {"jvm", "process", "events", "flow", "pipelines", "reloads", "os", "queue"}
    assert parts <= set(everything)
    for part in parts:
        assert parts & set(chute.api("/_node/stats/" + part)) == {part}
    assert parts & set(chute.api("/_node/stats/jvm,os,nope")) == {"jvm", "os"}
    assert chute.ask("/_node/stats/nope")[0] == 404
    assert chute.ask("/_node/stats/pipelines/nope")[0] == 404
    assert "vertices" not in everything["pipelines"]["main"]
    vertices = chute.api("/_node/stats?vertices=true")["pipelines"]["main"]["vertices"]
    assert {v["id"]: v["events_out"] for v in vertices} == {
        "from_tcp": 1000, "hide": 1000, "away": 0, "to_engine": 899, "to_stdout": 900}
    process = everything["process"]
    assert process["max_file_descriptors"] >= process["peak_open_file_descriptors"] >= process["open_file_descriptors"] > 5
    assert process["mem"]["total_virtual_in_bytes"] >= chute.memory_kb("VmSize") * 1024 // 2


def test_a_full_queue_shows(logchute, port, unused_port):
    chute = logchute("input { tcp { host => '127.0.0.1' port => %d codec => json_lines } generator { id => 'gen' } }"
                     "output { elasticsearch { hosts => ['http://127.0.0.1:%d'] manage_template => false } }"
                     % (port, unused_port))
    main = wait_for(lambda: main_of(chute)["flow"]["queue_backpressure"]["lifetime"] > 0.2 and main_of(chute), 30, "back-pressure")
    queue = main["queue"]
    assert queue["type"] == "memory" and queue["max_queue_size_in_bytes"] == 8 << 20
    assert queue["queue_size_in_bytes"] >= queue["max_queue_size_in_bytes"] * 3 // 4 - 65536
    assert plugin(main, "inputs", "gen")["events"]["queue_push_duration_in_millis"] > 0
    wait_for(lambda: main_of(chute)["queue"]["oldest_age_in_millis"] > 300, 30, "the queue's age")


# ------------------------------------------------------------------ what others read

INT, NUMBER, TEXT = int, (int, float), str
HEAP = ["heap_used_percent", "heap_committed_in_bytes", "heap_max_in_bytes", "heap_used_in_bytes", "non_heap_used_in_bytes",
        "non_heap_committed_in_bytes"]
POOL = ["peak_max_in_bytes", "max_in_bytes", "committed_in_bytes", "peak_used_in_bytes", "used_in_bytes"]
FLOWS = ["input_throughput", "filter_throughput", "output_throughput", "queue_backpressure", "worker_concurrency"]
EVENT_FIELDS = ["in", "filtered", "out", "duration_in_millis", "queue_push_duration_in_millis"]

# What Prometheus exporters for Logstash 8 and Metricbeat's logstash module take out of /_node/stats, each as a path and its
# type; * stands for every member or element. The first group is of whole numbers: neither takes a fraction there.
READ = {
    INT: ["jvm.threads.count", "jvm.threads.peak_count", "jvm.uptime_in_millis"]
    + ["jvm.mem." + name for name in HEAP]
    + ["jvm.mem.pools.%s.%s" % (pool, name) for pool in ("young", "old", "survivor") for name in POOL]
    + ["jvm.gc.collectors.%s.%s" % (which, name) for which in ("young", "old")
       for name in ("collection_count", "collection_time_in_millis")]
    + ["process." + name for name in ("open_file_descriptors", "peak_open_file_descriptors", "max_file_descriptors",
                                      "mem.total_virtual_in_bytes", "cpu.total_in_millis", "cpu.percent")]
    + ["pipeline.workers", "pipeline.batch_size", "pipeline.batch_delay", "reloads.successes", "reloads.failures",
       "queue.events_count"]
    + ["events." + name for name in EVENT_FIELDS]
    + ["pipelines.*.events." + name for name in EVENT_FIELDS]
    + ["pipelines.*.reloads.successes", "pipelines.*.reloads.failures"]
    + ["pipelines.*.queue." + name for name in ("events_count", "queue_size_in_bytes", "max_queue_size_in_bytes")]
    + ["pipelines.*.dead_letter_queue." + name for name in ("queue_size_in_bytes", "max_queue_size_in_bytes", "dropped_events",
                                                            "expired_events")]
    + ["pipelines.*.plugins.inputs.*.events.out", "pipelines.*.plugins.inputs.*.events.queue_push_duration_in_millis"]
    + ["pipelines.*.plugins.%s.*.events.%s" % (kind, name) for kind in ("filters", "outputs")
       for name in ("in", "out", "duration_in_millis")]
    + ["pipelines.*.plugins.codecs.*." + name for name in ("decode.out", "decode.writes_in", "decode.duration_in_millis",
                                                           "encode.writes_in", "encode.duration_in_millis")],
    NUMBER: ["process.cpu.load_average." + span for span in ("1m", "5m", "15m")]
    + [prefix + "flow.%s.%s" % (name, span) for prefix in ("", "pipelines.*.") for name in FLOWS
       for span in ("current", "lifetime")],
    TEXT: ["host", "version", "http_address", "id", "name", "ephemeral_id", "status", "pipelines.*.hash",
           "pipelines.*.ephemeral_id", "pipelines.*.queue.type", "pipelines.*.dead_letter_queue.storage_policy"]
    + ["pipelines.*.plugins.%s.*.%s" % (kind, name) for kind in ("inputs", "codecs", "filters", "outputs")
       for name in ("id", "name")]
    + ["pipelines.*.vertices.*.id", "pipelines.*.vertices.*.pipeline_ephemeral_id"],
    bool: ["snapshot"],
    dict: ["os", "jvm.gc", "reloads"],
    type(None): ["pipelines.*.reloads.last_error", "pipelines.*.reloads.last_success_timestamp",
                 "pipelines.*.reloads.last_failure_timestamp"],
}


def values_at(value, path):
    """All values that a path leads to; a member that is not there is an error."""
    name, _, rest = path.partition(".")
    if name == "*":
        inside = list(value.values()) if isinstance(value, dict) else value
        assert inside, "nothing at * of " + path
    else:
        inside = [value[name]]
    return inside if not rest else [v for one in inside for v in values_at(one, rest)]


@pytest.mark.parametrize("kind", READ, ids=lambda kind: getattr(kind, "__name__", "number"))
def test_what_exporters_and_metricbeat_read_is_there(chute, kind):
    stats = chute.api("/_node/stats?vertices=true")
    for path in READ[kind]:
        for value in values_at(stats, path):
            assert isinstance(value, kind) and (kind is bool or not isinstance(value, bool)), (path, value)


def test_what_metricbeat_reads_of_pipelines(chute):
    """It asks for the graph of each, and takes no pipeline without id, hash and vertices."""
    for pipeline in chute.api("/_node/pipelines?graph=true")["pipelines"].values():
        assert pipeline["hash"] and pipeline["ephemeral_id"] and pipeline["workers"] and pipeline["batch_size"]
        graph = pipeline["graph"]
        assert graph["type"] == "lir" and graph["version"] and graph["hash"]
        assert all(v["id"] and v["type"] for v in graph["graph"]["vertices"])
        assert all({"from", "to", "id", "type"} <= set(e) for e in graph["graph"]["edges"])


def test_telegraf_reads_it(chute, telegraf):
    """The input plugin of a real monitoring agent, unchanged."""
    done = subprocess.run([telegraf, "http://127.0.0.1:%d" % chute.api_port, "", ""], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr
    metrics = [json.loads(line) for line in done.stdout.splitlines()]
    by = {}
    for metric in metrics:
        by.setdefault(metric["name"], []).append(metric)
    assert set(by) == {"logstash_jvm", "logstash_process", "logstash_events", "logstash_plugins", "logstash_queue"}
    assert by["logstash_events"][0]["fields"]["in"] == 1000 and by["logstash_events"][0]["fields"]["out"] == 899
    assert by["logstash_jvm"][0]["fields"]["mem_heap_used_in_bytes"] > 0
    assert by["logstash_process"][0]["fields"]["open_file_descriptors"] > 0
    plugins = {m["tags"]["plugin_id"]: m for m in by["logstash_plugins"]}
    assert {"from_tcp", "hide", "away", "to_engine", "to_stdout"} <= set(plugins)
    engine = [m["fields"] for m in by["logstash_plugins"] if m["tags"]["plugin_id"] == "to_engine"]
    assert any(fields.get("documents_successes") == 899 for fields in engine)
    assert any(fields.get("bulk_requests_responses_200") for fields in engine)
    assert by["logstash_queue"][0]["tags"]["queue_type"] == "memory"


def test_telegraf_with_a_password(logchute, port, telegraf):
    chute = logchute("input { tcp { host => '127.0.0.1' port => %d } } output { null { } }" % port, "--api.auth.type", "basic",
                     "--api.auth.basic.username", "ann", "--api.auth.basic.password", "p:w")
    url = "http://127.0.0.1:%d" % chute.api_port
    assert subprocess.run([telegraf, url, "ann", "p:w"], stdout=subprocess.PIPE, timeout=60).returncode == 0
    assert subprocess.run([telegraf, url, "ann", "pw"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60).returncode == 1
