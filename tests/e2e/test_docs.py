"""docs/, README.md and the pages of packaging/: every block of code has a check that is run, every link leads somewhere, and every message
that docs/troubleshooting.md quotes is one that the program writes. A block of a language without a check fails, and so does a command that
neither runs nor stands in NOT_RUN."""
import ast
import errno
import glob
import json
import os
import random
import re
import shlex
import shutil
import socket
import subprocess

import pytest
import yaml

import doc_pages
from doc_pages import Sandbox, anchors, blocks, commands, is_server, links, page_names, read_page, same_but_for_times, table_rows, typed
from support import ROOT, json_lines, send_tcp, wait_for
from test_api_docs import assert_shape

PAGES = page_names()
RUNNABLE = [page for page in PAGES if blocks(page)]
PACKAGING = os.path.join(ROOT, "packaging")

# What is checked by another test, which reads the same block: page, language, and where.
BY_OTHERS = {
    ("docs/api.md", "json"): "test_api_docs.py: the shape of each example is that of the real answer",
    ("docs/api.md", "prometheus"): "test_api_docs.py: test_examples_of_metrics",
    ("packaging/debian/README.md", "ini"): "test_debian.py: the service is started with each",
    ("packaging/k8s/README.md", "yaml"): "test_k8s.py: overlay() builds it",
}
# Blocks of plain text that are no sample for a command: page, the first word, why there is nothing to run.
SHOWN = {("docs/ARCHITECTURE.md", "input"): "a drawing", ("docs/top.md", "logchute"): "test_the_frame_of_top"}
# What the commands of a page find in their folder, beside the files that the page itself shows.
PIPELINE = 'input { tcp { host => "127.0.0.1" port => 5000 codec => json_lines } } output { sqlite { } }\n'
GIVEN = {
    "docs/redaction.md": {"/var/log/app.log": "password=hunter2\n", "src/ci.log": "all is well\n", "app.log": "password=hunter2\n"},
    "docs/setup.md": {"/run/secrets/elastic": "secret", "/etc/logchute/pipeline/a.conf": PIPELINE},
    "docs/moving-from-logstash.md": {"/usr/share/logstash/data/plugins/inputs/file/.sincedb_0": "1 0 2 10\n"},
}
# What was logged before somebody reads the page.
EVENTS = {"README.md": [
    {"level": "error", "message": "timeout", "tags": ["error"]}, {"message": "connection reset, timed out", "user": "ben"},
    {"@timestamp": "2026-11-23T10:00:00Z", "message": "logged in", "user": "anna"}]}
PIPELINES_CASES = {
    "docs/moving-from-logstash.md": {
        "input_plugin": "from_tcp", "ignore": ["@timestamp"], "export_outputs": True,
        "testcases": [{"input": ['{"level":"ERROR"}'], "expected": [
            {"level": "error", "__lfv_out_passed": "to_file"}, {"level": "ERROR", "__lfv_out_passed": "to_logchute"}]}]},
}
BURN_CASES = """
rule_files: [recording.yml, burn.yml]
evaluation_interval: 1m
tests:
  - name: %(name)s
    interval: 1m
    input_series:
      - {series: 'http_requests_total{job="application", status="200"}', values: '0+%(good)dx400'}
      - {series: 'http_requests_total{job="application", status="500"}', values: '0+%(bad)dx400'}
    alert_rule_test:
      - {eval_time: 390m, alertname: ErrorBudgetBurnsFast, exp_alerts: [%(alert)s]}
"""


# ---------------------------------------------------------------- commands that are not run, and what is checked instead


def check_there(box, command):
    """A program of the tree: it is there, and may be executed."""
    path = os.path.join(ROOT, command.split()[0])
    assert os.access(path, os.X_OK), path


