#!/usr/bin/env bash
# What examples/README.md promises of examples/monorepo.
. "$(dirname "$0")/lib.sh"
busybox_base
cp -r "$checkout"/examples/monorepo/* context
service() { build -t "$1" --target "$1"; }
stages() { sed -n 's/^#[0-9]* \[\([a-z]*\).*/\1/p' <<< "$out" | sort -u | xargs; }

service api
expect_status 0
expect 'api lib' "$(stages)"
expect '[api] taking orders' "$(run api)"
service worker
expect_status 0
expect 'lib worker' "$(stages)"
expect 2 "$(count_out DONE)"
expect '[worker] packing orders' "$(run worker)"

# One service's change is nothing to the other.
sed -i 's/packing/shipping/' context/worker/worker.sh
service api
expect 0 "$(count_out DONE)"
service worker
expect 2 "$(count_out DONE)"
expect '[worker] shipping orders' "$(run worker)"

# What they share is something to both.
sed -i 's/%s\\n/%s!\\n/' context/lib/log.sh
for name in api worker; do
  service $name
  expect_status 0
  expect 0 "$(grep CACHED <<< "$out" | grep -c "\[$name")"
done
expect '[api] taking orders!' "$(run api)"
expect '[worker] shipping orders!' "$(run worker)"
