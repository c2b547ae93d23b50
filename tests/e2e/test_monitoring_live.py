"""packaging/prometheus, packaging/alertmanager and packaging/grafana against what is really exposed: node-exporter, mysqld-exporter
with MariaDB, the application and logchute, scraped by a real Prometheus with the shipped configuration. Only cAdvisor cannot run
here; see monitoring.Cadvisor."""
import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import time
import types

import pytest

from conftest import skip, unpack_program
from grafana import dashboards, filled, panels, values_of
from monitoring import (Alertmanager, Cadvisor, Exporter, Listener, MariaDB, Prometheus, Server, each_second, forty_times_faster,
                        rules, started, write_alertmanager, write_prometheus)
from support import FakeEngine, Logchute, free_port, json_lines, send_tcp, wait_for

pytestmark = pytest.mark.xdist_group("monitoring")
# Which job has the series of a name. `up` is Prometheus's own, of each job.
JOBS = {"http": "application", "db": "application", "health": "application", "mysql": "mysql", "node": "node",
        "container": "cadvisor", "logchute": "logchute"}
PIPELINE = """
input { tcp { id => "application" host => "127.0.0.1" port => %(tcp)d codec => json_lines } }
filter {
  redact { id => "hide_secrets" }
  if [level] == "debug" { drop { id => "drop_debug" } }
}
output {
  elasticsearch {
    id => "search" hosts => ["http://127.0.0.1:%(engine)d"] manage_template => false retry_initial_interval => 1
  }
}
"""
# What has data after all else: two scrapes, then rules that build upon rules.
LAST_TO_COME = (
    "job:http_errors:rate5m > 0", "rate(logchute_plugin_events_dead_lettered_total[1m]) > 0",
    "rate(logchute_plugin_events_retried_total[1m]) > 0", "id:logchute_plugin_duration_seconds:p99_rate5m",
    "job:error_budget:burn_rate3d_and_6h", "job:error_budget:remaining_ratio", "instance:mysql_buffer_pool:hit_ratio_rate5m",
    "name:container_cpu_usage_seconds:rate5m")
# In an expression: a threshold, what is no series, and a series.
THRESHOLD = re.compile(r"(?:[=!<>]=|[<>])\s*-?[\d.]+")
NO_SERIES = re.compile(r'\b(?:by|on|without|ignoring) ?\([^)]*\)|\[[^]]*\]|"[^"]*"|\boffset \w+')
SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)(\{[^}]*\})")
BARE = re.compile(r"\b([a-zA-Z_:][\w:]*)(?![\w:]|\s*\()")
WORDS = {"or", "and", "unless", "bool"}


def selectors_of(expr):
    """The series that an expression names, with their matchers."""
    with_matchers = {"".join(pair) for pair in SELECTOR.findall(expr)}
    rest = NO_SERIES.sub(" ", SELECTOR.sub(" ", expr))
    return with_matchers | {name for name in BARE.findall(rest) if name not in WORDS}


@pytest.mark.parametrize("expr, selectors", [
    ('sum by (job, le) (rate(a_bucket{status=~"5.."}[5m])) or b:c:d * 0', {'a_bucket{status=~"5.."}', "b:c:d"}),
    ('sum by (x) (label_replace(rate(a[5m]), "class", "${1}xx", "status", "(.)..")) / (b > 0)', {"a", "b"}),
    ('avg_over_time(a:b:c[30m] offset 1w) > 0.1 and on (job) absent(up{job="x"})', {"a:b:c", 'up{job="x"}'})])
def test_selectors_are_found(expr, selectors):
    assert selectors_of(expr) == selectors


class Application(Server):
    """The example application of packaging/node, which logs to a logchute."""

    def __init__(self, folder, package, chute):
        port = free_port()
        super().__init__("application", folder, ["node", os.path.join(package, "example/app.js")], port,
                         env={"PORT": str(port), "LOGCHUTE_HOST": "127.0.0.1", "LOGCHUTE_PORT": str(chute.tcp)})

    def visit(self, path, times=1):
        """Requests, whatever is answered."""
        for _ in range(times):
            try:
                self.ask(path)
            except OSError:
                pass


