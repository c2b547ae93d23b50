"""No secret of the configuration shows: in no answer of the API, no line of the log at its most talkative, no error."""
import base64
import json
import os
import re
import subprocess

import pytest

from support import ROOT, send_tcp, wait_for

CANARY = "c4naryS3cr3t"
# What else a plugin needs, so that the option takes effect. A new plugin with a secret goes here.
BASES = {
    ("filter", "redact"): "",
    ("output", "elasticsearch"): "hosts => ['https://127.0.0.1:PORT'] manage_template => false",
    ("output", "opensearch"): "hosts => ['https://127.0.0.1:PORT'] manage_template => false",
}
# How an option is written; without a row: as a text. None: not alone.
FORMS = {
    "password": "user => 'ann' password => 'CANARY'",
    "cloud_auth": "cloud_auth => 'ann:CANARY'",
    "key": "action => { 'email' => 'hash' } key => 'CANARY'",
    "ssl_key_passphrase": None,
}
URLS = {"hosts": "hosts => ['http://ann:CANARY@127.0.0.1:PORT'] manage_template => false",
        "proxy": "proxy => 'http://ann:CANARY@127.0.0.1:PORT'"}
PATHS = ["/", "/_node?graph=true", "/_node/pipelines/main?graph=true", "/_node/plugins", "/_node/stats?vertices=true",
         "/_node/stats/pipelines/main?vertices=true&pretty", "/_node/hot_threads", "/_node/logging", "/_health_report", "/metrics",
         "/health/live", "/health/ready", "/_logchute/page.css",
         "/_logchute/page.js", "/_logchute/page.json", "/nope"]


