#!/usr/bin/env python3
"""Stands in for farebox-node: its flags, its lock, its passwords; a play wallet answers for it.

Flags of its own, after farebox-node's: --upstream ADDRESS with --upstream-password is the wallet;
--deaf never answers, --broken ends at once, --stubborn takes no notice of SIGTERM.
"""

import argparse
import base64
import fcntl
import os
import pathlib
import signal
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

flags = argparse.ArgumentParser(allow_abbrev=False)
flags.add_argument("--data", type=pathlib.Path, required=True)
flags.add_argument("--http", required=True)
flags.add_argument("--upstream", default="")
flags.add_argument("--upstream-password", default="")
for name in ["--deaf", "--broken", "--stubborn"]:
    flags.add_argument(name, action="store_true")
options = flags.parse_args()

if options.broken:
    sys.exit("no chain is set")
leaked = [name for name in os.environ if name.startswith("FAREBOX_")]
if leaked:
    sys.exit(f"variables of the server: {leaked}")
options.data.mkdir(parents=True, exist_ok=True)
lock = open(options.data / "lock", "w")
try:
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit("another node uses the data folder")
passwords = {"hunter2-full": "full", "hunter2-limited": "limited"}
if not (options.data / "passwords").exists():
    (options.data / "passwords.new").write_text(
        "http-password=hunter2-full\nhttp-password-limited-access=hunter2-limited\n"
    )
    (options.data / "passwords.new").rename(options.data / "passwords")
signal.signal(signal.SIGTERM, signal.SIG_IGN if options.stubborn else lambda *_: os._exit(0))
with open(options.data / "pids", "a") as pids:
    pids.write(f"{os.getpid()}\n")


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        kind, _, credential = self.headers.get("Authorization", "").partition(" ")
        shown = base64.b64decode(credential).decode().partition(":")[2] if kind == "Basic" else ""
        access = passwords.get(shown)
        with open(options.data / "asked", "a") as asked:
            asked.write(f"{access} {self.path.partition('?')[0]}\n")
        if access is None or (access == "limited" and self.path == "/payinvoice"):
            return self.send(401, b"")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = urllib.request.Request(f"http://{options.upstream}{self.path}", method=self.command)
        secret = base64.b64encode(f":{options.upstream_password}".encode()).decode()
        request.add_header("Authorization", f"Basic {secret}")
        if body:
            request.data = body
            request.add_header("Content-Type", self.headers["Content-Type"])
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.send(answer.status, answer.read())
        except urllib.error.HTTPError as error:
            self.send(error.code, error.read())

    def send(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


host, _, port = options.http.rpartition(":")
if options.deaf:
    print("waiting for the chain", flush=True)
    signal.pause()
server = ThreadingHTTPServer((host, int(port)), Handler)
print(f"stand-in ready: http://{options.http}", flush=True)
server.serve_forever()
