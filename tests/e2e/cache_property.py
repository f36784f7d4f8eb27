"""The property of the cache: it gives what a build without it gives.

A random project is built and edited, again and again. After each edit

  - a build with the cache and one with --no-cache, in a store of its own, both
    fail, or give the same: files with type, mode, owner, links, attributes and
    content, the same layers, configuration and history, but for times;
  - a second build with the cache finds every step, and gives the same image;
  - where nothing has changed that an image is made of, or all is as it was
    once, so does the first.

Before that the cache sees builds that are killed, two at once, and some stage
made anew; behind it, it goes to an empty store, which then has to find all.

  python3 cache_property.py --seeds 1-8 --edits 10 --seconds 25
  python3 cache_property.py --seeds 4711              # a failure, once more

A seed that fails is run again with ever fewer of its edits. Takes the program
from $STRAKE, and works below the current directory, where base.tar is the root
file system of every base.
"""
import argparse
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time

import random_edits
from random_project import Project

STRAKE = os.environ["STRAKE"]


class Broken(Exception):
    """What the property does not hold for."""


class Store:
    """A store with the bases, in which one way of building is tried."""

    def __init__(self, path, *flags):
        self.path = path
        self.flags = flags
        for name, change in (("one", "ENV BASE=one"), ("two", "ENV BASE=two"),
                             ("trigger", "ONBUILD RUN echo built > /built")):
            subprocess.run([STRAKE, "--root", path, "import", "-c", change,
                            "base.tar", name], check=True,
                           stdout=subprocess.DEVNULL)

    def start(self, project, *flags):
        return subprocess.Popen(
            [STRAKE, "build", "--root", self.path, "--progress=plain",
             *self.flags, *flags, *project.flags(), project.root],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, errors="replace")

    def build(self, project, *flags):
        """The image ID, or none when it fails; and what was printed."""
        process = self.start(project, *flags)
        image, output = process.communicate()
        if not 0 <= process.returncode < 128:
            raise Broken(f"exit code {process.returncode}\n{output}")
        return image.strip() if process.returncode == 0 else None, output

    def config(self, image):
        blob = self.path / "blobs/sha256" / image.removeprefix("sha256:")
        return json.loads(blob.read_bytes())

    def layers(self, config):
        """The stable digest of each layer."""
        database = sqlite3.connect(f"file:{self.path}/strake.db?mode=ro",
                                   uri=True)
        try:
            return [database.execute(
                "SELECT hex(stable_digest) FROM layers WHERE hex(diff_id) = ?",
                [diff_id.removeprefix("sha256:").upper()]).fetchone()[0]
                    for diff_id in config["rootfs"]["diff_ids"]]
        finally:
            database.close()

    def files(self, image):
        tar = subprocess.run([STRAKE, "export", "--root", self.path, image],
                             check=True, stdout=subprocess.PIPE).stdout
        files = {}
        with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
            for member in archive:
                content = b""
                if member.isreg():
                    content = archive.extractfile(member).read()
                attributes = {key: value for key, value in
                              member.pax_headers.items() if "xattr" in key}
                files[member.name] = (
                    member.type, oct(member.mode), member.uid, member.gid,
                    member.linkname, attributes,
                    hashlib.sha256(content).hexdigest())
        return files


def without_times(config):
    config = json.loads(json.dumps(config))
    del config["created"], config["rootfs"]
    for line in config["history"]:
        line.pop("created", None)
    return config


def compare(what, left, right):
    if left == right:
        return
    if isinstance(left, dict):
        keys = [key for key in sorted({*left, *right})
                if left.get(key) != right.get(key)]
        text = "\n".join(f"{key}\n  cached {left.get(key)}\n  anew   "
                         f"{right.get(key)}" for key in keys[:10])
    else:
        text = f"cached {left}\nanew   {right}"
    raise Broken(f"{what}: {text}")


def count_made(output):
    return sum(" DONE" in line for line in output.splitlines())


