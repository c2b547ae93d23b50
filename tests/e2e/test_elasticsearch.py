"""The elasticsearch output against a real node: deliveries, refusals of every kind, dead letters."""
import pytest

from support import assert_balanced, json_lines, plugin_counters, send_tcp, wait_for

CONFIG = """
input { tcp { host => "127.0.0.1" port => %(port)d codec => json_lines } }
output { elasticsearch { hosts => ["%(url)s"] index => "%(index)s" manage_template => false
  retry_initial_interval => 1 retry_max_interval => 2 } }
"""


def run_through(logchute, node, port, index, events):
    """Sends the events, waits until they are all there, stops; the counters, after they balanced."""
    chute = logchute(CONFIG % {"port": port, "url": node.url, "index": index})
    send_tcp(port, json_lines(events))
    wait_for(lambda: node.count(index) >= len(events), 120, "%d documents" % len(events))
    code, last = chute.stop()
    assert code == 0
    return assert_balanced(last)


def test_json_lines_arrive_whole(logchute, opensearch, port):
    """Every event once, with its fields as they were sent."""
    events = [{"id": "e%d" % i, "message": "line %d \u00e9\u4e2d" % i, "n": i, "f": i / 4, "deep": {"list": [i, None, True]}}
              for i in range(1000)]
    opensearch.create("whole", id="keyword")
    counters = run_through(logchute, opensearch, port, "whole", events)
    found = {d["id"]: d for d in opensearch.documents("whole", 1000)}
    assert len(found) == 1000
    for event in events:
        got = found[event["id"]]
        assert {k: got[k] for k in event} == event
        assert "@timestamp" in got and "@metadata" not in got
    assert counters["pipeline"]["in"] == counters["pipeline"]["out"] == 1000


def test_index_from_the_event_time(logchute, opensearch, port):
    chute = logchute(CONFIG % {"port": port, "url": opensearch.url, "index": "dated-%{kind}-%{+YYYY.MM.dd}"})
    send_tcp(port, json_lines([{"kind": "a", "@timestamp": "2026-03-01T23:59:59.999Z"},
                               {"kind": "b", "@timestamp": "2026-03-02T00:00:00.000Z"}]))
    wait_for(lambda: opensearch.count("dated-a-2026.03.01") == 1, what="the first index")
    wait_for(lambda: opensearch.count("dated-b-2026.03.02") == 1, what="the second index")
    code, last = chute.stop()
    assert code == 0
    assert_balanced(last)


@pytest.mark.parametrize("profile, count", [("reject-item", 20000), ("reject-request", 200), ("tiny-body", 20000)])
def test_what_a_loaded_node_refuses_arrives_later(logchute, special_opensearch, port, profile, count):
    """429 for items, 429 for whole requests over 1 KB (whoever only repeats such a one never gets it in: it must become
    smaller), 413 for bodies over 100 KB: all is delivered in the end."""
    node = special_opensearch(profile)
    node.create("refused", id="keyword")
    events = [{"id": "e%06d" % i, "message": "x" * (200 if count > 1000 else 20)} for i in range(count)]
    counters = run_through(logchute, node, port, "refused", events)
    assert len(node.distinct("refused", "id")) == count
    assert counters["pipeline"]["dead_lettered"] == counters["pipeline"]["lost"] == 0
    if profile == "reject-request":
        assert plugin_counters(counters, "output", "elasticsearch")["retried"] > 0


def test_what_is_refused_for_good_becomes_a_dead_letter(logchute, opensearch, port):
    """A mapping conflict takes only its own event, which is kept with its reason."""
    opensearch.create("conflict", id="keyword", n="integer")
    chute = logchute(CONFIG % {"port": port, "url": opensearch.url, "index": "conflict"})
    send_tcp(port, json_lines([{"id": "good-1", "n": 1}, {"id": "bad", "n": "not a number"}, {"id": "good-2", "n": 2}]))
    wait_for(lambda: opensearch.count("conflict") == 2, what="the good ones")
    wait_for(lambda: chute.dead_letters(), what="the dead letter")
    code, last = chute.stop()
    assert code == 0
    counters = assert_balanced(last)
    assert counters["pipeline"]["dead_lettered"] == 1 and counters["pipeline"]["out"] == 2
    letter, = chute.dead_letters()
    assert letter["event"]["id"] == "bad"
    assert "mapper_parsing_exception" in letter["reason"]
    assert "elasticsearch" in letter["plugin"]
    assert set(opensearch.distinct("conflict", "id")) == {"good-1", "good-2"}
