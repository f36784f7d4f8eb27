#!/usr/bin/env bash
# A registry that is away, refuses, hangs or holds something else costs its
# cache and a warning, and never the build.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
base
dockerfile <<'END_OF_FILE'
FROM base
ARG N
RUN echo $N > /n
END_OF_FILE
round=0
# $1: the reference; $2: what is said of reading it, $3: of writing it.
costs_a_warning() {
  local ref=$1
  build -t "app$((++round))" --build-arg N=$round \
    --cache-from type=registry,ref="$ref" --cache-to type=registry,ref="$ref"
  expect_status 0
  expect_out "warning: the cache $ref is not used: $2"
  expect_out "warning: writing the cache to $ref: $3"
  expect $round "$(run app$round cat /n)"
}

# Nobody is there. Port 9 of this machine throws everything away.
costs_a_warning 127.0.0.1:9/team/app:1 '' ''
expect 1 "$(count_out 'it was not asked again')"
build --build-arg N=strict --cache-to type=registry,ref=127.0.0.1:9/team/app,ignore-error=false
expect_status 5
expect_out 'writing the cache to 127.0.0.1:9/team/app'

# A stranger is refused.
registry htpasswd
costs_a_warning "$registry/team/app:1" '' ''

# It takes connections and says nothing: nobody waits for that twice.
mkfifo port
python3 -c 'import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
taken = []
while True:
    taken.append(listener.accept())
    with open("connections", "a") as log:
        log.write("one\n")' > port &
read -r port < port
silent=127.0.0.1:$port/team/app
printf 'FROM base\nRUN sleep 1\n' | dockerfile slow
"$STRAKE" build -f slow --cache-from type=registry,ref="$silent:1" \
  --cache-from type=registry,ref="$silent:2" \
  --cache-to type=registry,ref="$silent:1" context > log 2>&1 &
until grep -qF "the cache $silent:2 is not used" log; do
  kill -0 $! 2> /dev/null || fail "$(cat log)"
  sleep 0.05
done
before=$(wc -l < connections)
wait $! || fail "$(cat log)"
expect 3 "$(grep -cF "127.0.0.1:$port has not answered within 15 seconds" log)"
expect 2 "$(grep -cF '(it was not asked again)' log)"
expect "$before" "$(wc -l < connections)"

# What is there is no cache of ours, or was one.
registry
costs_a_warning_of_its_index() {
  local config manifest
  config=$(printf %s "$2" | sha256sum | cut -d' ' -f1)
  location=$(curl -sf -X POST -o /dev/null -w '%header{location}' \
    "http://$registry/v2/team/$1/blobs/uploads/")
  curl -sf -X PUT -H 'Content-Type: application/octet-stream' \
    --data-binary "$2" "$location&digest=sha256:$config" ||
    fail "sending an index"
  manifest=$(jq -n --arg digest "sha256:$config" --argjson size ${#2} \
    --arg type "$3" '{schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {mediaType: $type, digest: $digest, size: $size}, layers: []}')
  curl -sf -X PUT --data-binary "$manifest" \
    -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' \
    "http://$registry/v2/team/$1/manifests/1" || fail "sending a manifest"
  build -t "app$((++round))" --build-arg N=$round \
    --cache-from type=registry,ref="$registry/team/$1:1"
  expect_status 0
  expect_out "warning: the cache $registry/team/$1:1 is not used: "
  expect_out "$4"
}
ours=application/vnd.strake.cache.config.v1+json
costs_a_warning_of_its_index cut '{"version": 1, "records": [{' $ours 'JSON'
costs_a_warning_of_its_index later '{"version": 99}' $ours 'has format 99'
costs_a_warning_of_its_index other '{}' application/vnd.buildkit.cacheconfig.v0 \
  'it is not a build cache of strake'
strake system check
expect_status 0
