"""No secret of the configuration shows: in no answer of the API, no line of the log at its most talkative, no error."""
import base64
import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from conftest import skip
from support import ROOT, free_port, send_tcp, wait_for

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
    "auth_type": "auth_type => { type => basic user => ann password => 'CANARY' }",
    "cloud_auth": "cloud_auth => 'ann:CANARY'",
    "key": "action => { 'email' => 'hash' } key => 'CANARY'",
    "ssl_key_passphrase": None,
}
PATHS = ["/", "/_node?graph=true", "/_node/pipelines/main?graph=true", "/_node/plugins", "/_node/stats?vertices=true",
         "/_node/stats/pipelines/main?vertices=true&pretty", "/_node/hot_threads", "/_node/logging", "/_health_report", "/metrics",
         "/health/live", "/health/ready", "/_logchute/page.css",
         "/_logchute/page.js", "/_logchute/page.json", "/nope"]


# Names of secrets, and those that are none: paths of files, forms, switches.
RISKY = re.compile("pass|secret|token|credential|auth|key$|^key|_key")
HARMLESS = {"ssl_key", "tls_key", "ssl_certificate_authorities"}
# Names of options that may be given an URL, with somebody's password in it.
URL = re.compile("^(hosts?|proxy|url|uri|urls)$|_ur[il]$")


def options():
    """Every option of every plugin, as the program itself tells: kind, plugin, option."""
    binary = os.path.abspath(os.environ.get("LOGCHUTE", os.path.join(ROOT, "build/logchute")))
    if not os.access(binary, os.X_OK):
        return []
    reference = json.loads(subprocess.run([binary, "docs", "--json"], stdout=subprocess.PIPE, check=True).stdout)
    return [(p["kind"], p["name"], o) for p in reference["plugins"] for o in p["options"]]


OPTIONS = options()
SECRETS = [(kind, name, o["name"], o.get("state", "ok")) for kind, name, o in OPTIONS if o.get("secret")]
SUPPORTED = [s[:3] for s in SECRETS if s[3] in ("ok", "deprecated") and FORMS.get(s[2], "") is not None]
URLS = [(kind, name, o["name"], o["type"]) for kind, name, o in OPTIONS
        if URL.search(o["name"]) and o.get("state", "ok") in ("ok", "deprecated") and o["type"] in ("string", "list", "template", "any")]


def test_there_are_secrets():
    assert len(SECRETS) >= 8 and len(SUPPORTED) >= 7 and len(URLS) >= 7
    assert {s[:2] for s in SECRETS} <= set(BASES)


def test_what_sounds_like_a_secret_is_marked_as_one():
    for kind, name, option in OPTIONS:
        texts = option.get("type") in ("string", "list", "hash", "template", "any")
        if RISKY.search(option["name"]) and texts and option.get("state", "ok") in ("ok", "deprecated"):
            assert option.get("secret") or option["name"] in HARMLESS, (kind, name, option["name"])


def section(kind, body):
    sections = {"input": "tcp { host => '127.0.0.1' port => TCP }", "filter": "", "output": "null { }"}
    sections[kind] += " " + body
    return "\n".join("%s { %s }" % pair for pair in sections.items())


def configuration(kind, name, option, port, tcp):
    form = FORMS.get(option) or option + " => 'CANARY'"
    return fill_in(section(kind, "%s { %s %s }" % (name, BASES[kind, name], form)), port, tcp)


def fill_in(text, port, tcp):
    return text.replace("CANARY", CANARY).replace("PORT", str(port)).replace("TCP", str(tcp))


def assert_hidden(said):
    """Neither as it is nor as a header has it."""
    for text in (CANARY, *(base64.b64encode(words.encode()).decode()[:-4] for words in (CANARY, "ann:" + CANARY))):
        assert text not in said, said


def ask_everything(chute, headers=None, statuses=(200,)):
    for path in PATHS:
        for method in ("GET", "PUT"):
            status, got, body = chute.ask(path, method, body="{}" if method == "PUT" else None, headers=headers)
            assert_hidden(body + str(got))
            assert method == "PUT" or status in statuses or path == "/nope", path


def expect_failure(chute, name, tcp):
    """The output has to say why it fails."""
    send_tcp(tcp, b"x\n")
    wait_for(lambda: re.search("failed_deliveries_in_a_row.*name=\"%s\".* [1-9]" % name, chute.ask("/metrics")[2]), what="a failure")


