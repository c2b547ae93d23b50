"""What stands around logchute, as processes on the loopback: exporters, MariaDB, the application, Prometheus and Alertmanager; and the
shipped configurations with what a test has to have otherwise."""
import glob
import http.server
import json
import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from support import DIRECT, HERE, ROOT, free_port, wait_for

PROMETHEUS = os.path.join(ROOT, "packaging/prometheus")
ALERTMANAGER = os.path.join(ROOT, "packaging/alertmanager/alertmanager.yml")
MILLISECONDS = {"s": 1000, "m": 60000, "h": 3600000, "d": 86400000, "w": 604800000}
DURATION = re.compile(r"(\d+)([smhdw])")
# What Prometheus and Alertmanager read as durations, in the shipped files.
INTERVALS = {"scrape_interval", "scrape_timeout", "evaluation_interval", "interval"}
WAITS = {"for", "group_wait", "group_interval", "repeat_interval", "resolve_timeout"}


def load(path):
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f)


def rules(kind):
    """The rules of a kind, `alert` or `record`, by name."""
    files = sorted(glob.glob(os.path.join(PROMETHEUS, "rules/*.yml")))
    found = [rule for path in files for group in load(path)["groups"] for rule in group["rules"] if kind in rule]
    by_name = {rule[kind]: rule for rule in found}
    assert len(by_name) == len(found), "two %s rules of one name" % kind
    return by_name


class Server:
    """A program that answers HTTP on a port of ours."""

    def __init__(self, name, folder, command, port, path="/metrics", env=None):
        self.name, self.command, self.port, self.path = name, [str(word) for word in command], port, path
        self.address = "127.0.0.1:%d" % port
        self.env = dict(os.environ, **(env or {}))
        self.log = os.path.join(str(folder), name + ".log")
        self.process = None

    def start(self, seconds=30):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env)
        wait_for(self.is_up, seconds, "the start of " + self.name)
        return self

    def is_up(self):
        assert self.process.poll() is None, "%s ended with %d: %s" % (self.name, self.process.returncode, self.said())
        try:
            self.ask(self.path)
            return True
        except OSError:
            return False

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()[-2000:]

    def ask(self, path):
        with DIRECT.open("http://" + self.address + path, timeout=30) as answer:
            return answer.read().decode()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self):
        self.process.kill()
        self.process.wait()


def started(ends, server):
    """A server that is stopped with `ends`, also when it does not start."""
    ends.callback(server.stop)
    return server.start()


class MariaDB(Server):
    """A database of which each second an event writes a row, and a user of the exporter's with no more rights than it needs. It
    speaks no HTTP: it is up once the exporter says so."""
    EXPORTER = "exporter:exporter@(127.0.0.1:%d)/"
    START = """\
CREATE DATABASE timetable;
CREATE TABLE timetable.lessons (id INT PRIMARY KEY AUTO_INCREMENT, title VARCHAR(40)) ENGINE=InnoDB;
CREATE DEFINER='root'@'localhost' EVENT timetable.lessons_come ON SCHEDULE EVERY 1 SECOND DO \
INSERT INTO timetable.lessons (title) SELECT COUNT(*) FROM timetable.lessons;
CREATE USER 'exporter'@'127.0.0.1' IDENTIFIED BY 'exporter' WITH MAX_USER_CONNECTIONS 3;
GRANT PROCESS, REPLICATION CLIENT, SELECT ON *.* TO 'exporter'@'127.0.0.1';
"""

    def __init__(self, program, folder):
        root = program[:-len("/usr/sbin/mariadbd")]
        share, data, init = root + "/usr/share/mysql", os.path.join(str(folder), "db"), os.path.join(str(folder), "init.sql")
        os.mkdir(data)
        with open(init, "w", encoding="utf-8") as f:
            f.write(self.START)
        self.port, self.share = free_port(), share
        self.basic = [program, "--no-defaults", "--datadir=" + data, "--basedir=%s/usr" % root, "--lc-messages-dir=" + share,
                      "--character-sets-dir=%s/charsets" % share, "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M"]
        if os.geteuid() == 0:
            self.basic.append("--user=root")
        super().__init__("mariadb", folder, [
            *self.basic, "--bind-address=127.0.0.1", "--port=%d" % self.port, "--socket=%s/socket" % folder, "--skip-name-resolve",
            "--event-scheduler=ON", "--init-file=" + init], self.port,
            env={"LD_LIBRARY_PATH": ":".join(glob.glob(root + "/usr/lib/*-linux-gnu") + glob.glob(root + "/lib/*-linux-gnu"))})

    def bootstrap(self):
        """The system tables, as mariadb-install-db makes them."""
        statements = "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
        for name in ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql"):
            with open(os.path.join(self.share, name), encoding="utf-8") as f:
                statements += f.read()
        done = subprocess.run([*self.basic, "--bootstrap"], input=statements, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env=self.env)
        assert done.returncode == 0, done.stdout[-2000:]
        return self

    def is_up(self):
        assert self.process.poll() is None, "%s ended with %d: %s" % (self.name, self.process.returncode, self.said())
        return "ready for connections" in self.said()


