"""A registry for the bench: Debian's docker-registry, on 127.0.0.1.

Every tool takes a registry there for one without TLS. It keeps nothing in
memory of what it stores, so that emptying its directory makes it a new one.
"""

import os
import shutil
import subprocess
import sys

from measure import Failed, stop

SERVER = os.path.join(os.path.dirname(os.path.realpath(__file__)),
                      "../registry/docker_registry.py")


class LocalRegistry:
    """Listens once it is made; ends with close(), or with this process."""

    def __init__(self, directory):
        self._directory = directory
        if not shutil.which("docker-registry"):
            raise Failed("docker-registry is not installed (apt-get install "
                         "docker-registry)")
        self._server = subprocess.Popen(
            [sys.executable, SERVER, directory], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, start_new_session=True)
        port = self._server.stdout.readline().strip()
        if not port:
            self.close()
            raise Failed("docker-registry does not start")
        self._host = f"127.0.0.1:{port}"

    def image(self, name):
        """What to call an image there."""
        return f"{self._host}/{name}:latest"

    def forget(self):
        """Afterwards it stores nothing."""
        shutil.rmtree(f"{self._directory}/storage", ignore_errors=True)

    def close(self):
        stop(self._server)
        self._server.stdout.close()
