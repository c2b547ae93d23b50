"""The HTTP API: Logstash's shapes, who may ask for what, and where it listens."""
import base64
import http.client
import json
import os
import socket
import subprocess

import pytest

from support import free_port, wait_for

PIPELINE = """
input { generator { message => "x" count => 3 } tcp { host => "127.0.0.1" port => %d codec => json_lines } }
filter {
  if [message] == "y" { drop { id => "dropper" } } else if [a] { mutate { add_tag => ["y"] } }
  redact { }
}
output { if [b] { null { } } stdout { codec => json_lines id => "out" } }
"""


@pytest.fixture
def chute(logchute, port):
    chute = logchute(PIPELINE % port)
    wait_for(lambda: len(chute.events()) == 3, what="three events")
    return chute


def test_the_node(chute):
    root = chute.api("/")
    assert root["version"].startswith("8.19.")
    assert root["http_address"] == "127.0.0.1:%d" % chute.api_port
    assert root["host"] == root["name"] == socket.gethostname()
    assert root["status"] == "green" and root["snapshot"] is False
    assert root["pipeline"]["batch_size"] == 1000
    assert len(root["id"]) == len(root["ephemeral_id"]) == 36
    node = chute.api("/_node")
    assert {"pipelines", "os", "jvm"} <= set(node) and node["id"] == root["id"]
    assert node["jvm"]["pid"] == chute.process.pid and isinstance(node["jvm"]["version"], str)
    assert node["os"]["name"] == "Linux" and node["os"]["available_processors"] == os.cpu_count()
    assert "jvm" not in chute.api("/_node/os") and "os" in chute.api("/_node/os,jvm")
    main = chute.api("/_node/pipelines/main")["pipelines"]["main"]
    assert main == node["pipelines"]["main"] == chute.api("/_node/pipelines")["pipelines"]["main"]
    assert len(main["hash"]) == 64 and main["batch_delay"] == 5 and main["dead_letter_queue_enabled"] is True
    plugins = chute.api("/_node/plugins")
    names = [p["name"] for p in plugins["plugins"]]
    assert plugins["total"] == len(names) and names == sorted(names) and "logstash-input-tcp" in names


def test_the_id_outlives_a_restart(chute):
    before = chute.api("/")
    chute.stop()
    chute.start()
    after = chute.api("/")
    assert before["id"] == after["id"] and before["ephemeral_id"] != after["ephemeral_id"]


def test_the_graph(chute):
    graph = chute.api("/_node/pipelines?graph=true")["pipelines"]["main"]["graph"]["graph"]
    vertices = {v["id"]: v for v in graph["vertices"]}
    kinds = sorted(v["type"] for v in vertices.values())
    assert kinds == ["if"] * 3 + ["plugin"] * 7 + ["queue"]
    assert vertices["dropper"]["meta"]["source"]["line"] == 4 and vertices["dropper"]["explicit_id"] is True

    def after(start, when=None):
        return sorted(vertices[e["to"]].get("config_name", vertices[e["to"]]["type"]) for e in graph["edges"]
                      if e["from"] == start and e.get("when") == when)
    first, second, third = ("if_4_3", next(e["to"] for e in graph["edges"] if e["from"] == "if_4_3" and e["when"] is False),
                            "if_7_10")
    assert after("__QUEUE__") == ["if"]
    assert after(first, True) == ["drop"] and after(first, False) == ["if"]
    assert after(second, True) == ["mutate"] and after(second, False) == ["redact"]
    assert after("dropper") == ["redact"]
    redact = next(v["id"] for v in vertices.values() if v.get("config_name") == "redact")
    assert after(redact) == ["if", "stdout"] and after(third, True) == ["null"] and after(third, False) == []


def test_what_is_not_there(chute):
    for path in ("/nope", "/_node/nope", "/_node/pipelines/nope", "/_node/os/more", "/_node//"):
        status, headers, body = chute.ask(path)
        assert (status, headers["content-type"]) == (404, "application/json")
        assert json.loads(body) == {"path": path, "status": 404, "error": {"message": "Not Found"}}
    assert chute.ask("/", "DELETE")[0] == 404
    assert chute.ask("/_node/os/")[0] == 200


