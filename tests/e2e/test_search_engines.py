"""Every search engine that can be had: what the output does is the same for all of them."""
import glob
import os
import re
import shutil
import subprocess

import pytest

from conftest import one_at_a_time, skip
from support import HERE, Elasticsearch, json_lines, send_tcp, wait_for
from test_setup import check_engine

# Version, and the oldest JDK it takes. Elasticsearch 8 is the last that Debian's own JDK runs; 9, and OpenSearch 3, are tried
# where there is a newer one. OpenSearch 2 is what the other tests use.
ENGINES = [("7.17.26", 17), ("8.17.0", 17), ("9.0.0", 21), ("opensearch-1.3.20", 17), ("opensearch-3.9.0", 21)]
N = 3000


def jdk(oldest):
    """The home of a JDK that is new enough; None: the usual one will do; "": there is none."""
    if oldest <= 17:
        return None if shutil.which("javac") else ""
    for home in sorted(glob.glob("/usr/lib/jvm/*")):
        number = re.search(r"(\d+)", os.path.basename(home).replace("1.", ""))
        if number and int(number.group(1)) >= oldest and os.path.exists(os.path.join(home, "bin/javac")):
            return home
    return ""


# The tests of a version stay together: they share its node.
@pytest.fixture(scope="module", params=[pytest.param(engine, id=engine[0], marks=pytest.mark.xdist_group("elasticsearch " + engine[0]))
                                        for engine in ENGINES if engine[1] <= 17 or jdk(engine[1])])
def engine(request, tmp_path_factory):
    version, oldest = request.param
    home = jdk(oldest)
    if home == "":
        skip("the search engine %s needs a JDK of version %d" % (version, oldest))
    env = dict(os.environ, **({"JAVA_HOME": home} if home else {}))
    with one_at_a_time("elasticsearch"):
        done = subprocess.run([os.path.join(HERE, "elasticsearch/run.sh"), version, "--fetch"], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        skip("the search engine's packages cannot be had: " + done.stdout[-300:])
    node = Elasticsearch(tmp_path_factory.mktemp("engine"), version, home)
    yield node.start()
    node.stop()


def test_elasticsearch(logchute, port, engine):
    """Index by date, ids, create, update, upsert and delete; a mapping conflict costs its own document only; the template is
    there; and all of it without a licence or product to ask for."""
    chute = logchute("""input { tcp { host => "127.0.0.1" port => %d codec => json_lines } }
output {
  if [kind] == "log" {
    elasticsearch { hosts => ["%s"] index => "logs-%%{+YYYY.MM.dd}" document_id => "%%{id}" action => "create" }
  } else {
    elasticsearch { hosts => ["%s"] index => "state" document_id => "%%{id}" action => "%%{action}" doc_as_upsert => true
                    manage_template => false }
  }
}
""" % (port, engine.url, engine.url))
    when = "2026-03-04T05:06:07Z"
    send_tcp(port, json_lines([{"kind": "log", "id": "l%d" % n, "n": n, "@timestamp": when} for n in range(N)]))
    wait_for(lambda: engine.count("logs-2026.03.04") == N, 60, "the logs")
    # Only now: what came first would say what kind of field `n` is, and two connections have no order.
    send_tcp(port, json_lines([{"kind": "log", "id": "bad", "n": "no number", "@timestamp": when}]))
    wait_for(chute.dead_letters, 30, "the refused document")
    send_tcp(port, json_lines([{"id": "1", "action": "index", "a": 1}, {"id": "2", "action": "index", "a": 1}]))
    wait_for(lambda: engine.count("state") == 2, 30, "two documents")
    send_tcp(port, json_lines([{"id": "1", "action": "update", "b": 2}, {"id": "3", "action": "update", "c": 3},
                               {"id": "2", "action": "delete"}]))
    wait_for(lambda: sorted(d["id"] for d in engine.documents("state")) == ["1", "3"], 30, "an update, an upsert, a delete")
    first = next(d for d in engine.documents("state") if d["id"] == "1")
    assert (first["a"], first["b"]) == (1, 2)
    code, last = chute.stop()
    assert code == 0 and last["dead_lettered"] == "1" and last["lost"] == "0"
    letter, = chute.dead_letters()
    assert letter["event"]["id"] == "bad" and letter["where"] == "logs-2026.03.04"
    templates = [t["name"] for t in engine.call("GET", "/_index_template")["index_templates"]]
    templates += engine.call("GET", "/_template")
    assert "ecs-logstash" in templates, templates
    # GET / is no part of the packages of Elasticsearch 8 and later: there it works without knowing the version.
    name = {"7.17.26": "Elasticsearch 7", "opensearch-1.3.20": "OpenSearch 1", "opensearch-3.9.0": "OpenSearch 3"}
    if engine.version in name:
        assert chute.said("connected to " + name[engine.version]), chute.stderr()


def test_setup(binary, logchute, tmp_path, engine):
    """The timetable's index template, and the types of what its pipeline puts out."""
    check_engine(binary, logchute, tmp_path, engine, "2027.03.04")
