#!/usr/bin/env bash
# Images that skopeo and buildah have pushed are pulled, and built on, with the
# digests and image IDs that skopeo names: manifests of OCI and of Docker, layers
# of every compression, indexes of several platforms. What is no image of the
# wanted platform is refused with what there is instead.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
. "$checkout/tests/e2e/peers.sh"
registry
api=http://$registry/v2
index=application/vnd.oci.image.index.v1+json
oci=application/vnd.oci.image.manifest.v1+json

# $1: a name there. $2: compression. $3: platform. The rest is for skopeo.
push() {
  printf 'FROM scratch\nLABEL for=%s\nCOPY one /\nCOPY two /\n' "$1" |
    dockerfile
  echo "one of $1" > context/one
  seq 20000 > context/two
  build -q --platform "$3" -o "type=oci,dest=app.tar,compression=$2"
  expect_status 0
  skopeo copy -q --dest-tls-verify=false "${@:4}" oci-archive:app.tar \
    "docker://$registry/$1" || fail "skopeo push $1"
}
digest_of() {
  skopeo inspect --tls-verify=false --raw "docker://$registry/$1" |
    sha256sum | sed 's/\(.*\)  -/sha256:\1/'
}
id_of() {
  skopeo inspect --tls-verify=false --raw "docker://$registry/$1" |
    jq -r .config.digest
}
# $name, pulled with these flags, is the image that skopeo says is there.
expect_pulled() {
  strake pull "$@" "$registry/$name"
  expect_status 0
  expect_out "Digest: $(digest_of "$name")"
}
forget() {
    rm -rf "$STRAKE_ROOT"
}

push gzip:1 gzip linux/amd64
push zstd:1 zstd linux/amd64
push plain:1 uncompressed linux/amd64 --dest-oci-accept-uncompressed-layers
push docker:1 gzip linux/amd64 --format v2s2
buildah from --name made scratch > /dev/null
buildah add -q made context/one /one > /dev/null
buildah config --label by=buildah made
buildah commit -q made "buildah" > /dev/null
buildah push -q --tls-verify=false buildah "docker://$registry/buildah:1" ||
  fail "buildah push"
forget

for name in gzip:1 zstd:1 plain:1 docker:1 buildah:1; do
  expect_pulled
  expect_out "Status: Downloaded newer image for $registry/$name"
  expect "\"$(id_of "$name")\"" "$(inspect "$registry/$name" '.[0].Id')"
  strake pull "$registry/$name"
  expect_out "Status: Image is up to date for $registry/$name"
done
expect '"buildah"' "$(inspect "$registry/buildah:1" '.[0].Config.Labels.by')"

# By digest it gets no name; by tag and digest the digest counts.
forget
digest=$(digest_of gzip:1)
strake pull -q "$registry/gzip@$digest"
expect "$registry/gzip@$digest" "$out"
strake pull -q "$registry/gzip:gone@$digest"
expect_status 0
strake images -q --no-trunc
expect "$(id_of gzip:1)" "$out"
strake pull -q "$registry/gzip:1"
expect "$registry/gzip:1" "$out"

# FROM each of them, by tag, digest and both; a second build asks nobody.
forget
for from in gzip:1 zstd:1 plain:1 docker:1 buildah:1 "gzip@$digest" \
  "gzip:gone@$digest"; do
  printf 'FROM %s\nCOPY two /three\n' "$registry/$from" | dockerfile
  build -t "from"
  expect_status 0
  id=$(tail -1 <<< "$out")
  "$STRAKE" save -o from.tar from || fail "saving what stands on $from"
  try strace -f -qq -e trace=socket,connect -o calls "$STRAKE" build context
  expect_status 0
  expect "$id" "$(tail -1 <<< "$out")"
  expect "" "$(grep -E 'AF_INET' calls)"
done
printf 'FROM scratch\nCOPY --from=%s/zstd:1 /one /\n' "$registry" | dockerfile
build -o tree
expect "one of zstd:1" "$(cat tree/one)"

# An index: the platform asked for, its best variant; tags one by one.
forget
for platform in linux/amd64 linux/arm/v6 linux/arm/v7; do
  push "many:${platform//\//-}" gzip "$platform"