def check_make(box, command):
    """secrets/make, in a copy of its folder: every secret is there afterwards."""
    folder = box.path("secrets-copy")
    shutil.copytree(os.path.join(PACKAGING, "compose/secrets"), folder)
    subprocess.run(["./make"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    examples = [name[:-len(".example")] for name in os.listdir(folder) if name.endswith(".example")]
    assert len(examples) >= 5 and all(os.path.getsize(os.path.join(folder, name)) for name in examples)


def check_compose(box, command):
    """Each file is there, but for the reader's own; the services are test_compose's."""
    words = shlex.split(command, comments=True)
    files = [words[i + 1].replace("path/to/logchute/", "") for i, word in enumerate(words) if word == "-f"]
    assert files and words[-1] in ("-d", "ps") and "packaging/compose/docker-compose.monitoring.yml" in files
    for name in files:
        assert name == "docker-compose.yml" or os.path.isfile(os.path.join(ROOT, name)), name
    home = re.match(r"LOGCHUTE_HOME=(\S+) ", command)
    assert home is None or "LOGCHUTE_HOME" in read_page("packaging/compose/docker-compose.monitoring.yml")


def check_docker(box, command):
    """The image is one that the build names; the ports are those of the timetable pipeline and the API."""
    assert re.search(r"\blogchute:(latest|debug)\b", command) or re.search(r"docker (exec|logs) .*\blogchute\b", command), command
    published = {spec.split("/")[0].split(":")[-1] for spec in re.findall(r"-p (\S+)", command)}
    assert published <= {"5000", "5514", "9600"}, published


def check_kubectl(box, command):
    """Files and folders are there, and so is each object that is named."""
    text = "".join(open(path, encoding="utf-8").read() for path in glob.glob(os.path.join(PACKAGING, "k8s/**/*.yaml"), recursive=True))
    there = set(re.findall(r"\bname: *([\w-]+)", text))
    for path in re.findall(r"-[fk] (\S+)", command):
        assert path == "overlay" or os.path.exists(os.path.join(ROOT, path.replace("logchute/", "", 1))), path
    named = re.findall(r"\b(?:deployment|service|statefulset|daemonset|generic)[/ ]([\w-]+)", command) + re.findall(r"exec ([\w-]+)-0 ", command)
    assert set(named) <= there, set(named) - there
    inside = re.search(r" -- (logchute .*)", command)
    if inside:
        code, text = box.run(inside[1].replace("/var/lib/logchute", "data"))
        assert code == 0, text


def check_npm(box, command):
    with open(os.path.join(PACKAGING, "node/package.json"), encoding="utf-8") as f:
        wanted = set(json.load(f)["peerDependencies"])
    folder, *packages = shlex.split(command)[2:]
    assert os.path.samefile(os.path.join(ROOT, folder), os.path.join(PACKAGING, "node")) and set(packages) == wanted


def check_setup(box, command):
    """The flags and files, by --print; what stands behind `--` by `logchute -t`."""
    front, _, behind = command.partition(" -- ")
    code, text = box.run(front + " --print")
    assert code == 0 and "timetable-logs-*" in text, text
    if behind:
        code, text = box.run("logchute -t " + behind)
        assert code == 0 and text.endswith("Configuration OK\n"), text


def check_search_engine(box, command):
    index = re.search(r"9200/([\w-]+-)\*", command)[1]
    assert 'index => "%s%%{+' % index in read_page("conf/pipelines/output-elasticsearch.conf")


def check_server_flags(box, command):
    """The file is that of the tree, under the folder that the page says."""
    program, path = re.match(r"(\w+) --config.file=/etc/\w+/(\S+)", command).groups()
    assert os.path.isfile(os.path.join(PACKAGING, program, path))


def check_rule_tests(box, command):
    path = re.fullmatch(r"promtool test rules (\S+)", command)[1]
    assert len(glob.glob(os.path.join(PACKAGING, path))) >= 2


def check_piped(box, command):
    code, text = box.run("echo password=hunter2 | " + command.split("|")[1])
    assert code == 0 and "key_value" in text, text


def check_package(box, command):
    assert "logchute_*.deb" in command and "Package: logchute" in read_page("packaging/debian/control")


def check_unit(box, command):
    assert re.search(r"^ExecReload=", read_page("packaging/debian/logchute.service"), re.M) and command.split()[-1] == "logchute"


# A pattern of whole commands, why they are not run, and what is checked in their place.
NOT_RUN = (
    (r"\./(quickstart|test)\b.*", "./test runs ./quickstart; itself it is what runs this", check_there),
    (r"packaging/(docker|debian)/build\b.*", "test_container.py, test_debian.py", check_there),
    (r"(packaging/compose/secrets|\.)/make\b.*", "it writes into its folder", check_make),
    (r"(LOGCHUTE_HOME=\S+ )?docker compose .*", "there is no Docker engine; test_compose.py loads the files", check_compose),
    (r"docker (run|exec|logs) (.|\n)*", "there is no Docker engine; test_container.py", check_docker),
    (r"kubectl logs app \| .*", "there is no cluster", check_piped),
    (r"kubectl .*", "there is no cluster; test_k8s.py", check_kubectl),
    (r"npm install .*", "test_node.py installs the package", check_npm),
    (r"logchute setup (?!--print).*", "test_setup.py runs it against search engines", check_setup),
    (r"curl -s 'localhost:9200/.*", "test_timetable.py asks a real search engine", check_search_engine),
    (r"(prometheus|alertmanager) --config.file=.*", "test_monitoring.py checks the files", check_server_flags),
    (r"promtool test rules .*", "test_monitoring.py runs it on each file; it takes ten seconds", check_rule_tests),
    (r"apt install .*", "test_debian.py installs the package", check_package),
    (r"systemctl reload logchute", "there is no systemd; test_debian.py, test_service.py", check_unit),
)
ENDLESS = r".*(--follow\b|curl -sN ).*"


def without_comment(command):
    return re.sub(r"\s+#\s.*$", "", command)


def instead(command):
    return next((row for row in NOT_RUN if re.fullmatch(row[0], command)), None)


# ---------------------------------------------------------------- a check for each language


class Reader:
    """Reads one page as a person would, from its first block to the last."""

    def __init__(self, page, box, programs, text=None):
        self.page, self.box, self.programs = page, box, programs
        self.all = blocks(page, text)
        self.shell = "\n".join(b.text for b in self.all if b.language in ("sh", "console") and b.name is None)

    def check(self, block):
        by_others = BY_OTHERS.get((self.page, block.language))
        check = getattr(self, "check_" + block.language, None)
        assert check is not None or by_others, "%s: there is no check for this language" % block
        if block.name is not None and block.language != "console":
            block.path = self.box.write(block.name, block.text)
        if check is None or by_others:
            return
        check(block)

    def run(self, command, cwd=None):
        """One command of a block: its output."""
        row = instead(without_comment(command))
        if row is not None:
            return row[2](self.box, without_comment(command))
        if is_server(command):
            return self.box.start(command)
        if re.fullmatch(ENDLESS, command):
            return self.box.run_endless(command)
        code, text = self.box.run("cd %s && %s" % (cwd, command) if cwd else command)
        assert code == 0, "%s: `%s`: exit code %d: %s" % (self.page, command, code, text)
        assert text or "logchute search" not in command, "%s: `%s` finds nothing" % (self.page, command)
        return text

    def check_sh(self, block):
        if block.name is not None:
            subprocess.run(["sh", "-n", block.path], check=True)
            assert block.name in self.shell, "%s: nothing runs it" % block
            return
        for command in commands(block.text):
            self.run(command, "packaging" if self.page == "packaging/README.md" else None)

    def check_console(self, block):
        for command, wanted in typed(block.text):
            if re.fullmatch(ENDLESS, command):
                self.same(block, command, self.run(command), wanted.rstrip("\n"))
            else:
                self.same(block, command, self.box.run(command)[1], wanted)

    def same(self, block, command, got, wanted):
        got = re.sub(r"\(\d+\.\d\d s\)", "(0.00 s)", got)
        if command.startswith("curl"):
            wanted, got = (json.loads(text.removeprefix("data: ")) for text in (wanted, got))
            is_all = isinstance(wanted, dict) and {key: got.get(key) for key in wanted} == wanted
            return is_all or assert_shape(wanted, got, command)
        assert same_but_for_times(got, wanted), "%s: `%s` says:\n%s\nand not:\n%s" % (block, command, got, wanted)

    def loads(self, block, text):
        """What `logchute -t` says of a configuration: its exit code and its output."""
        return self.box.run("logchute -t -f " + os.path.relpath(self.box.write("checked/%d.conf" % block.line, text), self.box.folder))

    def check_logstash(self, block):
        text, marks = block.text, dict(mark.partition("=")[::2] for mark in block.marks)
        if "tested" in marks:
            return self.check_yaml_cases(block)
        for section in {"filter", "output"} & set(marks):
            text = "%s { %s }" % (section, text)
        code, said = self.loads(block, text)
        refused = marks["refused"].split(",") if "refused" in marks else []
        assert sorted(re.findall(r'unknown \w+ plugin "(\w+)"', said)) == sorted(refused), "%s: %s" % (block, said)
        assert said.count("config error") == len(refused) and (code == 0) == (not refused), "%s: %s" % (block, said)

    def check_yaml(self, block):
        assert len(block.marks) == 1, "%s: a mark says what it is" % block
        assert yaml.safe_load(block.text) is not None
        getattr(self, "check_yaml_" + block.marks[0])(block)

    def check_yaml_settings(self, block):
        self.box.write("checked/%d/logstash.yml" % block.line, block.text)
        code, said = self.box.run("logchute -t --path.settings checked/%d -e 'input { stdin { } } output { stdout { } }'" % block.line)
        assert code == 0, "%s: %s" % (block, said)

    def check_yaml_cases(self, block):
        assert block.name and re.search(r"logchute test .*%s\b" % re.escape(block.name), self.shell), "%s: no command runs it" % block

    check_yaml_mocks = check_yaml_cases

    def check_yaml_pipelines(self, block):
        cases = PIPELINES_CASES.get(self.page)
        if cases is None:
            return self.check_yaml_cases(block)
        self.box.write("checked/cases.json", json.dumps(cases))
        code, said = self.box.run("logchute test --pipeline '%s' checked/cases.json" % os.path.relpath(block.path, self.box.folder))
        assert code == 0, "%s: %s" % (block, said)

    def check_yaml_compose(self, block):
        path = self.box.path("docker-compose.yml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(block.text.replace("path/to/logchute", ROOT))
        done = subprocess.run([self.programs.compose_go, path], cwd=self.box.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0 and "logchute" in done.stdout, "%s: %s" % (block, done.stdout)

    def check_yaml_rules(self, block):
        self.promtool("check", "rules", "--lint=all", "--lint-fatal", block.path)

    def promtool(self, *arguments):
        done = subprocess.run([self.programs.promtool, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    def check_promql(self, block):
        lines = block.text.splitlines()
        rules = {"groups": [{"name": "x", "rules": [{"record": "x:%d" % i, "expr": expr} for i, expr in enumerate(lines)]}]}
        self.promtool("check", "rules", self.box.write("checked/%d.yml" % block.line, json.dumps(rules)))
        for name in set(re.findall(r"\b(?:job|instance|pipeline):[\w:]+|\b(?:logchute|http)_\w+_total\b", block.text)):
            assert name in known_series(), "%s: %s" % (block, name)

    def check_json(self, block):
        for line in block.text.splitlines() if "lines" in block.marks else [block.text]:
            json.loads(line)
        assert block.name is None or block.name in self.shell, "%s: no command reads it" % block

    def check_text(self, block):
        is_sample = block.name is not None and block.name in self.shell
        assert is_sample or (self.page, block.text.split()[0]) in SHOWN, "%s: nothing reads it; SHOWN may say why" % block

    def check_js(self, block):
        path = self.box.write("checked/%d.js" % block.line, "async () => {\n%s\n};\n" % block.text)
        subprocess.run(["node", "--check", path], check=True)
        with open(os.path.join(PACKAGING, "node/index.d.ts"), encoding="utf-8") as f:
            types = "".join([f.read()] + [read_page("packaging/node/" + name) for name in ("logger.d.ts", "prometheus-metrics.d.ts")])
        for name in re.findall(r"\bmetrics\.(\w+)\(", block.text) + re.findall(r"const \{ ([\w, ]+) \} = require\('logchute", block.text):
            assert all(re.search(r"\b%s\b" % word, types) for word in name.split(", ")), "%s: %s" % (block, name)

    def check_dockerfile(self, block):
        command = re.fullmatch(r"HEALTHCHECK CMD (\[.*\])\n", block.text)
        assert self.run(shlex.join(json.loads(command[1]))) is not None, block

    def check_rsyslog(self, block):
        with open(self.box.write("checked/rsyslog.conf", block.text), encoding="utf-8") as f:
            assert re.findall(r'port="(\d+)"', f.read()) == [self.box.ports["5514"], self.box.ports["6514"]]
        tools = self.programs.syslog_tools
        done = subprocess.run([tools["RSYSLOGD"], "-N1", "-M", tools["RSYSLOG_MODULES"], "-f", self.box.path("checked/rsyslog.conf")],
                              env=tools, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0 and "error" not in done.stdout.lower(), "%s: %s" % (block, done.stdout)

    def check_markdown(self, block):
        assert re.findall(r"^## (.*)$", block.text, re.M) == [
            "Effect", "Timeline (UTC)", "Cause", "What went well, what did not", "Actions"], block


def known_series():
    """What is recorded or alerted on, and the series that these rules are made of."""
    rules = [rule for path in glob.glob(os.path.join(PACKAGING, "prometheus/rules/*.yml"))
             for group in yaml.safe_load(read_page(os.path.relpath(path, ROOT)))["groups"] for rule in group["rules"]]
    names = {rule.get("record", rule.get("alert")) for rule in rules}
    return names | {word for rule in rules for word in re.findall(r"[a-zA-Z_][\w:]*", rule["expr"])}


class Programs:
    """The programs of others, each unpacked or built when a page needs it first: programs.promtool."""

    def __init__(self, request):
        self.request = request

    def __getattr__(self, name):
        return self.request.getfixturevalue(name)


@pytest.fixture
def reader(binary, tmp_path, request):
    """Makes the reader of a page: reader(page)."""
    made = []

    def make(page, text=None):
        programs = Programs(request)
        typed_there = "".join(block.text for block in blocks(page, text) if block.language == "sh")
        box = Sandbox(binary, tmp_path, [getattr(programs, name) for name in ("promtool", "amtool") if name in typed_there])
        made.append(box)
        box.given = json_lines(EVENTS.get(page, [])).decode()
        for name, given in {"pipeline.conf": PIPELINE, **GIVEN.get(page, {})}.items():
            box.write(name, given)
        return Reader(page, box, programs, text)

    yield make
    for box in made:
        box.close()


# ---------------------------------------------------------------- the pages


@pytest.mark.parametrize("page", RUNNABLE)
def test_every_block_does_what_the_page_says(reader, page):
    one = reader(page)
    for block in one.all:
        one.check(block)
    one.box.stop()


# What a page may have that is wrong, and what the test says of it.
WRONG = {
    "a block without a language": ("```\nlogchute --help\n```", "no check for this language"),
    "a language without a check": ("```perl\nexit\n```", "no check for this language"),
    "a flag that is not there": ("```sh\nlogchute search --words x\n```", "there is no such flag"),
    "a path of the API that is not there": ("```sh\ncurl -s localhost:9600/_node/nothing\n```", "exit code 22"),
    "a level of the log that is not there": (
        "```sh\ncurl -s -X PUT localhost:9600/_node/logging -d '{\"logger.logstash\": \"LOUD\"}'\n```", "exit code 22"),
    "a search that finds nothing": ("```sh\nlogchute search --path.data data nothing\n```", "finds nothing"),
    "a program that is not there": ("```sh\n./quickstarted\n```", "exit code 127"),
    "a file of compose that is not there": (
        "```sh\ndocker compose -f packaging/compose/app.yml -f packaging/compose/docker-compose.monitoring.yml up -d\n```", "packaging/compose/app.yml"),
    "an object that is not there": ("```sh\nkubectl -n monitoring rollout status deployment/logstash\n```", "logstash"),
    "another answer": ("```console\n$ echo a\nb\n```", "`echo a` says"),
    "an answer of another shape": ("```console\n$ curl -s localhost:9600/\n{\"no\":1}\n```", "no is not answered"),
    "a pipeline that does not load": ("```logstash\nfilter { mutate { lowercas => [ \"x\" ] } }\n```", "has no option"),
    "a pipeline that is said not to load, and does": ("```logstash refused=grok\nfilter { redact { } }\n```", "Configuration OK"),
    "a pipeline that does not start": ("```sh\nlogchute -f nothing.conf\n```", "there is no such file"),
    "a setting that is not there": ("```yaml settings\npipeline.worker: 2\n```", "unknown setting"),
    "yaml that nobody knows": ("```yaml\na: 1\n```", "a mark says what it is"),
    "cases that nothing runs": ("`cases.yml`:\n\n```yaml cases\ntestcases: []\n```", "no command runs it"),
    "a rule that is none": ("`r.yml`:\n\n```yaml rules\ngroups: [{name: x, rules: [{alert: X, expr: 'up ='}]}]\n```", "could not parse"),
    "a series that nobody records": ("```promql\njob:error_budget:burn_rate2h\n```", "burn_rate2h"),
    "json that is none": ("```json\n{'a': 1}\n```", "double quotes"),
    "text without a reader": ("```text\na\n```", "nothing reads it"),
    "a function that is not there": ("```js\nmetrics.countAll();\n```", "countAll"),
    "a health check that fails": ("```dockerfile\nHEALTHCHECK CMD [\"logchute\", \"healthy\"]\n```", "unexpected argument"),
    "a wrong action of rsyslog": ("```rsyslog\naction(type=\"omfwd\" traget=\"x\" port=\"5514\")\naction(type=\"omfwd\" port=\"6514\")\n```", "traget"),
    "a compose file without logchute": ("```yaml compose\nservices: {a: {image: x}}\n```", "```yaml compose"),
}


@pytest.mark.parametrize("text, why", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_with_a_page_is_seen(reader, text, why):
    one = reader("docs/wrong.md", text + "\n")
    with pytest.raises((AssertionError, ValueError, subprocess.CalledProcessError), match=why):
        for block in one.all:
            one.check(block)


def test_what_is_not_run_is_there():
    """No row of NOT_RUN, BY_OTHERS and SHOWN is of a block that is gone."""
    found = [without_comment(command) for page in RUNNABLE for block in blocks(page) if block.language == "sh" and block.name is None
             for command in commands(block.text)]
    assert {row[0] for row in NOT_RUN if not any(re.fullmatch(row[0], command) for command in found)} == set()
    kinds = {(page, block.language) for page in RUNNABLE for block in blocks(page)}
    assert set(BY_OTHERS) <= kinds
    texts = {(page, block.text.split()[0]) for page in RUNNABLE for block in blocks(page) if block.language == "text"}
    assert set(SHOWN) <= texts


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page):
    for target in links(read_page(page)):
        if re.match(r"https?:", target):
            continue
        path, _, anchor = target.partition("#")
        there = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
        assert os.path.exists(os.path.join(ROOT, there)), "%s: (%s) leads nowhere" % (page, target)
        assert not anchor or anchor in anchors(read_page(there)), "%s: (%s): there is no such heading" % (page, target)


def test_every_page_is_in_the_index():
    index = {os.path.normpath(os.path.join("docs", target.split("#")[0])) for target in links(read_page("docs/README.md"))}
    assert {page for page in PAGES if re.fullmatch(r"docs/[\w-]+\.md", page)} - {"docs/README.md"} <= index


# ---------------------------------------------------------------- what tables say


def literals():
    """The texts of the program, with `…` for what is put into them; and the reasons that the system gives."""
    found = {os.strerror(code) for code in errno.errorcode}
    string = r'"(?:[^"\\\n]|\\.)*"'
    for folder in ("pipeline", "conf", "inputs", "outputs", "filters", "codecs"):
        for path in glob.glob(os.path.join(ROOT, folder, "**/*.c"), recursive=True):
            with open(path, encoding="utf-8") as f:
                for run in re.findall(r"%s(?:\s*(?:PRI\w+\s*)?%s)*" % (string, string), f.read()):
                    text = "".join(ast.literal_eval(part) for part in re.findall(string, run))
                    found.add(re.sub("…+", "…", re.sub(r"%[-+ #0-9.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z]", "…", text)))
    return found


def quoted(text):
    """The messages and tags that the first column of the page's tables quotes."""
    rows = table_rows(text, "it says") + table_rows(text, "what you see")
    spans = [span for row in rows for span in re.findall(r"`([^`]+)`", row[0])]
    return [span for span in spans if " " in span or span.startswith("_")]


def test_the_messages_are_those_of_the_program():
    known, found = literals(), quoted(read_page("docs/troubleshooting.md"))
    assert len(found) > 30
    assert [span for span in found if not any(span in text for text in known)] == []


def test_the_plugins_are_those_that_there_are(reader):
    box = reader("docs/moving-from-logstash.md").box
    there = {}
    for kind, name in (line.split() for line in box.run("logchute plugins")[1].splitlines()):
        there.setdefault(kind + "s", set()).add(name)
    for page in ("README.md", "docs/moving-from-logstash.md"):
        rows = {}
        for cells in table_rows(read_page(page), ""):
            rows.setdefault(cells[0], set(re.findall(r"`(\w+)`", cells[1])))
        for kind, names in there.items():
            assert rows[kind] == names, "%s: %s" % (page, kind)


def test_both_side_by_side_and_compared(reader, logchute, port):
    """compare.sh over two pipelines that run: the one of the page, and one that stands for Logstash; then one with another filter."""
    one = reader("docs/moving-from-logstash.md")
    for block in (block for block in one.all if block.name):
        one.box.write(block.name, block.text)
    side = one.box.path("side.conf")
    with open(side, encoding="utf-8") as f:
        config = f.read()
    lines = json_lines([{"level": "ERROR", "message": "m%d" % n, "n": n} for n in range(2000)])
    outputs = []
    for text in (config, config, config.replace("lowercase", "uppercase")):
        chute = logchute(re.sub(r"path => \S+", 'path => "%s/%d.ndjson"' % (one.box.folder, len(outputs)), text).replace(one.box.ports["15000"], str(port)))
        send_tcp(port, lines)
        chute.stop()
        outputs.append("%d.ndjson" % len(outputs))
    assert one.box.run("sh compare.sh %s %s" % tuple(outputs[:2])) == (0, "no difference in 2000 events\n")
    code, text = one.box.run("sh compare.sh %s %s" % tuple(outputs[1:]))
    assert code == 1 and len(text.splitlines()) == 4000 and text.startswith('< ["m0"'), text[:500]


def test_the_plugins_that_are_missing_are_refused(reader):
    box = reader("docs/moving-from-logstash.md").box
    text = read_page("docs/moving-from-logstash.md")
    text = text[text.index("missing today"):]
    for kind in ("inputs", "codecs", "filters", "outputs"):
        names = re.findall(r"`(\w+)`", re.search(r"^\| %s \|([^|]*)\|" % kind, text, re.M)[1])
        plugins = " ".join("stdin { codec => %s }" % name if kind == "codecs" else name + " { }" for name in names)
        said = box.run("logchute -t -e '%s { %s }'" % ("input" if kind == "codecs" else kind[:-1], plugins))[1]
        assert len(names) > 4 and re.findall(r'unknown %s plugin "(\w+)"' % kind[:-1], said) == names, said


def test_the_settings_that_are_refused(reader):
    box = reader("docs/moving-from-logstash.md").box
    rows = table_rows(read_page("docs/moving-from-logstash.md"), "refused")
    assert len(rows) > 4
    for setting, why in rows:
        box.write("refused/logstash.yml", setting.strip("`") + "\n")
        code, said = box.run("logchute -t --path.settings refused -f pipeline.conf")
        assert code == 1 and "hint: " + why in said, said


def test_the_defaults_that_differ(reader):
    box = reader("docs/moving-from-logstash.md").box
    shown, page = box.run("logchute --help")[1], read_page("docs/moving-from-logstash.md")
    for setting, value in (("--pipeline.batch.size", "1000"), ("--pipeline.batch.delay", "5"), ("--queue.memory_bytes", "8mb"),
                           ("--dead_letter_queue.max_bytes", "64mb")):
        assert re.search(r"%s\s(?:(?!\n +-)[\s\S])*?\[%s\]" % (re.escape(setting), value), shown), setting
    assert "| 1000, 5 ms |" in page and "`queue.memory_bytes`, 8 MiB" in page and "on, 64 MiB, lines of JSON" in page


def test_what_differs_is_all_told():
    """Each row of ARCHITECTURE's table is in the page's."""
    page = read_page("docs/moving-from-logstash.md")
    told = [cells[0] for cells in table_rows(page, "what")]
    rows = [cells[0] for cells in table_rows(read_page("docs/ARCHITECTURE.md"), "what")]
    assert len(rows) > 6 and len(told) > len(rows)
    assert [row for row in rows if not any(row in cell for cell in told) and row not in page] == []


def test_the_frame_of_top(reader):
    """The words that the lines of docs/top.md begin with are those of a real frame."""
    box = reader("docs/top.md").box
    frame = next(block for block in blocks("docs/top.md") if block.language == "text").text
    said = box.run("logchute top --once --interval 0.1 --path.data data")[1]
    words = [line.split()[0] for line in frame.splitlines() if line.strip()]
    for word in ("logchute", "status", "process", "pipeline", "events", "all", "queue", "input", "filter", "output"):
        assert word in words and re.search("^%s " % word, said, re.M), word


def test_the_error_budget_names_what_there_is():
    text = doc_pages.without_blocks(read_page("docs/error-budget.md"))
    burn = next(block for block in blocks("docs/error-budget.md") if block.name == "burn.yml").text
    known = known_series() | set(re.findall(r"alert: (\w+)", burn))
    for line in text.splitlines():
        stem = None
        for span in re.findall(r"`([^`]+)`", line):
            if re.fullmatch(r"(job|instance|pipeline):[\w:]+", span):
                stem = re.sub(r"rate[0-9a-z_]+$", "", span)
                assert span in known, span
            elif re.fullmatch(r"…rate\w+", span):
                assert stem + span[1:] in known, stem + span[1:]
            elif re.fullmatch(r"[A-Z][a-z]+[A-Z]\w+", span):
                assert span in known, span


def test_the_formulas_are_those_of_the_rules():
    rules = read_page("packaging/prometheus/rules/recording.yml")
    for record, expr in (("burn_rate1h", "job:http_errors:ratio_rate1h / 0.01"), ("remaining_ratio", "1 - job:http_errors:ratio_rate30d / 0.01")):
        assert re.search(r"record: job:error_budget:%s\n\s+expr: %s\n" % (record, re.escape(expr)), rules)
    rows = table_rows(read_page("docs/error-budget.md"), "objective")
    for objective, budget, hours, _ in rows:
        share = 1 - float(objective.rstrip(" %")) / 100
        value, unit = hours.split()
        assert abs(float(value) - share * 720 * (1 if unit == "h" else 60)) < 0.5 and abs(float(budget.rstrip(" %")) / 100 - share) < 1e-9
    for series, above, share, _ in table_rows(read_page("docs/error-budget.md"), "series")[-3:]:
        count, unit = re.search(r"burn_rate(\d+)([hd])_and", series).groups()
        assert abs(float(above) * int(count) * {"h": 1, "d": 24}[unit] / 720 - float(share.split()[0]) / 100) < 1e-3


@pytest.mark.parametrize("name, bad", [("burns", 15), ("does not burn", 5)])
def test_the_alert_on_burn_rates(promtool, tmp_path, name, bad):
    """It fires at 15 % of errors, which is above 14.4 for an hour, and at 5 % it does not."""
    block = next(block for block in blocks("docs/error-budget.md") if block.name == "burn.yml")
    (tmp_path / "burn.yml").write_text(block.text)
    shutil.copy(os.path.join(PACKAGING, "prometheus/rules/recording.yml"), tmp_path)
    rule = next(rule for rule in yaml.safe_load(block.text)["groups"][0]["rules"] if rule["alert"] == "ErrorBudgetBurnsFast")
    summary = "application: the error budget burns 15.0 times too fast"
    alert = json.dumps({"exp_labels": {"job": "application", "severity": "critical"}, "exp_annotations": {**rule["annotations"], "summary": summary}})
    (tmp_path / "test.yml").write_text(BURN_CASES % {"name": name, "good": 100 - bad, "bad": bad, "alert": alert if bad > 6 else ""})
    done = subprocess.run([promtool, "test", "rules", "test.yml"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def numbers(text):
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def test_sizing_plans_with_more_than_was_measured():
    """The figures of docs/sizing.md are above those of docs/performance.md, which are written anew with each measurement."""
    plan = {cells[0]: numbers(cells[1])[0] for cells in table_rows(read_page("docs/sizing.md"), "what") if numbers(cells[1])}
    measured = {cells[0]: [numbers(cell) for cell in cells[1:]] for cells in table_rows(read_page("docs/performance.md"), "program")}
    redact = max(numbers(cells[1])[0] for cells in table_rows(read_page("docs/performance.md"), "pipeline"))
    ours = [cells for name, cells in measured.items() if name.startswith("logchute, ") and "store" not in name]
    store = measured["logchute, embedded store"]
    assert plan["CPU, `redact` and one bulk request"] > redact and plan["CPU, embedded store"] > store[1][0]
    assert plan["memory, into a search engine"] > max(cells[2][0] for cells in ours) and plan["memory, embedded store"] > store[2][0]


def test_the_store_takes_at_most_twice_the_lines(logchute, port):
    """And what it takes is about what docs/sizing.md says that was measured."""
    random.seed(7)
    chute = logchute('input { tcp { host => "127.0.0.1" port => %d codec => json_lines } } output { sqlite { } }' % port)
    lines = json_lines([{
        "level": "info", "service": {"name": "timetable-api"}, "message": "GET /lessons/%d for class %s answered" % (random.randrange(9999), "ABCDEF"[n % 6]),
        "http": {"request": {"method": "GET", "id": "%016x" % random.getrandbits(64)}, "response": {"status_code": 200}},
        "event": {"duration": random.randrange(10**8)}, "user": {"id": random.randrange(2000)}, "trace": {"id": "%032x" % random.getrandbits(128)},
        "timestamp": "2026-11-23T10:00:%02d.%03dZ" % (n // 1000, n % 1000)} for n in range(20000)])
    send_tcp(port, lines)
    chute.stop()
    size = sum(os.path.getsize(path) for path in glob.glob(os.path.join(chute.data, "store/*")))
    said = next(numbers(cells[2])[0] for cells in table_rows(read_page("docs/sizing.md"), "what") if cells[0] == "disk, embedded store")
    assert said * 0.8 < size / len(lines) < 2


def test_what_waits_at_an_output_is_as_much_as_sizing_says():
    ahead = re.search(r"AHEAD \(\(size_t\)(\d*) ?\*? ?1024 \* 1024\)", read_page("outputs/elasticsearch/plugin.c"))
    assert ahead and re.search(r"`target_bulk_bytes` .* `8mb`", read_page("docs/plugins/output-elasticsearch.md"))
    assert 8 + int(ahead[1] or 1) == 9
    assert re.search(r"waiting_bytes = \(size_t\)4 \* 1024 \* 1024", read_page("pipeline/run/output.c"))


def test_sizing_shows_the_limits_of_what_is_shipped():
    rows = {cells[0]: [float(cell.split()[0]) for cell in cells[1:]] for cells in table_rows(read_page("docs/sizing.md"), "") if len(cells) == 5}
    limits = yaml.safe_load(read_page("packaging/compose/docker-compose.monitoring.yml"))["services"]["logchute"]["deploy"]["resources"]
    compose = [limits["reservations"]["cpus"], limits["limits"]["cpus"], limits["reservations"]["memory"], limits["limits"]["memory"]]
    assert len(rows) == 4
    assert next(row for name, row in rows.items() if "Compose" in name) == [float(str(value).rstrip("M")) for value in compose]
    for cells in table_rows(read_page("packaging/k8s/README.md"), ""):
        name = re.match(r"`(logchute[\w-]*)`", cells[0])
        if name and len(cells) == 6:
            row = next(row for title, row in rows.items() if "Kubernetes" in title and title.endswith("`%s`" % name[1]))
            units = [float(cell[:-1]) / 1000 if cell.endswith("m") else float(cell.rstrip("Mi")) for cell in cells[1:5]]
            assert row == units, cells


def test_a_connection_takes_one_descriptor(logchute, port):
    """docs/sizing.md: fewer than 50, and one for each connection."""
    chute = logchute('input { tcp { host => "127.0.0.1" port => %d } } output { sqlite { } }' % port)

    def count():
        return len(os.listdir("/proc/%d/fd" % chute.process.pid))

    before = count()
    assert before < 50
    senders = [socket.create_connection(("127.0.0.1", port)) for _ in range(100)]
    try:
        wait_for(lambda: count() >= before + 100, what="100 descriptors")
        assert count() < before + 105  # the look-up of names has a few of its own
    finally:
        for sender in senders:
            sender.close()
