"""The work between a machine and a registry that is measured: push and pull."""

import os

import contexts
from local_registry import LocalRegistry
from workloads import Build


class Transfer(Build):
    """An image on its way to or from a registry on this machine."""

    copies = "COPY . /data/\n"

    def make(self):
        self.tree = self.context(self.copies, self.size.large_files,
                                 self.size.large_bytes)
        self.registry = None

    def set_up(self, tool):
        if not self.registry:
            self.registry = LocalRegistry(
                os.path.join(self.directory, f"{self.name}.registry"))

    def close(self):
        if self.registry:
            self.registry.close()
            self.registry.forget()

    def image(self):
        return self.registry.image("bench")


class Push(Transfer):
    """Into a registry that has nothing of it."""

    name = "push"
    title = "push an image of {large_files:,} files, {large_mb} MB, in one layer"

    def set_up(self, tool):
        super().set_up(tool)
        if tool.name != "bound":
            tool.run(self.build(tool))
            tool.tag(self.image())

    def before(self, tool):
        self.registry.forget()

    def tool_command(self, tool):
        return tool.push(self.image())

    def bound(self, tool):
        return [tool.program, "gzip", self.tree, tool.archive()]


class Pull(Transfer):
    """The image that the first tool, strake, has pushed."""

    name = "pull"
    title = "pull that image into a store without it"

    def is_for(self, tool):
        return True

    def set_up(self, tool):
        is_first = not self.registry
        super().set_up(tool)
        if is_first:
            tool.run(self.build(tool))
            tool.tag(self.image())
            tool.run(tool.push(self.image()))

    def before(self, tool):
        tool.forget()

    def tool_command(self, tool):
        return tool.pull(self.image())

    def bound(self, tool):
        return [tool.program, "copy", self.tree, tool.scratch()]


class InTenLayers:
    """The tree's parts, each in a layer of its own."""

    copies = "".join(f"COPY part{part} /data/part{part}/\n"
                     for part in range(contexts.PARTS))


class PushLayers(InTenLayers, Push):
    name = "push-layers"
    title = "push {large_files:,} files, {large_mb} MB, in ten layers"


class PullLayers(InTenLayers, Pull):
    name = "pull-layers"
    title = "pull that image of ten layers"


ALL = [Push, Pull, PushLayers, PullLayers]
