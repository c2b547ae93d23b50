"""The live page in a real browser: what it shows, that it stays small, and who may read it."""
import http.client
import json
import socket
import threading
import time

import pytest

from conftest import skip
from support import json_lines, send_tcp, wait_for

PIPELINE = """
input {
  tcp { host => "127.0.0.1" port => %d codec => json_lines id => "from_tcp" }
}
filter {
  redact { id => "hide" }
  if [level] == "debug" {
    drop { id => "no_debug" }
  } else {
    mutate { add_tag => ["kept"] }
  }
}
output {
  null { id => "to_null" }
  if [level] == "error" {
    stdout { codec => json_lines id => "to_stdout" }
  }
}
"""
SECRET = "hunter2-Tr0ub4dor"
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def chute(logchute, port):
    chute = logchute(PIPELINE % port)
    chute.port = port
    return chute


def open_page(browser, chute, path="/"):
    """Opens the page and waits until it has shown the first numbers and the tail listens."""
    browser.go("http://127.0.0.1:%d%s" % (chute.api_port, path))
    browser.wait("return document.body.dataset.polls >= 1 && document.getElementById('tail').dataset.open === 'true'")


def row_texts(browser, css="#tail li"):
    return browser.run("return [...document.querySelectorAll(arguments[0])].filter((e) => !e.hidden).map((e) => e.textContent)", css)


def stream(chute, path="/_logchute/tail", headers=None):
    """A client of the tail: the answer, to be read line by line."""
    connection = http.client.HTTPConnection("127.0.0.1", chute.api_port, timeout=30)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    answer.connection_kept = connection
    return answer


def seen_events(answer, count):
    """The next `count` events of the tail."""
    events = []
    while len(events) < count:
        line = answer.readline()
        assert line, "the tail has ended"
        if line.startswith(b"data: {"):
            events.append(json.loads(line[6:]))
    return events


# ------------------------------------------------------------------ in a browser


def test_the_graph_shows_what_is_configured(browser, chute):
    open_page(browser, chute)
    cards = browser.run("return [...document.querySelectorAll('.card')].map((e) => [e.dataset.kind, e.querySelector('.name').textContent])")
    assert sorted(map(tuple, cards)) == [("filter", "drop"), ("filter", "mutate"), ("filter", "redact"), ("input", "tcp"),
                                         ("output", "null"), ("output", "stdout"), ("queue", "queue")]
    assert browser.text(".card[data-id=hide] .place") == "pipeline.conf:6"
    assert browser.run("return document.querySelector('.card[data-id=hide] .place').title") == chute.config + ":6"
    ifs = browser.run("return [...document.querySelectorAll('.if')].map((e) => e.textContent)")
    assert [text.split(":")[1] for text in ifs] == ["7", "15"]
    graph = chute.api("/_node/pipelines?graph=true")["pipelines"]["main"]["graph"]["graph"]
    browser.wait("return document.querySelectorAll('.graph path').length === arguments[0]", len(graph["edges"]))
    columns = browser.run("return [...document.querySelectorAll('.column')].map((c) => [...c.querySelectorAll('.card .name')].map((e) => e.textContent))")
    assert columns == [["tcp"], ["queue", "redact", "drop", "mutate"], ["null", "stdout"]]
    assert browser.complaints() == []


