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
