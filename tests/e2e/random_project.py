"""A random project: a build context, a Dockerfile with its flags, and edits.

All of it follows from seeds, so that a failure can be had again. A step that
cannot do its command goes on without (|| true): most projects are to build.
"""
import copy
import io
import random
import shutil
import subprocess
import tarfile

NAMES = ["a.txt", "b.txt", "A.txt", "main.c", "sp ace.c", "ü.txt", "-dash",
         "glob[1].c", ".hidden", "run.sh"]
DIRECTORIES = ["src", "src/deep", "doc", "empty"]
MODES = [0o644, 0o644, 0o600, 0o755, 0o755, 0o700, 0o444, 0o4755, 0o664]
WORDS = ["alpha", "bravo", "delta", "gamma", "omega"]
OWNERS = ["ann", "7:8", "ann:staff", "1000", "0:0"]
SOURCES = [".", "src", "src/", "src/*", "*.txt", "s*", "src/deep", "doc",
           "src/**", "[A-z]*.txt", "./src/./deep"]
PLACES = ["/work/", "/work/new/", "rel/", "./", "/etc/conf/", "/by-link/x/"]
IGNORED = ["*.txt", "src/deep", "**/*.c", "doc", "!src/main.c", "!**/a.txt",
           "src", "!src/deep/*", "?.txt", "empty", "**/run.sh"]


class Stage:
    def __init__(self, number, ground):
        self.number = number
        self.ground = ground  # what stands behind FROM
        self.is_bare = False  # has nothing that RUN could run
        self.lines = []