def test_it_is_usable_within_a_second(browser, chute):
    browser.go("about:blank")
    begun = time.monotonic()
    browser.go("http://127.0.0.1:%d/" % chute.api_port)
    browser.wait("return document.querySelectorAll('.card').length === 7")
    took = time.monotonic() - begun
    ready = browser.run("return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
    assert ready < 1000 and took < 3, "%d ms to the content, %.1f s to the graph (of a busy machine)" % (ready, took)


def test_numbers_move(browser, chute):
    open_page(browser, chute)
    rate = "return document.querySelector('.card[data-id=from_tcp] .rate').textContent"
    assert browser.run(rate) in ("–", "0/s")
    send_tcp(chute.port, json_lines({"message": "n %d" % i, "level": "debug" if i % 4 else "info"} for i in range(4000)))
    browser.wait(rate + " !== '0/s'")
    browser.wait("return document.querySelector('.card[data-id=no_debug] .failures').textContent.includes('3.0k dropped')")
    browser.wait("return document.querySelector('.card[data-id=hide] .p99').textContent.startsWith('p99 ≤ ')")
    browser.wait("return document.querySelector('.card[data-id=hide] polyline').getAttribute('points').split(' ').length >= 2")
    browser.wait("return document.querySelectorAll('#slow tbody tr').length >= 1")
    assert browser.text("#status") == "green"
    browser.wait("return document.getElementById('total-flight').textContent === '0'")


def test_the_tail_and_its_filter(browser, chute):
    open_page(browser, chute)
    send_tcp(chute.port, json_lines([{"message": "order 17 shipped", "user": "ann"}, {"message": "order 18 failed", "level": "error"},
                                     {"message": "not shown: dropped", "level": "debug"}, {"message": "<img src=x onerror=alert(1)>"}]))
    browser.wait("return document.querySelectorAll('#tail li').length === 3")
    browser.type("#tail-filter", "ORDER ann")
    assert [text for text in row_texts(browser) if "order 17 shipped" in text] == row_texts(browser) and len(row_texts(browser)) == 1
    send_tcp(chute.port, json_lines([{"message": "order 19", "user": "bob"}, {"message": "order 20", "user": "ann"}]))
    browser.wait("return document.querySelectorAll('#tail li').length === 5")
    assert len(row_texts(browser)) == 2 and "order 20" in row_texts(browser)[0], "the newest comes first"
    browser.clear("#tail-filter")
    browser.wait("return [...document.querySelectorAll('#tail li')].every((e) => !e.hidden)")
    assert browser.run("return document.querySelectorAll('#tail img').length") == 0, "text of others stays text"
    browser.click("#tail li")
    assert '"user": "ann"' in browser.text("#tail li.open pre")
    browser.click("#tail-pause")
    wait_for(lambda: chute.api("/_logchute/page.json")["tail_watchers"] == 0, what="nobody watching")
    browser.click("#tail-clear")
    assert row_texts(browser) == []
    assert browser.complaints() == []


STORE = """
input { tcp { host => "127.0.0.1" port => %d codec => json_lines } }
filter { redact { } }
output { sqlite { path => "%s" } }
"""


def test_search(browser, logchute, port, tmp_path):
    chute = logchute(STORE % (port, tmp_path / "s" / "events.db"), "-w", "1")  # which keeps the order
    send_tcp(port, json_lines([{"message": "order %d" % i, "level": "error" if i % 10 == 0 else "info"} for i in range(300)]
                              + [{"message": "login password=" + SECRET}]))
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["out"] == 301, what="all events")
    found = chute.api("/_logchute/search?q=level%3Aerror&since=1h")
    assert found["count"] == 30 and found["is_cut"] is False and found["events"][-1]["message"] == "order 290"
    assert chute.api("/_logchute/search")["count"] == 200 and chute.api("/_logchute/search")["is_cut"] is True
    assert SECRET not in chute.ask("/_logchute/search?q=login")[2] and chute.api("/_logchute/search?q=login")["count"] == 1
    status, _, body = chute.ask("/_logchute/search?q=%22open")
    assert status == 400 and json.loads(body)["error"]["message"], "a query that cannot be understood"
    assert chute.ask("/_logchute/search?since=soon")[0] == 400
    assert chute.ask("/_logchute/search", headers={"Origin": "http://evil.example"})[0] == 403
    open_page(browser, chute)
    browser.wait("return !document.getElementById('search-section').hidden")
    browser.type("#search-words", 'level:error -"order 290"')
    browser.click("#search-form button")
    browser.wait("return document.querySelectorAll('#found li').length === 29")
    assert "order 280" in row_texts(browser, "#found li")[0], "the newest comes first"
    browser.clear("#search-words")
    browser.type("#search-words", "nothing_of_that_kind\ue007")
    browser.wait("return document.getElementById('search-state').textContent.startsWith('0 found')")
    assert browser.complaints() == []


def test_without_a_store_there_is_no_search(chute):
    assert chute.api("/_logchute/page.json")["has_store"] is False
    assert chute.ask("/_logchute/search?q=x")[0] == 404


