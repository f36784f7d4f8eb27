#!/usr/bin/env bash
# What docker's users will type and strake cannot do yet is refused as that,
# not as a typing mistake; flags of docker's that mean nothing here are taken.
. "$(dirname "$0")/lib.sh"
base
echo 'FROM base' | dockerfile

for words in 'build --platform linux/arm64,linux/amd64 .' 'build --squash .' 'diff base'; do
  # shellcheck disable=SC2086  # words, on purpose
  strake $words
  expect_status 1
  expect_out 'is not supported yet'
done
for words in 'run -d base' 'run -p80:80 base' 'run --privileged base'; do
  # shellcheck disable=SC2086  # words, on purpose
  strake $words
  expect_status 125
  expect_out 'is not supported yet'
done
build --rm --force-rm -t taken
expect_status 0
build --platfrm linux/amd64
expect_status 2
expect_out 'did you mean "--platform"?'
strake run -- base true
expect_status 0
