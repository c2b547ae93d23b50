#!/usr/bin/env python3
"""page_screenshots.py [LOGCHUTE]: makes docs/images/page-light.png and page-dark.png anew."""
import collections
import json
import os
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
import zlib

from browser import Browser
from support import ROOT, Logchute, free_port

CONFIG = """input {
  tcp { host => "127.0.0.1" port => %d codec => json_lines id => "apps" }
  syslog { host => "127.0.0.1" port => %d id => "network" }
}
filter {
  redact { id => "hide" }
  if [level] == "debug" {
    drop { }
  } else {
    mutate { add_field => { "[service][name]" => "shop" } }
  }
  date { match => ["time", "ISO8601"] }
}
output {
  sqlite { id => "store" }
  if [level] == "error" {
    elasticsearch { hosts => ["http://127.0.0.1:%d"] id => "errors" manage_template => false }
  }
}
"""
MESSAGES = ["order %d shipped", "login user=ann password=hunter2%d", "cart %d updated", "payment %d with card 4111 1111 1111 1111",
            "cache miss for item %d"]


def send(port, is_over):
    with socket.create_connection(("127.0.0.1", port)) as sender:
        number = 0
        while not is_over.is_set():
            lines = []
            for _ in range(40 + 30 * (int(time.monotonic()) % 3)):
                number += 1
                level = "debug" if number % 5 == 0 else "error" if number % 301 == 0 else "info"
                lines.append(json.dumps({"message": MESSAGES[number % 5 if level != "error" else 0] % number, "level": level,
                                         "user": "u%d" % (number % 7)}))
            sender.sendall(("\n".join(lines) + "\n").encode())
            is_over.wait(0.1)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pixels_of(png):
    """Width, and the rows of a PNG with eight bits a channel, each as bytes of RGB."""
    at, packed, header = 8, b"", None
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        data = png[at + 8:at + 8 + size]
        header = struct.unpack(">IIBBBBB", data) if kind == b"IHDR" else header
        packed += data if kind == b"IDAT" else b""
        at += 12 + size
    width, height, depth, colour = header[:4]
    assert depth == 8 and colour in (2, 6) and header[6] == 0
    step = 3 if colour == 2 else 4
    raw, stride, above, rows = zlib.decompress(packed), width * step, bytes(width * step), []
    for y in range(height):
        method, line = raw[y * (stride + 1)], bytearray(raw[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for x in range(stride):
            left, up, corner = line[x - step] if x >= step else 0, above[x], above[x - step] if x >= step else 0
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda one: abs(guess - one))
            line[x] = (line[x] + (0, left, up, (left + up) // 2, nearest)[method]) & 255
        above = bytes(line)
        rows.append(b"".join(above[x:x + 3] for x in range(0, stride, step)))
    return width, rows


def shrink(path):
    """Writes the PNG anew with at most 256 colours: the shades of letters' edges are most of its bytes."""
    with open(path, "rb") as f:
        width, rows = pixels_of(f.read())
    counts = collections.Counter(row[x:x + 3] for row in rows for x in range(0, 3 * width, 3))
    palette = [colour for colour, _ in counts.most_common(48)]
    index = {c: min(range(len(palette)), key=lambda i, c=c: sum((a - b) ** 2 for a, b in zip(c, palette[i]))) for c in counts}
    packed = zlib.compress(b"".join(b"\0" + bytes(index[row[x:x + 3]] for x in range(0, 3 * width, 3)) for row in rows), 9)
    with open(path, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, 3, 0, 0, 0))
                + chunk(b"PLTE", b"".join(palette)) + chunk(b"IDAT", packed) + chunk(b"IEND", b""))


def main():
    binary = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "build/logchute"))
    images = os.path.join(ROOT, "docs/images")
    os.makedirs(images, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        chute = Logchute(binary, folder, CONFIG % (port, free_port(), free_port())).start()
        browser = Browser(shutil.which("chromium"), shutil.which("chromedriver"), folder, (1200, 1440))
        is_over = threading.Event()
        sender = threading.Thread(target=send, args=(port, is_over))
        sender.start()
        try:
            browser.go("http://127.0.0.1:%d/" % chute.api_port)
            browser.wait("return document.body.dataset.polls >= 25", seconds=90)
            browser.run("document.getElementById('redact-text').value = 'retry: token=ghp_0123456789 for ann@example.org';"
                        "document.getElementById('redact-text').dispatchEvent(new Event('input'))")
            browser.wait("return document.querySelectorAll('#redact-answer mark').length > 0")
            browser.run("document.querySelector('#tail').style.maxHeight = '220px'; document.getElementById('tail-pause').click()")
            for name, is_dark in (("light", False), ("dark", True)):
                browser.set_dark(is_dark)
                path = os.path.join(images, "page-%s.png" % name)
                browser.screenshot(path)
                shrink(path)
        finally:
            is_over.set()
            sender.join()
            browser.close()
            chute.kill()


if __name__ == "__main__":
    main()
