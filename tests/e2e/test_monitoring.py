"""packaging/prometheus and packaging/alertmanager, by the real tools: each is valid, each rule says what it should, each severity
comes to whom it should."""
import glob
import os
import re
import subprocess

import pytest

from monitoring import ALERTMANAGER, PROMETHEUS, load, rules
from support import ROOT

RULE_FILES = sorted(glob.glob(os.path.join(PROMETHEUS, "rules/*.yml")))
TEST_FILES = sorted(glob.glob(os.path.join(PROMETHEUS, "tests/*.yml")))
ALERTS = {
    "HighErrorRate", "ErrorBudgetExhausted", "ApplicationDown", "DatabaseDown", "HighLatency", "HighCPUUsage", "HighMemoryUsage",
    "DiskSpaceLow", "DatabaseConnectionPoolExhausted", "SlowQueries", "AbnormalTrafficDrop", "FailedHealthChecks", "PipelineStalled",
    "DeadLettersGrowing", "OutputRejecting",
}
RECEIVERS = {"critical": "page", "warning": "slack", "info": "slack-quiet"}
PIPELINE = """
input { tcp { host => "127.0.0.1" port => %d codec => json_lines } }
filter { mutate { add_tag => ["t"] } }
output { elasticsearch { hosts => ["http://127.0.0.1:%d"] manage_template => false } }
"""
# A colon is in the names of recorded series only.
NAME = re.compile(r"[a-zA-Z_:][\w:]*")


def names_in(expr):
    """All words of an expression but those in strings and ranges: series among them."""
    return set(NAME.findall(re.sub(r'"[^"]*"|\[[^]]*\]', "", expr)))


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_prometheus_takes_the_configuration(promtool):
    run(promtool, "check", "config", os.path.join(PROMETHEUS, "prometheus.yml"))
    config = load(os.path.join(PROMETHEUS, "prometheus.yml"))
    assert config["global"]["scrape_interval"] == config["global"]["evaluation_interval"] == "15s"
    jobs = [job["job_name"] for job in config["scrape_configs"]]
    assert jobs == ["application", "node", "cadvisor", "mysql", "logchute"]


def test_prometheus_takes_the_rules(promtool):
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", *RULE_FILES)


@pytest.mark.parametrize("path", TEST_FILES, ids=os.path.basename)
def test_rules(promtool, path):
    run(promtool, "test", "rules", path)


def test_each_alert_has_a_case_that_fires_and_one_that_does_not():
    fires, silent = set(), set()
    for path in TEST_FILES:
        for case in (case for group in load(path)["tests"] for case in group.get("alert_rule_test", ())):
            (fires if case["exp_alerts"] else silent).add(case["alertname"])
    assert set(rules("alert")) == ALERTS == fires == silent


def test_each_recording_rule_has_a_case_with_a_value_and_one_without():
    values, silent = set(), set()
    for path in TEST_FILES:
        for case in (case for group in load(path)["tests"] for case in group.get("promql_expr_test", ())):
            (values if case["exp_samples"] else silent).update(names_in(case["expr"]))
    records = set(rules("record"))
    assert len(records) >= 20
    assert (records - values, records - silent) == (set(), set())


def test_each_alert_says_what_it_is_and_what_to_do():
    for name, rule in rules("alert").items():
        assert rule["labels"]["severity"] in RECEIVERS, name
        assert set(rule["annotations"]) == {"summary", "description", "runbook"} and all(rule["annotations"].values()), name


def test_each_recorded_series_that_is_used_is_recorded():
    used = {name for kind in ("alert", "record") for rule in rules(kind).values() for name in names_in(rule["expr"]) if ":" in name}
    assert used and used <= set(rules("record"))


def test_each_series_of_logchute_is_there(logchute, port, unused_port):
    text = logchute(PIPELINE % (port, unused_port)).ask("/metrics")[2]
    there = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if not line.startswith("#")}
    used = {name for kind in ("alert", "record") for rule in rules(kind).values() for name in names_in(rule["expr"])
            if name.startswith("logchute_")}
    assert len(used) >= 10 and used - there == set()


def test_the_page_of_packaging_names_what_the_application_has_to_expose():
    with open(os.path.join(ROOT, "packaging/README.md"), encoding="utf-8") as f:
        documented = set(re.findall(r"`((?:http|db|health)_\w+)", f.read()))
    used = {re.sub("_(bucket|sum|count)$", "", name) for kind in ("alert", "record") for rule in rules(kind).values()
            for name in names_in(rule["expr"]) if re.match("(http|db|health)_", name)}
    assert used and used <= documented


def test_alertmanager_takes_the_configuration(amtool):
    run(amtool, "check-config", ALERTMANAGER)


@pytest.mark.parametrize("labels, receiver", [
    *(("severity=" + severity, receiver) for severity, receiver in RECEIVERS.items()), ("severity=other", "slack"),
    ("alertname=WithoutSeverity", "slack")])
def test_who_is_told(amtool, labels, receiver):
    run(amtool, "config", "routes", "test", "--config.file=" + ALERTMANAGER, "--verify.receivers=" + receiver, labels)


def test_inhibition_is_by_alerts_that_are_there():
    named = set(re.findall(r"\b[A-Z]\w+", " ".join(
        matcher for rule in load(ALERTMANAGER)["inhibit_rules"] for side in ("source_matchers", "target_matchers")
        for matcher in rule[side])))
    assert "ApplicationDown" in named and named <= ALERTS


def test_secrets_are_in_files():
    """No receiver holds one: each key of a secret that Alertmanager knows ends in _file."""
    with open(ALERTMANAGER, encoding="utf-8") as f:
        text = f.read()
    assert not re.search(r"^\s*(- )?(slack_api_url|api_url|routing_key|service_key|auth_password|password|credentials):", text, re.M)
    assert text.count("_file: /run/secrets/") == 3
