"""packaging/grafana without a server of Grafana's, of which there is no package: its own types, and what they do not say. That each
panel's query has data is in test_monitoring_live.py."""
import glob
import itertools
import json
import os
import re
import subprocess

import pytest

from conftest import install_npm_packages
from grafana import FILES, GRAFANA, VARIABLE, dashboards, filled, panels
from monitoring import PROMETHEUS, load, rules
from support import HERE

DASHBOARDS = dashboards()
# Ids of Grafana's units that are in use: valueFormats/categories of @grafana/data.
UNITS = {"none", "short", "percentunit", "s", "dtdurations", "bytes", "eps", "ops", "reqps"}
BUILT_IN = {"__rate_interval", "__range"}
ALL = pytest.mark.parametrize("name", DASHBOARDS)


# What Grafana would ignore without a word: a dashboard of ours, misspelt.
MISSPELT = (
    ('"showPoints": "never"', '"showPoint": "never"'), ('"mode": "multi"', '"mode": "many"'), ('"graphTooltip": 1', '"graphTooltip": 7'),
    ('"id": "custom.lineWidth"', '"id": "custom.lineWidht"'), ('"type": "stat"', '"type": "state"'),
    ('"justifyMode": "auto",', ""), ('"unit": "reqps"', '"units": "reqps"'))


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """What Grafana's types say of the dashboards, a line each, and the paths of misspelt ones among them."""
    folder = tmp_path_factory.mktemp("misspelt")
    with open(os.path.join(GRAFANA, "dashboards/system-overview.json"), encoding="utf-8") as f:
        right = f.read()
    misspelt = [folder / ("%d.json" % i) for i in range(len(MISSPELT))]
    for path, (old, new) in zip(misspelt, MISSPELT):
        assert old in right
        path.write_text(right.replace(old, new, 1), encoding="utf-8")
    program = os.path.join(install_npm_packages(os.path.join(HERE, "clients/grafana"), "grafana"), "check.js")
    done = subprocess.run(["node", program, *FILES, *misspelt], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 1, done.stdout
    return done.stdout.splitlines(), [str(path) for path in misspelt]


def test_the_dashboards_that_there_are():
    assert {name: len(panels(one)) for name, one in DASHBOARDS.items()} == {
        "error-budget.json": 12, "logchute-pipeline.json": 24, "system-overview.json": 8}


def test_each_dashboard_fits_grafanas_types(checked):
    lines, misspelt = checked
    assert [line for line in lines if line.split(":")[0] not in misspelt] == []


def test_the_types_find_what_grafana_would_ignore(checked):
    lines, misspelt = checked
    assert {line.split(":")[0] for line in lines} >= set(misspelt)


def test_provisioning_is_by_the_uid_that_dashboards_name():
    (source,) = load(os.path.join(GRAFANA, "provisioning/datasources/prometheus.yml"))["datasources"]
    scrape_interval = load(os.path.join(PROMETHEUS, "prometheus.yml"))["global"]["scrape_interval"]
    assert (source["type"], source["isDefault"], source["jsonData"]["timeInterval"]) == ("prometheus", True, scrape_interval)
    named = [json.dumps(part) for one in DASHBOARDS.values() for part in sources_of(one)]
    assert len(named) > 100 and set(named) == {json.dumps({"type": "prometheus", "uid": source["uid"]})}


def sources_of(dashboard):
    for part in (*dashboard["templating"]["list"], *panels(dashboard)):
        yield part["datasource"]
        yield from (target["datasource"] for target in part.get("targets", ()))


def test_the_provider_reads_the_folder_that_the_page_names():
    (provider,) = load(os.path.join(GRAFANA, "provisioning/dashboards/timetable.yml"))["providers"]
    assert provider["type"] == "file"
    with open(os.path.join(GRAFANA, "../README.md"), encoding="utf-8") as f:
        text = f.read()
    assert provider["options"]["path"] in text and "/etc/grafana/provisioning" in text


def test_uids_and_titles_are_unique_and_uids_those_of_the_files():
    assert [one["uid"] + ".json" for one in DASHBOARDS.values()] == list(DASHBOARDS)
    assert len({one["title"] for one in DASHBOARDS.values()}) == len(DASHBOARDS)
    for one in DASHBOARDS.values():
        assert one["description"] and one["links"][0]["tags"] == ["timetable"] and "timetable" in one["tags"]


@ALL
def test_panels_are_numbered_and_do_not_overlap(name):
    everything = DASHBOARDS[name]["panels"]
    ids = [panel["id"] for panel in everything]
    assert len(set(ids)) == len(ids)
    taken = set()
    for panel in everything:
        at = panel["gridPos"]
        cells = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        assert at["x"] + at["w"] <= 24 and cells and not cells & taken, panel["title"]
        taken |= cells
    rows = {y for _, y in taken}
    assert rows == set(range(len(rows))), "an empty line between panels"


@ALL
def test_each_panel_says_what_it_shows(name):
    titles = [panel["title"] for panel in panels(DASHBOARDS[name])]
    assert len(set(titles)) == len(titles) and all(titles)
    for panel in panels(DASHBOARDS[name]):
        assert panel["description"].endswith("."), panel["title"]
        refs = [target["refId"] for target in panel["targets"]]
        assert refs and len(set(refs)) == len(refs)
        # Grafana names a series without a legend by all its labels.
        assert panel["type"] == "table" or all(target["legendFormat"] for target in panel["targets"]), panel["title"]


def fields_of(panel):
    """The unit and the thresholds of the panel, and of each override."""
    config = panel["fieldConfig"]
    yield config["defaults"]
    for override in config["overrides"]:
        yield {part["id"]: part["value"] for part in override["properties"]}


@ALL
def test_units_are_grafanas_and_thresholds_ascend(name):
    for panel in panels(DASHBOARDS[name]):
        units = [field["unit"] for field in fields_of(panel) if "unit" in field]
        assert units and set(units) <= UNITS, panel["title"]
        for steps in (field["thresholds"]["steps"] for field in fields_of(panel) if "thresholds" in field):
            values = [step["value"] for step in steps]
            assert values[0] is None and values[1:] == sorted(set(values[1:])), panel["title"]


@ALL
def test_a_panel_has_the_thresholds_of_the_alerts_that_it_names(name):
    """Or what is left to 1, where it shows the used and not the free part; those of alerts with one threshold."""
    alerts, named = rules("alert"), set()
    for panel in panels(DASHBOARDS[name]):
        values = {step["value"] for field in fields_of(panel) for step in field.get("thresholds", {"steps": []})["steps"]}
        for alert in re.findall(r"\b[A-Z]\w+", panel["description"]):
            if alert in alerts:
                named.add(alert)
                limits = {float(limit) for limit in re.findall(r"[=<>] ([\d.]+)", alerts[alert]["expr"])}
                assert len(limits) > 1 or limits & values or {1 - limit for limit in limits} & values, panel["title"]
    assert named


@ALL
def test_queries_use_each_variable_and_no_other(name):
    used = set(VARIABLE.findall(json.dumps([target["expr"] for panel in panels(DASHBOARDS[name]) for target in panel["targets"]])))
    assert used - BUILT_IN == {variable["name"] for variable in DASHBOARDS[name]["templating"]["list"]}


@ALL
def test_overrides_are_of_what_a_panel_has(name):
    """A name, or an expression, that no legend and no column of the panel can have is misspelt."""
    for panel in panels(DASHBOARDS[name]):
        columns = [to for part in panel.get("transformations", ()) for to in part["options"].get("renameByName", {}).values()]
        legends = columns + [target["legendFormat"] for target in panel["targets"] if target["legendFormat"]]
        for matcher in (override["matcher"] for override in panel["fieldConfig"]["overrides"]):
            # A legend that is a label and nothing else may be anything.
            if not any(re.fullmatch(r"\{\{\w+\}\}", legend) for legend in legends):
                option = matcher["options"]
                is_of = (lambda legend: re.search(option.strip("/"), legend)) if matcher["id"] == "byRegexp" else option.__eq__
                assert any(map(is_of, legends)), "%s: %s" % (panel["title"], option)


def test_variables_are_filled_in_as_grafana_does():
    assert filled('rate(a{i=~"$i"}[$__rate_interval])', {"i": ["x"]}) == 'rate(a{i=~"x"}[1m])'
    assert filled('a{i=~"$i"}', {"i": ["x", "y"]}) == 'a{i=~"(x|y)"}'


def test_each_file_is_in_a_folder_that_grafana_reads():
    found = {os.path.relpath(path, GRAFANA) for path in glob.glob(GRAFANA + "/*/**", recursive=True) if os.path.isfile(path)}
    assert found == {"provisioning/datasources/prometheus.yml", "provisioning/dashboards/timetable.yml",
                     *("dashboards/" + name for name in DASHBOARDS)}
