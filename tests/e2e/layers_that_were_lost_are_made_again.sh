#!/usr/bin/env bash
# A push needs nothing of what the store has from elsewhere: layers of a base
# whose registry is gone are sent as they came, and where a blob that is
# remembered cannot be made any more, another one takes its place.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
layers_of() {
  skopeo inspect --tls-verify=false --raw "docker://$1" | jq -c .layers
}
registry
target=$registry
oci_registry
source=$registry
seq 20000 > context/file
printf 'FROM scratch\nCOPY file /\n' | dockerfile
"$STRAKE" --root maker build -q --push -t "$source/base:1" context > /dev/null ||
  fail "publishing the base"
base=$(layers_of "$source/base:1")

printf 'FROM %s/base:1\nCOPY file /again\n' "$source" | dockerfile
build -t "$target/app:1"
expect_status 0
kill -KILL %2
build --push -t "$target/app:1"
expect_status 0
expect "$(jq -c .[0] <<< "$base")" "$(layers_of "$target/app:1" | jq -c .[0])"

# Another compressor made it, or so it seems now.
printf 'FROM scratch\nCOPY file /made\n' | dockerfile
build -t "$target/made:1"
strake push "$target/made:1"
expect_status 0
made=$(layers_of "$target/made:1")
sqlite3 "$STRAKE_ROOT/strake.db" "UPDATE layer_locations
  SET blob_digest = randomblob(32), repository = '$target/gone'
  WHERE repository = '$target/made'" || fail "changing what is remembered"
"$STRAKE" tag "$target/made:1" "$target/other:1"
strake push "$target/other:1"
expect_status 0
expect_out "1 layer sent"
expect "$made" "$(layers_of "$target/other:1")"
strake system check
expect_status 0
expect_no_traces
