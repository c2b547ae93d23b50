"""What the fixture asserts at each test's end, of a program that does not account for its events."""
import json

import pytest

import support
from support import json_lines, send_tcp, wait_for

CONFIG = 'input { tcp { host => "127.0.0.1" port => %d codec => json_lines } } output { stdout { codec => json_lines } }'


@pytest.fixture
def chute(logchute, port):
    chute = logchute(CONFIG % port)
    send_tcp(port, json_lines([{"n": 1}, {"n": 2}]))
    wait_for(lambda: len(chute.events()) == 2, what="the events")
    return chute


def test_one_that_is_balanced(chute):
    chute.end()
    assert chute.process.returncode == -9


def test_an_event_that_the_api_does_not_account_for(chute, monkeypatch):
    real = support.api_events
    with monkeypatch.context() as patch:
        patch.setattr(support, "api_events", lambda c: [dict(counts, out=counts["out"] - 1) for counts in real(c)])
        with pytest.raises(AssertionError, match="nothing moves"):
            chute.end()


def test_an_event_that_the_last_line_does_not_account_for(chute):
    assert chute.stop()[0] == 0
    lines = chute.stderr().splitlines()
    last = json.loads(lines[-1])
    counters = support.counters_of(last)
    counters["pipeline"]["in"] += 1
    last["counters"] = counters
    with open(chute.err, "w", encoding="utf-8") as f:
        f.write("\n".join(lines[:-1] + [json.dumps(last)]))
    with pytest.raises(AssertionError, match="accounted for"):
        chute.end()
    with open(chute.err, "w", encoding="utf-8") as f:
        f.write("\n".join(lines))


def test_without_an_api_the_last_line_tells(logchute, port):
    chute = logchute(CONFIG % port, "--api.enabled", "false")
    send_tcp(port, json_lines([{"n": 1}]))
    wait_for(chute.events, what="the event")
    chute.end()
    assert chute.process.returncode == 0 and chute.log()[-1]["message"] == "stopped"


def test_with_a_password(logchute, port):
    chute = logchute(CONFIG % port, "--api.auth.type", "basic", "--api.auth.basic.username", "ann", "--api.auth.basic.password", "secret word")
    assert chute.see_balance()
