"""The pages of docs/, README.md and packaging/ as the tests read them: their blocks of code, links and headings; and a folder in which
the commands of one page are run as a reader would, one after the other, with ports and folders of its own."""
import calendar
import glob
import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import textwrap
import time

from support import ROOT, FakeEngine, free_port, wait_for

BLOCK = re.compile(r"(?:^ *`([^`\n ]+\.\w+)`[^`\n]*:\n\n)?^( *)```([^`\n]*)\n(.*?)^\2```$", re.M | re.S)
HEADING = re.compile(r"^#{1,6} +(.*?) *$", re.M)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# Ports and folders as the pages write them; a page's commands get others, so that several tests may run on one machine.
PORTS = ("5000", "5514", "6514", "9600", "9601", "9200", "5601", "15000")
FOLDERS = ("/var/log", "/var/lib/logchute", "/etc/logchute", "/etc/logstash", "/etc/rsyslog.d", "/usr/share/logstash", "/run/secrets", "/tmp/compare")
A_PORT = re.compile(r"(?<![\d.])(%s)(?![\d.]*\d)" % "|".join(PORTS))
A_FOLDER = re.compile(r"(?<![\w/.])(%s)\b" % "|".join(FOLDERS))
A_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?Z|\bNOW\b")
FIRST_LINE = re.compile(rb"^((?!retry:|event:|id:|:).+)\n", re.M)
SENDS = r"/dev/tcp/|\blogger -"
NEEDS_SERVER = SENDS + r"|localhost:9600|logchute (top|healthcheck)|logchute search(?!.*--help)"
TIMETABLE = "logchute -f 'conf/pipelines/{timetable,output-store}.conf' --path.data data"


class Block:
    """One fenced block: its page, line, language, marks behind that, its text, and the file that the line above names."""

    def __init__(self, page, line, info, text, name):
        words = info.split()
        self.page, self.line, self.text, self.name = page, line, text, name
        self.language, self.marks = (words[0] if words else ""), words[1:]

    def __str__(self):
        return "%s:%d: ```%s" % (self.page, self.line, " ".join([self.language, *self.marks]))


def page_names():
    """The pages, by their paths in the tree."""
    found = ["README.md"] + [os.path.relpath(path, ROOT) for pattern in ("docs/**/*.md", "packaging/**/README.md")
                             for path in glob.glob(os.path.join(ROOT, pattern), recursive=True)]
    return sorted(path for path in found if "node_modules" not in path)


def read_page(page):
    with open(os.path.join(ROOT, page), encoding="utf-8") as f:
        return f.read()


def blocks(page, text=None):
    text = read_page(page) if text is None else text
    found = [Block(page, text[:m.start(3)].count("\n") + 1, m.group(3), textwrap.dedent(m.group(4)), m.group(1)) for m in BLOCK.finditer(text)]
    assert 2 * len(found) == len(re.findall(r"^ *```", text, re.M)), "%s: a block is not closed, or not seen" % page
    return found


def without_blocks(text):
    return BLOCK.sub("", text)


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    found = []
    for title in HEADING.findall(without_blocks(text)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        found.append(slug if slug not in found else "%s-%d" % (slug, found.count(slug)))
    return found


def links(text):
    """What a page leads to, but for what stands in code."""
    return LINK.findall(re.sub(r"`[^`\n]+`", "", re.sub(r"\[`([^`\n]+)`\]", r"[\1]", without_blocks(text))))


def table_rows(text, header):
    """The rows, as lists of cells, of the tables whose first header cell is `header`."""
    rows, is_in = [], False
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] if line.startswith("|") else []
        if not cells:
            is_in = False
        elif cells[0] == header and not is_in:
            is_in = True
        elif is_in and not set(cells[0]) <= set("-: "):
            rows.append(cells)
        elif not set("".join(cells)) <= set("-: ") and not is_in:
            is_in = False
    return rows


