"""packaging/k8s without a cluster: built by the real kustomize, each object against the schemas of three versions of Kubernetes, all of
them against each other (manifests.py), each ConfigMap through the program that reads it; and what the pods run, run as they run it."""
import base64
import binascii
import copy
import functools
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading

import pytest
import yaml

import manifests
from conftest import skip, unpack_program
from support import DIRECT, HERE, ROOT, Logchute, json_lines, send_tcp, wait_for

K8S = os.path.join(ROOT, "packaging/k8s")
# The oldest that the manifests are for (preStop's sleep), one in between, and the newest that the schemas know.
VERSIONS = ("1.30", "1.34", "1.37")
LOGCHUTES = {"logchute": "Deployment", "logchute-node": "DaemonSet", "logchute-store": "StatefulSet"}
IDENTIFIER = "0123456789abcdef" * 4


def load(path):
    with open(path, encoding="utf-8") as f:
        return list(yaml.safe_load_all(f))


def build(kustomize, folder):
    done = subprocess.run([kustomize, "build", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="session")
def built(kustomize):
    """All objects, as kustomize makes them, and the Secret, which is applied apart."""
    return build(kustomize, K8S) + load(os.path.join(K8S, "secret.yaml"))


@pytest.fixture
def docs(built):
    return copy.deepcopy(built)


@functools.lru_cache(None)
def schemas():
    try:
        import kubernetes_validate
        from kubernetes_validate import utils
    except ImportError:
        skip("the schemas come with kubernetes-validate, of tests/e2e/clients/requirements.txt")
    # It would read them anew for each object.
    utils.schema_contents = functools.lru_cache(None)(utils.schema_contents)
    return kubernetes_validate


def schema_problems(docs, version):
    kubernetes_validate = schemas()
    found = []
    for doc in docs:
        try:
            kubernetes_validate.validate(doc, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append("%s: %s: %s" % (manifests.full_name(doc), ".".join(map(str, error.path)), error.message))
        except kubernetes_validate.SchemaNotFoundError as error:
            found.append("%s: %s" % (manifests.full_name(doc), error.message))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_each_object_is_what_the_schema_says(docs, version):
    assert len(docs) >= 40
    assert schema_problems(docs, version) == []


def test_the_objects_fit_each_other(docs):
    assert manifests.problems(docs) == []


def test_what_was_asked_for_is_there(docs):
    kinds = {doc["kind"] for doc in docs}
    assert {"Namespace", "Deployment", "DaemonSet", "StatefulSet", "HorizontalPodAutoscaler", "PodDisruptionBudget", "ConfigMap", "Secret",
            "Service", "NetworkPolicy", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "PersistentVolumeClaim"} <= kinds
    assert {manifests.name_of(one) for one in manifests.of_kind(docs, *manifests.WORKLOADS)} == {
        *LOGCHUTES, "prometheus", "alertmanager", "grafana", "node-exporter"}


def pod(docs, name):
    return manifests.pod_of(next(one for one in manifests.of_kind(docs, *manifests.WORKLOADS) if manifests.name_of(one) == name))


def container(docs, name):
    return pod(docs, name)["containers"][0]


def spec(docs, kind, name):
    return manifests.find(docs, kind, name)["spec"]


def data(docs, start):
    return next(doc for doc in manifests.of_kind(docs, "ConfigMap") if manifests.name_of(doc).startswith(start))["data"]


def put(there, *path_and_value):
    """Sets what is at a path of keys and indices."""
    *path, last, value = path_and_value
    for key in path:
        there = there[key]
    there[last] = value


def drop(docs, kind, name):
    docs[:] = [doc for doc in docs if not (doc["kind"] == kind and manifests.name_of(doc).startswith(name))]


# What must not go unseen: a sentence, a change, and a word of what has to be said about it.
SCHEMA_MUTATIONS = [
    ("a misspelt field", lambda d: put(container(d, "logchute"), "imagePulPolicy", "Always"), "imagePulPolicy"),
    ("a misspelt field of a probe", lambda d: put(container(d, "grafana"), "livenessProbe", "periodSecond", 1), "periodSecond"),
    ("a number that is a text", lambda d: put(spec(d, "StatefulSet", "prometheus"), "replicas", "1"), "replicas"),
    ("a field that is missing", lambda d: spec(d, "Deployment", "logchute").pop("selector"), "selector"),
    ("a protocol that is none", lambda d: put(spec(d, "Service", "logchute"), "ports", 0, "protocol", ["TCP"]), "protocol"),
    ("a version of the API that is gone", lambda d: put(manifests.find(d, "HorizontalPodAutoscaler", "logchute"), "apiVersion",
                                                        "autoscaling/v2beta2"), "autoscaling/v2beta2"),
    ("a kind that is none", lambda d: put(manifests.find(d, "DaemonSet", "logchute-node"), "kind", "DemonSet"), "DemonSet"),
]
MUTATIONS = [
    ("a ConfigMap that is not there", lambda d: drop(d, "ConfigMap", "logchute-settings"), "no ConfigMap logchute-settings"),
    ("a key that is not there", lambda d: data(d, "prometheus-rules").pop("alerts.yml"), "no key alerts.yml"),
    ("no Secret", lambda d: drop(d, "Secret", "monitoring-secrets"), "no Secret monitoring-secrets"),
    ("a secret that is not there", lambda d: manifests.find(d, "Secret", "monitoring-secrets")["data"].pop("slack_webhook_url"),
     "no key slack_webhook_url"),
    ("a ServiceAccount that is not there", lambda d: drop(d, "ServiceAccount", "grafana"), "no ServiceAccount grafana"),
    ("a claim that is not there", lambda d: drop(d, "PersistentVolumeClaim", "grafana"), "no PersistentVolumeClaim grafana"),
    ("a volume that nobody mounts", lambda d: container(d, "logchute")["volumeMounts"].pop(), "data is not mounted"),
    ("a volume that is not there", lambda d: pod(d, "logchute-node")["volumes"].pop(), "logs is not there"),
    ("an object twice", lambda d: d.append(d[0]), "there are two"),
    ("an object elsewhere", lambda d: put(manifests.find(d, "Service", "logchute"), "metadata", "namespace", "default"), "not in the"),
    ("a Service of other pods", lambda d: put(spec(d, "Service", "logchute"), "selector", "app.kubernetes.io/component", "web"),
     "Service/logchute: selects no pod"),
    ("a port by another name", lambda d: put(spec(d, "Service", "logchute"), "ports", 0, "targetPort", "json"), "no port json"),
    ("a port of the other protocol", lambda d: put(spec(d, "Service", "logchute"), "ports", 1, "protocol", "TCP"), "json-udp/TCP"),
    ("a port that leads elsewhere", lambda d: put(spec(d, "Service", "logchute"), "ports", 0, "port", 5001), "5001 leads to 5000"),
    ("a StatefulSet without its Service", lambda d: put(spec(d, "StatefulSet", "alertmanager"), "serviceName", "am"), "no Service am"),
    ("pods of two", lambda d: spec(d, "Deployment", "logchute")["selector"]["matchLabels"].pop("app.kubernetes.io/component"),
     "selects the pods of another"),
    ("a scaler of nothing", lambda d: put(spec(d, "HorizontalPodAutoscaler", "logchute"), "scaleTargetRef", "name", "x"),
     "no Deployment x"),
    ("two who set replicas", lambda d: put(spec(d, "Deployment", "logchute"), "replicas", 2), "replicas are set by"),
    ("a budget of nothing", lambda d: put(spec(d, "PodDisruptionBudget", "logchute"), "selector", {"matchLabels": {"a": "b"}}),
     "PodDisruptionBudget/logchute: selects no pod"),
    ("no budget", lambda d: drop(d, "PodDisruptionBudget", "logchute"), "no PodDisruptionBudget"),
    ("a token that nobody needs", lambda d: pod(d, "logchute").pop("automountServiceAccountToken"), "ServiceAccount/logchute: rights"),
    ("rights over secrets", lambda d: manifests.find(d, "ClusterRole", "monitoring-prometheus")["rules"][0]["resources"].append("secrets"),
     "more than reading"),
    ("rights to write", lambda d: manifests.find(d, "ClusterRole", "monitoring-prometheus")["rules"][0]["verbs"].append("delete"),
     "more than reading"),
    ("a role that is not there", lambda d: drop(d, "ClusterRole", "monitoring-prometheus"), "no ClusterRole"),
    ("root", lambda d: put(pod(d, "logchute"), "securityContext", "runAsUser", 0), "runs as root"),
    ("root, perhaps", lambda d: pod(d, "grafana")["securityContext"].pop("runAsNonRoot"), "runs as root"),
    ("capabilities", lambda d: put(container(d, "logchute"), "securityContext", "capabilities", {"drop": ["NET_RAW"]}), "capabilities is"),
    ("a root that may be written", lambda d: container(d, "prometheus")["securityContext"].pop("readOnlyRootFilesystem"), "readOnlyRoot"),
    ("no seccomp", lambda d: pod(d, "alertmanager")["securityContext"].pop("seccompProfile"), "no seccomp"),
    ("the node's folder", lambda d: put(pod(d, "logchute"), "volumes", 2, {"name": "data", "hostPath": {"path": "/"}}), "of the node"),
    ("the node's logs, to write", lambda d: container(d, "logchute-node")["volumeMounts"][-1].pop("readOnly"), "may write to the node"),
    ("the wrong probe", lambda d: put(container(d, "logchute"), "livenessProbe", "httpGet", "path", "/health/ready"), "livenessProbe asks"),
    ("a probe of another port", lambda d: put(container(d, "logchute"), "startupProbe", "httpGet", "port", "http"), "startupProbe asks no"),
    ("no startup probe", lambda d: container(d, "node-exporter").pop("startupProbe"), "startupProbe asks no port"),
    ("too little time to stop", lambda d: put(pod(d, "logchute"), "terminationGracePeriodSeconds", 10), "killed before"),
    ("a stop that nodes do not know of", lambda d: container(d, "logchute").pop("lifecycle"), "stops listening"),
    ("an image of any version", lambda d: put(container(d, "grafana"), "image", "grafana/grafana:latest"), "has no version"),
    ("a scrape of one address for many", lambda d: spec(d, "Service", "logchute-metrics").pop("clusterIP"), "one address for all"),
    ("a scrape of another port", lambda d: put(data(d, "prometheus-config"), "prometheus.yml", data(d, "prometheus-config")[
        "prometheus.yml"].replace("port: 9600", "port: 9700")), "has no port 9700"),
    ("a scrape of nobody", lambda d: put(data(d, "prometheus-config"), "prometheus.yml", data(d, "prometheus-config")[
        "prometheus.yml"].replace('"node-exporter"', '"node"')), "no Service node"),
    ("a scrape that is not let in", lambda d: drop(d, "NetworkPolicy", "logchute-api"), "may not ask port 9600 of Deployment/logchute"),
    ("a scrape that is not let out", lambda d: spec(d, "NetworkPolicy", "prometheus")["egress"].pop(), "may not ask port 9100"),
    ("an application that is not asked", lambda d: spec(d, "NetworkPolicy", "prometheus")["egress"].pop(2), "job application"),
    ("senders that are not let in", lambda d: spec(d, "NetworkPolicy", "logchute-senders")["ingress"][0]["ports"].pop(), "5514/UDP"),
    ("an output that is not let out", lambda d: drop(d, "NetworkPolicy", "logchute-output"), "and no way to it"),
    ("no names", lambda d: drop(d, "NetworkPolicy", "monitoring-dns"), "may not ask for names"),
    ("open to all", lambda d: drop(d, "NetworkPolicy", "monitoring-default-deny") or drop(d, "NetworkPolicy", "grafana"),
     "Deployment/grafana: port 3000 is open"),
    ("no limit", lambda d: container(d, "prometheus")["resources"]["limits"].pop("memory"), "no limits of memory"),
    ("a quantity that is none", lambda d: put(container(d, "prometheus"), "resources", "limits", "cpu", "1 core"), "no limits of cpu"),
    ("too much", lambda d: put(spec(d, "HorizontalPodAutoscaler", "logchute"), "maxReplicas", 6), "all together: limits cpu"),
    ("too much storage", lambda d: put(spec(d, "PersistentVolumeClaim", "grafana"), "resources", "requests", "storage", "9Gi"),
     "all together: storage"),
]


@pytest.mark.parametrize("change, word", [row[1:] for row in SCHEMA_MUTATIONS], ids=[row[0] for row in SCHEMA_MUTATIONS])
def test_the_schema_sees(built, docs, change, word):
    change(docs)
    assert any(word in problem for problem in schema_problems([doc for doc in docs if doc not in built], VERSIONS[-1]))


@pytest.mark.parametrize("change, word", [row[1:] for row in MUTATIONS], ids=[row[0] for row in MUTATIONS])
def test_the_checks_see(docs, change, word):
    change(docs)
    found = manifests.problems(docs)
    assert any(word in problem for problem in found), found


def test_each_check_has_a_change_that_it_sees(built):
    unseen = {check.__name__ for check in manifests.CHECKS}
    for _, change, _ in MUTATIONS:
        changed = copy.deepcopy(built)
        change(changed)
        unseen -= {check.__name__ for check in manifests.CHECKS if list(check(changed))}
    assert unseen == set()


def overlay(kustomize, tmp_path, namespace):
    """What the page's overlay makes, in a namespace."""
    with open(os.path.join(K8S, "README.md"), encoding="utf-8") as f:
        text = textwrap.dedent(re.search(r"```yaml\n(.*?)```", f.read(), re.S)[1])
    assert text.count("../logchute/packaging/k8s") == 1 and text.count("namespace: monitoring") == 2
    (tmp_path / "kustomization.yaml").write_text(text.replace("../logchute/packaging/k8s", os.path.relpath(K8S, tmp_path)).replace(
        "\nnamespace: monitoring", "\nnamespace: " + namespace))
    return build(kustomize, tmp_path)


def test_the_overlay_of_the_page(kustomize, built, tmp_path):
    docs = overlay(kustomize, tmp_path, "monitoring")
    assert {container(docs, name)["image"] for name in LOGCHUTES} == {"registry.example.org/logchute:0.1.0"}
    assert data(docs, "logchute-environment") == {"ELASTICSEARCH_HOSTS": "https://elastic.example.org:443"}
    assert spec(docs, "StatefulSet", "prometheus")["volumeClaimTemplates"][0]["spec"]["storageClassName"] == "fast"
    docs += manifests.of_kind(built, "Secret")
    assert manifests.problems(docs) == []


def test_the_namespace_is_chosen_in_one_place(kustomize, built, tmp_path):
    docs = overlay(kustomize, tmp_path, "watching")
    assert {doc["metadata"]["namespace"] for doc in docs if doc["kind"] not in manifests.CLUSTER_WIDE} == {"watching"}
    assert manifests.find(docs, "Namespace", "watching")
    assert manifests.find(docs, "ClusterRoleBinding", "monitoring-prometheus")["subjects"][0]["namespace"] == "watching"
    assert not re.search(r"monitoring\b(?!-)", str([manifests.prometheus_config(docs), data(docs, "logchute-pipelines")]))


def test_without_a_search_engine(binary, kustomize, built, tmp_path):
    """The component: the pods of the network are gone, their name leads to the store, and nodes keep what is theirs."""
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({
        "resources": [os.path.relpath(K8S, tmp_path)],
        "components": [os.path.relpath(os.path.join(K8S, "components/without-search-engine"), tmp_path)]}))
    docs = build(kustomize, tmp_path) + manifests.of_kind(built, "Secret")
    assert manifests.problems(docs) == [] and schema_problems(docs, VERSIONS[0]) == []
    assert "ELASTICSEARCH" not in str([doc for doc in docs if doc["kind"] != "ConfigMap"])
    behind, = manifests.behind(docs, manifests.find(docs, "Service", "logchute"))
    assert manifests.name_of(behind) == "logchute-store"
    assert check(binary, docs, "logchute-node", tmp_path).returncode == 0


# The Secret.

def used_secrets(docs):
    return {key for one in manifests.of_kind(docs, *manifests.WORKLOADS) for kind, _, keys in manifests.sources_of(one)
            if kind == "Secret" for key in keys}


def test_the_secret_cannot_be_applied_as_it_is(docs):
    """Values have to be base64: the API server refuses these, and pods wait for the Secret."""
    values = manifests.find(docs, "Secret", "monitoring-secrets")["data"]
    assert set(values) == used_secrets(docs)
    for value in values.values():
        with pytest.raises(binascii.Error):
            base64.b64decode(value, validate=True)
    with open(os.path.join(K8S, "kustomization.yaml"), encoding="utf-8") as f:
        assert "secret.yaml" not in yaml.safe_load(f)["resources"]


def test_the_page_tells_of_each_secret(docs):
    with open(os.path.join(K8S, "README.md"), encoding="utf-8") as f:
        assert set(re.findall(r">secrets/(\w+)", f.read())) == used_secrets(docs)


def test_the_page_tells_what_all_takes(docs):
    with open(os.path.join(K8S, "README.md"), encoding="utf-8") as f:
        row = re.search(r"^\| all \|(.*)\|$", f.read(), re.M)[1].split("|")
    keys = ("requests cpu", "limits cpu", "requests memory", "limits memory", "storage")
    assert {key: manifests.quantity(text.strip()) for key, text in zip(keys, row)} == manifests.sums(docs)


# What the programs read.

def put_files(docs, name, root):
    """The ConfigMaps of a pod as files, where its container has them, under `root`."""
    for mount in container(docs, name)["volumeMounts"]:
        volume = next((one for one in pod(docs, name).get("volumes", []) if one["name"] == mount["name"]), {})
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            if "configMap" in source:
                there = manifests.find(docs, "ConfigMap", source["configMap"]["name"])["data"]
                items = source["configMap"].get("items") or [{"key": key, "path": key} for key in there]
                for item in items:
                    path = root / mount["mountPath"].lstrip("/") / item["path"]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(there[item["key"]], encoding="utf-8")


def arguments(docs, name, root):
    """A container's arguments, with the paths of its volumes under `root`."""
    found = container(docs, name)["args"]
    for mount in container(docs, name)["volumeMounts"]:
        found = [re.sub("(?<==)" + re.escape(mount["mountPath"]) + r"(?=/|\Z)", str(root) + mount["mountPath"], one) for one in found]
    return found


def environment(docs, name):
    """What a container has, with a text for each secret."""
    found = {}
    for variable in container(docs, name).get("env", []):
        source = variable.get("valueFrom", {})
        if "configMapKeyRef" in source:
            found[variable["name"]] = manifests.find(docs, "ConfigMap", source["configMapKeyRef"]["name"])["data"][
                source["configMapKeyRef"]["key"]]
        else:
            found[variable["name"]] = variable.get("value", "text")
    return found


def check(binary, docs, name, root):
    put_files(docs, name, root)
    return subprocess.run([binary, "-t", *arguments(docs, name, root), "--path.data", str(root / "data")], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment(docs, name)})


