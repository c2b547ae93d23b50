"""How the elasticsearch output spaces and orders its requests: what a real search engine would hide by its speed."""
import json
import threading
import time

import pytest

from support import FakeEngine, assert_balanced, free_port, json_lines, send_tcp, wait_for

CONFIG = """
input { tcp { host => "127.0.0.1" port => %(port)d codec => json_lines } }
output { elasticsearch { hosts => "http://127.0.0.1:%(engine)d" index => "i" manage_template => false %(options)s } }
"""
N = 90


class Recorder:
    """Takes its time for each document, and knows in how many requests at once there were some."""

    def __init__(self):
        self.lock, self.open, self.most_open, self.taken = threading.Lock(), 0, 0, []

    def decide(self, document):
        with self.lock:
            self.open += 1
            self.most_open = max(self.most_open, self.open)
            self.taken.append(json.loads(document)["n"])
        time.sleep(0.002)  # a slow cluster
        with self.lock:
            self.open -= 1
        return 201


@pytest.mark.parametrize("options, flags, is_serial", [
    ("document_id => '%{n}'", ["-w", "1"], True),
    ("document_id => '%{n}'", ["--pipeline.ordered", "true"], True),
    ("document_id => '%{n}'", ["-w", "2"], False),
    ("document_id => '%{n}'", ["-w", "1", "--pipeline.ordered", "false"], True),
    ("", ["-w", "1"], False),
])
def test_documents_with_an_id_keep_their_order(logchute, port, options, flags, is_serial):
    """With one worker they are never in two open requests, so that the last one sent is the last one written."""
    recorder = Recorder()
    engine = FakeEngine(free_port(), recorder.decide).start()
    chute = logchute(CONFIG % {"port": port, "engine": engine.port, "options": options + " target_bulk_bytes => 2048"}, *flags)
    send_tcp(port, json_lines({"n": n, "padding": "p" * 300} for n in range(N)))
    wait_for(lambda: len(recorder.taken) == N, 30, "all documents")
    code, last = chute.stop()
    engine.stop()
    assert code == 0 and assert_balanced(last)["pipeline"]["out"] == N
    assert (recorder.most_open == 1) == is_serial, recorder.most_open
    assert not is_serial or recorder.taken == list(range(N))


def test_retries_are_spread(logchute, port):
    """Each waits from half of its time to all of it, by chance, and twice as long as the one before, up to the limit."""
    seen, lock, outputs = {}, threading.Lock(), 6

    def decide(document):
        with lock:
            times = seen.setdefault(json.loads(document)["n"], [])
            times.append(time.monotonic())
            return 201 if len(times) == 5 else 503

    engine = FakeEngine(free_port(), decide).start()
    places = " ".join("if [n] == %d { elasticsearch { hosts => 'http://127.0.0.1:%d' index => 'i' manage_template => false"
                      " retry_initial_interval => 0.4 retry_max_interval => 0.8 } }" % (n, engine.port) for n in range(outputs))
    chute = logchute('input { tcp { host => "127.0.0.1" port => %d codec => json_lines } } output { %s }' % (port, places))
    send_tcp(port, json_lines({"n": n} for n in range(outputs)))
    wait_for(lambda: len(seen) == outputs and all(len(times) == 5 for times in seen.values()), 30, "five tries of each")
    code, last = chute.stop()
    engine.stop()
    assert code == 0 and assert_balanced(last)["pipeline"]["out"] == outputs
    gaps = [[b - a for a, b in zip(times, times[1:])] for times in seen.values()]
    for first, *later in gaps:
        assert first >= 0.19 and all(gap >= 0.39 for gap in later), gaps
    shortest = min(max(of_one) for of_one in gaps)
    assert shortest < 0.8 + 0.3, gaps  # a busy machine may be late, but not with all of them
    firsts = sorted(of_one[0] for of_one in gaps)
    assert firsts[-1] - firsts[0] > 0.02, firsts