def is_whole(command):
    if command.endswith("\\"):
        return False
    done = subprocess.run(["bash", "-n"], input=command + "\n", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    return done.returncode == 0 and "here-document" not in done.stderr


def commands(text):
    """The commands of a block of a shell, each whole: over several lines where it is written so."""
    found, part = [], []
    for line in text.splitlines():
        if part or (line.strip() and not line.startswith("#")):
            part.append(line)
            if is_whole("\n".join(part)):
                found.append("\n".join(part))
                part = []
    assert not part, "no whole command: %r" % part
    return found


def typed(text):
    """What is typed in a console, and what is answered."""
    found = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.M)
    assert found and "".join("$ %s\n%s" % pair for pair in found) == text, "a console begins with `$ `"
    return found


def is_server(command):
    """Whether it starts a pipeline that stays up."""
    last = command.split("&&")[-1].strip()
    return (re.match(r"(\w+=\S* *\\?\s*)*(build/)?logchute\s+(--?\w\S*\s+)*(-f|-e)\s", last) is not None and "|" not in last and "<" not in last
            and not re.search(r"\s-t\s", last))


def is_now(text):
    return abs(time.time() - calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))) < 300


def same_but_for_times(got, wanted):
    """Equal, but that a time of the page may be this very moment in the answer."""
    if A_TIME.sub("", got) != A_TIME.sub("", wanted):
        return False
    pairs = zip(A_TIME.findall(got), A_TIME.findall(wanted))
    return all(a == b or (a != "NOW" and is_now(a)) for a, b in pairs)