def files_of(docs, name):
    """Which files of the ConfigMap a logchute takes: folder/{a,b}.conf."""
    pattern = next(one for one in container(docs, name)["args"] if one.startswith("--path.config="))
    found = re.fullmatch(r"--path.config=/etc/logchute/pipelines/\{([\w,-]+)\}\.conf", pattern)
    return {one + ".conf" for one in found[1].split(",")}


@pytest.mark.parametrize("name", LOGCHUTES)
def test_logchute_takes_the_pipelines_and_settings(binary, docs, name, tmp_path):
    done = check(binary, docs, name, tmp_path)
    assert done.returncode == 0 and done.stdout.strip() == "Configuration OK", done.stdout
    assert files_of(docs, name) <= set(data(docs, "logchute-pipelines"))


def test_each_pipeline_is_of_a_pod(docs):
    assert set(data(docs, "logchute-pipelines")) == set().union(*(files_of(docs, name) for name in LOGCHUTES))


@pytest.mark.parametrize("source, output", [("timetable", "output-elasticsearch"), ("timetable", "output-store"),
                                            ("node", "output-node"), ("node", "output-store")])
def test_outputs_can_be_exchanged(binary, docs, source, output, tmp_path):
    arguments_of = container(docs, "logchute")["args"]
    arguments_of[-1] = "--path.config=/etc/logchute/pipelines/{%s,%s}.conf" % (source, output)
    assert check(binary, docs, "logchute", tmp_path).returncode == 0


