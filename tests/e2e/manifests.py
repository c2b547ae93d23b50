"""Looks at Kubernetes manifests as a whole: what a schema cannot see, since it sees one object at a time. Each check takes all
documents and yields what is wrong, in words; `problems` asks them all."""
import itertools
import re
from decimal import Decimal

import yaml

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
CLUSTER_WIDE = ("Namespace", "ClusterRole", "ClusterRoleBinding")
NAMESPACE = "monitoring"
SERVICE_NAME = re.compile(r"([\w-]+)(?:\.([\w-]+)\.svc)?")
# docs/ARCHITECTURE.md, "A stop": the longest that one takes; and what a busy node may add.
STOP_SECONDS, SPARE_SECONDS = 8, 4
# Who may do what `restricted` forbids, and why: the node's files, and the folder that the kubelet made.
READS_THE_NODE = {"logchute-node", "node-exporter"}
RUNS_AS_ROOT = {("logchute-node", "data")}
ASKS_THE_API_SERVER = {"prometheus"}
UNITS = {"": 1, "m": Decimal("0.001"), "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
GIB = 2**30
# requests and limits of cores and bytes, and bytes of storage, that the whole of it may take.
MOST = {"requests cpu": Decimal("2.45"), "requests memory": Decimal("2.3") * GIB, "limits cpu": Decimal("5.4"),
        "limits memory": Decimal("4.4") * GIB, "storage": Decimal(39 * GIB)}


def of_kind(docs, *kinds):
    return [doc for doc in docs if doc["kind"] in kinds]


def name_of(doc):
    return doc["metadata"]["name"]


def full_name(doc):
    return "%s/%s" % (doc["kind"], name_of(doc))


def find(docs, kind, name):
    return next((doc for doc in docs if doc["kind"] == kind and name_of(doc) == name), None)


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def labels_of(workload):
    return workload["spec"]["template"]["metadata"]["labels"]


def containers_of(workload):
    """All of them, those that run before the others too."""
    return pod_of(workload).get("initContainers", []) + pod_of(workload)["containers"]


def each_container(docs):
    return [(workload, container) for workload in of_kind(docs, *WORKLOADS) for container in containers_of(workload)]


def ports_of(workload):
    return [port for container in pod_of(workload)["containers"] for port in container.get("ports", [])]


def number_of(workload, port, protocol="TCP"):
    """The number of a port that is given by name or number; None if no container has it."""
    return next((one["containerPort"] for one in ports_of(workload)
                 if port in (one["name"], one["containerPort"]) and one["protocol"] == protocol), None)


def quantity(text):
    """500m, 64Mi, 1.5: as a number. None if it is none."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([a-zA-Z]*)", str(text))
    return Decimal(found[1]) * UNITS[found[2]] if found and found[2] in UNITS else None


def selects(selector, labels):
    def holds(one):
        value = labels.get(one["key"])
        return {"In": lambda: value in one["values"], "NotIn": lambda: value not in one["values"],
                "Exists": lambda: value is not None, "DoesNotExist": lambda: value is None}[one["operator"]]()
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items()) and \
        all(holds(one) for one in selector.get("matchExpressions", []))


def check_names(docs):
    for key, group in itertools.groupby(sorted(map(full_name, docs))):
        if len(list(group)) > 1:
            yield "%s: there are two" % key
    for doc in docs:
        if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", name_of(doc)):
            yield "%s: no name that Kubernetes takes" % full_name(doc)
        if doc["kind"] not in CLUSTER_WIDE and doc["metadata"].get("namespace") != NAMESPACE:
            yield "%s: not in the namespace %s" % (full_name(doc), NAMESPACE)
    for workload in of_kind(docs, *WORKLOADS):
        names = [port["name"] for port in ports_of(workload)]
        for name in names:
            if not re.fullmatch(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*", name) or len(name) > 15 or names.count(name) > 1:
                yield "%s: port %s: a name of at most 15 letters, once" % (full_name(workload), name)


def named_keys(docs, kind, name, keys):
    """What is not there of an object and some of its keys."""
    there = find(docs, kind, name)
    if there is None:
        yield "no %s %s" % (kind, name)
        return
    for key in keys:
        if key not in there.get("data", {}):
            yield "%s %s has no key %s" % (kind, name, key)


def sources_of(workload):
    """(kind, name, keys) of each ConfigMap and Secret that a pod asks for."""
    for volume in pod_of(workload).get("volumes", []):
        for source in [volume, *volume.get("projected", {}).get("sources", [])]:
            for kind, part, name in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
                if part in source:
                    one = source[part]
                    yield kind, one.get(name) or one["name"], [item["key"] for item in one.get("items", [])]
    for container in containers_of(workload):
        for variable in container.get("env", []):
            for kind, part in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                if part in variable.get("valueFrom", {}):
                    one = variable["valueFrom"][part]
                    yield kind, one["name"], [one["key"]]


def check_references(docs):
    used = set()
    for workload in of_kind(docs, *WORKLOADS):
        pod = pod_of(workload)
        for kind, name, keys in sources_of(workload):
            used.add((kind, name))
            for problem in named_keys(docs, kind, name, keys):
                yield "%s: %s" % (full_name(workload), problem)
        if find(docs, "ServiceAccount", pod.get("serviceAccountName")) is None:
            yield "%s: no ServiceAccount %s" % (full_name(workload), pod.get("serviceAccountName"))
        for volume in pod.get("volumes", []):
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            if claim and find(docs, "PersistentVolumeClaim", claim) is None:
                yield "%s: no PersistentVolumeClaim %s" % (full_name(workload), claim)
    for doc in of_kind(docs, "ConfigMap", "Secret"):
        if (doc["kind"], name_of(doc)) not in used:
            yield "%s: nothing uses it" % full_name(doc)


def check_mounts(docs):
    for workload in of_kind(docs, *WORKLOADS):
        there = {volume["name"] for volume in pod_of(workload).get("volumes", [])}
        there |= {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])}
        mounted = {mount["name"] for container in containers_of(workload) for mount in container.get("volumeMounts", [])}
        for name in sorted(there ^ mounted):
            yield "%s: volume %s is %s" % (full_name(workload), name, "not mounted" if name in there else "not there")


def check_selectors(docs):
    workloads = of_kind(docs, *WORKLOADS)
    for workload in workloads:
        if not selects(workload["spec"]["selector"], labels_of(workload)):
            yield "%s: does not select its own pods" % full_name(workload)
        if sum(selects(workload["spec"]["selector"], labels_of(other)) for other in workloads) > 1:
            yield "%s: selects the pods of another" % full_name(workload)
        service = workload["spec"].get("serviceName")
        if workload["kind"] == "StatefulSet" and find(docs, "Service", service) is None:
            yield "%s: no Service %s" % (full_name(workload), service)
    for doc in of_kind(docs, "PodDisruptionBudget", "NetworkPolicy"):
        selector = doc["spec"].get("selector") or doc["spec"].get("podSelector")
        if not any(selects(selector, labels_of(workload)) for workload in workloads):
            yield "%s: selects no pod" % full_name(doc)


def behind(docs, service):
    return [workload for workload in of_kind(docs, *WORKLOADS)
            if selects({"matchLabels": service["spec"]["selector"]}, labels_of(workload))]


def check_services(docs):
    for service in of_kind(docs, "Service"):
        if not behind(docs, service):
            yield "%s: selects no pod" % full_name(service)
        for workload, port in itertools.product(behind(docs, service), service["spec"]["ports"]):
            number = number_of(workload, port["targetPort"], port["protocol"])
            if number is None:
                yield "%s: %s has no port %s/%s" % (full_name(service), full_name(workload), port["targetPort"], port["protocol"])
            elif number != port["port"]:
                yield "%s: port %d leads to %d" % (full_name(service), port["port"], number)


def check_targets(docs):
    for scaler in of_kind(docs, "HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]
        workload = find(docs, target["kind"], target["name"])
        if workload is None:
            yield "%s: no %s %s" % (full_name(scaler), target["kind"], target["name"])
            continue
        if "replicas" in workload["spec"]:
            yield "%s: replicas are set by %s too" % (full_name(workload), full_name(scaler))
        if scaler["spec"]["minReplicas"] >= scaler["spec"]["maxReplicas"]:
            yield "%s: nothing to scale" % full_name(scaler)
        budgets = [one for one in of_kind(docs, "PodDisruptionBudget") if selects(one["spec"]["selector"], labels_of(workload))]
        if not budgets:
            yield "%s: no PodDisruptionBudget" % full_name(workload)


def check_rights(docs):
    """Who may ask the API server, and for what."""
    bound = set()
    for binding in of_kind(docs, "ClusterRoleBinding", "RoleBinding"):
        role = binding["roleRef"]
        if find(docs, role["kind"], role["name"]) is None:
            yield "%s: no %s %s" % (full_name(binding), role["kind"], role["name"])
        for subject in binding["subjects"]:
            bound.add(subject["name"])
            if find(docs, subject["kind"], subject["name"]) is None or subject.get("namespace") != NAMESPACE:
                yield "%s: no %s %s" % (full_name(binding), subject["kind"], subject["name"])
    for role, rule in ((role, rule) for role in of_kind(docs, "ClusterRole", "Role") for rule in role["rules"]):
        if set(rule["verbs"]) - {"get", "list", "watch"} or set(rule.get("resources", ["*"])) & {"*", "secrets", "nodes/proxy"}:
            yield "%s: more than reading what it needs" % full_name(role)
    with_token = set()
    for account in of_kind(docs, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield "%s: every pod of it has a token" % full_name(account)
    for workload in of_kind(docs, *WORKLOADS):
        if pod_of(workload).get("automountServiceAccountToken") is not False:
            with_token.add(pod_of(workload).get("serviceAccountName"))
    for name in sorted((with_token ^ ASKS_THE_API_SERVER) | (bound ^ ASKS_THE_API_SERVER)):
        yield "ServiceAccount/%s: rights, a token, and a need of them are not the same" % name


def check_security(docs):
    for workload in of_kind(docs, *WORKLOADS):
        pod = pod_of(workload)
        of_the_node = [key for key in ("hostNetwork", "hostPID", "hostIPC") if pod.get(key)]
        of_the_node += [volume["name"] for volume in pod.get("volumes", []) if "hostPath" in volume]
        if of_the_node and name_of(workload) not in READS_THE_NODE:
            yield "%s: takes of the node: %s" % (full_name(workload), of_the_node)
        for container in containers_of(workload):
            wanted = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
            for key, value in wanted.items():
                if container.get("securityContext", {}).get(key) != value:
                    yield "%s, %s: %s is not %s" % (full_name(workload), container["name"], key, value)
            context = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
            is_root = not context.get("runAsNonRoot") or not context.get("runAsUser")
            if is_root != ((name_of(workload), container["name"]) in RUNS_AS_ROOT):
                yield "%s, %s: runs as root" % (full_name(workload), container["name"])
            if context.get("seccompProfile") != {"type": "RuntimeDefault"} or context.get("privileged"):
                yield "%s, %s: no seccomp profile, or privileged" % (full_name(workload), container["name"])
            for mount in container.get("volumeMounts", []):
                is_host = any(volume["name"] == mount["name"] and "hostPath" in volume for volume in pod.get("volumes", []))
                if is_host and mount["name"] != "data" and not mount.get("readOnly"):
                    yield "%s, %s: may write to the node's %s" % (full_name(workload), container["name"], mount["name"])


def check_probes(docs):
    for workload in of_kind(docs, *WORKLOADS):
        is_ours = labels_of(workload).get("app.kubernetes.io/name") == "logchute"
        for container in pod_of(workload)["containers"]:
            for probe, path in (("startupProbe", "/health/ready"), ("livenessProbe", "/health/live"),
                                ("readinessProbe", "/health/ready")):
                get = container.get(probe, {}).get("httpGet", {})
                number = number_of(workload, get.get("port"))
                if number is None:
                    yield "%s: %s asks no port of it" % (full_name(workload), probe)
                elif is_ours and (get["path"], number) != (path, 9600):
                    yield "%s: %s asks %s on %d" % (full_name(workload), probe, get["path"], number)


def check_stops(docs):
    for workload in of_kind(docs, *WORKLOADS):
        if labels_of(workload).get("app.kubernetes.io/name") != "logchute":
            continue
        sleep = pod_of(workload)["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if pod_of(workload).get("terminationGracePeriodSeconds", 0) < sleep + STOP_SECONDS + SPARE_SECONDS:
            yield "%s: is killed before it has stopped" % full_name(workload)
        if ports_of(workload)[1:] and not sleep:
            yield "%s: stops listening before all nodes know" % full_name(workload)


def check_images(docs):
    for workload, container in each_container(docs):
        image = container["image"]
        if not re.search(r":[\w.-]+$", image) or (image.endswith(":latest") and image != "logchute:latest"):
            yield "%s: the image %s has no version" % (full_name(workload), image)


def peer_is(peers, labels):
    """Whether one of the peers of a rule is a pod of ours with these labels; None as labels is one of another namespace."""
    def is_it(peer):
        if "ipBlock" in peer:
            return False
        namespaces = peer.get("namespaceSelector")
        if labels is None:
            return namespaces == {} and "podSelector" not in peer
        ours = namespaces is None or selects(namespaces, {"kubernetes.io/metadata.name": NAMESPACE})
        return ours and selects(peer.get("podSelector", {}), labels)
    return peers is None or any(is_it(peer) for peer in peers)


def is_open(docs, direction, labels, peer, port, protocol="TCP", names=()):
    """Whether the policies of the pods with `labels` let them talk to `peer` (labels; None: another namespace; "host": a node or
    beyond the cluster) on a port, which a container calls by one of `names`."""
    key, side = {"Ingress": ("ingress", "from"), "Egress": ("egress", "to")}[direction]
    policies = [one["spec"] for one in of_kind(docs, "NetworkPolicy")
                if direction in one["spec"]["policyTypes"] and selects(one["spec"]["podSelector"], labels)]
    rules = [rule for policy in policies for rule in policy.get(key, [])]

    def fits(rule):
        on_port = "ports" not in rule or any(one.get("protocol", "TCP") == protocol and one["port"] in (port, *names)
                                             for one in rule["ports"])
        return on_port and (side not in rule if peer == "host" else peer_is(rule.get(side), peer))
    return not policies or any(fits(rule) for rule in rules)


def names_of(workload, number, protocol):
    return [port["name"] for port in ports_of(workload) if (port["containerPort"], port["protocol"]) == (number, protocol)]


def may_talk(docs, source, target, port, protocol="TCP"):
    """From one workload of ours (None: any pod of another namespace) to another."""
    if pod_of(target).get("hostNetwork"):
        return is_open(docs, "Egress", labels_of(source), "host", port, protocol)
    names = names_of(target, port, protocol)
    leaves = source is None or is_open(docs, "Egress", labels_of(source), labels_of(target), port, protocol, names)
    return leaves and is_open(docs, "Ingress", labels_of(target), source and labels_of(source), port, protocol, names)


def prometheus_config(docs):
    config = next(doc for doc in of_kind(docs, "ConfigMap") if name_of(doc).startswith("prometheus-config"))
    return yaml.safe_load(config["data"]["prometheus.yml"])


def scraped(docs):
    """(job, name of the Service, its namespace, port) of what is found by DNS or by name."""
    config = prometheus_config(docs)
    for job in config["scrape_configs"]:
        for part in job.get("dns_sd_configs", []):
            for name in part["names"]:
                found = SERVICE_NAME.fullmatch(name)
                yield (job["job_name"], found and found[1], found and (found[2] or NAMESPACE), part["port"])
    for part in config["alerting"]["alertmanagers"]:
        for target in (target for one in part["static_configs"] for target in one["targets"]):
            yield ("alertmanagers", target.split(":")[0], NAMESPACE, int(target.split(":")[1]))


def check_scrapes(docs):
    prometheus = find(docs, "StatefulSet", "prometheus")
    for job, name, namespace, port in scraped(docs):
        if namespace != NAMESPACE:
            if not is_open(docs, "Egress", labels_of(prometheus), None, port):
                yield "job %s: Prometheus may not ask port %d of %s" % (job, port, namespace)
            continue
        service = find(docs, "Service", name)
        if service is None:
            yield "job %s: no Service %s" % (job, name)
            continue
        if job != "alertmanagers" and service["spec"].get("clusterIP") != "None":
            yield "job %s: Service %s has one address for all pods" % (job, name)
        for workload in behind(docs, service):
            if number_of(workload, port) is None:
                yield "job %s: %s has no port %d" % (job, full_name(workload), port)
            elif not may_talk(docs, prometheus, workload, port):
                yield "job %s: Prometheus may not ask port %d of %s" % (job, port, full_name(workload))
    for port, what in ((10250, "the kubelets"), (443, "the API server")):
        if not is_open(docs, "Egress", labels_of(prometheus), "host", port):
            yield "Prometheus may not ask port %d of %s" % (port, what)


def check_traffic(docs):
    """Who has to be able to talk to whom, and who must not."""
    workloads = {name_of(workload): workload for workload in of_kind(docs, *WORKLOADS)}
    for service in (find(docs, "Service", name) for name in ("logchute", "logchute-store")):
        for workload, port, protocol in itertools.product(behind(docs, service), (5000, 5514), ("TCP", "UDP")):
            if not may_talk(docs, None, workload, port, protocol):
                yield "%s: nobody may send to %d/%s" % (full_name(service), port, protocol)
    if not may_talk(docs, workloads["grafana"], workloads["prometheus"], 9090):
        yield "grafana: may not ask Prometheus"
    if not is_open(docs, "Egress", labels_of(workloads["alertmanager"]), "host", 443):
        yield "alertmanager: may not go to Slack and PagerDuty"
    for workload in workloads.values():
        has_engine = any(one["name"] == "ELASTICSEARCH_HOSTS" for one in pod_of(workload)["containers"][0].get("env", []))
        if not pod_of(workload).get("hostNetwork") and is_open(docs, "Egress", labels_of(workload), "host", 9200) != has_engine:
            yield "%s: a search engine, and no way to it, or the other way round" % full_name(workload)
    for workload in workloads.values():
        if not pod_of(workload).get("hostNetwork"):
            if not is_open(docs, "Egress", labels_of(workload), "host", 53, "UDP"):
                yield "%s: may not ask for names" % full_name(workload)
            for port in (9600, 9090, 9093, 3000, 22):
                if is_open(docs, "Ingress", labels_of(workload), None, port, names=names_of(workload, port, "TCP")):
                    yield "%s: port %d is open to all namespaces" % (full_name(workload), port)


def replicas_of(docs, workload):
    """Of a DaemonSet one, as on a cluster of one node; of what is scaled the most."""
    scalers = [scaler for scaler in of_kind(docs, "HorizontalPodAutoscaler")
               if scaler["spec"]["scaleTargetRef"]["name"] == name_of(workload)]
    return scalers[0]["spec"]["maxReplicas"] if scalers else workload["spec"].get("replicas", 1)


def sums(docs):
    """What the whole of it takes; of a pod, what its containers take together, or the hungriest of those before them."""
    total = dict.fromkeys(MOST, Decimal(0))
    for workload in of_kind(docs, *WORKLOADS):
        for key in (key for key in MOST if key != "storage"):
            part, what = key.split()
            together = sum(quantity(one["resources"][part][what]) for one in pod_of(workload)["containers"])
            before = [quantity(one["resources"][part][what]) for one in pod_of(workload).get("initContainers", [])]
            total[key] += replicas_of(docs, workload) * max([together, *before])
        for claim in workload["spec"].get("volumeClaimTemplates", []):
            total["storage"] += replicas_of(docs, workload) * quantity(claim["spec"]["resources"]["requests"]["storage"])
    for claim in of_kind(docs, "PersistentVolumeClaim"):
        total["storage"] += quantity(claim["spec"]["resources"]["requests"]["storage"])
    return total


def check_resources(docs):
    is_whole = True
    for workload, container in each_container(docs):
        for part, what in itertools.product(("requests", "limits"), ("cpu", "memory")):
            if quantity(container.get("resources", {}).get(part, {}).get(what)) is None:
                yield "%s, %s: no %s of %s" % (full_name(workload), container["name"], part, what)
                is_whole = False
    for key, most in MOST.items() if is_whole else ():
        if sums(docs)[key] > most:
            yield "all together: %s %s, more than %s" % (key, sums(docs)[key], most)


CHECKS = (check_names, check_references, check_mounts, check_selectors, check_services, check_targets, check_rights, check_security,
          check_probes, check_stops, check_images, check_scrapes, check_traffic, check_resources)


def problems(docs):
    return [problem for check in CHECKS for problem in check(docs)]
