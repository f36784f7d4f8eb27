#!/usr/bin/env bash
# The registries that tests push to are ones to skopeo: with passwords, tokens
# and TLS they take an image from who may push, and give it back; through a
# faulty proxy with what it did to each request in its log.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
base
"$STRAKE" save base -o base.tar || fail "saving the image"
ann=ann:secret

push() { try skopeo copy -q docker-archive:base.tar "$@"; }
there_and_back() {
  push "$@" "docker://$registry/secret/app:1"
  expect_status 0
  try skopeo inspect --format '{{.Name}}' "${@//--dest-/--}" \
    "docker://$registry/secret/app:1"
  expect "$registry/secret/app" "$out"
}

registry
there_and_back --dest-tls-verify=false
faulty rate=0
there_and_back --dest-tls-verify=false
expect 1 "$(grep -c 'PUT /v2/secret/app/manifests/1 nothing' "$faults")"
faulty rate=1 faults=503
push --dest-tls-verify=false "docker://$registry/app:1"
expect_failure
grep -q ' 503$' "$faults" || fail "nothing was refused"

for kind in htpasswd token; do
  registry "$kind"
  push --dest-tls-verify=false "docker://$registry/secret/app:1"
  expect_failure
  there_and_back --dest-tls-verify=false --dest-creds "$ann"
done
grep -q 'secret%2Fapp%3Apull%2Cpush.* 200 ' "$tokens" || fail "no token"

registry tls token lasts=60
push --dest-creds "$ann" "docker://$registry/secret/app:1"
expect_failure
mkdir authorities
cp "$authority" authorities/ca.crt
there_and_back --dest-cert-dir authorities --dest-creds "$ann"

oci_registry
there_and_back --dest-tls-verify=false
grep -q 'registry PUT /v2/secret/app/manifests/1 201' "$oci_log" ||
  fail "nothing was pushed"