@pytest.mark.parametrize("config_map, key, old, new, word", [
    ("logchute-settings", "logstash.yml", "log.format", "log.fromat", "log.format"),
    ("logchute-settings", "logstash.yml", "8mb", "eight", "queue.memory_bytes"),
    ("logchute-pipelines", "timetable.conf", "codec =>", "codex =>", "codex"),
    ("logchute-pipelines", "output-elasticsearch.conf", "elasticsearch {", "elastic {", "elastic")])
def test_logchute_refuses_a_mistake(binary, docs, config_map, key, old, new, word, tmp_path):
    there = data(docs, config_map)
    assert old in there[key]
    there[key] = there[key].replace(old, new)
    done = check(binary, docs, "logchute", tmp_path)
    assert done.returncode == 1 and word in done.stdout


def test_files_are_those_of_the_repository(docs):
    """No copies: what is elsewhere in the repository comes from there, unless it is named here."""
    for start, folder, names in (("logchute-pipelines", "conf/pipelines", ("timetable.conf", "output-elasticsearch.conf")),
                                 ("prometheus-rules", "packaging/prometheus/rules", ("recording.yml", "alerts.yml")),
                                 ("alertmanager-config", "packaging/alertmanager", ("alertmanager.yml",))):
        for name in names:
            with open(os.path.join(ROOT, folder, name), encoding="utf-8") as f:
                assert data(docs, start)[name] == f.read(), name
    assert set(os.listdir(os.path.join(ROOT, "packaging/prometheus/rules"))) == set(data(docs, "prometheus-rules"))


