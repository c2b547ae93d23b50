"""docs/api.md: every path has its section, and every example the shape of what is really answered."""
import json
import os
import re

import pytest

from support import ROOT, json_lines, send_tcp, wait_for
from test_api_stats import EVENTS, PIPELINE

with open(os.path.join(ROOT, "docs/api.md"), encoding="utf-8") as f:
    PAGE = f.read()


def sections():
    """The page's sections by title, each with its blocks of code."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.M)
    return {title.strip("`"): re.findall(r"^```(\w*)\n(.*?)^```$", text, flags=re.M | re.S)
            for title, text in zip(parts[1::2], parts[2::2])}


def assert_shape(example, real, path):
    """Every member of the example is there, and of the same type; elements are like the first of those that fit."""
    if isinstance(example, dict):
        assert isinstance(real, dict), path
        for name, value in example.items():
            assert name in real, "%s.%s is not answered" % (path, name)
            assert_shape(value, real[name], "%s.%s" % (path, name))
    elif isinstance(example, list):
        assert isinstance(real, list), path
        for item in example:
            same = [r for r in real if not isinstance(item, dict) or "name" not in item or r["name"] == item["name"]]
            assert same, "%s has nothing like %r" % (path, item)
            assert_shape(item, same[0], path + "[]")
    elif isinstance(example, (int, float)) and not isinstance(example, bool):
        assert isinstance(real, (int, float)) and isinstance(example, int) == isinstance(real, int), path
    else:
        assert type(example) is type(real), path


@pytest.fixture
def chute(logchute, port, unused_port):
    """Its engine is away."""
    chute = logchute(PIPELINE % {"tcp": port, "engine": unused_port})
    send_tcp(port, json_lines(EVENTS))
    wait_for(lambda: chute.api("/_health_report")["status"] == "yellow", what="yellow")
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["dropped"] == 100, what="the events")
    return chute


@pytest.mark.parametrize("path", ["/", "/_node", "/_node/plugins", "/_node/hot_threads", "/_node/logging", "/_health_report"])
def test_examples(chute, path):
    language, example = sections()[path][0]
    assert language == "json"
    assert_shape(json.loads(example), chute.api(path), path)


def test_example_of_stats(chute):
    example = json.loads(sections()["/_node/stats"][0][1])
    real = chute.api("/_node/stats")
    # the engine of this test never answered
    del example["pipelines"]["main"]["plugins"]["outputs"][0]["bulk_requests"]["responses"]["200"]
    assert_shape(example, real, "/_node/stats")


def test_example_of_the_page(chute):
    example = json.loads(sections()["/_logchute/…"][0][1])
    wait_for(lambda: chute.api("/_logchute/page.json")["errors"], what="an error")
    assert_shape(example, chute.api("/_logchute/page.json"), "/_logchute/page.json")


def test_example_of_search(logchute, port):
    chute = logchute('input { tcp { host => "127.0.0.1" port => %d } } output { sqlite { } }' % port)
    send_tcp(port, b"timeout at gateway\n")
    wait_for(lambda: chute.api("/_node/stats/events")["events"]["out"] == 1, what="an event")
    example = next(text for _, text in sections()["/_logchute/…"] if "/search" in text)
    assert_shape(json.loads(example.splitlines()[1]), chute.api("/_logchute/search?q=timeout&since=1h"), "search")


def test_examples_of_health_and_errors(chute):
    good, bad = [json.loads(text) for language, text in sections()["/health/live` and `/health/ready"] if language == "json"]
    assert json.loads(chute.ask("/health/live")[2]) == good
    chute.process.terminate()
    wait_for(lambda: json.loads(chute.ask("/health/ready")[2]) == bad, what="not ready")
    chute.wait()
    example = json.loads(re.search(r"```json\n(.*?)```", PAGE, flags=re.S).group(1))
    assert example == {"path": "/nope", "status": 404, "error": {"message": "Not Found"}}


def test_examples_of_metrics(chute):
    """Names and names of labels."""
    text = chute.ask("/metrics")[2]
    for line in sections()["/metrics"][0][1].splitlines():
        name, labels = re.match(r"([a-z_]+)(?:\{(.*)\})? ", line).groups()
        if name == "logchute_bulk_responses_total":
            continue  # see test_metrics
        pattern = name + (r"\{" + ".*".join(re.findall(r'\w+(?==")', labels)) + r".*\}" if labels else "") + " "
        assert re.search("^" + pattern, text, flags=re.M), pattern


def test_every_path_is_described():
    with open(os.path.join(ROOT, "pipeline/serve/routes.c"), encoding="utf-8") as f:
        routes = re.findall(r'\{ "(GET|PUT|POST)", "([^"]+)"', f.read())
    assert len(routes) >= 15
    for method, path in routes:
        shown = path.replace("/pipelines/*", "/pipelines/ID").replace("/stats/*", "/stats/PART")
        if path != "/_node/*":
            assert "`%s`" % shown in PAGE, path
            assert method == "GET" or "%s `%s`" % (method, path) in PAGE


def test_every_setting_is_described():
    with open(os.path.join(ROOT, "conf/settings_table.c"), encoding="utf-8") as f:
        settings = re.findall(r'\.name = "(api\.[a-z._]+)"', f.read())
    assert len(settings) >= 8
    for name in settings:
        assert name in ("api.environment",) or "`%s`" % name in PAGE, name
