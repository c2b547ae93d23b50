"""packaging/grafana as tests look at it: dashboards, their panels, and what Grafana makes of a query before Prometheus gets it."""
import glob
import json
import os
import re

from support import ROOT

GRAFANA = os.path.join(ROOT, "packaging/grafana")
FILES = sorted(glob.glob(os.path.join(GRAFANA, "dashboards/*.json")))
LABEL_VALUES = re.compile(r"label_values\((.+), (\w+)\)$")
VARIABLE = re.compile(r"\$(\w+)")


def dashboards():
    """Each by the name of its file."""
    found = {}
    for path in FILES:
        with open(path, encoding="utf-8") as f:
            found[os.path.basename(path)] = json.load(f)
    return found


def panels(dashboard):
    """All but the rows, which are headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def filled(text, values):
    """A text with its variables. With several values one becomes a group of a regular expression; $__rate_interval is four scrapes."""
    fixed = {"__rate_interval": ["1m"], "__range": ["1h"]}

    def value_of(found):
        chosen = (fixed | values)[found[1]]
        return chosen[0] if len(chosen) == 1 else "(%s)" % "|".join(chosen)

    return VARIABLE.sub(value_of, text)


def values_of(dashboard, prometheus):
    """The values of each variable of a dashboard, by its query."""
    values = {}
    for variable in dashboard["templating"]["list"]:
        series, label = LABEL_VALUES.match(variable["query"]["query"]).groups()
        values[variable["name"]] = prometheus.api("label/%s/values" % label, **{"match[]": filled(series, values)})
    return values
