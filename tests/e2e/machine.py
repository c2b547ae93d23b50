"""A Debian system of its own: systemd as PID 1 in namespaces, made by mmdebstrap. For what only a whole system shows."""
import hashlib
import os
import subprocess

from support import ROOT, wait_for

AS_ROOT = [] if os.getuid() == 0 else ["sudo", "-n"]


def run_as_root(*command):
    done = subprocess.run([*AS_ROOT, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, "%s: %s" % (command, done.stdout[-3000:])
    return done.stdout


def codename():
    with open("/etc/os-release", encoding="utf-8") as f:
        return dict(line.rstrip("\n").split("=", 1) for line in f if "=" in line)["VERSION_CODENAME"]


def fetch_base(folder, packages):
    """The archive of a base system with `packages`, fetched once."""
    wanted = sorted({"systemd", "systemd-sysv", *packages})
    key = hashlib.sha256(" ".join(wanted).encode()).hexdigest()[:12]
    path = os.path.join(folder, "debian-base-%s.tar" % key)
    if not os.path.exists(path):
        run_as_root("mmdebstrap", "--variant=essential", "--include=" + ",".join(wanted), "--aptopt=Acquire::Languages \"none\"",
                    codename(), path + ".part.tar")
        os.rename(path + ".part.tar", path)
    return path


class Machine:
    """One that runs."""

    def __init__(self, folder, archive):
        self.root, self.pidfile = os.path.join(folder, "root"), os.path.join(folder, "pid")
        os.mkdir(self.root)
        run_as_root("tar", "-xf", archive, "-C", self.root)
        self.pid = self.init = None

    def start(self):
        with open(self.pidfile + ".log", "wb") as log:
            self.process = subprocess.Popen([*AS_ROOT, os.path.join(ROOT, "tests/tools/boot-root"), self.root, self.pidfile],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.init = wait_for(self.find_init, 30, "the machine's PID 1")
        wait_for(lambda: self.call("systemctl", "is-system-running").stdout.strip() == "running", 60, "the machine's start")
        return self

    def find_init(self):
        if self.process.poll() is not None:
            with open(self.pidfile + ".log", encoding="utf-8") as log:
                raise OSError("a system cannot be started here: " + log.read()[-500:])
        if not os.path.exists(self.pidfile):
            return None
        with open(self.pidfile, encoding="utf-8") as f:
            self.pid = f.read().strip()
        try:
            with open("/proc/%s/task/%s/children" % (self.pid, self.pid), encoding="utf-8") as f:
                children = f.read().split()
            with open("/proc/%s/comm" % children[0], encoding="utf-8") as f:
                return children[0] if f.read().strip() == "systemd" else None
        except (IndexError, OSError):
            return None

    def call(self, *command, stdin=None):
        """What the command in there does; its outputs are one."""
        return subprocess.run([*AS_ROOT, "nsenter", "-t", self.init, "-m", "-p", "-i", "-u", "-C", "-n", "env", "-i",
                               "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", *command],
                              input=stdin or "", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)

    def run(self, *command, stdin=None):
        done = self.call(*command, stdin=stdin)
        assert done.returncode == 0, "%s ended with %d: %s" % (command, done.returncode, done.stdout[-3000:])
        return done.stdout

    def show(self, unit, name):
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", "-p", name, unit).strip()

    def write(self, path, text):
        self.run("sh", "-c", 'mkdir -p "$(dirname "$1")" && cat >"$1"', "sh", path, stdin=text)

    def stop(self):
        """Ends all in there, and takes its files and control groups away."""
        if self.pid is not None:
            if self.process.poll() is None:
                run_as_root("kill", "-KILL", self.pid)
                self.process.wait(30)
            wait_for(self.removes_groups, 20, "the end of the machine's processes")
        run_as_root("rm", "-rf", "--one-file-system", self.root)

    def removes_groups(self):
        """True when they are gone; while a process is in one it stays."""
        script = ('mount -t cgroup2 cgroup2 /mnt && cd /mnt && { [ ! -d "$1" ] || find "$1" -depth -type d -exec rmdir {} +; }')
        return subprocess.run([*AS_ROOT, "unshare", "--mount", "sh", "-c", script, "sh", "logchute-test-" + self.pid],
                              stderr=subprocess.DEVNULL).returncode == 0