class Run:
    """One project with its edits, `wanted` of them or all."""

    def __init__(self, seed, edits, wanted=None):
        self.seed = seed
        self.wanted = range(edits) if wanted is None else wanted
        self.home = pathlib.Path.cwd() / "run"
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir()
        self.log = []
        self.builds = 0
        self.cached = Store(self.home / "cached")
        self.anew = Store(self.home / "anew", "--no-cache")
        self.project = Project(seed, self.home)

    def run(self):
        self.make_buildable()
        self.check(None, "at first")
        for index in self.wanted:
            self.edit(random.Random(f"{self.seed}/{index}"), index)

    def make_buildable(self):
        for _ in range(20):
            self.project.save()
            image, output = self.anew.build(self.project)
            place = re.search(r"^strake: .*Dockerfile:(\d+)", output, re.M)
            if image or not place or not self.project.drop_line(int(place[1])):
                return

    def edit(self, rng, index):
        self.project.rng = rng
        kind = rng.random()
        known = None
        if kind < 0.12 and self.project.past:
            past = rng.randrange(len(self.project.past))
            known = self.project.revert(past)
            said = f"go back to {past}"
        elif kind < 0.3:
            said = rng.choice(random_edits.NEUTRAL)(self.project, rng)
            known = self.image
        else:
            said = ", ".join(self.change(rng) for _ in range(rng.randint(1, 4)))
        self.check(known, f"{index}: {said}")

    def change(self, rng):
        while True:
            try:
                said = rng.choice(random_edits.CHANGES)(self.project, rng)
                if said:
                    return said
            except (IndexError, ValueError, OSError):
                pass  # there is nothing of that kind, or something in its way

    def disturb(self, rng):
        """Something else that the cache goes through, before it is asked."""
        kind = rng.random()
        if kind < 0.1:
            self.log[-1] += ", a build is killed"
            process = self.cached.start(self.project)
            time.sleep(rng.random() / 10)
            process.kill()
            process.communicate()
        elif kind < 0.2:
            self.log[-1] += ", two build at once"
            other = self.cached.start(self.project)
            self.cached.build(self.project)
            other.communicate()
        elif kind < 0.3:
            self.log[-1] += ", a stage is made anew"
            self.project.forget_outcomes()  # its layers get newer times
            stage = rng.choice(list(self.project.names.values()))
            self.cached.start(self.project,
                              f"--no-cache-filter={stage}").communicate()

    def check(self, known, said):
        """`known`: the image that must be found, without a step being made."""
        project, rng = self.project, self.project.rng
        project.save()
        self.log.append(said)
        if not known:
            self.disturb(rng)
        image, output = self.cached.build(project)
        anew, output_anew = self.anew.build(project)
        self.builds += 2
        if (image is None) != (anew is None):
            raise Broken(f"only one failed\n--- cached\n{output}\n--- anew\n"
                         f"{output_anew}")
        if image is None:
            self.log[-1] += "; does not build"
            if project.past:
                self.image = project.revert(-1)
            else:
                self.image = None
            return
        if known and (count_made(output) > 0 or image != known):
            raise Broken(f"not all was found; {image}, not {known}\n{output}")
        self.compare(self.cached, image, anew)
        again, output = self.cached.build(project)
        self.builds += 1
        if count_made(output) > 0 or again != image:
            raise Broken(f"built again, not all was found; {again}, not {image}"
                         f"\n{output}")
        if rng.random() < 0.15:
            self.travel(anew)
        if not known:
            project.remember(image)
        self.image = image

    def travel(self, anew):
        """An empty store that is given the cache needs to make nothing."""
        self.log[-1] += ", the cache travels"
        place = self.home / "cache"
        self.cached.build(self.project,
                          f"--cache-to=type=local,dest={place},mode=max")
        there = Store(self.home / "there")
        found, output = there.build(self.project,
                                    f"--cache-from=type=local,src={place}")
        self.builds += 2
        # Its bases were made at another time, and so its image is another.
        if not found or count_made(output) > 0:
            raise Broken(f"elsewhere not all was found\n{output}")
        self.compare(there, found, anew)
        for directory in (place, there.path):
            shutil.rmtree(directory)

    def compare(self, store, image, anew):
        ours, theirs = store.config(image), self.anew.config(anew)
        compare("configuration", without_times(ours), without_times(theirs))
        if ours["rootfs"] == theirs["rootfs"]:
            return
        compare("files", store.files(image), self.anew.files(anew))
        compare("layers", store.layers(ours), self.anew.layers(theirs))


def fails(seed, edits, wanted):
    try:
        Run(seed, edits, wanted).run()
    except Broken:
        return True
    return False


def shrink(seed, edits, deadline):
    """The edits without which it does not fail."""
    wanted = list(range(edits))
    for index in reversed(range(edits)):
        if time.monotonic() > deadline:
            break
        fewer = [edit for edit in wanted if edit != index]
        if fails(seed, edits, fewer):
            wanted = fewer
    return wanted


def report(seed, run, error):
    print(f"seed {seed} fails: {error}", flush=True)
    # The log's first line is of the project before any edit.
    edits = max(len(run.log) - 1, 0)
    run = Run(seed, edits, shrink(seed, edits, time.monotonic() + 60))
    try:
        run.run()
    except Broken as failure:
        error = failure
    print("--- with these edits alone", *run.log, "--- Dockerfile",
          run.project.render(), "--- flags", *run.project.flags(), "--- fails",
          error, sep="\n")


def read_seeds(text):
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=read_seeds, default=range(1, 2))
    parser.add_argument("--edits", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=1e9,
                        help="start no further seed after so long")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    start = time.monotonic()
    builds = 0
    done = 0
    for seed in options.seeds:
        if time.monotonic() - start > options.seconds and done > 0:
            break
        run = Run(seed, options.edits)
        try:
            run.run()
        except Broken as error:
            report(seed, run, error)
            return 1
        builds += run.builds
        done += 1
        if options.verbose:
            print(f"seed {seed}:", *run.log, sep="\n  ", flush=True)
    print(f"{done} seeds, {builds} builds in {time.monotonic() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
