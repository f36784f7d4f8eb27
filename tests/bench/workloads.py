"""The work on one machine that is measured: one class each, in the order of the
report.

A workload writes its Dockerfile and build context once (`make`), prepares each
tool once (`set_up`) and before each run (`before`), none of it timed, and names
the command to be timed (`tool_command`). The bound runs beside the tools like
one of them; what it does instead is in `bound`.
"""

import os
import shlex
from dataclasses import dataclass

import contexts
from tools import BASE


@dataclass(frozen=True)
class Size:
    small_files: int = 5_000
    small_bytes: int = 60_000_000
    large_files: int = 20_000
    large_bytes: int = 700_000_000
    run_steps: int = 30
    written_files: int = 50_000
    written_megabytes: int = 1024
    stage_megabytes: int = 256
    stage_files: int = 2_000


FULL = Size()
QUICK = Size(small_files=200, small_bytes=1_000_000, large_files=400,
             large_bytes=8_000_000, run_steps=3, written_files=500,
             written_megabytes=8, stage_megabytes=4, stage_files=50)


class Workload:
    name = ""
    title = ""  # with {fields} of Size

    def __init__(self, size, directory):
        self.size = size
        self.directory = directory
        self.title = self.describe(size)
        self.make()

    @classmethod
    def describe(cls, size):
        large_mb = size.large_bytes // 10**6
        return cls.title.format(**vars(size), large_mb=large_mb)

    def make(self):
        """Writes the Dockerfile and the build context."""

    def close(self):
        """Stops what `set_up` started."""

    def is_for(self, tool):
        """Whether the tool is of the kind that does this."""
        return tool.is_builder

    def set_up(self, tool):
        """Once per tool."""

    def before(self, tool):
        """Before each run."""

    def command(self, tool):
        """What is timed."""
        if tool.name == "bound":
            return self.bound(tool)
        return self.tool_command(tool)

    def tool_command(self, tool):
        raise NotImplementedError

    def bound(self, tool):
        raise NotImplementedError

    def context(self, dockerfile, files=0, total_bytes=0):
        """The directory to build: made once, shared by equal trees."""
        tree = os.path.join(self.directory, f"tree-{files}-{total_bytes}")
        if not os.path.exists(tree):
            os.makedirs(tree)
            if files:
                contexts.make(tree, files, total_bytes)
        self.dockerfile = f"{self.directory}/{self.name}.Dockerfile"
        with open(self.dockerfile, "w", encoding="utf-8") as file:
            file.write(f"FROM {BASE}\n{dockerfile}")
        return tree

    def step_bound(self, tool, count, script):
        """Bare RUN steps, in a shell line."""
        work = f"{tool.scratch()}/{abs(hash(script))}"
        return shlex.join([tool.program, "run", str(count), tool.root, work,
                           "/bin/sh", "-c", script])


class StartUp(Workload):
    name = "start-up"
    title = "print a version"

    def tool_command(self, tool):
        return tool.start_up()

    def bound(self, tool):
        return [tool.empty]


class Build(Workload):
    """A build of `self.tree` by `self.dockerfile`."""

    flags = ()

    def build(self, tool):
        return tool.build(self.tree, "-f", self.dockerfile, *self.flags)

    def tool_command(self, tool):
        return self.build(tool)


class NoChangeSmall(Build):
    """Fourteen steps of which none has to run."""

    name = "no-op-small"
    title = "build again, {small_files:,} files, nothing changed"

    def make(self):
        self.make_steps(self.size.small_files, self.size.small_bytes)

    def make_steps(self, files, total_bytes):
        copies = "".join(f"COPY part{part} /app/part{part}/\n"
                         for part in range(contexts.PARTS))
        self.tree = self.context(
            "WORKDIR /app\nENV MODE=bench\nRUN mkdir -p /var/lib/app\n"
            f"{copies}RUN ls -R /app > /var/lib/app/list\n"
            "RUN touch /var/lib/app/ready\nCMD [\"/bin/sh\"]\n",
            files, total_bytes)

    def bound(self, tool):
        return [tool.program, "walk", self.tree]


class NoChangeLarge(NoChangeSmall):
    name = "no-op-large"
    title = "build again, {large_files:,} files, {large_mb} MB, nothing changed"

    def make(self):
        self.make_steps(self.size.large_files, self.size.large_bytes)