def test_grafana_has_its_files_where_they_say(docs, tmp_path):
    put_files(docs, "grafana", tmp_path)
    folder = os.path.join(ROOT, "packaging/grafana")
    wanted = {os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names
              if at != folder and name.endswith((".yml", ".yaml", ".json"))}
    there = tmp_path / "etc/grafana"
    assert {str(path.relative_to(there)) for path in there.rglob("*") if path.is_file()} == wanted
    for name in wanted:
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            assert (there / name).read_text(encoding="utf-8") == f.read(), name
    source, = load(there / "provisioning/datasources/prometheus.yml")[0]["datasources"]
    service, port = re.fullmatch(r"http://([\w-]+):(\d+)", source["url"]).groups()
    assert int(port) in [one["port"] for one in spec(docs, "Service", service)["ports"]]
    for provider in load(there / "provisioning/dashboards/timetable.yml")[0]["providers"]:
        assert provider["options"]["path"] in [mount["mountPath"] for mount in container(docs, "grafana")["volumeMounts"]]


def test_kubectl_can_note_what_it_applied(docs):
    """It keeps each object as an annotation of itself, which may have 256 KiB."""
    assert max(len(json.dumps(doc)) for doc in docs) < 250_000


DISCOVERY = {"static_configs", "dns_sd_configs", "kubernetes_sd_configs"}
OF_THE_KUBELET = {"scheme", "metrics_path", "authorization", "tls_config", "metric_relabel_configs"}


