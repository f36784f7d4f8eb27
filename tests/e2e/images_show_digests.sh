#!/usr/bin/env bash
# An image has the digest that it went to a repository by, or came from there,
# in lists that ask for it, in inspect, and as a name; it goes with the last tag
# of that repository. What was only made here has none.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
export HOME=$work/home CONTAINERS_REGISTRIES_CONF=/dev/null
mkdir home
oci_registry
printf 'FROM scratch\nCOPY Dockerfile /\n' | dockerfile
build -q -t "$registry/app:1"
strake push "$registry/app:1"
expect_status 0
pushed=$(grep -o 'sha256:[0-9a-f]\{64\}' <<< "$out" | sort -u)
printf 'FROM scratch\nLABEL a=b\n' | dockerfile
build -t here
expect "[\"$registry/app@$pushed\"]" \
  "$(inspect "$registry/app:1" '.[0].RepoDigests')"
strake rmi "$registry/app:1"
expect_out "Untagged: $registry/app@sha256:"
expect_out Deleted:
strake pull "$registry/app:1"
expect_status 0
digest=$(sed -n 's/^Digest: //p' <<< "$out")
expect "$pushed" "$digest"
strake images --digests
expect_status 0
expect "REPOSITORY TAG DIGEST IMAGE ID CREATED SIZE" "$(head -1 <<< "$out" | tr -s ' ')"
expect "$registry/app 1 $digest" "$(grep -F "$registry/app" <<< "$out" | tr -s ' ' | cut -d' ' -f1-3)"
expect "here latest <none>" "$(grep '^here' <<< "$out" | tr -s ' ' | cut -d' ' -f1-3)"
expect "$digest" "$("$STRAKE" images --format '{{.Digest}}' "$registry/app")"
strake images
expect_no_out DIGEST

# What pipelines deploy.
name=$registry/app@$digest
expect "$name" "$("$STRAKE" inspect --format '{{index .RepoDigests 0}}' "$registry/app:1")"
strake inspect --format '{{index .RepoDigests 1}}' "$registry/app:1"
expect_failure
expect_out 'the list has 1'
expect "$(inspect "$registry/app:1" '.[0].Id')" "$(inspect "$name" '.[0].Id')"
strake rmi "$registry/app:1"
strake inspect "$name"
expect_failure

strake pull "$name"
expect_status 0
expect "[] [\"$name\"]" "$(inspect "$name" '.[0].RepoTags') $(inspect "$name" '.[0].RepoDigests')"
strake images --digests
expect "$registry/app <none> $digest" "$(grep -F "$registry/app" <<< "$out" | tr -s ' ' | cut -d' ' -f1-3)"
strake tag "$name" mine
strake rmi "$name"
expect_no_out Deleted:
expect '[]' "$(inspect mine '.[0].RepoDigests')"
