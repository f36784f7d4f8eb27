#!/usr/bin/env bash
# What is pushed is read by skopeo and podman with the digests that were told;
# what came from a registry keeps its manifest on its way to another. Nothing is
# sent that is there, or that the registry can mount; layers of a base that no
# step reads are never fetched.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
. "$checkout/tests/e2e/peers.sh"
oci_registry
api=$registry
raw() { skopeo inspect --tls-verify=false --raw "docker://$1"; }
digest_of() { raw "$1" | sha256sum | sed 's/\(.*\)  -/sha256:\1/'; }
asked() { grep -cE "registry $1" "$oci_log"; }

printf 'FROM scratch\nCOPY one /\nCOPY two /\n' | dockerfile
seq 30000 > context/one
echo two > context/two

# Under several names, kept and not.
build --push -t "$api/app:1" -t "$api/app:2" --iidfile id --metadata-file meta
expect_status 0
expect "$(digest_of "$api/app:1")" "$(digest_of "$api/app:2")"
expect "$(raw "$api/app:1" | jq -r .config.digest)" "$(cat id)"
expect "$(digest_of "$api/app:1")" \
  "$(jq -r '."containerimage.digest"' meta)"
expect "" "$("$STRAKE" images -q)"
podman pull -q --tls-verify=false "$api/app:1" > /dev/null || fail "podman pull"
expect "$(cat id)" \
  "sha256:$(podman image inspect --format '{{.Id}}' "$api/app:1")"
build -t "$api/app:3" -o type=image,push=true
expect_status 0
expect "$(digest_of "$api/app:1")" "$(digest_of "$api/app:3")"
expect 1 "$("$STRAKE" images -q | wc -l)"

# Nothing twice: of the same image only the manifest goes.
: > "$oci_log"
strake push "$api/app:3"
expect_status 0
expect_out "2 there already"
expect_out "3: digest: $(digest_of "$api/app:3") size: "
expect 0 "$(asked '(POST|PATCH|PUT /v2/app/blobs)')"
strake push -q "$api/app:3"
expect "$(digest_of "$api/app:3")" "$out"

# Elsewhere in the registry the layers are mounted, and only the configuration
# is sent.
"$STRAKE" tag "$api/app:3" "$api/team/other:1"
: > "$oci_log"
strake push "$api/team/other:1"
expect_status 0
expect_out "2 mounted"
expect 2 "$(asked 'POST /v2/team/other/blobs/uploads/\?.*mount=.* 201')"

# All tags of a name, and no other's.
"$STRAKE" tag "$api/app:3" "$api/all:a"
"$STRAKE" tag "$api/app:3" "$api/all:b"
strake push --all-tags "$api/all"
expect_status 0
expect '["a","b"]' "$(skopeo list-tags --tls-verify=false "docker://$api/all" |
  jq -c .Tags)"

# Compression as asked for; of what is there already only when that is forced.
type_of() { raw "$1" | jq -r '.layers[0].mediaType' | sed 's/.*[.+]//'; }
for form in gzip:gzip zstd:zstd uncompressed:tar; do
  "$STRAKE" tag "$api/app:3" "$api/as-${form%:*}:1"
  strake push --compression "${form%:*}" "$api/as-${form%:*}:1"
  expect_status 0
  expect "${form#*:}" "$(type_of "$api/as-${form%:*}:1")"
done
oci_elsewhere=$api
: > "$oci_log"

# A pulled image goes to another registry as it came, whatever wrote it.
skopeo copy -q --src-tls-verify=false --dest-tls-verify=false --format v2s2 \
  "docker://$api/app:1" "docker://$api/docker:1" || fail "skopeo copy"
registry
for image in docker:1 as-zstd:1; do
  "$STRAKE" pull -q "$oci_elsewhere/$image" > /dev/null
  "$STRAKE" tag "$oci_elsewhere/$image" "$registry/$image"
  strake push "$registry/$image"
  expect_status 0
  expect "$(digest_of "$oci_elsewhere/$image")" "$(digest_of "$registry/$image")"
done
"$STRAKE" tag "$oci_elsewhere/as-zstd:1" "$registry/forced:1"
strake push --compression gzip --force-compression "$registry/forced:1"
expect_status 0
expect gzip "$(type_of "$registry/forced:1")"

# A base that no step reads: within its registry its layers are mounted, to
# another one they are passed on, and none of them is kept.
rm -rf "$STRAKE_ROOT"
printf 'FROM %s/app:1\nLABEL mine=1\n' "$oci_elsewhere" |
  dockerfile
: > "$oci_log"
build --push -t "$oci_elsewhere/derived:1"
expect_status 0
expect_out "2 mounted"
layers=$(raw "$oci_elsewhere/app:1" | jq -r '.layers[].digest')
for layer in $layers; do
  expect 0 "$(asked "GET /v2/app/blobs/$layer")"
done
build --push -t "$registry/derived:1"
expect_status 0
expect "$(raw "$oci_elsewhere/derived:1" | jq -c .layers)" \
  "$(raw "$registry/derived:1" | jq -c .layers)"
expect "" "$(find "$STRAKE_ROOT/overlay2" -mindepth 1 -maxdepth 1 ! -name l)"
# Nor does a COPY that is put on it unseen read it.
printf 'FROM %s/app:1\nCOPY --link Dockerfile /linked/\nENV a=b\n' \
  "$oci_elsewhere" | dockerfile
: > "$oci_log"
build --push -t "$oci_elsewhere/linked:1"
expect_status 0
expect_out "1 layer sent"
expect_out "2 mounted"
for layer in $layers; do
  expect 0 "$(asked "GET /v2/app/blobs/$layer")"
done

# What cannot be pushed.
build --push
expect_status 2
expect_out "no name to push"
strake push "$registry/nothing:1"
expect_status 1
expect_out "there is no image \"$registry/nothing:1\" in the store"
registry htpasswd
for refused in "build --push -t $registry/app:1 context" \
  "pull $registry/app:1"; do
  # shellcheck disable=SC2086 # words
  strake $refused
  expect_status 6
  expect_out "strake login $registry"
done
strake system check
expect_status 0
expect_no_traces
