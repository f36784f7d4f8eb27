"""The builders, each behind the same few words.

A tool has one base image, "bench-base", imported once, and a store of its own
that is thrown away with the bench. `build`, `save`, `load`, `push` and `pull`
give the command line to be timed; the other methods prepare and are not timed.
"""

import os
import shlex
import shutil
import subprocess

BASE = "bench-base"
IMAGE = "bench-image"


class Missing(Exception):
    """The tool cannot be measured here; the text says why."""


class Tool:
    """What all tools share. `directory` is the tool's own, for its store."""

    name = ""
    is_builder = True  # else it only moves images

    def __init__(self, runner, directory, base_tar):
        self.runner = runner
        self.directory = os.path.join(directory, self.name)
        self.base_tar = base_tar
        self.env = {}
        os.makedirs(self.directory)

    def run(self, command, stdin=None):
        return self.runner.run(command, self.env, stdin)

    def measure(self, command):
        return self.runner.measure(command, self.env)

    def archive(self):
        """Where this tool saves to and loads from."""
        return os.path.join(self.directory, "saved.tar")

    def close(self):
        """Stops what the tool left running."""


class Strake(Tool):
    name = "strake"

    def __init__(self, runner, directory, base_tar, program):
        super().__init__(runner, directory, base_tar)
        self.program = program
        self.store = os.path.join(self.directory, "store")
        self.env = {"STRAKE_ROOT": self.store}
        self._import_base()

    def version(self):
        return self.run([self.program, "version"]).strip()

    def start_up(self):
        return [self.program, "version"]

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
        """Afterwards the store holds the base image and no cache."""
        shutil.rmtree(self.store, ignore_errors=True)
        self._import_base()

    def _import_base(self):
        self.run([self.program, "import", self.base_tar, BASE])


class Buildah(Tool):
    name = "buildah"

    def __init__(self, runner, directory, base_tar):
        program = shutil.which("buildah")
        if not program:
            raise Missing("buildah is not installed (apt-get install buildah)")
        super().__init__(runner, directory, base_tar)
        self._short = program
        self.program = [program, "--root", f"{self.directory}/root",
                        "--runroot", f"{self.directory}/run",
                        "--storage-driver", "overlay"]
        self._runtime = _oci_runtime()
        self._import_base()

    def version(self):
        words = self.run([self._short, "--version"]).split()
        return f"buildah {words[2]} with {os.path.basename(self._runtime)}"

    def start_up(self):
        return [self._short, "--version"]

    def build(self, context, *flags):
        return [*self.program, "build", "--layers", "--pull-never", "--network",
                "host", "--runtime", self._runtime, *flags, "-t", IMAGE,
                context]

    def save(self):
        # It adds to an archive that is there.
        if os.path.exists(self.archive()):
            os.remove(self.archive())
        return [*self.program, "push", IMAGE,
                f"docker-archive:{self.archive()}:{IMAGE}"]

    def load(self):
        return [*self.program, "pull", f"docker-archive:{self.archive()}"]

    def tag(self, name):
        self.run([*self.program, "tag", IMAGE, name])

    def push(self, name):
        return [*self.program, "push", "--tls-verify=false", name]

    def pull(self, name):
        return [*self.program, "pull", "--tls-verify=false", name]

    def forget(self):
        self.run([*self.program, "rmi", "--all", "--force"])
        self._import_base()

    def _import_base(self):
        container = self.run([*self.program, "from", "scratch"]).strip()
        self.run([*self.program, "add", container, self.base_tar, "/"])
        self.run([*self.program, "commit", "--rm", container, BASE])


class Skopeo(Tool):
    """Copies an image into a layout, from which umoci unpacks it."""

    name = "skopeo"
    is_builder = False

    def __init__(self, runner, directory, base_tar):
        self.programs = [shutil.which("skopeo"), shutil.which("umoci")]
        if not all(self.programs):
            raise Missing("skopeo or umoci is not installed (apt-get install "
                          "skopeo umoci)")
        super().__init__(runner, directory, base_tar)

    def version(self):
        words = [self.run([program, "--version"]).split()[2]
                 for program in self.programs]
        return f"skopeo {words[0]} with umoci {words[1]}"

    def pull(self, name):
        skopeo, umoci = self.programs
        layout = f"{self.directory}/pulled/layout:{IMAGE}"
        copy = [skopeo, "--insecure-policy", "copy", "--src-tls-verify=false",
                f"docker://{name}", f"oci:{layout}"]
        unpack = [umoci, "unpack", "--image", layout,
                  f"{self.directory}/pulled/bundle"]
        return ["sh", "-c", f"{shlex.join(copy)} && {shlex.join(unpack)}"]

    def forget(self):
        shutil.rmtree(f"{self.directory}/pulled", ignore_errors=True)
        os.makedirs(f"{self.directory}/pulled")


def _oci_runtime():
    """crun, unless control groups are hybrid, which crun refuses."""
    is_hybrid = os.path.isdir("/sys/fs/cgroup/unified")
    names = ["runc"] if is_hybrid else ["crun", "runc"]
    for name in names:
        path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if path:
            return path
    raise Missing(f"buildah has no OCI runtime (apt-get install {names[0]})")


class Bound(Tool):
    """Runs beside the tools: the bare work, without a builder."""

    name = "bound"

    def __init__(self, runner, directory, base_tar, program, empty):
        super().__init__(runner, directory, base_tar)
        self.program = program
        self.empty = empty
        self.root = os.path.join(self.directory, "root")
        for mount_point in ("proc", "dev"):
            os.makedirs(os.path.join(self.root, mount_point))
        subprocess.run(["tar", "-C", self.root, "-xf", base_tar], check=True)

    def scratch(self):
        """A directory that is empty at every run."""
        return os.path.join(self.directory, "scratch")

    def forget(self):
        shutil.rmtree(self.scratch(), ignore_errors=True)