def test_a_store_that_is_gone(logchute, port, tmp_path):
    """The search says so, and a stop while one is under way ends well."""
    chute = logchute(STORE % (port, tmp_path / "events.db"))
    (tmp_path / "events.db").unlink()
    status, _, body = chute.ask("/_logchute/search?q=x")
    assert status == 503 and "no store" in json.loads(body)["error"]["message"]
    with socket.create_connection(("127.0.0.1", chute.api_port)) as client:
        client.sendall(b"GET /_logchute/search?q=x HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert chute.stop()[0] == 0


# ------------------------------------------------------------------ what it must not do


def test_a_secret_never_shows(browser, chute):
    open_page(browser, chute)
    send_tcp(chute.port, json_lines([{"message": "login user=ann password=%s" % SECRET, "level": "error"}]))
    browser.wait("return document.querySelectorAll('#tail li').length === 1")
    assert "login user=ann password=[REDACTED" in row_texts(browser)[0]
    browser.click("#tail li")
    assert SECRET not in browser.run("return document.documentElement.outerHTML")
    assert SECRET not in chute.ask("/_logchute/page.json")[2]


def test_what_would_be_hidden(browser, chute):
    open_page(browser, chute)
    browser.type("#redact-text", "2026-11-26 login user=ann password=%s from 4111 1111 1111 1111" % SECRET)
    browser.wait("return document.querySelectorAll('#redact-answer mark').length === 2")
    assert browser.text("#redact-answer") == "2026-11-26 login user=ann password=key_value from credit_card"
    assert browser.text("#redact-count") == "credit_card: 1, key_value: 1"
    browser.clear("#redact-text")
    browser.type("#redact-text", "all is well")
    browser.wait("return document.getElementById('redact-count').textContent === 'Nothing would be hidden.'")


def test_the_tab_does_not_grow(browser, chute):
    """1,000 events a second for some seconds: rows and the heap are bounded, and no event is lost for it."""
    open_page(browser, chute)
    sent = 0
    with socket.create_connection(("127.0.0.1", chute.port)) as sender:
        def flood(until):
            nonlocal sent
            begun, first = time.monotonic(), sent
            while time.monotonic() - begun < until:
                due = int((time.monotonic() - begun) * 1000) - (sent - first)
                if due >= 50:  # the pace is what is tested
                    sender.sendall(json_lines({"message": "event %d %s" % (sent + i, "x" * 200), "user": "ann"} for i in range(due)))
                    sent += due
                browser.run("return 1")
        flood(3)
        browser.wait("return document.querySelectorAll('#tail li').length === 500")
        before = browser.heap()
        flood(8)
        after = browser.heap()
    assert browser.run("return document.querySelectorAll('#tail li').length") <= 500
    assert after < before * 1.5 + 2e6, "%d bytes, then %d" % (before, after)
    assert after < 30e6
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["out"] == sent, what="all events")
    shown = browser.text("#tail-state")
    assert "events" in shown and browser.complaints() == []


def test_dark_and_light(browser, chute):
    open_page(browser, chute)
    ground = "return getComputedStyle(document.body).backgroundColor"
    browser.set_dark(False)
    light = browser.wait(ground)
    browser.set_dark(True)
    dark = browser.wait(ground)

    def brightness(colour):
        return sum(int(part) for part in colour[4:-1].split(","))
    assert brightness(light) > 600 and brightness(dark) < 150
    text = browser.run("return getComputedStyle(document.body).color")
    assert brightness(text) > 500


def test_errors_show_where_the_plugin_stands(browser, logchute, unused_port):
    chute = logchute("""input { generator { count => 1 } tcp { host => "127.0.0.1" port => %d } }
output {
  elasticsearch { hosts => ["http://127.0.0.1:%d"] manage_template => false id => "engine" }
}
""" % (unused_port, unused_port + 1))
    open_page(browser, chute)
    browser.wait("return document.querySelectorAll('#errors li').length >= 1")
    assert "engine: the node does not answer" in browser.text("#errors li:last-child")
    assert browser.text("#errors li:last-child .place") == "pipeline.conf:3"
    browser.wait("return document.querySelectorAll('#ailments li').length === 1")
    assert "engine" in browser.text("#ailments")
    browser.wait("return document.querySelector('.card[data-id=engine]').classList.contains('failing')")


