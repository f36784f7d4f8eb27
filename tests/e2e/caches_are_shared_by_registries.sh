#!/usr/bin/env bash
# Machines that share a cache at a registry: what one has built, the other
# finds, and no byte more of it comes than it needs.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
base
"$STRAKE" save -o "$work/base.tar" base > /dev/null || fail "save"
registry
ref=$registry/team/cache
requests() { cat "$work"/registry.1/log; }
# A store that knows nothing but the base.
machine() {
  export STRAKE_ROOT=$work/store-$1
  "$STRAKE" load -i "$work/base.tar" > /dev/null || fail "load"
}
records() {
  local manifest
  manifest=$(curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "http://$registry/v2/team/$1/manifests/latest") || fail "no cache $1"
  curl -sf "http://$registry/v2/team/$1/blobs/$(jq -r .config.digest <<< "$manifest")"
}
mkdir context/src
echo one > context/src/a
head -c 300000 /dev/urandom > context/src/big
dockerfile <<'END_OF_FILE'
FROM base AS build
COPY src /src
RUN cat /src/a > /made && head -c 200000 /dev/urandom > /noise
FROM base
COPY --from=build /made /made
WORKDIR /home/ann/work
USER ann
RUN id -u > /tmp/who
END_OF_FILE

# There is none yet: a warning, and it is written.
build -t first --cache-from "$ref" --cache-to type=registry,ref="$ref",mode=max
expect_status 0
expect_out "warning: the cache $ref is not used: "
expect_out 'cache: 0 of 5 steps; read 0B in '
id=${out##*$'\n'}

# Strangers read it.
# Where root has used podman, nobody else may look for credentials in /run.
skopeo inspect --no-creds --raw --tls-verify=false "docker://$ref" |
  jq -e '.mediaType == "application/vnd.oci.image.manifest.v1+json"' > /dev/null ||
  fail "skopeo inspect"

# Another machine: everything is found, the result alone is read.
machine second
build -t second --cache-from type=registry,ref="$ref" --metadata-file meta
expect_status 0
expect_out 'cache: 5 of 5 steps'
expect "$id" "${out##*$'\n'}"
expect true "$(jq '."strake.cache".read_bytes < 100000' meta)"
expect 1000 "$(run second cat /tmp/who)"
strake system check
expect_status 0

# What is there is neither sent nor asked for again.
before=$(requests | wc -l)
build -t second --cache-to "$ref" --metadata-file meta
expect_status 0
expect 0 "$(jq '."strake.cache".written_bytes' meta)"
expect 0 "$(requests | tail -n +$((before + 1)) | grep -cE 'method=(PUT|POST|PATCH)')"

# Nobody is asked where all is known, nor who must not be.
before=$(requests | wc -l)
build -q -t second --cache-from "$ref"
machine offline
build --offline -t offline --cache-from type=registry,ref="$ref" --cache-to "$ref"
expect_status 0
expect_out 'is not used: servers are left alone (--offline)'
expect_out "warning: writing the cache to $ref:latest: servers are left alone"
expect "$before" "$(requests | wc -l)"

# An image with its cache inside, by its name alone: it is not in the store.
machine first-again
build -q -t inside --cache-to inline -o type=oci,dest=inside.tar
skopeo copy -q --dest-no-creds --dest-tls-verify=false oci-archive:inside.tar "docker://$registry/team/inside:1" || fail "skopeo copy"
machine third
build -t third --cache-from "$registry/team/inside:1"
expect_status 0
expect_out 'cache: 3 of 5 steps'

# A cache takes no image's place.
build -t third --cache-to "$registry/team/inside:1"
expect_status 0
expect_out 'holds an image, which a cache would replace'

# Many at the same moment: nothing of anybody gets lost.
dockerfile many <<'END_OF_FILE'
FROM base
ARG N
RUN echo $N > /n
END_OF_FILE
for n in 1 2 3 4 5 6; do
  "$STRAKE" build -f many --build-arg N=$n -t many$n \
    --cache-to type=registry,ref="$registry/team/many",ignore-error=false \
    context > log.$n 2>&1 &
  many[$n]=$!
done
for n in 1 2 3 4 5 6; do
  wait "${many[$n]}" || fail "build $n: $(cat log.$n)"
done
expect 6 "$(records many | jq '.records | length')"
machine fourth
for n in 1 2 3 4 5 6; do
  build -f many --build-arg N=$n -t many --cache-from "$registry/team/many"
  expect_out 'cache: 1 of 1 step '
  expect $n "$(run many cat /n)"
done
