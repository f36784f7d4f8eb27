#!/usr/bin/env python3
"""Debian's swift with its s3api, all of it in one process.

    swift_server.py DIRECTORY

Keeps everything below DIRECTORY; prints the port of its S3 once it listens.
Who asks is "test:tester" with the secret "testing", the region us-east-1.
Package: python3-swift.
"""
import os
import sys

import eventlet
import eventlet.wsgi

eventlet.monkey_patch()
from swift.common import utils, wsgi  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.obj import server as object_server  # noqa: E402

directory = os.path.abspath(sys.argv[1])
# The order is the one that s3api asks for.
filters = ["catch_errors", "gatekeeper", "healthcheck", "listing_formats",
           "bulk", "s3api", "tempauth", "slo", "dlo", "versioned_writes",
           "copy", "symlink"]


def write(name, text):
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def config(name, pipeline, more=""):
    return write(name + ".conf", f"""[DEFAULT]
swift_dir = {directory}
devices = {directory}/devices
mount_check = false
[pipeline:main]
pipeline = {" ".join(pipeline)}
[app:{name}-server]
use = egg:swift#{name}
allow_account_management = true
account_autocreate = true
{more}""")


def ring(name, port):
    builder = RingBuilder(4, 1, 1)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0,
                     "ip": "127.0.0.1", "port": port, "device": "d1",
                     "replication_ip": "127.0.0.1", "replication_port": port,
                     "meta": ""})
    builder.rebalance()
    builder.get_ring().save(os.path.join(directory, name + ".ring.gz"))


class Cache(dict):
    """In place of memcached: what is asked of it, kept for ever."""

    def __bool__(self):
        return True

    def set(self, key, value, **_):
        self[key] = value

    def get(self, key, *_, **__):
        return dict.get(self, key)

    def incr(self, key, delta=1, **_):
        self[key] = dict.get(self, key, 0) + delta
        return self[key]

    def delete(self, key, **_):
        self.pop(key, None)


cache = Cache()


def serve(socket, path):
    settings = {}
    object_server.global_conf_callback({}, settings)
    app = wsgi.loadapp(path, settings)

    def with_cache(environment, start):
        environment["swift.cache"] = cache
        return app(environment, start)

    eventlet.spawn(eventlet.wsgi.server, socket, with_cache,
                   open(os.devnull, "w"), protocol=wsgi.SwiftHttpProtocol,
                   capitalize_response_headers=False)


os.makedirs(os.path.join(directory, "devices", "d1"))
write("swift.conf", "[swift-hash]\nswift_hash_path_prefix = test\n"
      "swift_hash_path_suffix = test\n")
utils.set_swift_dir(directory)
for kind in ("account", "container", "object"):
    inner = eventlet.listen(("127.0.0.1", 0))
    ring(kind, inner.getsockname()[1])
    serve(inner, config(kind, [kind + "-server"]))
outer = eventlet.listen(("127.0.0.1", 0))
serve(outer, config("proxy", filters + ["proxy-server"], "".join(
    f"[filter:{name}]\nuse = egg:swift#{name}\n" +
    ("user_test_tester = testing .admin\n" if name == "tempauth" else "")
    for name in filters)))
print(outer.getsockname()[1], flush=True)
while True:
    eventlet.sleep(3600)
