#!/usr/bin/env bash
# strake cache export and import take a registry's or a bucket's cache by the
# words of --cache-to and --cache-from: all of a store goes along, cache mounts
# too, and what is there is not sent again.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
. "$checkout/tests/e2e/s3.sh"
base
"$STRAKE" save -o base.tar base > /dev/null || fail "save"
dockerfile <<'END'
FROM base
RUN --mount=type=cache,target=/kept,id=mine date > /kept/date && echo one > /one
RUN echo two > /two
END
build -t app
expect_status 0
registry
s3_server
machine() {
  export STRAKE_ROOT=$work/store-$1
  "$STRAKE" load -i "$work/base.tar" > /dev/null || fail "load"
}
travels() { # where: the words of both
  export STRAKE_ROOT=$work/store
  strake cache export --mount mine "$1"
  expect_status 0
  expect_out '2 records, wrote '
  strake cache export "$1,mounts=mine"
  expect_status 0
  expect_out '2 records, wrote 0B'
  machine "$2-import"
  strake cache import "$1"
  expect_status 0
  expect_out '2 records, 2 layers and 1 cache mounts were new'
  build -t app
  expect 2 "$(count_out ' CACHED (')"
  # And --cache-from reads what was exported.
  machine "$2-build"
  build -t app --cache-from "$1"
  expect_out 'cache: 2 of 2 steps'
  expect one "$(run app cat /one)"
}
travels "type=registry,ref=$registry/team/all:1" registry
travels "type=s3,bucket=plain,endpoint_url=$S3_ENDPOINT,region=us-east-1" bucket

# What is wrong is said, with what to use.
strake cache import "type=registry,ref=$registry/team/nothing"
expect_failure
expect_out "importing the cache in $registry/team/nothing:latest: "
strake cache export "type=registry,ref=127.0.0.1:9/team/all"
expect_status 5
expect_out "writing the cache to 127.0.0.1:9/team/all:latest: "
strake cache export "type=registry,ref=$registry/team/all,mode=max"
expect_status 2
expect_out 'mode= is for builds'
expect_out '--image says which records are written'
strake cache export type=inline
expect_status 2
expect_out 'build it with --cache-to type=inline'
strake cache import --tag x "type=registry,ref=$registry/team/all"
expect_status 2
expect_out '--tag names a cache in a directory'
strake cache export type=registri,ref=x
expect_status 2
expect_out 'registry'