done
entry() {
  printf '{"mediaType":"%s","digest":"%s","size":%s,"platform":%s}' "$oci" \
    "$(digest_of "many:$1")" "$(skopeo inspect --tls-verify=false --raw \
      "docker://$registry/many:$1" | wc -c)" "$2"
}
put() {
  curl -fsS -X PUT -H "Content-Type: $2" --data-binary @- "$api/$1" ||
    fail "PUT $1"
}
printf '{"schemaVersion":2,"mediaType":"%s","manifests":[%s,%s,%s]}' "$index" \
  "$(entry linux-amd64 '{"os":"linux","architecture":"amd64"}')" \
  "$(entry linux-arm-v6 '{"os":"linux","architecture":"arm","variant":"v6"}')" \
  "$(entry linux-arm-v7 '{"os":"linux","architecture":"arm","variant":"v7"}')" |
  put many/manifests/all "$index"
name=many:all
forget
for platform in amd64 arm/v6 arm/v7 arm; do
  entry=linux-${platform//\//-}
  expect_pulled --platform "linux/$platform"
  [ "$platform" = arm ] && entry=linux-arm-v7
  expect "\"$(id_of "many:$entry")\"" "$(inspect "$registry/$name" '.[0].Id')"
  forget
  printf 'FROM %s/%s\nCOPY two /three\n' "$registry" "$name" | dockerfile
  build -q -t from --platform "linux/$platform"
  expect_status 0
  expect '"many:'"$entry"'"' "$(inspect from '.[0].Config.Labels.for')"
done
for refused in "pull --platform linux/s390x $registry/$name" \
  "build --platform linux/s390x context"; do
  # shellcheck disable=SC2086 # words
  strake $refused
  expect_status 1
  expect_out "$registry/$name has no image for linux/s390x"
  expect_out "linux/amd64, linux/arm/v6, linux/arm/v7"
done
# One that is in no index is all there is.
strake pull --platform linux/arm64 "$registry/many:linux-amd64"
expect_status 0
expect_out "many:linux-amd64 is for linux/amd64, not for linux/arm64"
strake pull --platform linux/arm/v7 "$registry/many:linux-arm-v6"
expect_status 0
expect_no_out warning

forget
out=$("$STRAKE" pull -q --all-tags --platform linux/arm/v7 "$registry/many" \
  2> warnings) || fail "exit code $?"
expect "many:linux-amd64 is for linux/amd64, not for linux/arm/v7" \
  "$(sed "s|.*$registry/||" warnings)"
expect "all linux-amd64 linux-arm-v6 linux-arm-v7" \
  "$(sed "s|$registry/many:||" <<< "$out" | sort | xargs)"
strake pull --all-tags "$registry/many:all"
expect_status 2

# What is no image is called what it is.
config=config.json
echo '{}' > "$config"
size=$(stat -c %s "$config")
sum=$(sha256sum "$config" | cut -d ' ' -f 1)
place=$(curl -fsS -X POST -D - "$api/chart/blobs/uploads/" -o upload |
  tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
curl -fsS -X PUT -H 'Content-Type: application/octet-stream' \
  --data-binary "@$config" "$place&digest=sha256:$sum" || fail "PUT of a blob"
blob() { printf '{"mediaType":"%s","digest":"sha256:%s","size":%s}' "$1" "$sum" "$size"; }
printf '{"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}' "$oci" \
  "$(blob application/vnd.cncf.helm.config.v1+json)" \
  "$(blob application/vnd.cncf.helm.chart.content.v1.tar+gzip)" |
  put chart/manifests/1 "$oci"
printf 'FROM %s/chart:1\n' "$registry" | dockerfile
for refused in "1 pull $registry/chart:1" "3 build context"; do
  # shellcheck disable=SC2086 # words
  strake ${refused#* }
  expect_status "${refused%% *}"
  expect_out "$registry/chart:1: it is no image"
  expect_out "application/vnd.cncf.helm.config.v1+json"
done
expect_out "Dockerfile:1:6"

oci_registry
printf '{"schemaVersion":1,"name":"old","tag":"1","architecture":"amd64","fsLayers":[],"history":[]}' |
  curl -fsS -X PUT -H 'Content-Type: application/vnd.docker.distribution.manifest.v1+json' \
    --data-binary @- "http://$registry/v2/old/manifests/1" -o answer ||
  fail "PUT of schema 1"
strake pull "$registry/old:1"
expect_status 1
expect_out "$registry/old:1"
expect_out "schema 1"
strake system check
expect_status 0
expect_no_traces
