"""packaging/debian: the package is built, installed, upgraded, removed and purged on a Debian system with systemd as its PID 1.
Not enforced where the machine's kernel gives memory to control groups of version 1: MemoryMax; that it is set is checked."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import one_at_a_time, skip
from machine import AS_ROOT, Machine, fetch_base, run_as_root
from support import ROOT, wait_for

pytestmark = pytest.mark.xdist_group("debian")
CACHE = os.environ.get("CHUTE_TEST_CACHE", os.path.join(ROOT, "build-test"))
PACKAGING = os.path.join(ROOT, "packaging/debian")
SERVICE = "logchute.service"
CONF_D = "/etc/logchute/conf.d/"
MOST_EXPOSURE = "15"  # in tenths, of 100


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout


def need_programs(*names):
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        skip("the Debian package needs " + ", ".join(missing))


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """The package, built twice at a time in folders of different names."""
    need_programs("dpkg-buildpackage", "dh", "cmake", "ninja")
    folders = [tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second") / "elsewhere"]
    builds = [subprocess.Popen([os.path.join(PACKAGING, "build"), str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True) for folder in folders]
    done = [build.communicate() for build in builds]
    assert [build.returncode for build in builds] == [0, 0], done
    return [out.strip() for out, _ in done]


@pytest.fixture(scope="module")
def package(packages):
    return packages[0]


@pytest.fixture(scope="module")
def machine(package, tmp_path_factory):
    need_programs("mmdebstrap", "unshare", "nsenter", "setpriv")
    if AS_ROOT and subprocess.run([*AS_ROOT, "true"], stderr=subprocess.DEVNULL).returncode != 0:
        skip("a Debian system needs root, or sudo without a password")
    depends = re.split(r",\s*", output_of("dpkg-deb", "-f", package, "Depends").strip())
    try:
        with one_at_a_time("debian-base"):
            archive = fetch_base(CACHE, ["passwd", *(name.split(" ")[0] for name in depends)])
    except AssertionError as failure:
        skip("the packages of a Debian system cannot be had: %s" % failure)
    one = Machine(str(tmp_path_factory.mktemp("machine")), archive)
    try:
        yield one.start()
    except OSError as failure:
        skip(str(failure))
    finally:
        one.stop()


def files_of(machine):
    """All files of the system but those that say what has been done: logs, caches, what dpkg keeps."""
    found = machine.run("find", "/", "-xdev", "(", "-path", "/var/log", "-o", "-path", "/var/cache", "-o", "-path", "/var/lib/dpkg", "-o",
                        "-path", "/packages", ")", "-prune", "-o", "-print")
    return set(found.splitlines())


def install(machine, path, *flags):
    """What `dpkg -i` says."""
    run_as_root("mkdir", "-p", machine.root + "/packages")
    run_as_root("cp", path, machine.root + "/packages/logchute.deb")
    return machine.run("dpkg", *flags, "-i", "/packages/logchute.deb")


@pytest.fixture(scope="module")
def installed(machine, package):
    """The system with the package on it, and the files that were there before."""
    machine.run("systemd-tmpfiles", "--create", "--prefix=/var/lib/private")  # systemd's own, there on any system
    machine.before, machine.users = files_of(machine), machine.run("cat", "/etc/passwd", "/etc/group")
    install(machine, package)
    return machine


@pytest.fixture
def service(installed):
    """The system with the service running as the package has it; what a test adds to its configuration goes away."""
    yield installed
    installed.run("sh", "-c", "rm -rf /etc/systemd/system/logchute.service.d; cd %s; ls | grep -v '[159]0-[fio]' | xargs rm -f" % CONF_D)
    installed.run("systemctl", "daemon-reload")
    installed.run("systemctl", "reset-failed", SERVICE)  # a limit of starts in a time is not reached by tests
    installed.run("systemctl", "restart", SERVICE)


def main_pid(machine):
    return machine.show(SERVICE, "MainPID")


def wait_for_another(machine, old):
    """A process in the place of `old`, which is ready."""
    def is_there():
        return main_pid(machine) not in ("0", old) and machine.show(SERVICE, "ActiveState") == "active"
    wait_for(is_there, 60, "another process of the service")
    return main_pid(machine)


def status(machine, pid):
    """/proc/PID/status as a dictionary."""
    return dict(line.split(":\t", 1) for line in machine.run("cat", "/proc/%s/status" % pid).splitlines())


def send(machine, port, line):
    machine.run("bash", "-c", 'printf "%%s\\n" "$1" >/dev/tcp/127.0.0.1/%d' % port, "bash", line)


def find(machine, words):
    """The event that has these words, once it is in the store."""
    search = ("logchute", "search", "--path.data", "/var/lib/logchute", words)
    return wait_for(lambda: machine.call(*search).stdout.strip(), 60, "%s in the store" % words)


def blocks_of_page(kind):
    with open(os.path.join(PACKAGING, "README.md"), encoding="utf-8") as f:
        return re.findall(r"^```%s\n(.+?)^```" % kind, f.read(), re.S | re.M)


# ------------------------------------------------------------------ the package


def test_lintian_has_nothing_to_say(package):
    need_programs("lintian")
    done = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert (done.returncode, [line for line in done.stdout.splitlines() if line[:2] in ("E:", "W:")]) == (0, []), done.stdout


def test_two_builds_give_the_same_bytes(packages):
    first, second = (open(path, "rb").read() for path in packages)
    assert first == second


def test_it_depends_on_the_libraries_that_the_program_loads(package):
    depends = output_of("dpkg-deb", "-f", package, "Depends")
    for library in ("libuv1", "libyajl2", "libpcre2-8-0", "libcurl4", "libssl3", "libsqlite3-0", "libyaml-0-2", "libdeflate0",
                    "libhttp-parser2.9", "zlib1g", "libc6", "tzdata"):
        assert re.search(r"(^|, )%s( \(|,|$)" % re.escape(library), depends), (library, depends)


def test_configuration_files_are_known_as_such(package):
    conffiles = output_of("dpkg-deb", "-I", package, "conffiles").split()
    assert conffiles == sorted("/etc/" + path for path in (
        "default/logchute", "logchute/conf.d/10-input.conf", "logchute/conf.d/50-filter.conf", "logchute/conf.d/90-output.conf",
        "logchute/logstash.yml"))


def test_the_manual_page_tells_of_each_subcommand_and_of_no_flag_that_is_not_there(binary):
    with open(os.path.join(ROOT, "docs/logchute.1"), encoding="utf-8") as f:
        page = f.read()
    usage = output_of(binary, "--help")
    subcommands = set(re.findall(r"^  logchute ([a-z]+) ", usage, re.M))
    told = page.split(".SH SUBCOMMANDS")[1].split(".SH OPTIONS")[0]
    assert len(subcommands) >= 7 and subcommands == set(re.findall(r"^\.B ([a-z]+)$", told, re.M))
    named = set(re.findall(r"\\-\\-([a-z._]+)", page.split(".SH OPTIONS")[1].split(".SH SIGNALS")[0]))
    assert len(named) > 5 and named <= set(re.findall(r"--([a-z._]+)", usage))


# ------------------------------------------------------------------ installed


def test_it_is_of_the_version_of_the_program(installed, package):
    assert installed.run("logchute", "--version").split() == ["logchute", output_of("dpkg-deb", "-f", package, "Version").strip()]


def test_it_is_started_and_takes_logs_at_once(service):
    assert service.show(SERVICE, "UnitFileState") == "enabled"
    assert service.show(SERVICE, "StatusText") == "Pipeline main runs; the API is 127.0.0.1:9600"
    assert '"ready"' in service.run("logchute", "healthcheck", "--ready", "--path.settings", "/etc/logchute")
    send(service, 5000, '{"message": "apples password=hunter2secret"}')
    send(service, 5514, "<14>Nov 26 12:00:00 host program: pears")
    assert "hunter2secret" not in find(service, "apples")
    assert "pears" in find(service, "pears")


def test_the_first_commands_of_the_page(service):
    log, search, top = blocks_of_page("sh")[1].splitlines()
    service.run("sh", "-c", log)
    assert "hello" in wait_for(lambda: service.call("sh", "-c", search).stdout.strip(), 60, "hello in the store")
    assert "tcp" in service.run("sh", "-c", top + " --once")


def test_the_process_has_few_rights(service):
    about = status(service, main_pid(service))
    assert 61184 <= int(about["Uid"].split()[0]) <= 65519, "systemd's range for users that come and go"
    assert [int(about[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")] == [0, 0, 0, 0]
    assert (about["NoNewPrivs"], about["Seccomp"]) == ("1", "2")
    assert service.run("stat", "-L", "-c", "%a", "/var/lib/logchute").strip() == "750"
    assert service.run("stat", "-c", "%a %U:%G", "/etc/default/logchute").strip() == "640 root:root"
    limits = {name: service.show(SERVICE, name) for name in ("MemoryMax", "LimitNOFILE", "TasksMax", "WatchdogUSec")}
    assert limits == {"MemoryMax": str(256 << 20), "LimitNOFILE": "65536", "TasksMax": "256", "WatchdogUSec": "1min"}


def test_systemd_finds_nothing_wrong_with_the_unit(service):
    done = service.call("systemd-analyze", "verify", "--man=no", SERVICE)
    assert (done.returncode, done.stdout) == (0, "")
    service.run("systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=" + MOST_EXPOSURE, "/lib/systemd/system/" + SERVICE)


def test_it_reads_files_of_the_group_adm(service):
    for name, group in (("ours", "adm"), ("theirs", "games")):
        service.write("/var/log/%s.log" % name, name + " plums\n")
        service.run("sh", "-c", 'chgrp "$1" "$2"; chmod 0640 "$2"', "sh", group, "/var/log/%s.log" % name)
    service.write(CONF_D + "20-files.conf", 'input { file { path => "/var/log/*s.log" start_position => "beginning" } }\n')
    service.run("systemctl", "restart", SERVICE)
    assert "ours" in find(service, "plums") and "theirs" not in find(service, "plums")
    assert "/var/log/theirs.log" in service.run("journalctl", "-b", "-u", SERVICE, "--no-pager")
    # With the page's drop-in for another group, and a folder to write to.
    service.write("/etc/systemd/system/%s.d/files.conf" % SERVICE, blocks_of_page("ini")[1])
    service.write(CONF_D + "80-file.conf", 'output { file { path => "/var/log/logchute/all.log" } }\n')
    service.run("systemctl", "daemon-reload")
    service.run("systemctl", "restart", SERVICE)
    assert "theirs" in find(service, "theirs")
    wait_for(lambda: "theirs plums" in service.call("cat", "/var/log/logchute/all.log").stdout, 60, "theirs in the file")
    service.run("rm", "/var/log/ours.log", "/var/log/theirs.log")


def test_variables_for_root_only_reach_the_configuration(service):
    service.write(CONF_D + "60-name.conf", 'filter { mutate { add_field => { "who" => "${WHO}" } } }\n')
    before = service.run("cat", "/etc/default/logchute")
    old = main_pid(service)
    service.write("/etc/default/logchute", before + "WHO=bananas\n")
    service.run("systemctl", "reload", SERVICE)
    wait_for_another(service, old)
    send(service, 5000, '{"message": "yellow"}')
    wait_for(lambda: "bananas" in service.call("logchute", "search", "--path.data", "/var/lib/logchute", "--json", "yellow").stdout)
    service.write("/etc/default/logchute", before)


# ------------------------------------------------------------------ another configuration


def test_a_reload_with_a_wrong_configuration_leaves_the_service_as_it_was(service):
    old, restarts = main_pid(service), service.show(SERVICE, "NRestarts")
    service.write(CONF_D + "60-wrong.conf", "filter { mutate { upcase => [ 'message' ] } }\n")
    done = service.call("systemctl", "reload", SERVICE)
    assert done.returncode != 0
    assert (main_pid(service), service.show(SERVICE, "ActiveState"), service.show(SERVICE, "NRestarts")) == (old, "active", restarts)
    assert CONF_D + "60-wrong.conf:1" in service.run("journalctl", "-b", "-u", SERVICE, "--no-pager")
    send(service, 5000, '{"message": "still there"}')
    find(service, '"still there"')
    service.write(CONF_D + "60-wrong.conf", "filter { mutate { uppercase => [ 'message' ] } }\n")
    service.run("systemctl", "reload", SERVICE)
    wait_for_another(service, old)
    send(service, 5000, '{"message": "now loud"}')
    assert "NOW LOUD" in find(service, '"now loud"')


def test_a_start_fails_where_a_port_is_taken(service):
    """Type=notify: systemctl waits until all listens."""
    service.write(CONF_D + "20-taken.conf", 'input { tcp { host => "127.0.0.1" port => 5000 } }\n')
    assert service.call("systemctl", "restart", SERVICE).returncode != 0
    service.run("rm", CONF_D + "20-taken.conf")
    service.run("systemctl", "start", SERVICE)


def test_a_port_below_1024_by_the_drop_in_of_the_page(service):
    service.write(CONF_D + "20-syslog.conf", 'input { syslog { host => "127.0.0.1" port => 514 } }\n')
    assert service.call("systemctl", "restart", SERVICE).returncode != 0
    service.write("/etc/systemd/system/%s.d/port.conf" % SERVICE, blocks_of_page("ini")[0])
    service.run("systemctl", "daemon-reload")
    service.run("systemctl", "restart", SERVICE)
    send(service, 514, "<14>Nov 26 12:00:00 host program: cherries")
    find(service, "cherries")


def test_a_process_that_hangs_is_replaced(service):
    service.write("/etc/systemd/system/%s.d/watchdog.conf" % SERVICE, "[Service]\nWatchdogSec=1s\nLimitCORE=0\n")
    service.run("systemctl", "daemon-reload")
    service.run("systemctl", "restart", SERVICE)
    old = main_pid(service)
    service.run("sh", "-c", "kill -STOP " + old)
    wait_for_another(service, old)
    assert "watchdog" in service.run("journalctl", "-b", "-u", SERVICE, "--no-pager").lower()


def test_a_user_of_the_name_is_taken(service):
    service.run("useradd", "--system", "logchute")
    service.run("systemctl", "restart", SERVICE)
    assert status(service, main_pid(service))["Uid"].split()[0] == service.run("id", "-u", "logchute").strip()
    service.run("systemctl", "stop", SERVICE)
    service.run("userdel", "logchute")


# ------------------------------------------------------------------ upgrade, remove, purge


def make_version(package, folder, version, changes=()):
    """The package as a later version of it, with text added to some of its files."""
    tree, path = str(folder / version), str(folder / (version + ".deb"))
    run_as_root("dpkg-deb", "-R", package, tree)
    run_as_root("sed", "-i", "s/^Version: .*/Version: %s/" % version, tree + "/DEBIAN/control")
    for name in changes:
        run_as_root("sed", "-i", "$ a # of %s" % version, tree + name)
    run_as_root("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, path)
    run_as_root("rm", "-rf", tree)
    return path


def test_an_upgrade_keeps_what_was_changed_and_starts_the_new_version(service, package, tmp_path):
    old, kept = main_pid(service), service.run("cat", "/etc/logchute/logstash.yml") + "log.format: json\n"
    service.write("/etc/logchute/logstash.yml", kept)
    later = make_version(package, tmp_path, "9.1", ["/etc/logchute/logstash.yml", CONF_D + "50-filter.conf"])
    install(service, later, "--force-confold")
    wait_for_another(service, old)
    assert service.run("cat", "/etc/logchute/logstash.yml") == kept
    assert "# of 9.1" in service.run("cat", CONF_D + "50-filter.conf"), "what nobody changed is the new version's"
    assert "# of 9.1" in service.run("cat", "/etc/logchute/logstash.yml.dpkg-dist")


def test_an_upgrade_with_a_wrong_configuration_leaves_the_old_version_running(service, package, tmp_path):
    old = main_pid(service)
    service.write(CONF_D + "60-wrong.conf", "filter { mutate { upcase => [ 'message' ] } }\n")
    said = install(service, make_version(package, tmp_path, "9.2"), "--force-confold")
    assert "does not take the configuration" in said and "systemctl reload logchute" in said
    assert (main_pid(service), service.show(SERVICE, "ActiveState")) == (old, "active")
    assert service.run("dpkg-query", "-W", "-f", "${Status} ${Version}", "logchute") == "install ok installed 9.2"


def test_an_upgrade_does_not_start_what_is_disabled(service, package, tmp_path):
    service.run("systemctl", "disable", "--now", SERVICE)
    install(service, make_version(package, tmp_path, "9.3"), "--force-confold")
    assert (service.show(SERVICE, "ActiveState"), service.show(SERVICE, "UnitFileState")) == ("inactive", "disabled")
    service.run("systemctl", "enable", SERVICE)


def test_removed_it_leaves_configuration_and_data_and_purged_nothing(installed):
    old = main_pid(installed)
    installed.write(CONF_D + "99-own.conf", "# of an administrator\n")
    installed.run("dpkg", "-r", "logchute")
    assert installed.call("test", "-e", "/proc/" + old).returncode == 1
    left = files_of(installed) - installed.before
    assert {CONF_D + "10-input.conf", CONF_D + "99-own.conf", "/etc/default/logchute", "/var/lib/logchute"} <= left
    assert not [path for path in left if path.startswith(("/usr/", "/lib/"))]
    installed.run("dpkg", "-P", "logchute")
    assert files_of(installed) - installed.before == set()
    assert installed.run("cat", "/etc/passwd", "/etc/group") == installed.users
    assert installed.call("systemctl", "cat", SERVICE).returncode != 0
