"""BuildKit, as Debian's docker.io has it: inside a dockerd of our own.

dockerd and containerd get directories and sockets below the bench's temporary
directory and never hear of another Docker on the machine. There is no bridge
and no packet filter: all tools build with the host's network.
"""

import os
import shutil
import subprocess
import time

from measure import Failed, stop
from tools import BASE, IMAGE, Missing, Tool

START_SECONDS = 60

CONTAINERD = """version = 2
root = "{0}/containerd"
state = "{0}/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{0}/containerd.sock"
"""


class BuildKit(Tool):
    name = "buildkit"

    def __init__(self, runner, directory, base_tar):
        # docker.io's own client first: another one in PATH may be too new for
        # its daemon, or want a plugin for every build.
        self.program = _find("docker")
        daemons = [_find("containerd"), _find("dockerd")]
        super().__init__(runner, directory, base_tar)
        socket = f"unix://{self.directory}/dockerd.sock"
        self.env = {"DOCKER_HOST": socket, "DOCKER_BUILDKIT": "1",
                    "DOCKER_CONFIG": f"{self.directory}/client"}
        self._daemons = []
        try:
            self._start(*daemons, socket)
            self._import_base()
        except BaseException:
            self.close()
            raise

    def version(self):
        number = self.run(
            [self.program, "version", "--format", "{{.Server.Version}}"])
        return f"BuildKit of docker.io {number.strip()}"

    def start_up(self):
        return [self.program, "version", "--format", "{{.Client.Version}}"]

    def build(self, context, *flags):
        return [self.program, "build", "--network", "host", *flags,
                "-t", IMAGE, context]

    def save(self):
        return [self.program, "save", IMAGE, "-o", self.archive()]

    def load(self):
        return [self.program, "load", "-i", self.archive()]

    def tag(self, name):
        self.run([self.program, "tag", IMAGE, name])

    def push(self, name):
        return [self.program, "push", name]

    def pull(self, name):
        return [self.program, "pull", name]

    def forget(self):
        images = self.run([self.program, "images", "-qa"]).split()
        if images:
            self.run([self.program, "rmi", "--force", *sorted(set(images))])
        self.run([self.program, "builder", "prune", "--all", "--force"])
        self._import_base()

    def measure(self, command):
        """The work is the daemons': their peaks and time are added."""
        for daemon in self._daemons:
            with open(f"/proc/{daemon.pid}/clear_refs", "w",
                      encoding="ascii") as file:
                file.write("5")  # VmHWM starts anew, proc(5)
        before = self._cpu_seconds()
        figures = self.runner.measure(
            command, self.env, [daemon.pid for daemon in self._daemons])
        figures["peak_bytes"] += sum(_peak_bytes(daemon.pid)
                                     for daemon in self._daemons)
        figures["cpu_seconds"] += round(self._cpu_seconds() - before, 6)
        return figures

    def close(self):
        for daemon in reversed(self._daemons):
            stop(daemon)

    def _import_base(self):
        self.run([self.program, "import", self.base_tar, BASE])

    def _start(self, containerd, dockerd, socket):
        here = self.directory
        config = f"{here}/containerd.toml"
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONTAINERD.format(here))
        self._spawn([containerd, "--config", config])
        self._wait(lambda: os.path.exists(f"{here}/containerd.sock"))
        with open(f"{here}/dockerd.json", "w", encoding="utf-8") as file:
            file.write("{}")  # in place of this machine's own
        self._spawn([dockerd, f"--config-file={here}/dockerd.json",
                     f"--host={socket}",
                     f"--containerd={here}/containerd.sock",
                     f"--data-root={here}/data", f"--exec-root={here}/exec",
                     f"--pidfile={here}/dockerd.pid",
                     "--storage-driver=overlay2", "--bridge=none",
                     "--iptables=false", "--ip6tables=false",
                     "--ip-forward=false", "--ip-masq=false"])
        self._wait(self._answers)

    def _spawn(self, command):
        path = os.environ["PATH"] + ":/usr/sbin:/sbin"  # runc, iptables
        with open(self._log(command[0]), "w", encoding="utf-8") as log:
            self._daemons.append(subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, "PATH": path}))

    def _log(self, program):
        return f"{self.directory}/{os.path.basename(program)}.log"

    def _answers(self):
        try:
            return self.run([self.program, "info"])
        except Failed:
            return False

    def _wait(self, is_ready):
        last = self._daemons[-1]
        deadline = time.monotonic() + START_SECONDS
        while not is_ready():
            if last.poll() is not None or time.monotonic() > deadline:
                program = os.path.basename(last.args[0])
                with open(self._log(program), encoding="utf-8") as log:
                    lines = log.read().strip().splitlines() or ["said nothing"]
                raise Missing(f"{program} does not start: {lines[-1]}")
            time.sleep(0.05)

    def _cpu_seconds(self):
        """The daemons', and of their children that have ended."""
        ticks = 0
        for daemon in self._daemons:
            with open(f"/proc/{daemon.pid}/stat", encoding="ascii") as file:
                fields = file.read().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
        return ticks / os.sysconf("SC_CLK_TCK")


def _find(program):
    places = "/usr/bin:/usr/sbin:" + os.environ["PATH"]
    path = shutil.which(program, path=places)
    if not path:
        raise Missing(f"{program} is not installed (apt-get install docker.io)")
    return path


def _peak_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0
