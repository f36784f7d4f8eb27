#!/usr/bin/env bash
# What examples/README.md promises of examples/cache-mount.
. "$(dirname "$0")/lib.sh"
debian_base
cp "$checkout"/examples/cache-mount/* context
ccache_says() {
  grep -qE "$1: +$2 / +2 " <<< "$out" || fail "not from ccache: $1 $2 of 2"
}
# "Get:4 ADDRESS bookworm/main amd64 file amd64 1:5.44-3 [42.5 kB]"
fetched_packages() {
  grep -o 'Get:[0-9].*' <<< "$out" | awk 'NF == 9 { print $5 }' | sort
}
build -t greet
expect_status 0
expect 'hello from a cached compiler' "$(run greet)"
ccache_says Misses 2
fetched_packages > first
grep -qx gcc first || fail "gcc was not fetched"

# The compiler works for the changed source only.
sed -i 's/hello/greetings/' context/greeting.c
build -t greet
expect_status 0
expect 'greetings from a cached compiler' "$(run greet)"
expect 2 "$(count_out DONE)"
ccache_says Hits 1
ccache_says Misses 1

# apt fetches only what it has not got, and none of it is in the image.
build -t greet --build-arg EXTRA=file
expect_status 0
fetched_packages > second
grep -qx file second || fail "file was not fetched"
expect '' "$(comm -12 first second)"
ccache_says Hits 2
expect '' "$(run greet sh -c \
  'ls -A /var/cache/ccache /var/cache/apt/archives/*.deb 2> /dev/null')"
