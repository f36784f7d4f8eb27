"""What people do to a project between two builds.

An edit says what it did. Those of NEUTRAL change nothing that an image is made
of: all steps must be found, and the image be the same.
"""
import os
import shutil
import subprocess

from random_project import DIRECTORIES, IGNORED, MODES, NAMES, WORDS


def write_new(project, rng):
    path = project.new_path()
    project.write(path)
    return f"write {path.name}"


def flip_bit(path):
    mode = path.stat().st_mode
    path.chmod(0o600)
    with open(path, "r+b") as file:
        first = file.read(1)
        file.seek(0)
        file.write(bytes([first[0] ^ 1]))
    path.chmod(mode)


def write_same_size(project, rng):
    path = rng.choice(project.files())
    flip_bit(path)
    return f"change a byte of {path.name}"


def write_in_disguise(project, rng):
    path = rng.choice(project.files())
    before = path.stat()
    flip_bit(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return f"change a byte of {path.name}, but not its time"


def swap_files(project, rng):
    one, two = rng.sample(project.files(), 2)
    other = one.with_name("swap")
    one.rename(other)
    two.rename(one)
    other.rename(two)
    return f"swap {one.name} and {two.name}"


def change_mode(project, rng):
    path = rng.choice(project.paths(lambda path: not path.is_symlink()))
    path.chmod(rng.choice([0o755, 0o700, 0o1777] if path.is_dir() else MODES))
    return f"chmod {path.name}"


def rename(project, rng):
    path = rng.choice(project.files())
    target = path.with_name(rng.choice([path.name.swapcase(), *NAMES]))
    if target.is_dir() or target == path:
        return None
    path.rename(target)
    return f"rename {path.name} to {target.name}"


def make_symlink(project, rng):
    path = project.new_path()
    if path.is_dir() or not path.parent.is_dir():
        return None
    path.unlink(missing_ok=True)
    path.symlink_to(rng.choice([*NAMES, "../src", "deep", "/etc/passwd"]))
    return f"link {path.name} -> {os.readlink(path)}"


def swap_symlinks(project, rng):
    links = project.paths(lambda path: path.is_symlink())
    if len(links) < 2:
        return make_symlink(project, rng)
    one, two = rng.sample(links, 2)
    targets = os.readlink(one), os.readlink(two)
    for path, target in ((one, targets[1]), (two, targets[0])):
        path.unlink()
        path.symlink_to(target)
    return f"swap links {one.name} and {two.name}"


def make_hardlink(project, rng):
    path = project.new_path()
    source = rng.choice(project.files())
    if path.is_dir() or not path.parent.is_dir() or path == source:
        return None
    path.unlink(missing_ok=True)
    if source.exists():
        os.link(source, path)
    return f"hard link {path.name} to {source.name}"


def break_hardlink(project, rng):
    linked = [path for path in project.files() if path.stat().st_nlink > 1]
    if not linked:
        return make_hardlink(project, rng)
    path = rng.choice(linked)
    shutil.copy2(path, path.with_name("copy"))
    path.with_name("copy").rename(path)
    return f"break hard link {path.name}"


def turn_into_other_kind(project, rng):
    path = rng.choice(project.paths(lambda path: path.name != "pack.tgz"))
    if path.is_symlink() or path.is_file():
        path.unlink()
        path.mkdir()
        (path / "inside").write_text("inside\n")
        return f"{path.name} becomes a directory"
    shutil.rmtree(path)
    path.write_text("was a directory\n")
    return f"{path.name} becomes a file"


def remove(project, rng):
    path = rng.choice(project.paths(lambda path: path.name != "pack.tgz"))
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    return f"remove {path.name}"


def make_directory(project, rng):
    directory = rng.choice([project.root, project.extra])
    path = directory / rng.choice(DIRECTORIES) / rng.choice(["new", "empty"])
    if path.parent.is_symlink() or path.parent.is_file() or path.exists():
        return None
    path.mkdir(parents=True)
    return f"mkdir {path.name}"


def set_attribute(project, rng):
    path = rng.choice(project.files())
    os.setxattr(path, "user.note", rng.choice(WORDS).encode())
    return f"attribute of {path.name}"


def remake_archive(project, rng):
    project.make_archive()
    return "make the archive again"


def ignore(project, rng):
    if project.ignored and rng.random() < 0.5:
        line = project.ignored.pop(rng.randrange(len(project.ignored)))
        return f"no longer ignore {line}"
    line = rng.choice(IGNORED)
    project.ignored.insert(rng.randint(0, len(project.ignored)), line)
    return f"ignore {line}"


def set_argument(project, rng):
    name = rng.choice(["LEVEL", "MODE"])
    if name in project.args and rng.random() < 0.3:
        del project.args[name]
        return f"unset argument {name}"
    project.args[name] = rng.choice(WORDS)
    return f"argument {name}={project.args[name]}"


def move_base(project, rng):
    project.base = "two" if project.base == "one" else "one"
    return f"the base is {project.base}"


def set_target(project, rng):
    project.target = rng.choice([None] + [s.number for s in project.stages])
    return f"target {project.target}"


def rename_stage(project, rng):
    number = rng.choice(list(project.names))
    project.names[number] = f"stage{number}-{rng.choice(WORDS)}"
    return f"rename stage {number}"


def reorder_stages(project, rng):
    index = rng.randrange(len(project.stages))
    if index == 0:
        project.add_stage()
        return "add a stage"
    above, below = project.stages[index - 1], project.stages[index]
    text = "\n".join([below.ground, *below.lines])
    if f"@{above.number}@" in text:
        return None
    project.stages[index - 1 : index + 1] = [below, above]
    return f"swap stages {above.number} and {below.number}"


def insert_line(project, rng):
    index = rng.randrange(len(project.stages))
    lines = project.stages[index].lines
    line = project.new_line(index)
    lines.insert(rng.randint(0, len(lines)), line)
    return f"insert {line!r}"


def remove_line(project, rng):
    lines = rng.choice(project.stages).lines
    if not lines:
        return None
    return f"remove {lines.pop(rng.randrange(len(lines)))!r}"


def swap_lines(project, rng):
    lines = rng.choice(project.stages).lines
    if len(lines) < 2:
        return None
    at = rng.randrange(len(lines) - 1)
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    return f"swap {lines[at]!r} and {lines[at + 1]!r}"


def touch(project, rng):
    for path in rng.sample(project.paths(), 5):
        os.utime(path, ns=(0, rng.randrange(10**18)), follow_symlinks=False)
    return "touch"


def own(project, rng):
    for path in rng.sample(project.files(), 2):
        mode = path.stat().st_mode
        os.chown(path, rng.choice([0, 9]), 0)
        path.chmod(mode)
    return "chown in the context"


def write_again(project, rng):
    path = rng.choice(project.files())
    path.write_bytes(path.read_bytes())
    return f"write {path.name} as it was"


def comment(project, rng):
    project.comments = 1 - project.comments
    return "comment"


def check_out_elsewhere(project, rng):
    """Another checkout: other inodes, times and order of directories."""
    for name in ("root", "extra"):
        old = getattr(project, name)
        new = old.with_name(old.name + "-moved")
        subprocess.run(["cp", "-a", old, new], check=True)
        shutil.rmtree(old)
        setattr(project, name, new)
    return "move the checkout"


NEUTRAL = [touch, own, write_again, comment, check_out_elsewhere]
CHANGES = [write_new, write_same_size, write_in_disguise, swap_files,
           change_mode, rename, make_symlink, swap_symlinks, make_hardlink,
           break_hardlink, turn_into_other_kind, remove, make_directory,
           set_attribute, remake_archive, ignore, ignore, set_argument,
           move_base, set_target, rename_stage, reorder_stages, insert_line,
           insert_line, insert_line, remove_line, swap_lines]