def test_prometheus_is_configured_as_elsewhere_but_for_discovery(docs):
    with open(os.path.join(ROOT, "packaging/prometheus/prometheus.yml"), encoding="utf-8") as f:
        elsewhere = yaml.safe_load(f)
    here = manifests.prometheus_config(docs)
    ports = {job["job_name"]: {int(target.split(":")[1]) for part in job["static_configs"] for target in part["targets"]}
             for job in elsewhere["scrape_configs"]}
    for job in here["scrape_configs"]:
        if job["job_name"] == "cadvisor":
            assert OF_THE_KUBELET <= set(job)
            for key in OF_THE_KUBELET:
                del job[key]
        else:
            assert {part["port"] for part in job["dns_sd_configs"]} == ports[job["job_name"]]
    for job in here["scrape_configs"] + elsewhere["scrape_configs"]:
        assert DISCOVERY & set(job)
        for key in DISCOVERY & set(job):
            del job[key]
    assert here == elsewhere


def test_prometheus_takes_its_files(docs, promtool, tmp_path):
    put_files(docs, "prometheus", tmp_path)
    config = tmp_path / "etc/prometheus/prometheus.yml"
    for name in ("token", "ca.crt"):
        (tmp_path / name).write_text("")
    # Debian's promtool is built without discovery by Kubernetes: that part is looked at here.
    discovery = "kubernetes_sd_configs:\n      - role: node\n"
    text = config.read_text().replace("/var/run/secrets/kubernetes.io/serviceaccount", str(tmp_path))
    assert text.count(discovery) == 1 and text.count(str(tmp_path)) == 2
    config.write_text(text.replace(discovery, "static_configs: []\n"))
    assert arguments(docs, "prometheus", tmp_path)[0] == "--config.file=%s" % config
    done = subprocess.run([promtool, "check", "config", str(config)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0 and "2 rule files found" in done.stdout, done.stdout


def test_prometheus_finds_its_targets_by_the_names_of_the_cluster(docs, tmp_path):
    """In a network of its own with a DNS as a pod has it: an address for each pod of what is scraped, those of the application too."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--net", "--mount", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        skip("a network of its own is for root, where the kernel lets it")
    names, wanted, number = {}, [], 0
    for job, name, namespace, port in manifests.scraped(docs):
        if job != "alertmanagers":
            addresses = names["%s.%s.svc.cluster.local" % (name, namespace)] = ["127.0.1.%d" % (number + i) for i in (1, 2)]
            wanted += [[job, "http://%s:%d/metrics" % (address, port)] for address in addresses]
            number += 2
    assert {job for job, _ in wanted} == {"application", "node", "mysql", "logchute"}
    put_files(docs, "prometheus", tmp_path)
    config = manifests.prometheus_config(docs)
    config["scrape_configs"] = [job for job in config["scrape_configs"] if job["job_name"] != "cadvisor"]
    (tmp_path / "etc/prometheus/prometheus.yml").write_text(yaml.safe_dump(config))
    done = subprocess.run(["unshare", "--net", "--mount", sys.executable, os.path.join(HERE, "cluster_dns.py"), manifests.NAMESPACE,
                           json.dumps(names), unpack_program("prometheus", "prometheus"), arguments(docs, "prometheus", tmp_path)[0],
                           "--storage.tsdb.path=%s" % (tmp_path / "tsdb")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert sorted(json.loads(done.stdout)) == sorted(wanted)


# What a kubelet tells with containerd: `name` is an ID, of the pause container too; a pod's own series have no name.
KUBELET = """
container_memory_working_set_bytes{container="api",id="/a",name="0d4c",namespace="shop",pod="web-1"} 50
container_spec_memory_limit_bytes{container="api",id="/a",name="0d4c",namespace="shop",pod="web-1"} 100
container_memory_working_set_bytes{container="",id="/b",name="77aa",namespace="shop",pod="web-1"} 1
container_spec_memory_limit_bytes{container="",id="/b",name="77aa",namespace="shop",pod="web-1"} 100
container_memory_working_set_bytes{container="POD",id="/c",name="88bb",namespace="shop",pod="web-2"} 1
container_spec_memory_limit_bytes{container="POD",id="/c",name="88bb",namespace="shop",pod="web-2"} 100
container_memory_working_set_bytes{container="",id="/",name="",namespace="",pod=""} 51
"""


@pytest.fixture
def kubelet(port):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/metrics/cadvisor" else 404)
            self.send_header("content-type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(KUBELET.encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield port
        server.shutdown()


def test_prometheus_names_containers_as_people_do(docs, kubelet, unused_port, tmp_path):
    """The rules go by `name`, in a real Prometheus; only the kubelet is found without a cluster, and asked without TLS."""
    put_files(docs, "prometheus", tmp_path)
    config = manifests.prometheus_config(docs)
    job = next(one for one in config["scrape_configs"] if one["job_name"] == "cadvisor")
    for key in ("scheme", "authorization", "tls_config", "kubernetes_sd_configs"):
        del job[key]
    job["static_configs"] = [{"targets": ["127.0.0.1:%d" % kubelet]}]
    config.update(scrape_configs=[job], alerting={})
    config["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    (tmp_path / "etc/prometheus/prometheus.yml").write_text(yaml.safe_dump(config))
    log = open(tmp_path / "log", "wb")
    process = subprocess.Popen([unpack_program("prometheus", "prometheus"), arguments(docs, "prometheus", tmp_path)[0],
                                "--storage.tsdb.path=%s" % (tmp_path / "tsdb"), "--web.listen-address=127.0.0.1:%d" % unused_port],
                               stdout=log, stderr=log)

    def values():
        assert process.poll() is None, (tmp_path / "log").read_text()
        try:
            with DIRECT.open("http://127.0.0.1:%d/api/v1/query?query=name:container_memory:utilisation" % unused_port, timeout=5) as f:
                found = json.load(f)["data"]["result"]
        except OSError:
            return None
        return {one["metric"]["name"]: one["value"][1] for one in found}
    try:
        assert wait_for(values, 30, "the recorded series") == {"shop/web-1/api": "0.5"}
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def test_alertmanager_takes_its_file(docs, amtool, tmp_path):
    put_files(docs, "alertmanager", tmp_path)
    path = arguments(docs, "alertmanager", tmp_path)[0].split("=")[1]
    done = subprocess.run([amtool, "check-config", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    mounted = {"/run/secrets/" + item["path"] for volume in pod(docs, "alertmanager")["volumes"]
               for item in volume.get("secret", {}).get("items", [])}
    with open(path, encoding="utf-8") as f:
        read = set(re.findall(r"_file: (\S+)", f.read()))
    # Of a receiver that no route names.
    assert read - {"/run/secrets/smtp_password"} == mounted


# What the pods run.

@pytest.fixture
def start(logchute, docs, tmp_path, port, unused_port):
    """Starts the logchute of a pod with its files, arguments and environment; only places are others: folders, ports, addresses."""
    def make(name, **env):
        put_files(docs, name, tmp_path)
        one = logchute("", *arguments(docs, name, tmp_path), "--api.http.host", "127.0.0.1", start=False, env={
            **environment(docs, name), "TIMETABLE_HOST": "127.0.0.1", "TIMETABLE_TCP_PORT": str(port), "TIMETABLE_UDP_PORT": str(port),
            "TIMETABLE_SYSLOG_PORT": str(unused_port), "ELASTICSEARCH_HOSTS": "http://127.0.0.1:1", **env})
        return one.start()
    return make


@pytest.mark.parametrize("name", ["logchute", "logchute-store"])
def test_a_pod_answers_its_probes_and_stops_in_time(binary, docs, start, port, name):
    """In the worst case: the destination is away, so that what came is held until nothing has moved for a while."""
    one = start(name)
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert one.ask(container(docs, name)[probe]["httpGet"]["path"])[0] == 200
    send_tcp(port, json_lines([{"message": "hello"}]))
    wait_for(lambda: one.api("/_node/stats/events")["events"]["in"] == 1, 10, "the event")
    if name == "logchute-store":
        # As the page tells, by `kubectl exec`.
        def run(*words):
            return subprocess.run([binary, *words, "--path.data", one.data], stdout=subprocess.PIPE, text=True).stdout
        assert "hello" in wait_for(lambda: run("search", "hello"), 10, "the event in the store")
        assert "sqlite" in run("top", "--once")
    before = container(docs, name)["lifecycle"]["preStop"]["sleep"]["seconds"]
    code, last = one.stop(seconds=pod(docs, name)["terminationGracePeriodSeconds"] - before)
    assert code == 0 and last["message"] == "stopped"


def test_settings_are_where_the_volumes_are(docs):
    settings = yaml.safe_load(data(docs, "logchute-settings")["logstash.yml"])
    for name in LOGCHUTES:
        assert settings["path.data"] in [mount["mountPath"] for mount in container(docs, name)["volumeMounts"]]
        assert {port["containerPort"] for port in container(docs, name)["ports"]} - {5000, 5514} == {settings["api.http.port"]}
    assert settings["api.http.host"] == "0.0.0.0"


class Node:
    """The logs of a node as a kubelet keeps them: pods/POD/CONTAINER/0.log, and a link to it in containers/."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "containers").mkdir(parents=True)

    def log_of(self, name, pod_name="web-7d4f", namespace="shop"):
        path = self.folder / "pods" / ("%s_%s_uid" % (namespace, pod_name)) / name / "0.log"
        path.parent.mkdir(parents=True)
        path.touch()
        (self.folder / "containers" / ("%s_%s_%s-%s.log" % (pod_name, namespace, name, IDENTIFIER))).symlink_to(path)
        return path


def write(path, *lines, stream="stdout", flag="F"):
    with open(path, "a", encoding="utf-8") as f:
        f.writelines("2026-03-01T10:00:00.123456789Z %s %s %s\n" % (stream, flag, line) for line in lines)


@pytest.fixture
def node(tmp_path, docs, start):
    """A node, and its logchute: node.start() gives one whose events go to standard output."""
    one = Node(tmp_path / "var/log")
    pipelines = data(docs, "logchute-pipelines")
    pipelines["output-node.conf"] = "output { stdout { codec => json_lines } }"
    one.start = lambda: start("logchute-node", NODE_NAME="node-1", NODE_CONTAINERS=str(one.folder / "containers/*.log"),
                              NODE_FILES=str(one.folder / "*.log"))
    return one


def test_lines_of_containers(node):
    log = node.log_of("api")
    write(log, "hello")
    write(log, "long ", stream="stderr", flag="P")
    write(log, "line", stream="stderr")
    write(log, '{"message":"json","level":"error","password":"hunter2","log":{"logger":"a"},"kubernetes":"forged","error":"no"}', "")
    own = node.log_of("logchute", "logchute-node-abcde", "elsewhere")
    write(own, "about ourselves")
    with open(node.folder / "syslog.log", "w", encoding="utf-8") as f:
        f.write("Mar  1 10:00:00 node-1 kernel: hello\n")
    one = node.start()
    events = wait_for(lambda: len(one.events()) >= 5 and one.events(), 30, "five events")
    of_pod = [event for event in events if "pod" in event["kubernetes"]]
    assert [event["message"] for event in of_pod] == ["hello", "long line", "json", ""]
    assert [event["stream"] for event in of_pod] == ["stdout", "stderr", "stdout", "stdout"]
    for event in of_pod:
        assert event["kubernetes"] == {"pod": {"name": "web-7d4f"}, "namespace": "shop", "container": {"name": "api"},
                                       "node": {"name": "node-1"}}
        assert event["@timestamp"] == "2026-03-01T10:00:00.123Z"
    assert of_pod[2]["level"] == "error" and of_pod[2]["error"] == {"message": "no"} and "hunter2" not in str(events)
    of_node, = [event for event in events if "pod" not in event["kubernetes"]]
    assert of_node["message"].endswith("kernel: hello") and of_node["kubernetes"] == {"node": {"name": "node-1"}}


def as_container(pod_spec, one):
    """What starts a program with a container's user, groups and capabilities."""
    context = {**pod_spec["securityContext"], **one["securityContext"]}
    assert context["capabilities"] == {"drop": ["ALL"]}
    groups = ",".join(map(str, pod_spec["securityContext"]["supplementalGroups"]))
    return ["setpriv", "--reuid", str(context["runAsUser"]), "--regid", str(context["runAsGroup"]), "--groups", groups,
            "--no-new-privs", "--bounding-set", "-all", "--inh-caps", "-all"]


@pytest.fixture
def open_folder():
    """One that other users may enter, as they may not enter pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


def test_the_rights_on_the_node_are_enough(binary, docs, open_folder):
    """Files as the kubelet, the runtime and syslog make them are read without root, and /var/lib/logchute, as the kubelet makes it, can
    be written to after the init container."""
    if os.geteuid() != 0:
        skip("users are changed as root only")
    node, pod_spec = Node(open_folder / "var/log"), pod(docs, "logchute-node")
    log, syslog, closed = node.log_of("api"), node.folder / "syslog.log", node.folder / "closed.log"
    write(log, "of a container")
    syslog.write_text("of syslog\n")
    closed.write_text("of root\n")
    for path, group, mode in ((log, 0, 0o640), (syslog, 4, 0o640), (closed, 0, 0o600)):
        os.chown(path, 0, group)
        os.chmod(path, mode)
    first, = pod_spec["initContainers"]
    folder = open_folder / "data"
    folder.mkdir(0o755)
    command = [str(folder) if word == "/var/lib/logchute" else word for word in first["command"]]
    subprocess.run([*as_container(pod_spec, first), *command], check=True)
    program = shutil.copy(binary, open_folder)
    pipelines = data(docs, "logchute-pipelines")
    one = Logchute(program, open_folder, pipelines["node.conf"] + "output { stdout { codec => json_lines } }", env={
        "NODE_CONTAINERS": str(node.folder / "containers/*.log"), "NODE_FILES": str(node.folder / "*.log")})
    one.prefix = as_container(pod_spec, pod_spec["containers"][0])
    one.start()
    try:
        wait_for(lambda: len(one.events()) == 2, 30, "two lines")
        wait_for(lambda: "closed.log" in one.stderr(), 30, "what cannot be read")
        assert {event["message"] for event in one.events()} == {"of a container", "of syslog"}
        assert one.api("/_node/stats")["status"] == "yellow"
    finally:
        one.end()
    assert list(folder.glob("plugins/inputs/file/.sincedb*"))


@pytest.mark.parametrize("key", ["@metadata", "\\u0040metadata", "@\\u006Detadata", "@metadat\\u0061"])
def test_no_container_speaks_for_another(node, key):
    path = "/var/log/containers/admin_kube-system_admin-%s.log" % IDENTIFIER
    forged = '{"%s":{"path":"%s","stream":"none"},"log":{"file":{"path":"%s"}},"kubernetes":{"namespace":"kube-system"}}' % (
        key, path, path)
    write(node.log_of("api"), forged, forged.replace(key, "other"))
    one = node.start()
    events = wait_for(lambda: len(one.events()) >= 2 and one.events(), 30, "two events")
    assert [event["kubernetes"]["namespace"] for event in events] == ["shop", "shop"]
    assert [event["stream"] for event in events] == ["stdout", "stdout"]


def test_nothing_is_lost_when_the_kubelet_rotates_or_the_pod_is_replaced(node):
    log, wanted = node.log_of("api"), []

    def add(count):
        lines = ["line %d" % (len(wanted) + i) for i in range(count)]
        wanted.extend(lines)
        write(log, *lines)

    def messages(one):
        return [event["message"] for event in one.events()]

    add(100)
    one = node.start()
    wait_for(lambda: len(one.events()) == 100, 30, "100 lines")
    # As the kubelet does: renamed, and the runtime opens the name anew; what was written last was not read yet.
    add(50)
    log.rename(log.with_name("0.log.20260301-100000"))
    log.touch()
    add(50)
    wait_for(lambda: len(one.events()) >= 200, 30, "the lines after the rotation")
    assert sorted(messages(one)) == sorted(wanted)
    # A new pod of the same node has the same folder of data.
    assert one.stop()[0] == 0
    add(100)
    one.start()
    wait_for(lambda: len(one.events()) >= 300, 30, "the lines written meanwhile")
    add(1)
    wait_for(lambda: wanted[-1] in messages(one), 30, "the line after that")
    assert sorted(messages(one)) == sorted(wanted)