class RunSteps(Build):
    name = "run-steps"
    title = "{run_steps} RUN steps of one touch, without cache"
    flags = ("--no-cache",)

    def make(self):
        self.tree = self.context("".join(
            f"RUN touch /step-{step}\n" for step in range(self.size.run_steps)))

    def before(self, tool):
        if tool.name == "bound":
            tool.forget()

    def bound(self, tool):
        return ["sh", "-c",
                self.step_bound(tool, self.size.run_steps, "touch /step")]


class EditOne(Build):
    name = "edit-one"
    title = "build after an edit of one of {small_files:,} files"

    def make(self):
        self.tree = self.context("COPY . /src/\nRUN ls -R /src > /list\n",
                                 self.size.small_files, self.size.small_bytes)
        self.edits = 0

    def before(self, tool):
        self.edits += 1
        contexts.edit(self.tree, self.size.small_files, f"edit {self.edits}\n")
        if tool.name == "bound":
            tool.forget()

    def bound(self, tool):
        return [tool.program, "copy", self.tree, tool.scratch()]


class FirstBuild(Build):
    """Nothing but the base is in the store: neither files nor their digests."""

    def before(self, tool):
        tool.forget()


class CopyLarge(FirstBuild):
    name = "copy"
    title = "COPY of {large_files:,} files, {large_mb} MB, first time"

    def make(self):
        self.tree = self.context("COPY . /data/\n", self.size.large_files,
                                 self.size.large_bytes)

    def bound(self, tool):
        return [tool.program, "copy", self.tree, tool.scratch()]


class OneStep(FirstBuild):
    """One RUN that writes; the bound runs it bare and hashes what it wrote."""

    def make(self):
        self.tree = self.context(f"RUN {self.script()}\n")

    def script(self):
        raise NotImplementedError

    def bound(self, tool):
        step = self.step_bound(tool, 1, self.script())
        hashing = shlex.join([tool.program, "hash", tool.scratch()])
        return ["sh", "-c", f"{step} && {hashing}"]


class ManyFiles(OneStep):
    name = "many-files"
    title = "one RUN that writes {written_files:,} small files"

    def script(self):
        return write_files("/out", self.size.written_files)


class BigFile(OneStep):
    name = "big-file"
    title = "one RUN that writes one file of {written_megabytes:,} MiB"

    def script(self):
        count = self.size.written_megabytes
        return f"dd if=/dev/zero of=/big bs=1M count={count}"


class FourStages(FirstBuild):
    name = "four-stages"
    title = "four stages that need nothing of each other, one that copies"

    def make(self):
        stages = "".join(f"FROM {BASE} AS stage{stage}\nRUN {script}\n"
                         for stage, script in enumerate(self.scripts()))
        copies = "".join(f"COPY --from=stage{stage} /out{stage} /out{stage}/\n"
                         for stage in range(4))
        self.tree = self.context(f"{stages}FROM {BASE}\n{copies}")

    def scripts(self):
        return [f"dd if=/dev/zero bs=1M count={self.size.stage_megabytes} | "
                f"sha256sum > /sum{stage}; "
                + write_files(f"/out{stage}", self.size.stage_files)
                for stage in range(4)]

    def bound(self, tool):
        steps = [self.step_bound(tool, 1, script) for script in self.scripts()]
        return ["sh", "-c", " & ".join(steps) + " & wait"]


class Save(Build):
    name = "save"
    title = "save an image of {large_files:,} files, {large_mb} MB"

    def make(self):
        self.tree = self.context("COPY . /data/\n", self.size.large_files,
                                 self.size.large_bytes)

    def set_up(self, tool):
        if tool.name != "bound":
            tool.run(self.build(tool))

    def tool_command(self, tool):
        return tool.save()

    def bound(self, tool):
        return [tool.program, "pack", self.tree, tool.archive()]


class Load(Save):
    name = "load"
    title = "load that image into a store without it"

    def set_up(self, tool):
        super().set_up(tool)
        if tool.name != "bound":
            tool.run(tool.save())

    def before(self, tool):
        tool.forget()

    def tool_command(self, tool):
        return tool.load()

    def bound(self, tool):
        return [tool.program, "copy", self.tree, tool.scratch()]


def write_files(directory, count):
    """A shell line that writes so many files of a few bytes."""
    return (f"mkdir {directory} && cd {directory} && seq 0 99 | xargs mkdir && "
            f"awk 'BEGIN {{ for (i = 0; i < {count}; i++) {{ "
            'name = i % 100 "/" i; print i > name; close(name) } }\'')


ALL = [StartUp, NoChangeSmall, NoChangeLarge, RunSteps, EditOne, CopyLarge,
       ManyFiles, BigFile, FourStages, Save, Load]
