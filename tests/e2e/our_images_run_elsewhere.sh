#!/usr/bin/env bash
# What podman and docker run of an image that strake built prints what strake
# prints; they give it the same ID.
# Needs: root, because it starts dockerd.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/peers.sh"
start_docker
base
dockerfile <<'END'
FROM base
RUN echo "worker:x:1234:1234::/home/worker:/bin/sh" >> /etc/passwd && echo "worker:x:1234:" >> /etc/group && echo data > /data && chown worker /data && chmod 600 /data
WORKDIR /home/worker
USER worker
ENV A="one two"
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["id; pwd; cat /data; echo $A; ls -ln /data"]
END
build -t ours -o type=docker,dest=built.tar -o type=oci,dest=built-oci.tar
expect_status 0
id=$("$STRAKE" inspect --format '{{.Id}}' ours)
printed=$(run ours)
grep -q 'uid=1234(worker)' <<< "$printed" || fail "it printed: $printed"
strake save -o saved.tar ours
expect_status 0

for archive in built.tar saved.tar; do
  docker load -q -i $archive > /dev/null || fail "docker load $archive"
  expect "$id" "$(docker image inspect -f '{{.Id}}' ours)"
  expect "$printed" "$(docker run --rm --network none ours)"
  docker rmi -f ours > /dev/null
done
for archive in built.tar saved.tar built-oci.tar; do
  podman load -q -i $archive > /dev/null || fail "podman load $archive"
  expect "${id#sha256:}" "$(podman image inspect -f '{{.Id}}' ours)"
  expect "$printed" "$(podman_run ours)"
  podman rmi -f ours > /dev/null
done
# And what docker saves of it comes back as the same image.
docker load -q -i saved.tar > /dev/null
docker save ours > back.tar || fail "docker save"
STRAKE_ROOT=$work/other strake load -i back.tar
expect 'Loaded image: ours:latest' "$out"
expect "$printed" "$(STRAKE_ROOT=$work/other run ours)"
expect "$id" "$(STRAKE_ROOT=$work/other "$STRAKE" inspect --format '{{.Id}}' ours)"
