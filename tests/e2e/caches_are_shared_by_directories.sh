#!/usr/bin/env bash
# Two stores that share a cache directory: what one has built, the other finds,
# and reads no byte more of it than it needs.
. "$(dirname "$0")/lib.sh"
base
"$STRAKE" save -o "$work/base.tar" base > /dev/null || fail "save"
cache=$work/cache
mkdir context/src
echo one > context/src/a
head -c 300000 /dev/urandom > context/src/big
dockerfile <<'END'
FROM base AS build
COPY src /src
RUN cat /src/a > /made && head -c 200000 /dev/urandom > /noise
FROM base
COPY --from=build /made /made
WORKDIR /home/ann/work
USER ann
RUN id -u > /tmp/who
END
build -t first --cache-to type=local,dest="$cache",mode=max --metadata-file meta
expect_status 0
expect_out 'cache: 0 of 5 steps; wrote '
expect true "$(jq '."strake.cache".written_bytes > 400000' meta)"
id=${out##*$'\n'}

# Strangers read it.
skopeo inspect --raw "oci:$cache:latest" | jq -e '.mediaType == "application/vnd.oci.image.manifest.v1+json"' > /dev/null || fail "skopeo inspect"
umoci ls --layout "$cache" | grep -qx latest || fail "umoci ls"

# Another store: everything is found, the result alone is read.
export STRAKE_ROOT=$work/second
"$STRAKE" load -i "$work/base.tar" > /dev/null || fail "load"
build -t second --cache-from type=local,src="$cache" --metadata-file meta
expect_status 0
expect_out 'cache: 5 of 5 steps'
expect "$id" "${out##*$'\n'}"
expect true "$(jq '."strake.cache".read_bytes < 100000' meta)"
expect 1000 "$(run second cat /tmp/who)"
strake system check
expect_status 0

# What is here is not looked for there: the cache is not even opened.
mv "$cache" "$cache-away"
dockerfile near <<'END'
FROM base
WORKDIR /near
END
build -q -f near
mkfifo "$cache"
try timeout 20 "$STRAKE" build -f near --cache-from type=local,src="$cache" context
expect_status 0
expect_no_out warning
rm "$cache" && mv "$cache-away" "$cache"

# A step that has to run gets what it stands on.
sed -i 's/id -u/id -g/' context/Dockerfile
build -t third --cache-from type=local,src="$cache"
expect_status 0
expect 1000 "$(run third cat /tmp/who)"
expect one "$(run third cat /made)"

# From one directory to another, through a store that has not read the layers.
export STRAKE_ROOT=$work/between
"$STRAKE" load -i "$work/base.tar" > /dev/null || fail "load"
sed -i 's/id -g/id -u/' context/Dockerfile
build -o type=cacheonly --cache-from type=local,src="$cache" --cache-to type=local,dest="$work/copy",mode=max
expect_status 0
expect_out 'cache: 5 of 5 steps'
export STRAKE_ROOT=$work/fourth
"$STRAKE" load -i "$work/base.tar" > /dev/null || fail "load"
build -t fourth --cache-from type=local,src="$work/copy"
expect_out 'cache: 5 of 5 steps'
expect "$id" "${out##*$'\n'}"

# mode=min has the steps of the result alone; what the layout has of others
# stays. Without a change nothing is written.
build -q -t fourth --cache-to type=local,dest="$work/min"
expect 3 "$(jq '.records | map(.diff_id) | unique | length' "$work/min/blobs/sha256/$(manifest=$(jq -r '.manifests[0].digest' "$work/min/index.json"); jq -r '.config.digest[7:]' "$work/min/blobs/sha256/${manifest#*:}")")"
build -t fourth --cache-to type=local,dest="$work/min"
expect_out 'wrote 0B'

# Builds that write at once lose nothing of each other's.
jobs=()
for i in 1 2 3; do
  printf 'FROM base\nRUN echo %s > /which\n' "$i" | dockerfile "own$i"
  "$STRAKE" build -f "own$i" --cache-to type=local,dest="$work/many",mode=max context > /dev/null 2>&1 &
  jobs+=($!)
done
for job in "${jobs[@]}"; do wait "$job" || fail "a writer failed"; done
export STRAKE_ROOT=$work/fifth
"$STRAKE" load -i "$work/base.tar" > /dev/null || fail "load"
for i in 1 2 3; do
  build -f "own$i" --cache-from type=local,src="$work/many"
  expect_out 'cache: 1 of 1 step'
done
expect_no_traces

# Records that no build has exported for 30 days go, and what they alone named.
python3 - "$work/many" <<'END'
import hashlib, json, os, sys
cache = sys.argv[1]
path = lambda digest: os.path.join(cache, "blobs/sha256", digest[7:])
def put(document):
    text = json.dumps(document).encode()
    digest = "sha256:" + hashlib.sha256(text).hexdigest()
    open(path(digest), "wb").write(text)
    return {"digest": digest, "size": len(text)}
top = json.load(open(cache + "/index.json"))
manifest = json.load(open(path(top["manifests"][0]["digest"])))
config = json.load(open(path(manifest["config"]["digest"])))
for record in config["records"]: record["used"] -= 31 * 86400
manifest["config"].update(put(config))
top["manifests"][0].update(put(manifest))
json.dump(top, open(cache + "/index.json", "w"))
END
build -f own1 --cache-to type=local,dest="$work/many",compression=uncompressed
expect_status 0
build -q -f own1 --cache-to type=local,dest="$work/one"
kept=$(find "$work/many/blobs" -type f | wc -l)
[ "$kept" -le 7 ] || fail "$kept blobs are kept"
