#!/usr/bin/env bash
# One build takes its base from one registry and is pushed to another: with
# passwords, with tokens for several repositories, with TLS by an authority of
# certs.d or unverified, and by the mirrors of registries.conf.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
export DOCKER_CONFIG=$work/docker HOME=$work
login() {
  echo secret | "$STRAKE" login -u ann --password-stdin "$@" > /dev/null ||
    fail "login $*"
}
seq 1000 > context/file
publish() {
  printf 'FROM scratch\nCOPY file /\n' | dockerfile other
  "$STRAKE" --root maker build -q --push -f other -t "$@" context > /dev/null ||
    fail "publishing $1"
}
# $1: the base. $2: the name to push it under. The rest are flags.
there_and_back() {
  printf 'FROM %s\nCOPY file /again\n' "$1" | dockerfile
  rm -rf "$STRAKE_ROOT"
  build --push -t "$2" "${@:3}"
  expect_status 0
  local id=${out##*$'\n'}
  rm -rf "$STRAKE_ROOT"
  strake pull "${@:3}" "$2"
  expect_status 0
  strake images -q --no-trunc
  expect "$id" "$out"
}

registry htpasswd
passwords=$registry
login "$passwords"
publish "$passwords/base:1"
there_and_back "$passwords/base:1" "$passwords/app:1"

registry token lasts=2
login "$registry"
publish "$registry/secret/base:1"
there_and_back "$registry/secret/base:1" "$registry/secret/app:1"
there_and_back "$passwords/base:1" "$registry/secret/other:1"

registry tls htpasswd
publish_fails() {
  printf 'FROM scratch\nCOPY file /\n' | dockerfile
  build --push --tls-verify=true -t "$registry/base:1"
  expect_status 6
  expect_out "certificate"
}
publish_fails
login --tls-verify=false "$registry"
publish "$registry/base:1" --tls-verify=false
there_and_back "$registry/base:1" "$registry/app:1" --tls-verify=false

# The authority is found as Docker's users put it.
certs=$work/.config/containers/certs.d/$registry
mkdir -p "$certs"
cp "$authority" "$certs/ca.crt"
there_and_back "$registry/base:1" "$registry/app:2" --tls-verify=true
expect HTTP/2.0 "$(grep -o 'HTTP/[0-9.]*' "$work"/registry.$registries/access |
  sort -u)"
publish "$registry/team/base:1"

# A mirror that has it, and one that has it not.
cat > "$work/registries.conf" <<END
[[registry]]
location = "registry.invalid"
[[registry.mirror]]
location = "$passwords/nothing"
[[registry.mirror]]
location = "$registry/team"
END
export CONTAINERS_REGISTRIES_CONF=$work/registries.conf
printf 'FROM registry.invalid/base:1\nCOPY file /again\n' | dockerfile
build -t "$registry/app:3" --push
expect_status 0
strake pull registry.invalid/base:1
expect_status 0
expect_out "registry.invalid/base:1"
strake pull registry.invalid/base:2
expect_failure
expect_out "$passwords"
expect_out "$registry"
expect_no_traces