def test_pretty(chute):
    _, _, body = chute.ask("/_node/os?pretty=true")
    assert body.startswith('{\n  "host" : "') and "\n  }\n}\n" in body
    assert json.loads(body) == chute.api("/_node/os?pretty=false")
    assert "\n" not in chute.ask("/_node/os?pretty=false")[2]


def test_head(chute):
    status, headers, body = chute.ask("/_node/os", "HEAD")
    assert (status, body) == (200, "") and int(headers["content-length"]) > 100


def test_hot_threads(chute):
    hot = chute.api("/_node/hot_threads?threads=3")["hot_threads"]
    assert hot["busiest_threads"] == len(hot["threads"]) == 3
    assert all(t["state"] in ("runnable", "waiting", "blocked") and t["traces"] == [] for t in hot["threads"])
    _, headers, text = chute.ask("/_node/hot_threads?human=true")
    assert headers["content-type"] == "text/plain" and "thread name: 'inputs'" in text


# ------------------------------------------------------------------ the log's level


def put(chute, path, body=None, **headers):
    status, _, answer = chute.ask(path, "PUT", body, {k.replace("_", "-"): v for k, v in headers.items()})
    return status, json.loads(answer)


def test_the_level_of_the_log(chute):
    assert chute.api("/_node/logging")["loggers"]["logstash.inputs.tcp"] == "INFO"
    status, answer = put(chute, "/_node/logging", '{"logger.logstash.outputs.elasticsearch": "ERROR"}')
    assert (status, answer["acknowledged"]) == (200, True)
    assert set(chute.api("/_node/logging")["loggers"].values()) == {"ERROR"}
    assert put(chute, "/_node/logging/reset")[0] == 200
    assert set(chute.api("/_node/logging")["loggers"].values()) == {"INFO"}
    status, answer = put(chute, "/_node/logging", '{"logger.logstash": "DEBUG", "logger.a": "LOUD"}')
    assert (status, answer["error"]) == (400, "invalid level[LOUD] for logger[a]")
    status, answer = put(chute, "/_node/logging", '{"level": "DEBUG"}')
    assert (status, answer["error"]) == (400, "unrecognized option [level]")
    assert put(chute, "/_node/logging", "nonsense")[0] == put(chute, "/_node/logging", "[1]")[0] == 400
    assert chute.api("/_node/logging")["loggers"]["logstash"] == "INFO", "none of a bad request is taken"


# ------------------------------------------------------------------ who may ask


def test_no_page_elsewhere_asks_through_a_browser(chute):
    """A browser says in Origin which page asks, and in Host by which name it found us."""
    reset = "/_node/logging/reset"
    assert put(chute, reset, Origin="http://127.0.0.1:%d" % chute.api_port)[0] == 200
    for origin in ("http://evil.example", "http://127.0.0.1:1", "null"):
        assert put(chute, reset, Origin=origin)[0] == 403, origin
    for host in ("evil.example", "evil.example:%d" % chute.api_port, "127.0.0.1.evil.example", "localhost.evil.example"):
        assert put(chute, reset, Host=host)[0] == 403, host
        assert chute.ask("/_node/pipelines", headers={"Host": host})[0] == 403, host
    for host in ("localhost", "localhost:9600", "127.0.0.1", "[::1]:9600", "10.1.2.3"):
        assert put(chute, reset, Host=host)[0] == 200, host
        assert chute.ask("/_node/pipelines", headers={"Host": host})[0] == 200, host
    assert chute.ask("/_node/pipelines", headers={"Origin": "http://evil.example"})[1].get("access-control-allow-origin") is None


def test_beyond_loopback_any_host_may_read(logchute, port):
    chute = logchute(PIPELINE % port, "--api.http.host", "0.0.0.0")
    assert chute.ask("/_node/pipelines", headers={"Host": "logs.example:9600"})[0] == 200
    assert put(chute, "/_node/logging/reset", Host="logs.example:9600")[0] == 403
    assert put(chute, "/_node/logging/reset")[0] == 200, "from loopback"


def basic(name, password):
    return "Basic " + base64.b64encode(("%s:%s" % (name, password)).encode()).decode()


