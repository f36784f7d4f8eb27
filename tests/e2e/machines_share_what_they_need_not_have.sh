#!/usr/bin/env bash
# Machines that have a registry in common, for bases, caches and images: one
# builds and pushes; the next one builds the same, and pushes it elsewhere,
# without any layer: neither the base's nor a step's. When a file changes it
# takes what its steps need.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
base
registry
# Two layers, of which the second is of no use to anybody.
printf 'FROM base\nRUN head -c 400000 /dev/urandom > /ballast\n' | dockerfile
build -q -t "$registry/team/base:1" --push
expect_status 0
requests() { cat "$work"/registry.1/log; }
# What was downloaded since the last call: a line for each blob, less documents.
mark=0
taken() {
  requests | tail -n +$((mark + 1)) |
    grep -oE 'method=GET .*uri="?/v2/[^ "]*/blobs/[^ "?]*' | sed 's|.*/v2/||' |
    sort
  mark=$(requests | wc -l)
}
taken > /dev/null
# With nothing but its name.
machine() { export STRAKE_ROOT=$work/store-$1; }
mkdir context/src
echo one > context/src/a
head -c 300000 /dev/urandom > context/src/big
dockerfile <<END_OF_FILE
FROM $registry/team/base:1
COPY src /src
RUN cat /src/a > /made && head -c 200000 /dev/urandom > /noise
COPY src/a /copy
END_OF_FILE
# Digests of the layers of an image there: of $1, tag $2.
layers() {
  curl -sf -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "http://$registry/v2/team/$1/manifests/$2" | jq -r '.layers[].digest' | sort
}
digest() {
  curl -sfI -H 'Accept: application/vnd.oci.image.manifest.v1+json' \
    "http://$registry/v2/team/$1/manifests/$2" |
    tr -d '\r' | sed -n 's/^Docker-Content-Digest: //Ip'
}

round() { # a tag, and --cache-to of both, --cache-from of the second
  machine "writer-$1"
  build -t "$registry/team/app:$1" --push --cache-to "$2"
  expect_status 0
  layers app "$1" > layers
  expect 5 "$(wc -l < layers)"
  taken > /dev/null

  machine "reader-$1"
  build -t "$registry/team/other:$1" --push --cache-to "$2" \
    --cache-from "$3"
  expect_status 0
  expect_out 'cache: 3 of 3 steps'
  expect "$(digest app "$1")" "$(digest other "$1")"
  taken > taken
  ! grep -F -f layers taken || fail "layers were downloaded"
  strake system check
  expect_status 0
}
round cache "type=registry,ref=$registry/team/cache,mode=max" \
  "type=registry,ref=$registry/team/cache"
round inline inline "$registry/team/app:inline"

# A file changes that the RUN reads: it needs the base, and no step's layer.
layers base 1 > base
layers app cache | grep -vF -f base > steps
expect 3 "$(wc -l < steps)"
echo two > context/src/a
machine changed
taken > /dev/null
build -t "$registry/team/other:changed" --push \
  --cache-from "type=registry,ref=$registry/team/cache"
expect_status 0
expect_out 'cache: 0 of 3 steps'
taken > taken
! grep -F -f steps taken || fail "layers of steps were downloaded"
expect "$(cat base)" "$(grep -oF -f base taken | sort)"
strake pull "$registry/team/other:changed"
expect_status 0
expect two "$(run "$registry/team/other:changed" cat /made)"

# One that only the last step reads: what is below stays where it is.
echo one > context/src/a
echo three > context/last
sed -i 's|COPY src/a /copy|COPY last /copy|' context/Dockerfile
machine last
taken > /dev/null
build -t "$registry/team/other:last" --push \
  --cache-from "type=registry,ref=$registry/team/cache"
expect_status 0
expect_out 'cache: 2 of 3 steps'
taken > taken
! grep -F -f layers taken || fail "layers were downloaded"