def assert_nothing_is_left(chute):
    """All that it wrote, and what a check of the same configuration says."""
    assert_hidden(chute.stderr())
    for folder in (chute.folder, chute.data):
        for found in os.listdir(folder):
            path = os.path.join(folder, found)
            if os.path.isfile(path) and path != chute.config:
                with open(path, encoding="utf-8", errors="replace") as f:
                    assert_hidden(f.read())
    done = subprocess.run([chute.binary, "-t", "-f", chute.config, "--path.data", chute.data, "--log.level", "trace"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=chute.env)
    assert done.returncode == 0
    assert_hidden(done.stdout)


@pytest.mark.parametrize("kind, name, option", SUPPORTED)
def test_nothing_shows_it(logchute, port, unused_port, kind, name, option):
    config = configuration(kind, name, option, unused_port, port)
    assert CANARY in config
    chute = logchute(config, "--log.level", "trace")
    ask_everything(chute)
    if kind == "output":
        expect_failure(chute, name, port)
        ask_everything(chute)
    chute.end()
    assert_nothing_is_left(chute)


@pytest.mark.parametrize("kind, name, option", [s for s in SUPPORTED if s[0] == "output"][:3])
def test_nothing_shows_one_of_the_environment(logchute, port, unused_port, kind, name, option):
    config = configuration(kind, name, option, unused_port, port).replace(CANARY, "${CHUTE_TEST_SECRET}")
    chute = logchute(config, "--log.level", "trace", env={"CHUTE_TEST_SECRET": CANARY})
    ask_everything(chute)
    expect_failure(chute, name, port)
    chute.end()
    assert_nothing_is_left(chute)


@pytest.mark.parametrize("kind, name, option, type", URLS)
@pytest.mark.parametrize("url", ["http://ann:CANARY@127.0.0.1:PORT", "ann:CANARY@127.0.0.1:PORT"])
def test_nothing_shows_the_user_of_an_url(logchute, port, unused_port, kind, name, option, type, url):
    """Whether the option takes it or not."""
    needs = "" if kind == "output" else "port => TCP"
    more = "" if option == "hosts" else BASES.get((kind, name), "")
    value = "['%s']" % url if type == "list" else "'%s'" % url
    config = fill_in(section(kind, "%s { %s %s %s => %s }" % (name, needs, more, option, value)), unused_port, port)
    chute = logchute(config.replace("port => %d" % port, "port => %d" % free_port(), 1) if kind == "input" else config, "--log.level",
                     "trace", start=False)
    chute.launch()
    wait_for(lambda: chute.process.poll() is not None or chute.said("pipeline started"), what="the start, or its end")
    if chute.process.poll() is None:
        ask_everything(chute)
        if kind == "output":
            expect_failure(chute, name, port)
            ask_everything(chute)
        chute.end()
        assert_nothing_is_left(chute)
    assert len(chute.stderr()) > 20
    assert_hidden(chute.stderr())


def test_nothing_shows_a_passphrase(logchute, tmp_path, port, unused_port):
    """The right one, and a wrong one."""
    if not shutil.which("openssl"):
        skip("a key with a passphrase needs openssl")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:" + CANARY, "-keyout", key, "-out", certificate,
                    "-subj", "/CN=test", "-days", "2"], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    for passphrase in (CANARY, CANARY + "x"):
        chute = logchute(section("output", "elasticsearch { hosts => 'https://127.0.0.1:%d' manage_template => false ssl_certificate =>"
                                 " '%s' ssl_key => '%s' ssl_key_passphrase => '%s' }" % (unused_port, certificate, key, passphrase))
                         .replace("TCP", str(port)), "--log.level", "trace", start=False)
        chute.launch()
        wait_for(lambda: chute.process.poll() is not None or chute.said("pipeline started"), what="the start, or its end")
        if chute.process.poll() is None:
            expect_failure(chute, "elasticsearch", port)
            ask_everything(chute)
            chute.end()
            assert_nothing_is_left(chute)
        assert_hidden(chute.stderr())


def test_nothing_shows_the_password_of_the_api(logchute, port):
    words = ["--api.auth.type", "basic", "--api.auth.basic.username", "ann"]
    chute = logchute(section("output", "").replace("TCP", str(port)), "--log.level", "trace", *words,
                     env={"API_AUTH_BASIC_PASSWORD": CANARY})
    for password in (CANARY, "wrong"):
        header = base64.b64encode(b"ann:" + password.encode()).decode()
        ask_everything(chute, {"Authorization": "Basic " + header}, (200, 401))
    assert chute.ask("/", headers={"Authorization": "Basic " + base64.b64encode(b"ann:" + CANARY.encode()).decode()})[0] == 200
    for ask in (["--ready"], ["--url", "http://127.0.0.1:%d/_node" % chute.api_port], ["--nope"], ["--api.http.port", "none"]):
        done = subprocess.run([chute.binary, "healthcheck", "--path.data", chute.data, *words, *ask], env=chute.env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=20)
        assert_hidden(done.stdout)
    chute.end()
    assert_nothing_is_left(chute)


def test_a_crash_says_nothing(logchute, port, unused_port):
    chute = logchute(configuration("output", "elasticsearch", "password", unused_port, port), "--log.level", "trace")
    send_tcp(port, b"x\n")
    chute.process.send_signal(signal.SIGABRT)
    assert chute.process.wait(20) == -signal.SIGABRT
    assert_hidden(chute.stderr())


@pytest.mark.parametrize("kind, name, option", SUPPORTED)
def test_test_cases_do_not_show_it(binary, tmp_path, kind, name, option):
    """`logchute test`: what failed, and a configuration that is wrong."""
    (tmp_path / "case.json").write_text('{"testcases":[{"input":["x"],"expected":[{"nothing":"like it"}]}]}')
    for more in ("", " nope => 1"):
        text = configuration(kind, name, option, 1, 1).replace(name + " { ", name + " { " + more)
        (tmp_path / "pipeline.conf").write_text(text)
        done = subprocess.run([binary, "test", str(tmp_path / "case.json"), str(tmp_path / "pipeline.conf")], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, cwd=tmp_path)
        assert done.returncode != 0 and len(done.stdout) > 20
        assert_hidden(done.stdout)


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