def secret_options():
    """Every option of every plugin that is marked as a secret, as the program itself tells."""
    binary = os.path.abspath(os.environ.get("LOGCHUTE", os.path.join(ROOT, "build/logchute")))
    if not os.access(binary, os.X_OK):
        return []
    reference = json.loads(subprocess.run([binary, "docs", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    return [(p["kind"], p["name"], o["name"], o.get("state", "ok")) for p in reference["plugins"] for o in p["options"]
            if o.get("secret")]


SECRETS = secret_options()
SUPPORTED = [s[:3] for s in SECRETS if s[3] in ("ok", "deprecated") and FORMS.get(s[2], "") is not None]
SUPPORTED += [("output", "elasticsearch", name) for name in URLS]


def test_there_are_secrets():
    assert len(SECRETS) >= 8 and len(SUPPORTED) >= 8
    assert {s[:2] for s in SECRETS} <= set(BASES)


def section(kind, body):
    sections = {"input": "tcp { host => '127.0.0.1' port => TCP }", "filter": "", "output": "null { }"}
    sections[kind] += " " + body
    return "\n".join("%s { %s }" % pair for pair in sections.items())


def configuration(kind, name, option, port, tcp):
    form = URLS.get(option) or FORMS.get(option) or option + " => 'CANARY'"
    base = "" if option == "hosts" else BASES[kind, name]
    return section(kind, "%s { %s %s }" % (name, base, form)).replace("CANARY", CANARY).replace("PORT", str(port)).replace("TCP", str(tcp))


@pytest.mark.parametrize("kind, name, option", SUPPORTED)
def test_nothing_shows_it(logchute, port, unused_port, kind, name, option):
    config = configuration(kind, name, option, unused_port, port)
    assert CANARY in config
    chute = logchute(config, "--log.level", "trace")
    for path in PATHS:
        for method in ("GET", "PUT"):
            status, headers, body = chute.ask(path, method, body="{}" if method == "PUT" else None)
            assert CANARY not in body and CANARY not in str(headers), path
            assert method == "PUT" or status == (404 if path == "/nope" else 200), path
    if kind == "output":  # also when it has to say why it fails
        send_tcp(port, b"x\n")
        wait_for(lambda: re.search("failed_deliveries_in_a_row.*name=\"%s\".* [1-9]" % name, chute.ask("/metrics")[2]), what="a failure")
    chute.kill()
    for text in (CANARY, base64.b64encode(CANARY.encode()).decode()[:-4], base64.b64encode(b"ann:" + CANARY.encode()).decode()[:-4]):
        assert text not in chute.stderr()
    with open(chute.out, encoding="utf-8", errors="replace") as f:
        assert CANARY not in f.read()
    done = subprocess.run([chute.binary, "-t", "-f", chute.config, "--path.data", chute.data, "--log.level", "trace"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and CANARY not in done.stdout


def refuse(binary, tmp_path, text, *args):
    """What the program says to a configuration that is wrong, in both forms."""
    path = tmp_path / "wrong.conf"
    path.write_text(text)
    said = ""
    for form in ("plain", "json"):
        done = subprocess.run([binary, "-f", str(path), "--path.data", str(tmp_path / "data"), "--log.format", form, "--log.level",
                               "trace", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=30)
        assert done.returncode == 1, done.stdout
        said += done.stdout
    return said


@pytest.mark.parametrize("kind, name, option, state", SECRETS)
def test_no_error_quotes_it(binary, tmp_path, kind, name, option, state):
    """A line of the configuration is quoted with each error: whatever else is wrong in it."""
    written = option + " => '" + CANARY + "'"
    for body in (written + " nope => 1",  # an unknown option beside it
                 option + " => { 'a' => '" + CANARY + "' } nope => 1",  # of a wrong type
                 option + " => [ '" + CANARY + "', 'b' ] nope => 1",
                 written + " $$ nonsense",  # no grammar
                 "nope => 1 " + option + "=>" + CANARY,
                 written + " " + written + " nope => '${NOT_SET_ANYWHERE}'"):
        said = refuse(binary, tmp_path, section(kind, "%s { %s }" % (name, body)).replace("TCP", "1"))
        assert "error" in said and CANARY not in said, said


@pytest.mark.parametrize("body", [
    "hosts => ['http://ann:CANARY@127.0.0.1:99999999']", "hosts => ['http://ann:CANARY@']", "hosts => 'ftp://ann:CANARY@h'",
    "hosts => ['https://ann:CANARY@h'] user => 'ann' password => 'x' api_key => 'a:b'", "proxy => 'nonsense://ann:CANARY@h'",
    "hosts => ['http://ann:CANARY@h'] ssl_enabled => true", "cloud_id => 'x' cloud_auth => 'CANARY'", "api_key => 'CANARY' hosts => 'http://h'"])
def test_no_error_quotes_the_user_of_an_url(binary, tmp_path, body):
    text = section("output", "elasticsearch { %s nope => 1 }" % body).replace("CANARY", CANARY).replace("TCP", "1")
    assert CANARY not in refuse(binary, tmp_path, text)


def test_no_error_quotes_the_password_of_the_api(binary, tmp_path):
    text = section("output", "nope { }").replace("TCP", "1")
    (tmp_path / "logstash.yml").write_text("{ api.auth.type: basic, api.auth.basic.username: ann, api.auth.basic.password: %s, nope: 1 }" % CANARY)
    said = refuse(binary, tmp_path, text, "--path.settings", str(tmp_path))
    assert "unknown setting" in said and CANARY not in said
    said = refuse(binary, tmp_path, text, "--api.auth.type", "basic", "--api.auth.basic.password", CANARY)
    assert "needs a name" in said and CANARY not in said


def test_every_path_is_asked(logchute, port):
    """The list above has every path of the table of routes."""
    with open(os.path.join(ROOT, "pipeline/serve/routes.c"), encoding="utf-8") as f:
        routes = re.findall(r'\{ "(?:GET|PUT)", "([^"]+)"', f.read())
    asked = {path.split("?")[0] for path in PATHS}
    others = ("/_node/logging/reset", "/_logchute/tail", "/_logchute/search")  # the latter two show events
    assert len(routes) >= 15
    for route in routes:
        if route.endswith("*"):
            assert any(path.startswith(route[:-1]) and path != route[:-1] for path in asked), route
        else:
            assert route in asked or route in others, route
