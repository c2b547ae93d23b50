#!/usr/bin/env python3
"""page_screenshots.py [LOGCHUTE]: makes docs/images/page-light.png and page-dark.png anew."""
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time

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
                browser.screenshot(os.path.join(images, "page-%s.png" % name))
        finally:
            is_over.set()
            sender.join()
            browser.close()
            chute.kill()


if __name__ == "__main__":
    main()