class Project:
    """What the user has: two directories, a Dockerfile, and habits."""

    def __init__(self, seed, home):
        self.home = home
        self.root = home / "context"
        self.extra = home / "extra"
        self.stages = []
        self.count = 0  # of lines ever made, so that each is its own
        self.names = {}
        self.ignored = []
        self.args = {}
        self.labels = []
        self.comments = 0
        self.target = None
        self.base = "one"
        self.past = []
        self.rng = random.Random(f"{seed}")
        for directory in (self.root, self.extra):
            for name in ["", *DIRECTORIES]:
                (directory / name).mkdir(parents=True, exist_ok=True)
            for _ in range(8):
                self.write(self.new_path(directory))
        self.make_archive()
        for _ in range(self.rng.randint(1, 4)):
            self.add_stage()

    # ---- the directories

    def new_path(self, directory=None):
        directory = directory or self.rng.choice([self.root] * 3 + [self.extra])
        below = self.rng.choice(["", *DIRECTORIES])
        return directory / below / self.rng.choice(NAMES)

    def write(self, path):
        if path.is_dir() or not path.parent.is_dir():
            return
        if path.is_symlink() or self.rng.random() < 0.2:
            path.unlink(missing_ok=True)
        path.write_text(f"{self.rng.choice(WORDS)} {self.rng.randint(0, 9)}\n")
        path.chmod(self.rng.choice(MODES))

    def paths(self, wanted=lambda path: True):
        found = []
        for directory in (self.root, self.extra):
            for path in sorted(directory.rglob("*")):
                if path.name != ".dockerignore" and wanted(path):
                    found.append(path)
        return found

    def files(self):
        return self.paths(lambda path: path.is_file() and
                          not path.is_symlink() and path.suffix != ".tgz")

    def make_archive(self):
        with tarfile.open(self.root / "pack.tgz", "w:gz") as archive:
            for name in self.rng.sample(NAMES, 4):
                member = tarfile.TarInfo(f"packed/{name}")
                text = self.rng.choice(WORDS).encode()
                member.size = len(text)
                member.mode = self.rng.choice(MODES)
                member.uid = self.rng.choice([0, 5])
                archive.addfile(member, io.BytesIO(text))
            link = tarfile.TarInfo("packed/link")
            link.type = tarfile.SYMTYPE
            link.linkname = self.rng.choice(NAMES)
            archive.addfile(link)

    # ---- the Dockerfile

    def add_stage(self):
        self.count += 1
        earlier = [f"@{stage.number}@" for stage in self.stages]
        ground = self.rng.choice(
            ["ground"] * 3 + ["trigger", "scratch"] + earlier)
        stage = Stage(self.count, ground)
        stage.is_bare = ground == "scratch" or any(
            below.is_bare for below in self.stages
            if ground == f"@{below.number}@")
        self.stages.append(stage)
        self.names[stage.number] = f"stage{stage.number}"
        stage.lines.append("WORKDIR /work")
        if not stage.is_bare:
            stage.lines.append("RUN ln -s /work /by-link || true")
        for _ in range(self.rng.randint(2, 6)):
            stage.lines.append(self.new_line(len(self.stages) - 1))

    def new_line(self, index):
        self.count += 1
        makers = [self.copy] * 5 + [self.copy_from] * 3 + [
            self.add, self.inline, self.setting, self.setting]
        if not self.stages[index].is_bare:
            makers += [self.run] * 5 + [self.mounted_run] * 2
        return self.rng.choice(makers)(index)

    def some_stage(self, index):
        if index == 0 or self.rng.random() < 0.2:
            return "extra"
        return f"@{self.stages[self.rng.randrange(index)].number}@"

    def copy_flags(self):
        flags = []
        if self.rng.random() < 0.25:
            flags.append("--chmod=" + self.rng.choice(
                ["755", "0640", "u=rwX,go=rX", "g+w"]))
        if self.rng.random() < 0.25:
            flags.append("--chown=" + self.rng.choice(OWNERS))
        if self.rng.random() < 0.15:
            flags.append("--link")
            flags = [flag for flag in flags if "ann" not in flag]
        if self.rng.random() < 0.15:
            flags.append("--parents")
        for pattern in self.rng.sample(["*.c", "**/deep", "!**/main.c"],
                                       self.rng.choice([0, 0, 0, 1, 2])):
            flags.append("--exclude=" + pattern)
        return flags

    def copy(self, index, source=None):
        sources = source or self.rng.sample(SOURCES, self.rng.choice([1, 1, 2]))
        place = self.rng.choice(PLACES)
        if self.rng.random() < 0.1:
            sources, place = ["pack.tgz"], "/work/one-file"
        return " ".join(["COPY", *self.copy_flags(), *sources, place])

    def copy_from(self, index):
        where = self.some_stage(index)
        sources = [self.rng.choice(SOURCES)] if where == "extra" else [
            self.rng.choice(["/work", "/work/.", "/work/*", "/etc", "/by-link",
                             "/work/s*", "/out*"])]
        return " ".join(["COPY", f"--from={where}", *self.copy_flags(),
                         *sources, self.rng.choice(PLACES)])

    def add(self, index):
        flags = [flag for flag in self.copy_flags() if "parents" not in flag]
        return " ".join(["ADD", *flags, "pack.tgz", self.rng.choice(PLACES)])

    def inline(self, index):
        flags = [flag for flag in self.copy_flags() if "parents" not in flag]
        place = self.rng.choice(PLACES)
        return (f"COPY {' '.join(flags)} <<one <<'two' {place}\n"
                f"{self.rng.choice(WORDS)} $MODE\none\nplain $MODE\ntwo")

    def setting(self, index):
        word = self.rng.choice(WORDS)
        return self.rng.choice([
            f"ENV MODE={word}", f"ARG LEVEL={word}", "ARG LEVEL", "USER ann",
            "USER root", "USER 7:8", f"LABEL word={word}", "WORKDIR sub",
            "WORKDIR /work", f'CMD ["{word}"]', f"ENV A{self.count}=$LEVEL",
            'SHELL ["/bin/sh", "-ec"]', f"VOLUME /{word}", "EXPOSE 80"])

    def run(self, index):
        number = self.count
        word = self.rng.choice(WORDS)
        command = self.rng.choice([
            f"find /work -type f -print0 | sort -z | xargs -0 sha256sum"
            f" > /out{number}",
            f"find /work /etc | sort | xargs -d '\\n' stat -c '%n %a %u %g %N'"
            f" > /work/list{number}",
            f"env | sort > /work/env{number}",
            f"id > /out{number}; umask >> /out{number}; pwd >> /out{number}",
            f"cp -a /work /copy{number}",
            f"cp -r /work/src /work/again{number}",
            "rm -rf /work/src",
            "rm -rf /work/src && mkdir /work/src && echo new > /work/src/new",
            "mv /work/src /work/moved",
            "for f in /work/*.txt; do mv \"$f\" \"$f.old\"; done",
            "ln -sfn src /work/link; ln -sfn ../etc /work/up",
            f"ln /work/a.txt /work/hard{number}",
            "chmod -R go-w /work",
            f"chmod {self.rng.choice(['700', '711', '1777', '2755'])} /work",
            f"chown {self.rng.choice(['ann', '7:8'])} /work /etc",
            "chown -R ann /work",
            f"echo {word} $LEVEL $MODE >> /work/log",
            f"cat /work/log /work/*.c > /out{number}",
            "rm -f /work/log; mkdir /work/log",
            f"truncate -s 100k /work/sparse{number}",
            f"mkfifo /work/pipe{number}",
            "touch /work/touched",
            "true"])
        if self.rng.random() < 0.15:
            return f"RUN <<END\n({command})\ntrue\nEND"
        return f"RUN ({command}) || true"

    def mounted_run(self, index):
        where = self.some_stage(index)
        flags = ["--mount=type=bind,target=/in"]
        if self.rng.random() < 0.4:
            flags = [f"--mount=type=bind,from={where},target=/in"]
        elif self.rng.random() < 0.5:
            flags = ["--mount=type=bind,source=src,target=/in"]
        if self.rng.random() < 0.3:
            flags.append("--mount=type=cache,target=/cache,readonly")
        if self.rng.random() < 0.3:
            flags.append("--mount=type=tmpfs,target=/scratch")
        inside = self.rng.choice(["/in", "/in/src", "/in/work"])
        command = self.rng.choice([
            f"find {inside} | sort | xargs -d '\\n' stat -c '%n %a %u %N'",
            f"cat {inside}/*.txt",
            f"find {inside} -type f | wc -l",
            f"cp -r {inside} /work/seen{self.count}"])
        return f"RUN {' '.join(flags)} ({command}) > /out{self.count} || true"

    def render(self):
        text = ["# comment"] * self.comments
        for index, stage in enumerate(self.stages):
            text.append("")
            text.append(f"FROM {stage.ground} AS @{stage.number}@")
            text += stage.lines
        return self.with_names("\n".join(text) + "\n")

    def drop_line(self, wanted):
        """Takes out what is on a line of the Dockerfile, and says whether."""
        at = 1 + self.comments
        for stage in self.stages:
            at += 2  # the empty line and FROM
            for index, line in enumerate(stage.lines):
                end = at + line.count("\n") + 1
                if at <= wanted < end:
                    del stage.lines[index]
                    return True
                at = end
        return False

    def with_names(self, text):
        for number, name in self.names.items():
            text = text.replace(f"@{number}@", name)
        return text

    def save(self):
        # Not in the context, where it would be copied with the rest.
        (self.home / "Dockerfile").write_text(self.render())
        ignore = self.root / ".dockerignore"
        if self.ignored:
            ignore.write_text("\n".join(self.ignored) + "\n")
        else:
            ignore.unlink(missing_ok=True)

    def flags(self):
        words = ["--network=none", f"--file={self.home / 'Dockerfile'}",
                 f"--build-context=extra={self.extra}",
                 f"--build-context=ground=docker-image://{self.base}",
                 "--build-context=trigger=docker-image://trigger"]
        for name, value in self.args.items():
            words.append(f"--build-arg={name}={value}")
        words += [f"--label={label}" for label in self.labels]
        if self.target:
            words.append("--target=" + self.with_names(f"@{self.target}@"))
        return words

    # ---- its past

    PARTS = ["stages", "names", "ignored", "args", "labels", "comments",
             "target", "base"]

    def remember(self, outcome):
        """Keeps what stands now, and what a build gave of it."""
        place = self.home / f"past{len(self.past)}"
        for name in ("root", "extra"):
            subprocess.run(["cp", "-a", getattr(self, name), f"{place}-{name}"],
                           check=True)
        parts = {name: copy.deepcopy(getattr(self, name))
                 for name in self.PARTS}
        self.past.append((place, parts, outcome))

    def forget_outcomes(self):
        self.past = [(place, parts, None) for place, parts, _ in self.past]

    def revert(self, index):
        place, parts, outcome = self.past[index]
        for name in ("root", "extra"):
            shutil.rmtree(getattr(self, name))
            subprocess.run(["cp", "-a", f"{place}-{name}", getattr(self, name)],
                           check=True)
        for name, value in parts.items():
            setattr(self, name, copy.deepcopy(value))
        return outcome