class Sandbox:
    """The folder in which one page is read: files are written, commands run, and one logchute is up at a time."""

    def __init__(self, binary, folder, programs):
        self.folder, self.server, self.engine = str(folder), None, None
        self.is_ours = False
        self.given = ""  # events that come in as soon as a pipeline is up
        self.ports = {port: str(free_port()) for port in PORTS}
        for name, target in {"build/logchute": binary, "bin/logchute": binary, "conf": os.path.join(ROOT, "conf"),
                             "packaging": os.path.join(ROOT, "packaging"), **{"bin/" + os.path.basename(p): p for p in programs}}.items():
            os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
            os.symlink(target, self.path(name))
        for name in FOLDERS:
            os.makedirs(os.path.dirname(self.folder + name), exist_ok=True)
            if name == "/var/lib/logchute":
                os.symlink(self.path("data"), self.folder + name)
            else:
                os.makedirs(self.folder + name, exist_ok=True)
        ours = {"TIMETABLE_HOST": "127.0.0.1", "TIMETABLE_TCP_PORT": self.ports["5000"], "TIMETABLE_UDP_PORT": self.ports["5000"],
                "TIMETABLE_SYSLOG_PORT": self.ports["5514"], "TIMETABLE_FILES": self.folder + "/var/log/timetable/*.log",
                "API_HTTP_PORT": self.ports["9600"], "PATH": "%s:%s" % (self.path("bin"), os.environ["PATH"]), "REDACT_KEY": "k", "LC_ALL": "C.UTF-8",
                "HOME": self.folder}
        with open(self.path(".curlrc"), "w", encoding="ascii") as f:
            f.write("fail\n")  # an answer that is an error is one of curl's, too
        self.env = dict(os.environ, **ours)

    def path(self, name):
        return os.path.join(self.folder, name)

    def here(self, text):
        """With this sandbox's ports and folders."""
        return A_FOLDER.sub(lambda m: self.folder + m.group(1), A_PORT.sub(lambda m: self.ports[m.group(1)], text))

    def there(self, text):
        """With those of the page."""
        for ours, port in ((ours, port) for port, ours in self.ports.items()):
            text = re.sub(r"(?<!\d)%s(?!\d)" % ours, port, text)
        return text.replace(self.folder + "/", "/").replace(self.folder, "")

    def write(self, name, text):
        path = self.here(name) if name.startswith("/") else self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(self.here(text))
        return path

    def api(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", int(self.ports["9600"]), timeout=10)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def start(self, command):
        """Starts a pipeline in place of the one that is up, and waits until it runs, or has ended by itself without an error."""
        self.stop()
        if self.is_ours:  # nobody who reads the page has started that
            shutil.rmtree(self.path("data"))
        self.is_ours = False
        log = self.path("log")
        with open(log, "wb") as err:
            self.server = subprocess.Popen(["bash", "-c", self.here(command)], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                           stdout=subprocess.DEVNULL, stderr=err, start_new_session=True)
        wait_for(lambda: self.server.poll() is not None or "pipeline started" in self.log(), what="the start of `%s`" % command)
        assert self.server.poll() in (None, 0), "%s: %s" % (command, self.log())
        given, self.given = self.given, ""
        if given:
            self.run("printf %%s %s >/dev/tcp/127.0.0.1/5000" % shlex.quote(given))

    def log(self):
        with open(self.path("log"), encoding="utf-8", errors="replace") as f:
            return f.read()

    def is_up(self):
        return self.server is not None and self.server.poll() is None

    def stop(self):
        if self.is_up():
            os.killpg(self.server.pid, signal.SIGTERM)
            self.server.wait(30)
            wait_for(lambda: " stopped " in self.log(), what="the last line of the log")
        self.server = None

    def close(self):
        if self.is_up():
            os.killpg(self.server.pid, signal.SIGKILL)
            self.server.wait()
        if self.engine is not None:
            self.engine.stop()

    def prepare(self, command):
        """What a command takes for granted: a logchute that is up, a search engine that takes numbers in `status`."""
        if "9200" in command + "".join(self.texts(command)) and self.engine is None:
            self.engine = FakeEngine(int(self.ports["9200"]), lambda document: 400 if b'"status":"' in document else 201,
                                     "failed to parse field [status] of type [long]").start()
        if re.search(NEEDS_SERVER, command) and not self.is_up():
            self.start(TIMETABLE)
            self.is_ours = True
        if "grep redacted" in command:
            self.start(TIMETABLE)
            self.run("echo '{\"password\":\"x\",\"message\":\"token=hunter2\"}' >/dev/tcp/127.0.0.1/5000")

    def texts(self, command):
        """The files of the page that a command names."""
        for name in re.findall(r"[\w./-]+\.conf", command):
            if os.path.isfile(self.path(name)):
                with open(self.path(name), encoding="utf-8") as f:
                    yield self.there(f.read())

    def run(self, command, seconds=30):
        """Its exit code, and what it wrote. What it sent to the pipeline has come through then."""
        self.prepare(command)
        sends = re.search(SENDS, command) and self.is_up()
        before = self.api("/_node/stats/events")["events"] if sends else None
        done = subprocess.run(["bash", "-c", self.here(command)], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds)
        if sends:
            wait_for(lambda: self.has_come(before["in"]), what="what `%s` sent" % command)
        return done.returncode, self.there(done.stdout.decode("utf-8", "replace"))

    def has_come(self, before):
        now = self.api("/_node/stats/events")["events"]
        return now["in"] > before and now["in_flight"] == 0

    def run_endless(self, command):
        """The first line of what never ends by itself, while events come; of a stream of events, the first that has data."""
        self.prepare(command)
        process = subprocess.Popen(["bash", "-c", self.here(command)], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        os.set_blocking(process.stdout.fileno(), False)
        got = b""
        try:
            while not FIRST_LINE.search(got):
                assert process.poll() is None, "`%s` ended" % command
                self.run("echo '{\"level\":\"error\",\"message\":\"timeout\"}' >/dev/tcp/127.0.0.1/5000")
                got += process.stdout.read() or b""
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdout.close()
        return FIRST_LINE.search(got)[1].decode()
