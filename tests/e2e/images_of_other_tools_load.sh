#!/usr/bin/env bash
# Images that podman, buildah, skopeo and docker saved load here with the IDs
# and digests they had there, run, and are a working FROM.
# Needs: root, because it starts dockerd.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/peers.sh"
start_docker
cp "$(command -v busybox)" context
cat > context/Peerfile <<'END'
FROM scratch
COPY busybox /bin/busybox
COPY Peerfile /dir/file
ENV GREETING=hello
ENTRYPOINT ["/bin/busybox"]
CMD ["sh", "-c", "/bin/busybox echo $GREETING from a peer"]
LABEL org.example.kept=yes
END

# The image NAME is here, with the ID it had there; works and is a base.
expect_working() {
  local name=$1 id=$2
  expect "\"sha256:${id#sha256:}\"" "$(inspect "$name" '.[0].Id')"
  expect 'hello from a peer' "$(run "$name")"
  printf 'FROM %s\nCOPY Peerfile /mine\nRUN ["/bin/busybox", "cmp", "/mine", "/dir/file"]\n' \
    "$name" | "$STRAKE" build -q -t child -f - context > log 2>&1 \
    || fail "FROM $name: $(cat log)"
  expect '"yes"' "$(inspect child '.[0].Config.Labels["org.example.kept"]')"
  expect 'hello from a peer' "$(run child)"
}
loads() {
  strake load -i "$1"
  expect_status 0
  expect_out "Loaded image: $2"
}

# docker save
docker build -q -t peer:docker -f context/Peerfile context > /dev/null || fail "docker build"
docker save -o docker.tar peer:docker
loads docker.tar peer:docker
expect_working peer:docker "$(docker image inspect -f '{{.Id}}' peer:docker)"

# buildah, in both formats
buildah build -q -t peer:buildah -f context/Peerfile context > /dev/null || fail "buildah build"
id=$(buildah inspect --type image peer:buildah | jq -r .FromImageID)
buildah push -q peer:buildah docker-archive:buildah.tar:peer:buildah
buildah push -q peer:buildah oci-archive:buildah-oci.tar:peer:oci
loads buildah.tar peer:buildah
expect_working peer:buildah "$id"
loads buildah-oci.tar peer:oci
expect_working peer:oci "$id"
# The manifest, and the compressed layers it names, come out as they came in.
skopeo inspect --raw oci-archive:buildah-oci.tar > theirs
strake save --format oci-archive -o ours.tar peer:oci
skopeo inspect --raw oci-archive:ours.tar > ours
cmp theirs ours || fail "the manifest changed"
skopeo copy -q --insecure-policy oci-archive:ours.tar oci:copied:1 || fail "skopeo copy"

# podman save: an archive of Docker's form, and a layout
podman load -q -i docker.tar > /dev/null || fail "podman load"
id=$(podman image inspect -f '{{.Id}}' peer:docker)
podman save -q -o podman.tar peer:docker
podman save -q --format oci-dir -o podman-dir peer:docker
podman save -q --format docker-dir -o podman-docker-dir peer:docker
# podman says "localhost/" of a name without a registry; short, it is found too.
# It writes a configuration of its own into a layout.
"$STRAKE" rmi -f child peer:docker > /dev/null
loads podman.tar localhost/peer:docker
expect_working peer:docker "$id"
loads podman-dir localhost/peer:docker
expect_working peer:docker "$(skopeo inspect --raw oci:podman-dir | jq -r .config.digest)"
strake load -i podman-docker-dir
expect "Loaded image ID: sha256:$id" "$out"

# skopeo copy, with zstd layers, and of an index for several platforms
skopeo copy -q --insecure-policy --dest-compress-format zstd docker-archive:docker.tar \
  oci:zstd:peer:zstd || fail "skopeo copy"
skopeo copy -q --insecure-policy oci:zstd:peer:zstd oci-archive:zstd.tar:peer:zstd
digest=$(skopeo inspect --raw oci-archive:zstd.tar | sha256sum)
loads zstd.tar peer:zstd
expect 'hello from a peer' "$(run peer:zstd)"
strake save --format oci-dir -o zstd-again peer:zstd
expect "$digest" "$(skopeo inspect --raw oci:zstd-again | sha256sum)"
# Old versions of Docker could not load that, so it gets plain layers.
strake save -o for-docker.tar peer:zstd
docker load -q -i for-docker.tar > /dev/null || fail "docker load"
manifest=$(jq -c '.manifests[0]' zstd/index.json)
machine=$("$STRAKE" inspect --format '{{.Architecture}}' peer:zstd)
index=$(jq -nc --argjson m "$manifest" --arg machine "$machine" '{schemaVersion: 2, manifests: [
  ($m | .digest = "sha256:" + ("0" * 64) | .platform = {os: "linux", architecture: "sparc"}),
  ($m | del(.annotations) | .platform = {os: "linux", architecture: $machine})]}')
blob=$(printf %s "$index" | sha256sum | cut -d' ' -f1)
printf %s "$index" > "zstd/blobs/sha256/$blob"
jq -nc --arg digest "sha256:$blob" --argjson size ${#index} '{schemaVersion: 2, manifests: [
  {mediaType: "application/vnd.oci.image.index.v1+json", digest: $digest, size: $size,
   annotations: {"org.opencontainers.image.ref.name": "peer:many"}}]}' > zstd/index.json
loads zstd peer:many
expect 'hello from a peer' "$(run peer:many)"
expect_all_recorded
