"""logchute by the names of Logstash's programs, as in an image; and the places of an image, with a folder as its root."""
import json
import os
import subprocess

import pytest

from support import free_port, send_tcp, wait_for

SHIPPED = "input { generator { count => 1 message => 'shipped' } }"


@pytest.fixture
def called(binary, tmp_path):
    """Runs the program by another name to its end: called(name, *arguments, env={})."""
    def go(name, *args, env=None):
        link = tmp_path / name
        if not link.exists():
            link.symlink_to(binary)
        return subprocess.run([str(link), *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60, cwd=str(tmp_path), env=dict(os.environ, **(env or {})))
    return go


def test_logstash_takes_what_logchute_takes(called):
    assert called("logstash", "-t", "-e", "output { null { } }").returncode == 0
    done = called("logstash", "-t", "-e", "filter { nonsense { } }")
    assert done.returncode == 1 and "nonsense" in done.stderr


# ------------------------------------------------------------------ logstash-plugin


def test_plugin_list_is_what_is_built_in(called, binary):
    plugins = subprocess.run([binary, "plugins"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")[:-1]
    listed = called("logstash-plugin", "list")
    assert listed.returncode == 0
    assert listed.stdout.split("\n")[:-1] == sorted("logstash-" + line.replace(" ", "-") for line in plugins)


def test_plugin_list_can_be_narrowed(called):
    filters = called("logstash-plugin", "list", "--group", "filter", "--verbose").stdout.splitlines()
    assert "logstash-filter-mutate (0.1.0)" in filters and all(name.startswith("logstash-filter-") for name in filters)
    assert called("logstash-plugin", "list", "mutate").stdout == "logstash-filter-mutate\n"
    none = called("logstash-plugin", "list", "nonsense")
    assert (none.returncode, none.stdout) == (1, "") and "nonsense" in none.stderr


@pytest.mark.parametrize("command", ["install", "update"])
def test_plugin_that_is_built_in(called, command):
    done = called("logstash-plugin", command, "--no-verify", "logstash-filter-mutate", "logstash-codec-json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("logstash-filter-mutate is built into logchute 0.1.0: nothing to %s\n"
                           "logstash-codec-json is built into logchute 0.1.0: nothing to %s\n") % (command, command)


def test_plugin_that_is_not_built_in(called):
    """All are told about, and one of them is enough for a failure."""
    done = called("logstash-plugin", "install", "logstash-filter-nonsense", "logstash-filter-mutat", "logstash-filter-drop")
    assert done.returncode == 1
    assert "cannot be loaded: logstash-filter-nonsense\n" in done.stderr and "logstash-plugin list" in done.stderr
    assert 'did you mean "logstash-filter-mutate"?' in done.stderr
    assert done.stdout.startswith("logstash-filter-drop is built into")


@pytest.mark.parametrize("args,says", [
    (["remove", "logstash-filter-mutate"], "built in and stay"),
    (["generate"], "generate"),
    (["install"], "needs the name"),
    (["install", "--nonsense", "logstash-filter-mutate"], "--nonsense"),
    (["list", "--group", "nonsense"], "input, codec, filter or output"),
    (["list", "--nonsense"], "--nonsense"),
    (["list", "one", "two"], "two"),
])
def test_plugin_refuses(called, args, says):
    done = called("logstash-plugin", *args)
    assert done.returncode == 1 and says in done.stderr


def test_plugin_tells_what_it_takes(called):
    for args in ([], ["--help"], ["help"]):
        done = called("logstash-plugin", *args)
        assert done.returncode == 0 and "install NAME" in done.stdout


# ------------------------------------------------------------------ the entry point


def test_entry_point_runs_flags_and_subcommands_itself(called):
    assert called("docker-entrypoint", "--version").stdout == "logchute 0.1.0\n"
    assert "filter mutate\n" in called("docker-entrypoint", "plugins").stdout


def test_entry_point_becomes_another_program(called, tmp_path):
    called("logstash", "--version")  # makes the link
    path = {"PATH": "%s:%s" % (tmp_path, os.environ["PATH"])}
    assert called("docker-entrypoint", "logstash", "--version", env=path).stdout == "logchute 0.1.0\n"
    assert called("docker-entrypoint", "sh", "-c", "echo $0 $1; exit 3", "a", "b").stdout == "a b\n"
    assert called("docker-entrypoint", "sh", "-c", "exit 3").returncode == 3


def test_entry_point_says_what_cannot_be_run(called, tmp_path):
    (tmp_path / "plain").write_text("x")
    missing, plain = called("docker-entrypoint", "nonsense"), called("docker-entrypoint", "./plain")
    assert missing.returncode == 127 and "nonsense cannot be run: No such file" in missing.stderr and "shell" in missing.stderr
    assert plain.returncode == 126 and "Permission denied" in plain.stderr


# ------------------------------------------------------------------ the places of an image


@pytest.fixture
def image(tmp_path):
    root = tmp_path / "image"
    for folder in ("etc/logchute/pipeline", "etc/logchute/config", "var/lib/logchute", "usr/share/logchute/pipelines"):
        (root / folder).mkdir(parents=True)
    (root / "etc/logchute/pipeline/.nothing-mounted").write_text("")
    shipped = root / "usr/share/logchute/pipelines"
    (shipped / "timetable.conf").write_text(SHIPPED)
    for output in ("store", "elasticsearch"):
        (shipped / ("output-%s.conf" % output)).write_text("output { stdout { codec => line { format => '%s' } } }" % output)
    return root


def run(called, image, *args, **env):
    return called("logchute", *args, env={"LOGCHUTE_IMAGE": str(image), "API_ENABLED": "false", **env})


def test_nothing_mounted_is_the_timetable_pipeline(called, image):
    store, engine = run(called, image), run(called, image, ELASTICSEARCH_HOSTS="http://127.0.0.1:1")
    assert store.stdout == "store\n" and "timetable pipeline runs, into the embedded store" in store.stderr
    assert engine.stdout == "elasticsearch\n" and "timetable pipeline runs, into ELASTICSEARCH_HOSTS" in engine.stderr
    assert (image / "var/lib/logchute/.lock").exists()


def test_mounted_pipeline(called, image):
    (image / "etc/logchute/pipeline/logstash.conf").write_text(
        "input { generator { count => 1 } } output { stdout { codec => line { format => 'mounted' } } }")
    done = run(called, image)
    assert done.stdout == "mounted\n" and "timetable" not in done.stderr


def test_empty_mount_is_no_timetable_pipeline(called, image):
    """As a wrong path of a mount makes one, and it would go unseen."""
    (image / "etc/logchute/pipeline/.nothing-mounted").unlink()
    done = run(called, image)
    assert done.returncode == 1 and "the folder has no files" in done.stderr


def test_named_configuration_wins_in_an_image(called, image):
    for args, env in ((["-e", "filter { mutate { } }"], {}), ([], {"CONFIG_STRING": "filter { mutate { } }"})):
        done = run(called, image, *args, **env)
        assert done.returncode == 0 and "timetable" not in done.stderr, done.stderr


def test_pipelines_yml_is_not_ignored_in_silence(called, image):
    (image / "etc/logchute/config/pipelines.yml").write_text("- pipeline.id: main\n")
    assert "pipelines.yml is not read yet" in run(called, image).stderr


def test_settings_win_over_an_image(called, image, tmp_path):
    (image / "etc/logchute/config/logstash.yml").write_text("path.data: %s\n" % (tmp_path / "other"))
    assert run(called, image).stdout == "store\n"
    assert (tmp_path / "other/.lock").exists() and not (image / "var/lib/logchute/.lock").exists()


def test_api_of_an_image_and_its_commands(logchute, image, binary):
    """It listens on all addresses, unless told otherwise; healthcheck and search look where it has its data."""
    env = {"LOGCHUTE_IMAGE": str(image)}
    port = free_port()
    one = logchute("input { tcp { host => '127.0.0.1' port => %d } } output { sqlite { } }" % port, env=env)
    address = wait_for(lambda: [r["api"] for r in one.log() if r.get("message") == "pipeline started"])[0]
    assert address.startswith("0.0.0.0:")
    send_tcp(port, b"findme\n")
    wait_for(lambda: one.api("/_node/stats/events")["events"]["out"] == 1)

    def command(*args, **more):
        return subprocess.run([binary, *args], stdout=subprocess.PIPE, text=True, env=dict(os.environ, **more)).stdout
    os.rmdir(image / "var/lib/logchute")
    os.symlink(one.data, image / "var/lib/logchute")
    assert json.loads(command("search", "--json", "findme", **env))["message"] == "findme"
    assert command("healthcheck", **env) != "" and command("healthcheck", API_HTTP_PORT="1") == ""
