#!/usr/bin/env bash
# The list of images has the digest that a pulled one came by, where it is
# asked for; what was made here has none.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
export HOME=$work/home CONTAINERS_REGISTRIES_CONF=/dev/null
mkdir home
oci_registry
printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
build --push -q -t "$registry/app:1"
expect_status 0
printf 'FROM scratch\nLABEL a=b\n' | dockerfile
build -t here
strake pull "$registry/app:1"
expect_status 0
digest=$(sed -n 's/^Digest: //p' <<< "$out")
strake images --digests
expect_status 0
expect "REPOSITORY TAG DIGEST IMAGE ID CREATED SIZE" "$(head -1 <<< "$out" | tr -s ' ')"
expect "$registry/app 1 $digest" "$(grep -F "$registry/app" <<< "$out" | tr -s ' ' | cut -d' ' -f1-3)"
expect "here latest <none>" "$(grep '^here' <<< "$out" | tr -s ' ' | cut -d' ' -f1-3)"
expect "$digest" "$("$STRAKE" images --format '{{.Digest}}' "$registry/app")"
strake images
expect_no_out DIGEST
