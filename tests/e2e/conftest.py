"""Fixtures of the end-to-end tests. LOGCHUTE names the binary; without it build/logchute is taken."""
import contextlib
import fcntl
import os
import shutil
import subprocess

import pytest

from browser import Browser
from support import HERE, ROOT, Logchute, OpenSearch, free_port


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """With several workers, the tests of the one shared node stay together in one of them; so do those of a browser."""
    for item in items:
        for name in ("opensearch", "browser"):
            if name in item.fixturenames:
                item.add_marker(pytest.mark.xdist_group(name))


@contextlib.contextmanager
def one_at_a_time(name):
    """What is fetched into a folder is fetched by one worker; the others wait for it."""
    folder = os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test"))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".lock"), "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def skip(reason):
    """A part that needs what is not here is skipped with its reason; in CI nothing is skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail("would be skipped, and CI may skip nothing: " + reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def binary():
    path = os.path.abspath(os.environ.get("LOGCHUTE", os.path.join(ROOT, "build/logchute")))
    if not os.access(path, os.X_OK):
        pytest.exit("no binary at %s: build a release, or set LOGCHUTE" % path, 1)
    return path


@pytest.fixture(scope="session")
def is_sanitized(binary):
    """A sanitizer's memory says nothing about ours."""
    with open(binary, "rb") as f:
        code = f.read()
    return b"__asan_init" in code or b"__tsan_init" in code


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def unused_port():
    """Another one, where nothing listens."""
    return free_port()


@pytest.fixture
def logchute(binary, tmp_path):
    """Makes logchutes: logchute(config, *arguments, env={}), started unless start=False; at the end each has to account for
    all events, and is killed."""
    made = []

    def make(config, *args, start=True, env=None):
        folder = tmp_path / ("logchute%d" % len(made))
        folder.mkdir()
        one = Logchute(binary, folder, config, *args, env=env)
        made.append(one)
        return one.start() if start else one

    yield make
    failures = []
    for one in made:
        try:
            one.end()
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, failures


def need_opensearch():
    if not shutil.which("java"):
        skip("OpenSearch needs Java")
    # The jars are fetched here and not in a node's start: without a network this is where it shows.
    with one_at_a_time("opensearch"):
        done = subprocess.run([os.path.join(HERE, "opensearch/fetch.sh")], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        skip("OpenSearch's packages cannot be had: " + done.stdout[-300:])


@pytest.fixture(scope="session")
def opensearch(tmp_path_factory):
    """One node for all tests; each uses indices of its own. A test that kills it starts it again."""
    need_opensearch()
    node = OpenSearch(tmp_path_factory.mktemp("opensearch"))
    yield node.start()
    node.stop()


@pytest.fixture
def special_opensearch(tmp_path):
    """Makes a node of its own: special_opensearch(profile)."""
    need_opensearch()
    made = []

    def make(profile):
        made.append(OpenSearch(tmp_path, profile))
        return made[-1].start()

    yield make
    for node in made:
        node.stop()


@pytest.fixture(scope="session")
def syslog_tools():
    """The environment with syslog-ng's and rsyslog's programs, unpacked and not installed."""
    folder = os.path.join(os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test")), "syslog")
    with one_at_a_time("syslog"):
        done = subprocess.run([os.path.join(ROOT, "tests/tools/unpack-syslog"), folder], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip(done.stderr.strip())
    shown = subprocess.run(["bash", "-c", '. "$0" && env -0', os.path.join(folder, "env.sh")],
                           stdout=subprocess.PIPE, check=True).stdout.decode()
    return dict(pair.split("=", 1) for pair in shown.split("\0") if pair)


def unpack_program(package, program, *libraries):
    """A program of a Debian package, unpacked and not installed: with the package comes a server, which would start. With it
    packages of libraries."""
    folder = os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test"))
    with one_at_a_time(package):
        done = subprocess.run([os.path.join(ROOT, "tests/tools/unpack-program"), folder, package, program,
                               *libraries], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        skip(done.stderr.strip())
    return done.stdout.strip()


@pytest.fixture(scope="session")
def promtool():
    return unpack_program("prometheus", "promtool")


@pytest.fixture(scope="session")
def amtool():
    return unpack_program("prometheus-alertmanager", "amtool")


def install_npm_packages(folder, lock):
    """What a folder's package-lock.json names, into its node_modules."""
    if not shutil.which("node"):
        skip("%s needs Node" % folder)
    with one_at_a_time(lock):
        # npm writes this file last.
        if not os.path.exists(os.path.join(folder, "node_modules/.package-lock.json")):
            done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0:
                skip("the npm packages of %s cannot be had: %s" % (folder, done.stdout[-300:]))
    return folder


@pytest.fixture(scope="session")
def node_clients():
    return os.path.join(install_npm_packages(os.path.join(HERE, "clients/node"), "node"), "send.js")


@pytest.fixture(scope="session")
def node_package():
    """The folder of the timetable application's modules and its example, ready to run."""
    return install_npm_packages(os.path.join(ROOT, "packaging/node"), "node-package")


def build_go(name):
    """The program of clients/NAME."""
    program = os.path.join(os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test")), name)
    if not shutil.which("go"):
        skip("clients/%s needs Go 1.25 or newer" % name)
    with one_at_a_time(name):
        done = subprocess.run(["go", "build", "-o", program, "."], cwd=os.path.join(HERE, "clients", name),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        skip("clients/%s cannot be built: %s" % (name, done.stdout[-300:]))
    return program


@pytest.fixture(scope="session")
def telegraf():
    """A program that asks a Logstash API by Telegraf's own input plugin: telegraf URL USER PASSWORD."""
    return build_go("telegraf")


@pytest.fixture(scope="session")
def compose_go():
    """A program that loads files as `docker compose` does: compose FILE ..."""
    return build_go("compose")


@pytest.fixture(scope="session")
def kustomize():
    """The program that `kubectl apply -k` has inside."""
    folder = os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test"))
    program = os.path.join(folder, "kustomize")
    if not shutil.which("go"):
        skip("kustomize needs Go 1.25 or newer")
    with one_at_a_time("kustomize"):
        done = subprocess.run(["go", "build", "-o", program, "sigs.k8s.io/kustomize/kustomize/v5"],
                              cwd=os.path.join(HERE, "clients/kubernetes"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
    if done.returncode != 0:
        skip("kustomize cannot be built: " + done.stdout[-300:])
    return program


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    """One browser for all tests of a worker."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if None in programs:
        skip("the page's tests need Chromium and its driver")
    one = Browser(*programs, tmp_path_factory.mktemp("browser"))
    yield one
    one.close()


@pytest.fixture
def browser(chromium):
    """The browser, on an empty page."""
    chromium.go("about:blank")
    chromium.complaints()
    yield chromium
    chromium.go("about:blank")