def test_auth(logchute, port):
    chute = logchute(PIPELINE % port, "--api.http.host", "0.0.0.0", "--api.auth.type", "basic",
                     "--api.auth.basic.username", "ann", env={"API_AUTH_BASIC_PASSWORD": "s3cr3t: of ours"})
    good = basic("ann", "s3cr3t: of ours")
    for wrong in (None, "", "Basic", "Basic ", good[:-1], good + "x", basic("ann", "s3cr3t"), basic("bob", "s3cr3t: of ours"),
                  good.replace("Basic", "Bearer")):
        status, headers, body = chute.ask("/_node", headers={"Authorization": wrong} if wrong is not None else {})
        assert (status, headers["www-authenticate"]) == (401, 'Basic realm="logstash-api"'), wrong
        assert json.loads(body)["error"] == {"message": "Unauthorized"}
    assert chute.ask("/nope")[0] == 401, "nor does it tell what there is"
    assert chute.ask("/_node", headers={"authorization": good.replace("Basic", "bASIC")})[0] == 200
    assert put(chute, "/_node/logging/reset", Authorization=good, Host="logs.example")[0] == 200
    assert put(chute, "/_node/logging/reset", Authorization=good, Host="a", Origin="http://b")[0] == 403
    assert put(chute, "/_node/logging/reset")[0] == 401
    assert "s3cr3t" not in chute.stderr()


def test_auth_needs_a_name_and_a_password(binary, tmp_path):
    done = subprocess.run([binary, "-e", "output { null { } }", "--path.data", str(tmp_path), "--api.auth.type", "basic",
                           "--api.auth.basic.username", "ann"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=30)
    assert done.returncode == 1 and "api.auth.basic.password" in done.stderr


def test_slow_and_huge_requests_are_bounded(chute):
    """tests/unit/net/test_http_server.c has the cases; here are the API's own limits."""
    assert chute.ask("/", headers={"X-Long": "x" * 20000})[0] == 431
    assert chute.ask("/" + "x" * 20000)[0] == 431
    assert chute.ask("/_node/logging", "PUT", "x" * (65 << 10))[0] == 413
    clients = [socket.create_connection(("127.0.0.1", chute.api_port)) for _ in range(140)]
    for client in clients:
        client.settimeout(30)
        client.sendall(b"GET / HT")
    refused = 0
    for client in clients[128:]:
        try:
            refused += client.recv(1) == b""
        except ConnectionError:
            refused += 1
    assert refused == 12, "the 129th and all after it"
    assert clients[0].recv(1000).startswith(b"HTTP/1.1 408 "), "one that never ends its request is refused after a while"
    for client in clients:
        client.close()

    def answers():
        try:
            return chute.ask("/")[0] == 200
        except (OSError, http.client.HTTPException):
            return False
    wait_for(answers, what="room again")


# ------------------------------------------------------------------ where it listens


def test_the_first_free_port_of_a_range(logchute, port):
    first = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first))
        taken.listen()
        chute = logchute(PIPELINE % port, "--api.http.port", "%d-%d" % (first, first + 20))
    started = next(r for r in chute.log() if r["message"] == "pipeline started")
    there = int(started["api"].split(":")[1])
    assert first < there <= first + 20
    assert json.loads(chute.ask("/", port=there)[2])["http_address"] == started["api"]


def test_a_taken_port_is_fatal(logchute, port):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        chute = logchute(PIPELINE % port, "--api.http.port", str(taken.getsockname()[1]), start=False)
        chute.launch()
        code, last = chute.wait()
    assert code == 1 and last["message"] == "the HTTP API cannot listen" and "--api.http.port" in last["hint"]


def test_without_an_api(logchute, port):
    chute = logchute(PIPELINE % port, "--api.enabled", "false")
    assert "api" not in next(r for r in chute.log() if r["message"] == "pipeline started")
    with socket.socket() as s:
        assert s.connect_ex(("127.0.0.1", chute.api_port)) != 0
    assert chute.stop()[0] == 0


def test_a_stop_does_not_wait_for_idle_clients(chute):
    clients = [socket.create_connection(("127.0.0.1", chute.api_port)) for _ in range(3)]
    clients[0].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert clients[0].recv(15) == b"HTTP/1.1 200 OK"
    clients[1].sendall(b"GET / HT")
    code, last = chute.stop(seconds=5)
    assert code == 0 and last["message"] == "stopped"
    for client in clients:
        client.close()
