# shellcheck shell=bash
# Other builders with stores of their own below $work; sourced after lib.sh.

printf 'unqualified-search-registries = ["docker.io"]\n' > "$work/registries.conf"
export CONTAINERS_REGISTRIES_CONF=$work/registries.conf
buildah() { command buildah --root "$work/containers" --runroot "$work/run" "$@"; }
podman() {
  command podman --root "$work/containers" --runroot "$work/run" \
    --runtime runc --cgroup-manager cgroupfs --events-backend none "$@"
}
# Its defaults ask for more files than a container of ours may raise them to.
podman_run() {
  podman run --rm --network host --ulimit nofile=1024:1024 \
    --ulimit nproc=1024:1024 "$@"
}

# The docker of Debian's docker.io, with a daemon of its own that ends with the
# test.
docker() { /usr/bin/docker -H "unix://$work/docker.sock" "$@"; }
start_docker() {
  dockerd --data-root "$work/docker" --exec-root "$work/docker-run" \
    --pidfile "$work/docker.pid" -H "unix://$work/docker.sock" \
    --bridge none --iptables=false --ip6tables=false \
    > "$work/dockerd.log" 2>&1 &
  dockerd=$!
  trap 'code=$?; kill $dockerd; wait $dockerd; (exit "$code"); clean_up' EXIT
  wait_for docker version
}
