#!/usr/bin/env bash
# Registries that lie about what they have, lead elsewhere or never come to an
# end get nothing into the store and nothing out of it; what is wrong is said,
# in words that no terminal obeys.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
index=application/vnd.oci.image.index.v1+json
manifest=application/vnd.oci.image.manifest.v1+json
head -c 30000 /dev/urandom > context/file
printf 'FROM scratch\nCOPY file /\n' | dockerfile
build -q -t image
expect_status 0

publish() { # to $registry/app:1
  "$STRAKE" tag image "$registry/app:1"
  strake push "$@" "$registry/app:1"
  expect_status 0
}
refused() { # text; the rest is strake's
  rm -rf "$work/lies"
  STRAKE_ROOT=$work/lies strake "${@:2}"
  expect_failure
  expect_out "$1"
  expect "" "$("$STRAKE" --root "$work/lies" images -q)"
  STRAKE_ROOT=$work/lies expect_no_traces
}

# An index that says something else than what it leads to.
oci_registry
publish
digest=$(curl -sI -H "Accept: $manifest" "$registry/v2/app/manifests/1" |
  tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')
size=$(curl -s "$registry/v2/app/manifests/1" | wc -c)
put_index() { # tag, media type, size
  printf '{"schemaVersion":2,"mediaType":"%s","manifests":[{"mediaType":"%s",
    "digest":"%s","size":%s}]}' $index "$2" "$digest" "$3" |
    curl -sf -X PUT -H "Content-Type: $index" --data-binary @- \
      "$registry/v2/app/manifests/$1" || fail "putting an index"
}
put_index small $manifest $((size - 1))
put_index other application/vnd.docker.distribution.manifest.v2+json "$size"
put_index right $manifest "$size"
refused "it has $size" pull "$registry/app:small"
refused "it is \"$manifest\"" pull "$registry/app:other"
strake pull "$registry/app:right"
expect_status 0

# Tags that would be parts of addresses, or lines of their own.
put_index '%E2%80%AE1%0Astrake%20is%20done' $manifest "$size"
refused "no list of tags" pull -a "$registry/app"

# Other bytes of the same length, whatever they unpack to.
oci_registry wrong-blobs
publish
refused ", not $(curl -s "$registry/v2/app/manifests/1" |
  jq -r '.layers[0].digest')" pull "$registry/app:1"

# Whoever answers is no registry, and says yes to all.
oci_registry yes
"$STRAKE" tag image "$registry/app:1"
strake push "$registry/app:1"
expect_failure
expect_out "$registry"

# Its words are shown, not obeyed.
oci_registry says=$'to\xe2\x80\xaeevah\xe2\x81\xa6 \e]0;title\a'
refused 'to<U+202E>evah<U+2066>' pull "$registry/app:1"

# Uploads do not leave TLS; a certificate that does not hold is told with the
# place for its issuer's.
server_certificate "$work/server.pem" 127.0.0.1
oci_registry "tls=$work/server.pem" here=http://127.0.0.1:1
"$STRAKE" tag image "$registry/app:1"
strake push --tls-verify=true "$registry/app:1"
expect_status 6
expect_out "/containers/certs.d/$registry/ca.crt"
expect_out "--tls-verify=false"
SSL_CERT_FILE=$authority strake push --tls-verify=true "$registry/app:1"
expect_status 6
expect_out "leads from TLS to http://127.0.0.1:1"
oci_registry "tls=$work/server.pem" token token-moves=clear
SSL_CERT_FILE=$authority strake pull --tls-verify=true "$registry/app:1"
expect_status 6
expect_out "token service"
expect_out "leads from TLS to http://127.0.0.1:"

# Nobody there, and a proxy that is not: what to look at.
refused "check the host and the port" pull 127.0.0.1:1/app
https_proxy=http://ann:hidden@127.0.0.1:1 \
  refused "check the proxy in" pull registry.invalid/app
expect_no_out hidden
