#!/usr/bin/env bash
# Whatever lies in a cache directory, a build that reads it gives what it gives
# without: flipped bytes, cut and missing files, blobs under others' names,
# pipes, links out, bombs, and JSON that no program should read.
# ROUNDS: how many mutations of random kinds and places; SEED: which.
. "$(dirname "$0")/lib.sh"
base
"$STRAKE" save -o "$work/base.tar" base > /dev/null || fail "save"
mkdir context/src
seq 20000 > context/src/numbers
dockerfile <<'END'
FROM base AS build
COPY src /src
RUN sort -rn /src/numbers > /sorted
FROM base
WORKDIR /data
COPY --from=build --chown=ann /sorted /data/sorted
RUN head -n 3 /data/sorted > /top && chmod 640 /top
RUN wc -l < /data/sorted > /count
END
build -t plain --cache-to type=local,dest="$work/cache",mode=max,compression=zstd
expect_status 0

# What is in an image, less the times.
content() {
  "$STRAKE" export "$1" | tar -tv --full-time --numeric-owner |
    sed 's/ [0-9]\{4\}-[0-9-]* [0-9:.]* */ /' | grep -v ' \./bin/'
  run "$1" sh -c 'cat /top /count; md5sum /data/sorted'
}
content plain > wanted
[ "$(wc -l < wanted)" -gt 10 ] || fail "nothing to compare"

# A store with the base and nothing else, copied for each round.
STRAKE_ROOT=$work/template "$STRAKE" load -i base.tar > /dev/null || fail load
export STRAKE_ROOT=$work/round

cat > mutate.py <<'END'
import hashlib, json, os, random, sys
cache, seed = sys.argv[1], sys.argv[2]
random.seed(seed)
blobs = os.path.join(cache, "blobs/sha256")
names = sorted(os.listdir(blobs))
files = [os.path.join(blobs, n) for n in names] + [os.path.join(cache, "index.json")]
path = random.choice(files)

def put(bytes):
    name = hashlib.sha256(bytes).hexdigest()
    with open(os.path.join(blobs, name), "wb") as f: f.write(bytes)
    return {"digest": "sha256:" + name, "size": len(bytes)}
def load(d):
    return json.load(open(os.path.join(blobs, d["digest"][7:])))
# A consistent lie: the key index as `change` leaves it, under right digests.
def rewrite(change):
    index = json.load(open(os.path.join(cache, "index.json")))
    manifest = load(index["manifests"][0])
    config = change(load(manifest["config"]))
    text = config if isinstance(config, bytes) else json.dumps(config).encode()
    manifest["config"].update(put(text))
    index["manifests"][0].update(put(json.dumps(manifest).encode()))
    json.dump(index, open(os.path.join(cache, "index.json"), "w"))

def flip():
    data = bytearray(open(path, "rb").read())
    for _ in range(random.choice([1, 1, 5])):
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    open(path, "wb").write(data)
def cut(): os.truncate(path, random.randrange(os.path.getsize(path)))
def grow(): open(path, "ab").write(b"\0" * random.choice([1, 512]))
def remove(): os.unlink(path)
def swap():
    a, b = random.sample(files[:-1], 2)
    os.rename(a, a + "x"); os.rename(b, a); os.rename(a + "x", b)
def fifo(): os.unlink(path); os.mkfifo(path)
def link_out():
    os.rename(path, "/tmp/strake-out." + str(os.getpid()))
    os.symlink("/tmp/strake-out." + str(os.getpid()), path)
def directory(): os.unlink(path); os.mkdir(path)
def deep(): rewrite(lambda c: b'{"version":1,"records":' + b"[" * 500000)
def huge(): rewrite(lambda c: b'{"version":1,"records":[' + b" " * (17 << 20) + b"]}")
def times():
    def change(c):
        for r in c["records"]: r["created"] = random.choice([1 << 62, -5, 253402300799])
        return c
    rewrite(change)
def other_version():
    rewrite(lambda c: {**c, "version": 7})
def wrong_types():
    def change(c):
        record = random.choice(c["records"])
        record[random.choice(sorted(record))] = random.choice([None, [], {}, 7, "x", 1e300])
        return c
    rewrite(change)
def shuffled_layers():
    # Every record leads to another's layer, with that layer's stable digest or
    # its own: what no honest cache says, and no digest can show. Only the bytes
    # of a layer that contradict it are found out.
    def change(c):
        for layer in c["layers"]: layer["stable_digest"] = "sha256:" + "5" * 64
        return c
    rewrite(change)
def wrong_blobs():
    def change(c):
        found = [l["blob"] for l in c["layers"]]
        random.shuffle(found)
        for layer, blob in zip(c["layers"], found): layer["blob"] = blob
        return c
    rewrite(change)
def bomb():
    def change(c):
        raw = os.popen("head -c 300000000 /dev/zero | zstd -3 -c").buffer.read()
        for layer in c["layers"]: layer["blob"].update(put(raw))
        return c
    rewrite(change)
kinds = [flip, flip, flip, cut, grow, remove, swap, fifo, link_out, directory,
         deep, huge, times, other_version, wrong_types, shuffled_layers,
         wrong_blobs, bomb]
number = int(seed)
kind = kinds[number] if number < len(kinds) else random.choice(kinds[:-1])
kind()
print(kind.__name__, os.path.basename(path))
END

# Builds on an empty store; its result must be the one without a cache.
build_round() {
  rm -rf round
  cp -a template round
  try timeout 60 "$STRAKE" build -t again --cache-from type=local,src="$work/damaged" "$@" context
  expect_status 0
  content again > got || fail "$what: content"
  cmp -s wanted got || fail "$what: $(diff wanted got)"
  warnings=$(count_out 'warning: ')
}

first=${SEED:-0}
for ((seed = first; seed < first + ${ROUNDS:-18}; ++seed)); do
  rm -rf damaged
  cp -a cache damaged
  what="round $seed: $(python3 mutate.py "$work/damaged" "$seed")" || fail "mutate $seed"
  build_round --cache-to type=local,dest="$work/damaged",mode=max,compression=zstd
  # What another version wrote is left to it: that is told of both uses.
  most=1
  later=0
  case $what in *other_version*) most=2 later=2 ;; esac
  [ "$warnings" -le "$most" ] || fail "$what: $warnings warnings"
  strake system check
  expect_status 0
  # What was found to be wrong has been made good.
  build_round
  [ "$warnings" -le "$later" ] || fail "$what: $warnings warnings later"
  rm -f /tmp/strake-out.*
done
expect_no_traces
