#!/usr/bin/env bash
# What is not there yet is refused by name before anything is run, never
# quietly ignored.
. "$(dirname "$0")/lib.sh"
base
refused() {
  local what=$1
  shift
  build -t refused "$@"
  [ "$status" != 0 ] || fail "accepted: $what"
  expect_out "$what"
  expect_out 'not supported yet'
  expect_no_out 'RUN echo before'
  strake inspect refused
  expect_status 1
}

printf 'FROM base\nRUN echo before\n' | dockerfile
refused rawjson --progress rawjson

# Flags that would change the result and are not there are not accepted.
for flag in --memory=1k --squash --platform=linux/arm64,linux/arm \
  --cache-from=type=gha --secret=src=x --add-host=a:1 --shm-size=0 --ulimit=x=1 \
  --allow=moon; do
  build "$flag"
  [ "$status" != 0 ] || fail "accepted: $flag"
  expect_out "${flag%%=*}"
done
