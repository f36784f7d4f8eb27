#!/usr/bin/env bash
# Who has logged in with podman or skopeo is known here, and the reverse; a
# helper and DOCKER_AUTH_CONFIG count for both.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
export HOME=$work/home XDG_RUNTIME_DIR=$work/run
unset DOCKER_CONFIG REGISTRY_AUTH_FILE DOCKER_AUTH_CONFIG XDG_CONFIG_HOME
mkdir home run
registry htpasswd
config=$HOME/.docker/config.json
auth=$(printf 'ann:secret' | base64)

# What others have kept.
podman login --tls-verify=false -u ann --password-stdin "$registry" \
  <<< 'secret' > /dev/null 2>&1 || fail "podman login"
expect "$auth" "$(jq -r --arg r "$registry" '.auths[$r].auth' run/containers/auth.json)"
strake login "$registry"
expect_status 0
expect_out 'Login Succeeded'
expect_no_file "$config"
strake logout "$registry"
expect_out "Not logged in to $registry"
expect_out "run/containers/auth.json still has credentials for $registry"
rm run/containers/auth.json
skopeo login --tls-verify=false --authfile docker.json -u ann --password-stdin \
  "$registry" <<< 'secret' > /dev/null 2>&1 || fail "skopeo login"
REGISTRY_AUTH_FILE=docker.json strake login "$registry"
expect_status 0

# What we keep, beside what others have in the same file.
mkdir "${config%/*}"
echo '{"auths": {"quay.io/team": {"auth": "eDp5"}}, "psFormat": "{{.ID}}"}' > "$config"
try "$STRAKE" login -u ann --password-stdin "$registry" <<< 'secret'
expect_status 0
expect '{"quay.io/team":{"auth":"eDp5"}} {{.ID}}' "$(jq -r --arg r "$registry" \
  '(.auths | del(.[$r]) | tostring) + " " + .psFormat' "$config")"
expect ann "$(podman login --get-login "$registry")"
expect ann "$(skopeo login --authfile "$config" --get-login "$registry")"
rm "$config"

# A variable for one job.
export DOCKER_AUTH_CONFIG="{\"auths\": {\"$registry\": {\"auth\": \"$auth\"}}}"
strake login "$registry"
expect_status 0
expect_no_file "$config"
strake logout "$registry"
expect_out "DOCKER_AUTH_CONFIG still has credentials for $registry"
export DOCKER_AUTH_CONFIG='{"auths": secret'
strake login "$registry"
expect_status 1
expect_out 'DOCKER_AUTH_CONFIG:1:11: this is no JSON'
expect_no_out secret
unset DOCKER_AUTH_CONFIG

# A helper that is not there, and one that has something to say.
echo '{"credsStore": "no-such"}' > "$config"
strake login "$registry"
expect_status 6
expect_out "docker-credential-no-such, which $config names for $registry"
expect_out 'there is no program "docker-credential-no-such"'
mkdir bin
printf '#!/bin/sh\necho "the vault is sealed" >&2; exit 1\n' > bin/docker-credential-no-such
chmod +x bin/docker-credential-no-such
PATH=$work/bin:$PATH strake login "$registry"
expect_status 6
expect_out '"get" failed with exit code 1: the vault is sealed'
