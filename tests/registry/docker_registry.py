#!/usr/bin/env python3
"""Debian's docker-registry on a free port of 127.0.0.1.

    docker_registry.py DIRECTORY [OPTION...]

Prints the port once it listens; what it stores and logs is in DIRECTORY. It
ends with this process, however that ends.

    certificate=F     with TLS; F has certificate and key
    htpasswd=F        Basic authentication
    token=URL,F       tokens of the service at URL, signed by what F, a
                      certificate, is for (token_server.py)
    relative          locations have no host
    at=ADDRESS        it listens there instead
"""
import ctypes
import json
import os
import re
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1

directory, *words = sys.argv[1:]
options = {name: value for name, _, value in (w.partition("=") for w in words)}

config = {
    "version": "0.1",
    "log": {"level": "info", "accesslog": {"disabled": False}},
    "storage": {
        "filesystem": {"rootdirectory": os.path.join(directory, "storage")},
        "delete": {"enabled": True},
        "maintenance": {"uploadpurging": {"enabled": False}}},
    "http": {"addr": options.get("at", "127.0.0.1") + ":0",
             "relativeurls": "relative" in options}}
if "certificate" in options:
    config["http"]["tls"] = {"certificate": options["certificate"],
                             "key": options["certificate"]}
if "htpasswd" in options:
    config["auth"] = {"htpasswd": {"realm": "test",
                                   "path": options["htpasswd"]}}
if "token" in options:
    url, _, bundle = options["token"].partition(",")
    config["auth"] = {"token": {"realm": url, "service": "test-registry",
                                "issuer": "test-issuer",
                                "rootcertbundle": bundle}}

os.makedirs(directory, exist_ok=True)
path = os.path.join(directory, "config.yml")
with open(path, "w", encoding="utf-8") as file:
    json.dump(config, file)  # which is YAML as well

libc = ctypes.CDLL(None)
environment = {name: value for name, value in os.environ.items()
               if not name.startswith(("REGISTRY_", "OTEL_"))}
access_log = open(os.path.join(directory, "access"), "wb")
registry = subprocess.Popen(
    ["docker-registry", "serve", path], env=environment, text=True,
    stdout=access_log, stderr=subprocess.PIPE,
    preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
with open(os.path.join(directory, "log"), "w", encoding="utf-8") as log:
    for line in registry.stderr:
        log.write(line)
        log.flush()
        found = re.search(r"listening on [^ ]*:(\d+)", line)
        if found:
            sys.stdout.write(found[1] + "\n")
            sys.stdout.flush()
sys.exit(registry.wait() or 1)