def make_logchute(binary, folder):
    """One with an engine that refuses some events for good, and others once."""
    tcp, engine, busy = free_port(), free_port(), itertools.cycle([429, 201])
    FakeEngine(engine, lambda document: 400 if b'"bad"' in document else next(busy) if b'"busy"' in document else 201).start()
    os.mkdir(folder)
    chute = Logchute(binary, folder, PIPELINE % {"tcp": tcp, "engine": engine})
    chute.tcp, chute.address = tcp, "127.0.0.1:%d" % chute.api_port
    return chute


def send_events(chute):
    """All that its metrics tell of: a secret, an address, a drop, a refusal for good, one that is tried again."""
    send_tcp(chute.tcp, json_lines([
        {"level": "info", "message": "password=hunter2"}, {"level": "debug", "message": "x"}, {"level": "info", "message": "bad"},
        {"level": "info", "message": "busy"}, {"level": "info", "message": "ann@example.org logged in"}]))


def backfill(promtool, folder, data):
    """What Prometheus would have recorded in the last week, as far as rules look back for more than a few minutes: 5 requests a
    second of which one in 200 fails."""
    now = int(time.time()) // 300 * 300
    times = [now - 604800 + i * 300 for i in range(-12, 3)] + [now - i * 300 for i in range(36, 0, -1)]
    lines = ["# TYPE job:http_requests:rate5m gauge"] + ['job:http_requests:rate5m{job="application"} 5 %d' % at for at in times]
    lines += ["# TYPE job:http_errors:rate5m gauge"] + ['job:http_errors:rate5m{job="application"} 0.025 %d' % at for at in times]
    path = os.path.join(folder, "history.txt")
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n# EOF\n")
    done = subprocess.run([promtool, "tsdb", "create-blocks-from", "openmetrics", path, data], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def stack(binary, node_package, tmp_path_factory):
    """Everything that is scraped, and a Prometheus that scrapes it each second, with the shipped rules and a past."""
    programs = {name: unpack_program(package, name, *libraries) for package, name, *libraries in (
        ("prometheus", "prometheus"), ("prometheus", "promtool"), ("prometheus-node-exporter", "prometheus-node-exporter"),
        ("prometheus-mysqld-exporter", "prometheus-mysqld-exporter"),
        ("mariadb-server-core", "mariadbd", "liburing2", "libaio1", "libnuma1"))}
    folder = str(tmp_path_factory.mktemp("live"))
    here = types.SimpleNamespace(programs=programs)
    with contextlib.ExitStack() as ends:
        database = started(ends, MariaDB(programs["mariadbd"], folder).bootstrap())
        here.logchute = make_logchute(binary, os.path.join(folder, "logchute"))
        ends.callback(here.logchute.end)
        here.logchute.start()
        here.application = started(ends, Application(folder, node_package, here.logchute))
        node, mysql = (started(ends, Exporter(name, folder, programs["prometheus-" + name], env)) for name, env in (
            ("node-exporter", None), ("mysqld-exporter", {"DATA_SOURCE_NAME": database.EXPORTER % database.port})))
        cadvisor = Cadvisor()
        ends.callback(cadvisor.stop)
        here.targets = {"application": here.application.address, "node": node.address, "cadvisor": cadvisor.address,
                        "mysql": mysql.address, "logchute": here.logchute.address}
        write_prometheus(folder, each_second, here.targets)
        here.prometheus = Prometheus(programs["prometheus"], folder)
        backfill(programs["promtool"], folder, here.prometheus.data)
        started(ends, here.prometheus)
        see_traffic(here)
        yield here


def see_traffic(here):
    """Requests and events until Prometheus has two scrapes with each, and its rules have been worked out from them."""
    missing = list(LAST_TO_COME)

    def is_seen():
        here.application.visit("/timelines", 5)
        here.application.visit("/error")
        here.application.visit("/timelines/none")
        send_events(here.logchute)
        missing[:] = [expr for expr in missing if not here.prometheus.query(expr)]
        return not missing

    try:
        wait_for(is_seen, 60, "traffic")
    except AssertionError as error:
        raise AssertionError("Prometheus has no data of %s" % missing) from error


def data_of(stack, expr, ask=Prometheus.query):
    """What an expression is, once it is something: on a busy machine a scrape may have come too late, and its series are gone until
    the next one."""
    return wait_for(lambda: ask(stack.prometheus, expr), 10, "data of " + expr)


def test_each_job_is_up(stack):
    def errors():
        return {target["labels"]["job"]: target["lastError"] for target in stack.prometheus.api("targets")["activeTargets"]}

    wait_for(lambda: errors() == dict.fromkeys(stack.targets, ""), 10, "all targets without an error")
    assert set(stack.targets) == {"application", "node", "cadvisor", "mysql", "logchute"}


def test_each_rule_is_worked_out(stack):
    loaded = [rule for group in stack.prometheus.api("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"]: rule["health"] + rule.get("lastError", "") for rule in loaded} == dict.fromkeys(
        [*rules("alert"), *rules("record")], "ok")


@pytest.mark.parametrize("name", rules("record"))
def test_each_recording_rule_has_data(stack, name):
    data_of(stack, rules("record")[name]["expr"])
    data_of(stack, name)


@pytest.mark.parametrize("name", rules("alert"))
def test_each_alert_has_data_but_for_its_threshold(stack, name):
    """Without the thresholds, each finds something: the series are there, and the labels of both sides of an operator match."""
    expr = rules("alert")[name]["expr"]
    stack.prometheus.query(expr)
    bare = THRESHOLD.sub("", expr)
    assert bare != expr
    data_of(stack, bare)


ALL_SELECTORS = sorted({selector for kind in ("alert", "record") for rule in rules(kind).values()
                        for selector in selectors_of(rule["expr"])})


def test_the_rules_name_series_of_each_job():
    assert len(ALL_SELECTORS) > 60 and {JOBS.get(name.split("_")[0]) for name in ALL_SELECTORS} >= set(JOBS.values())


@pytest.mark.parametrize("selector", ALL_SELECTORS)
def test_each_series_is_there(stack, selector):
    found = {labels.get("job") for labels, _ in data_of(stack, "count by (job) (%s)" % selector)}
    name = selector.split("{")[0]
    if ":" not in name and name != "up":
        assert found == {JOBS[name.split("_")[0]]}


PANELS = {"%s: %s" % (name, panel["title"]): (one, panel) for name, one in dashboards().items() for panel in panels(one)}


@pytest.mark.parametrize("which", PANELS)
def test_each_panel_has_data(stack, which):
    """As Grafana asks, with what its variables offer; and each label that a legend names is there."""
    dashboard, panel = PANELS[which]
    values = values_of(dashboard, stack.prometheus)
    assert all(values.values()), "a variable offers nothing: %s" % values
    for target in panel["targets"]:
        expr = filled(target["expr"], values)
        found = data_of(stack, expr, Prometheus.query if target["instant"] else Prometheus.query_range)
        wanted = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
        assert [labels for labels, _ in found if wanted - set(labels)] == [], "no label for %s" % target["legendFormat"]


@pytest.fixture
def alerting(stack, node_package, tmp_path_factory):
    """An application of its own, and the shipped rules and routes, 40 times faster, down to a listener. Only the application
    and the database are scraped: how full the disk of a test machine is pages nobody."""
    folder = str(tmp_path_factory.mktemp("alerting"))
    program = unpack_program("prometheus-alertmanager", "prometheus-alertmanager")
    if subprocess.run([*Alertmanager.NAME_SPACE, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        skip("Alertmanager's templates need a mount, which `unshare --map-root-user --mount` may not make here")
    with contextlib.ExitStack() as ends:
        here = types.SimpleNamespace(listener=Listener())
        ends.callback(here.listener.stop)
        here.application = started(ends, Application(folder, node_package, stack.logchute))
        write_alertmanager(folder, forty_times_faster, here.listener.url)
        here.alertmanager = started(ends, Alertmanager(program, folder))
        write_prometheus(folder, forty_times_faster, {"application": here.application.address, "mysql": stack.targets["mysql"]},
                         here.alertmanager.address, slow="mysql")
        # It looks for its first targets after 5 seconds, which here are minutes: ApplicationDown would find none. So the rules come
        # once there are targets.
        os.rename(folder + "/rules", folder + "/rules-later")
        here.prometheus = started(ends, Prometheus(stack.programs["prometheus"], folder, "--rules.alert.resend-delay=1s"))
        wait_for(lambda: here.prometheus.query("sum(up) == 2"), 15, "both targets")
        os.rename(folder + "/rules-later", folder + "/rules")
        here.prometheus.process.send_signal(signal.SIGHUP)
        wait_for(lambda: here.prometheus.api("rules")["groups"], 15, "the rules")
        yield here


def told(listener, receiver):
    """What a receiver was told: name of the alert, status, number of its instances."""
    return [(body["commonLabels"]["alertname"], body["status"], len(body["alerts"])) for body in listener.to("/webhook/" + receiver)]


def alerts_of(alertmanager, name):
    return [alert for alert in json.loads(alertmanager.ask("/api/v2/alerts")) if alert["labels"]["alertname"] == name]


def test_a_killed_application_is_one_page_and_its_return_one_resolve(alerting):
    application, prometheus, alertmanager = alerting.application, alerting.prometheus, alerting.alertmanager

    def errors_are_seen():
        application.visit("/error", 3)
        return prometheus.query("ALERTS{alertname='HighErrorRate',alertstate='pending'}")

    # Many errors, but not for as long yet as HighErrorRate wants.
    wait_for(errors_are_seen, 30, "HighErrorRate to be pending")
    assert alerting.listener.messages == [], "told of before anything was wrong for long enough"
    application.kill()
    down = ("ApplicationDown", "firing", 1)
    wait_for(lambda: down in told(alerting.listener, "page"), 15, "the page")
    # What is left of the errors fires now, too; it follows from what was told.
    (suppressed,) = wait_for(lambda: [a for a in alerts_of(alertmanager, "HighErrorRate") if a["status"]["state"] == "suppressed"],
                             15, "HighErrorRate to be inhibited")
    assert suppressed["status"]["inhibitedBy"] == [a["fingerprint"] for a in alerts_of(alertmanager, "ApplicationDown")]
    wait_for(lambda: not alerts_of(alertmanager, "HighErrorRate"), 30, "the end of HighErrorRate")
    application.start()
    wait_for(lambda: ("ApplicationDown", "resolved", 1) in told(alerting.listener, "page"), 15, "the resolve")
    # Nothing more is about to be told, and all that was sent has come.
    wait_for(lambda: not alerts_of(alertmanager, "ApplicationDown"), 15, "the end of ApplicationDown")
    assert {alert["labels"]["alertname"] for alert in prometheus.api("alerts")["alerts"]} <= {"ErrorBudgetExhausted"}
    wait_for(lambda: len(alerting.listener.to("/pagerduty")) >= 2 and len(alerting.listener.messages) == sent_by(alertmanager), 15,
             "all messages of Alertmanager")
    see_messages(alerting.listener)


def sent_by(alertmanager):
    """How many messages it has sent, by its own count."""
    return sum(int(line.rsplit(" ", 1)[1]) for line in alertmanager.ask("/metrics").splitlines()
               if line.startswith("alertmanager_notifications_total{"))


def see_messages(listener):
    assert told(listener, "page") == [("ApplicationDown", "firing", 1), ("ApplicationDown", "resolved", 1)]
    assert [(event["event_action"], event["payload"]["severity"]) for event in listener.to("/pagerduty")] == [
        ("trigger", "critical"), ("resolve", "critical")]
    assert len({event["dedup_key"] for event in listener.to("/pagerduty")}) == 1
    pages = [message for message in listener.to("/slack") if "ApplicationDown" in str(message)]
    assert [(page["channel"], page["attachments"][0]["title"], page["attachments"][0]["color"]) for page in pages] == [
        ("#alerts", "FIRING (1): ApplicationDown", "danger"), ("#alerts", "RESOLVED: ApplicationDown", "good")]
    everything = {name for receiver in ("page", "slack", "slack-quiet") for name, _, _ in told(listener, receiver)}
    # ErrorBudgetExhausted is no consequence of the application being down: the errors before that spent it.
    assert everything <= {"ApplicationDown", "ErrorBudgetExhausted"}