def test_it_comes_back_after_a_restart(browser, chute):
    open_page(browser, chute)
    assert chute.stop()[0] == 0, "open pages do not hold a stop up"
    browser.wait("return document.body.classList.contains('stale')")
    chute.start()
    browser.wait("return !document.body.classList.contains('stale') && document.querySelectorAll('.card').length === 7")
    wait_for(lambda: chute.api("/_logchute/page.json")["tail_watchers"] == 1, what="the tail")
    send_tcp(chute.port, json_lines([{"message": "after the restart"}]))
    browser.wait("return document.querySelectorAll('#tail li').length === 1")


def test_with_a_password(browser, logchute, port):
    chute = logchute(PIPELINE % port, "--api.auth.type", "basic", "--api.auth.basic.username", "ann",
                     env={"API_AUTH_BASIC_PASSWORD": "s3cr3t"})
    chute.port = port
    assert chute.ask("/", headers=PAGE)[0] == chute.ask("/_logchute/page.js")[0] == chute.ask("/_logchute/tail")[0] == 401
    browser.go("http://ann:s3cr3t@127.0.0.1:%d/" % chute.api_port)
    browser.wait("return document.querySelectorAll('.card').length === 7 && document.getElementById('tail').dataset.open === 'true'")
    send_tcp(port, json_lines([{"message": "with a password"}]))
    browser.wait("return document.querySelectorAll('#tail li').length === 1")


# ------------------------------------------------------------------ as a plain client


def test_accept_decides(chute):
    status, headers, body = chute.ask("/", headers=PAGE)
    assert (status, headers["content-type"], headers["vary"]) == (200, "text/html; charset=utf-8", "Accept")
    assert body.startswith("<!doctype html>")
    for accept in ("application/json", "*/*", ""):
        _, headers, body = chute.ask("/", headers={"Accept": accept})
        assert headers["content-type"] == "application/json" and json.loads(body)["version"].startswith("8.19."), accept
    assert chute.ask("/_node", headers=PAGE)[1]["content-type"] == "application/json"


def test_the_policy_of_the_page(chute):
    for path, kind in (("/", "text/html"), ("/_logchute/page.css", "text/css"), ("/_logchute/page.js", "text/javascript")):
        status, headers, body = chute.ask(path, headers=PAGE)
        assert status == 200 and headers["content-type"].startswith(kind)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert "http" not in policy and "*" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["cross-origin-resource-policy"] == "same-origin"
        assert headers.get("access-control-allow-origin") is None
        for outside in ("http://", "https://", "//cdn"):
            assert outside not in body.replace("http://www.w3.org/", ""), "nothing comes from elsewhere"
    script = chute.ask("/_logchute/page.js")[2]
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in script


GUARDED = [("GET", "/", PAGE), ("GET", "/_logchute/page.js", {}), ("GET", "/_logchute/page.json", {}), ("GET", "/_logchute/tail", {}),
           ("GET", "/_logchute/search", {}), ("POST", "/_logchute/redact", {}), ("PUT", "/_node/logging/reset", {})]


