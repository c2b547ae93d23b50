#!/usr/bin/env python3
"""cluster_dns.py NAMESPACE NAMES PROGRAM ARGUMENTS...: starts a Prometheus where a cluster's DNS answers, and prints its targets.

To be run by `unshare --net --mount`: it has a loopback interface, port 53 and an /etc/resolv.conf of its own, as a pod of NAMESPACE has.
NAMES: JSON, the addresses of each full name. Ends when there is a target for each address, or after 30 seconds."""
import fcntl
import json
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

RESOLV = "nameserver 127.0.0.1\nsearch %s.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
NO_ERROR, NO_SUCH_NAME, TYPE_A = 0x8580, 0x8583, 1


def loopback_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        fcntl.ioctl(one, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def use_resolver(namespace):
    with tempfile.NamedTemporaryFile("w") as f:
        f.write(RESOLV % namespace)
        f.flush()
        subprocess.run(["mount", "--bind", f.name, "/etc/resolv.conf"], check=True)


def answer(query, names):
    """A for the names that there are; all others do not exist."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind, = struct.unpack(">H", query[at + 1:at + 3])
    name = ".".join(labels).lower()
    found = names.get(name, []) if kind == TYPE_A else []
    head = struct.pack(">HHHHH", NO_ERROR if name in names else NO_SUCH_NAME, 1, len(found), 0, 0)
    records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", TYPE_A, 1, 5, 4) + socket.inet_aton(one) for one in found)
    return query[:2] + head + query[12:at + 5] + records


def serve(server, names):
    while True:
        query, client = server.recvfrom(4096)
        server.sendto(answer(query, names), client)


def targets():
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open("http://127.0.0.1:9090/api/v1/targets", timeout=5) as f:
            return [(one["labels"]["job"], one["scrapeUrl"]) for one in json.load(f)["data"]["activeTargets"]]
    except OSError:
        return []


def main(namespace, names, *command):
    names = json.loads(names)
    loopback_up()
    use_resolver(namespace)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=serve, args=(server, names), daemon=True).start()
    process = subprocess.Popen([*command, "--web.listen-address=127.0.0.1:9090"], stdout=sys.stderr)
    deadline = time.monotonic() + 30
    while len(targets()) < sum(map(len, names.values())) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.1)
    print(json.dumps(targets()))
    process.terminate()
    process.wait(30)


if __name__ == "__main__":
    main(*sys.argv[1:])
