"""The build contexts: trees of files made up from a fixed seed.

Nothing is taken from anywhere, so nobody has to trust or fetch a data set, and
every machine measures the same bytes. The sizes follow a log-normal curve, as
those of source trees and package directories do: most files are small, a few
hold most of the bytes. Every second file is words, which compress to a third;
the others are random bytes, which do not compress.

A tree of n files is part0 … part9, in each of them directories of at most 100
files, all dated in the past: a file as young as the clock's grain is read again
by whoever is careful, and that is not what is measured here.
"""

import os
import random

SEED = 20240229
PARTS = 10
FILES_PER_DIRECTORY = 100
LONG_AGO = 1_600_000_000  # 2020-09-13


def make(path, files, total_bytes):
    """Writes a tree of so many files with so many bytes in all."""
    source = random.Random(f"{SEED} {files} {total_bytes}")
    words = _words(source)
    for number, size in enumerate(_sizes(source, files, total_bytes)):
        name = _name(number, files)
        target = os.path.join(path, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(_text(source, words, size) if number % 2 == 0
                       else source.randbytes(size))
        os.utime(target, (LONG_AGO, LONG_AGO))


def edit(path, files, text):
    """Writes one file of the tree anew, as an editor that is saving does."""
    target = os.path.join(path, _name(files // 2, files))
    with open(target, "w", encoding="ascii") as file:
        file.write(text)


def _name(number, files):
    per_part = -(-files // PARTS)
    part, rest = divmod(number, per_part)
    directory, file = divmod(rest, FILES_PER_DIRECTORY)
    return f"part{part}/d{directory:02}/file-{file:02}.txt"


def _sizes(source, files, total_bytes):
    shares = [source.lognormvariate(0, 1.5) for _ in range(files)]
    scale = total_bytes / sum(shares)
    return [max(1, round(share * scale)) for share in shares]


def _words(source):
    """Four megabytes of made-up words, of which the files are cuttings."""
    letters = "etaoinshrdlucmfwypvbgk"
    vocabulary = ["".join(source.choices(letters, k=source.randint(2, 9)))
                  for _ in range(3000)]
    return " ".join(source.choices(vocabulary, k=700_000)).encode()


def _text(source, words, size):
    parts = []
    while size > 0:
        start = source.randrange(len(words) // 2)
        part = words[start:start + size]
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