@pytest.mark.parametrize("method, path, headers", GUARDED)
def test_no_page_elsewhere_may_read_it(logchute, port, method, path, headers):
    chute = logchute(PIPELINE % port, "--api.http.host", "0.0.0.0")

    wanted = 404 if path.endswith("search") else 200  # there is no store

    def ask(**more):
        asked = dict(headers, **{name.replace("_", "-"): value for name, value in more.items()})
        return chute.ask(path, "HEAD" if path.endswith("tail") else method, "x" if method == "POST" else None, asked)[0]
    own = "http://127.0.0.1:%d" % chute.api_port
    assert ask() == ask(Origin=own) == ask(Sec_Fetch_Site="same-origin", Sec_Fetch_Mode="cors") == wanted
    assert ask(Host="evil.example") == ask(Host="evil.example:%d" % chute.api_port, Origin="http://evil.example") == 403
    assert ask(Origin="http://evil.example") == ask(Origin="null") == ask(Origin="http://127.0.0.1:1") == 403
    assert ask(Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors") == 403
    for plain in ("/metrics", "/_node", "/_node/stats", "/health/live", "/health/ready", "/_health_report", "/"):
        assert chute.ask(plain, headers={"Host": "logs.example", "Origin": "http://evil.example"})[0] == 200, plain


def test_no_text_of_events_beyond_this_machine(logchute, port):
    """From another address of this machine it is like from another machine."""
    outside = own_address()
    if outside is None:
        skip("this machine has no address but the loopback's")
    for args, want in (((), 403), (("--api.tail", "true"), 200)):
        chute = logchute(PIPELINE % port, "--api.http.host", "0.0.0.0", *args)
        connection = http.client.HTTPConnection(outside, chute.api_port, timeout=30)
        connection.request("HEAD", "/_logchute/tail")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == want
        assert chute.said("everybody who reaches the port can read events") is (want == 200)
        connection.request("GET", "/_logchute/page.json")
        assert json.loads(connection.getresponse().read())["may_see_events"] is (want == 200)
        connection.close()
        assert chute.ask("/_logchute/tail", "HEAD")[0] == 200, "here it shows in either case"
        assert chute.stop()[0] == 0


def own_address():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.1", 9))  # nothing is sent
            address = s.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


def test_the_tail_of_a_plain_client(chute):
    answer = stream(chute)
    assert answer.status == 200 and answer.headers["content-type"] == "text/event-stream"
    send_tcp(chute.port, json_lines([{"message": "a\nb", "password": SECRET}]))
    one, = seen_events(answer, 1)
    assert one["pipeline"] == "main" and one["event"]["message"] == "a\nb" and SECRET not in json.dumps(one)
    answer.connection_kept.close()
    wait_for(lambda: chute.api("/_logchute/page.json")["tail_watchers"] == 0, what="nobody watching")


def test_watchers_are_limited(chute):
    clients = [stream(chute) for _ in range(8)]
    assert chute.ask("/_logchute/tail")[0] == 503
    for client in clients:
        client.connection_kept.close()
    wait_for(lambda: chute.api("/_logchute/page.json")["tail_watchers"] == 0, what="nobody watching")
    answer = stream(chute)
    assert answer.status == 200
    answer.connection_kept.close()


def test_who_does_not_read_holds_nothing_up(chute, is_sanitized):
    """A watcher that reads nothing misses events; all of them come through, and memory is bounded."""
    sleeper = socket.create_connection(("127.0.0.1", chute.api_port))
    sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.sendall(b"GET /_logchute/tail HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_for(lambda: chute.api("/_logchute/page.json")["tail_watchers"] == 1, what="a watcher")
    before, count = chute.memory_kb("VmRSS"), 20000
    lines = json_lines({"message": "%d %s" % (i, "x" * 2000)} for i in range(1000))
    for _ in range(count // 1000):
        send_tcp(chute.port, lines)
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["out"] == count, what="all events")
    assert is_sanitized or chute.memory_kb("VmRSS") < before + 24000
    other = stream(chute)
    is_found = threading.Event()

    def send_until_found():
        """What comes while a megabyte waits for the tail's next turn is left out."""
        while not is_found.wait(0.05):
            send_tcp(chute.port, json_lines([{"message": "still there"}]))

    sender = threading.Thread(target=send_until_found)
    sender.start()
    try:
        assert any(seen_events(other, 1)[0]["event"]["message"] == "still there" for _ in range(count))
    finally:
        is_found.set()
        sender.join()
    other.connection_kept.close()
    sleeper.close()


def test_the_try_out_of_a_plain_client(chute):
    status, _, body = chute.ask("/_logchute/redact", "POST", "password=%s" % SECRET)
    answer = json.loads(body)
    assert status == 200 and SECRET not in body
    assert answer == {"parts": [{"text": "password="}, {"kind": "key_value", "length": len(SECRET)}], "findings": {"key_value": 1}, "count": 1}
    assert json.loads(chute.ask("/_logchute/redact", "POST", "")[2]) == {"parts": [], "findings": {}, "count": 0}
    assert chute.ask("/_logchute/redact")[0] == 404, "only by POST"
    assert json.loads(chute.ask("/_logchute/redact", "POST", b"caf\xe9 token=abc")[2])["parts"][0]["text"].startswith("caf\ufffd")