class Exporter(Server):
    def __init__(self, name, folder, program, env):
        port = free_port()
        super().__init__(name, folder, [program, "--web.listen-address=127.0.0.1:%d" % port], port, env=env)


class Alertmanager(Server):
    """Debian's reads its templates in /usr/share only: it gets that of its own package, in a name space of its own."""
    NAME_SPACE = ("unshare", "--map-root-user", "--mount")

    def __init__(self, program, folder):
        share, port = program[:-len("/bin/prometheus-alertmanager")] + "/share", free_port()
        super().__init__("alertmanager", folder, [
            *self.NAME_SPACE, "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', share, program,
            "--config.file=%s/alertmanager.yml" % folder, "--storage.path=%s/alertmanager" % folder, "--cluster.listen-address=",
            "--web.listen-address=127.0.0.1:%d" % port], port, "/-/ready")


class Prometheus(Server):
    def __init__(self, program, folder, *flags, name="prometheus"):
        port = free_port()
        self.data = os.path.join(str(folder), "tsdb")
        super().__init__(name, folder, [
            program, "--config.file=%s/prometheus.yml" % folder, "--storage.tsdb.path=" + self.data, "--log.level=warn",
            "--storage.tsdb.retention.time=30d", "--web.listen-address=127.0.0.1:%d" % port, *flags], port, "/-/ready")

    def api(self, path, **parameters):
        try:
            answer = json.loads(self.ask("/api/v1/%s?%s" % (path, urllib.parse.urlencode(parameters))))
        except urllib.error.HTTPError as error:
            raise AssertionError("%s %s: %s" % (path, parameters, error.read().decode())) from error
        assert answer["status"] == "success" and not answer.get("warnings"), answer
        return answer["data"]

    def query(self, expr):
        """What an expression is now: pairs of labels and value, without those that are not a number."""
        found = self.api("query", query=expr)
        rows = [{"metric": {}, "value": found["result"]}] if found["resultType"] == "scalar" else found["result"]
        return [(row["metric"], float(row["value"][1])) for row in rows if row["value"][1] != "NaN"]

    def query_range(self, expr, seconds=300, step=15):
        """What an expression was: pairs of labels and the values that are numbers."""
        now = int(time.time())
        rows = self.api("query_range", query=expr, start=now - seconds, end=now, step=step)["result"]
        numbers = [(row["metric"], [float(value) for _, value in row["values"] if value != "NaN"]) for row in rows]
        return [(labels, values) for labels, values in numbers if values]


class Listener(http.server.ThreadingHTTPServer):
    """Takes JSON by POST and keeps it, with its path: Slack, PagerDuty and a webhook in one."""

    def __init__(self):
        listener, self.messages = self, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                listener.messages.append((self.path, body))
                # PagerDuty answers 202, the others 200; each side takes any 2xx.
                answer = b'{"status":"success"}'
                self.send_response(202 if self.path == "/pagerduty" else 200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", free_port()), Handler)
        self.url = "http://127.0.0.1:%d" % self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def to(self, path):
        return [body for where, body in self.messages if where == path]

    def stop(self):
        self.shutdown()
        self.server_close()


class Cadvisor(http.server.ThreadingHTTPServer):
    """cAdvisor needs cgroups and a container engine, which are not here. Instead its exposition, written after its documentation
    (docs/storage/prometheus.md of google/cadvisor), with counters that grow by a twentieth each second."""

    def __init__(self):
        with open(os.path.join(HERE, "cadvisor.txt"), encoding="utf-8") as f:
            lines, started = f.read().splitlines(), time.monotonic()
        counters = {line.split(" ")[2] for line in lines if line.startswith("# TYPE ") and line.endswith(" counter")}

        def grown(line):
            if line.split("{")[0] not in counters:
                return line
            series, value = line.rsplit(" ", 1)
            return "%s %f" % (series, float(value) + 0.05 * (time.monotonic() - started))

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = ("\n".join(map(grown, lines)) + "\n").encode()
                self.send_response(200)
                self.send_header("content-type", "text/plain; version=0.0.4")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", free_port()), Handler)
        self.address = "127.0.0.1:%d" % self.server_port
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self):
        self.shutdown()
        self.server_close()


def changed(node, change, key=None):
    """A document with each of its values as `change(key, value)` has it."""
    if isinstance(node, dict):
        return {name: changed(value, change, name) for name, value in node.items()}
    if isinstance(node, list):
        return [changed(value, change, key) for value in node]
    return change(key, node)


def faster(text, times):
    """Each duration of a text, shorter by a factor."""
    return DURATION.sub(lambda found: "%dms" % (int(found[1]) * MILLISECONDS[found[2]] // times), text)


def each_second(key, value):
    """Scrapes and rules are worked out each second; nothing else is changed."""
    return "1s" if key in INTERVALS else value


def forty_times_faster(key, value):
    """A minute takes a second and a half: intervals and waiting times. The ranges of expressions take two, so that what they tell outlives
    a killed application for long enough to be seen. A scrape may take all of its interval: the time for an answer does not shrink."""
    if key == "scrape_timeout":
        return "375ms"
    if key in INTERVALS or key in WAITS:
        return faster(value, 40)
    if key == "expr":
        return re.sub(r"\[[^]]*\]|offset \w+", lambda found: faster(found[0], 30), value)
    return value


def write_prometheus(folder, change, targets, alertmanager=None, slow=None):
    """The shipped prometheus.yml and rules in a folder, `change`d, with `targets` (address by job) for those of the Compose network.
    Jobs that are not in `targets` are left out. The job `slow` has 2 seconds for a scrape, whatever `change` says."""
    config = changed(load(os.path.join(PROMETHEUS, "prometheus.yml")), change)
    config["scrape_configs"] = [job for job in config["scrape_configs"] if job["job_name"] in targets]
    for job in config["scrape_configs"]:
        job["static_configs"][0]["targets"] = [targets[job["job_name"]]]
        if job["job_name"] == slow:
            job["scrape_interval"] = job["scrape_timeout"] = "2s"
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alertmanager] if alertmanager else []
    os.mkdir(os.path.join(str(folder), "rules"))
    write_yaml(os.path.join(str(folder), "prometheus.yml"), config)
    for path in glob.glob(os.path.join(PROMETHEUS, "rules/*.yml")):
        write_yaml(os.path.join(str(folder), "rules", os.path.basename(path)), changed(load(path), change))


def write_alertmanager(folder, change, url):
    """The shipped alertmanager.yml, `change`d: secrets are files of ours, Slack and PagerDuty are paths of `url`, and each receiver
    that a route names also POSTs to /webhook/NAME there."""
    secrets = {"slack_webhook_url": url + "/slack", "pagerduty_routing_key": "0123456789abcdef0123456789abcdef"}
    for name, value in secrets.items():
        with open(os.path.join(str(folder), name), "w", encoding="utf-8") as f:
            f.write(value)

    def with_secrets(key, value):
        return value.replace("/run/secrets", str(folder)) if isinstance(value, str) else change(key, value)

    config = changed(changed(load(ALERTMANAGER), change), with_secrets)
    config["global"]["pagerduty_url"] = url + "/pagerduty"
    for receiver in config["receivers"]:
        receiver.setdefault("webhook_configs", []).append({"url": "%s/webhook/%s" % (url, receiver["name"]), "send_resolved": True})
    write_yaml(os.path.join(str(folder), "alertmanager.yml"), config)


def write_yaml(path, document):
    with open(path, "w", encoding="utf-8") as f:
        yaml.safe_dump(document, f, sort_keys=False)
