#!/usr/bin/env bash
# A registry that cuts each blob, gives pages for people, bytes without an end,
# or redirects for ever costs its cache and a warning.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
. "$checkout/tests/e2e/hostile_cache.sh"
liar() { # what is said, and options of oci_registry.py
  oci_registry "${@:2}"
  STRAKE_ROOT=$work/store "$STRAKE" build --no-cache -q context \
    --cache-to type=registry,ref="$registry/liar",mode=max,ignore-error=false \
    > log 2>&1 || [ "$2" = html ] || fail "$2: $(cat log)"
  refused liar "$1"
}
liar 'bytes remaining to read' cut-blobs=100000 no-ranges
liar 'the manifest is no JSON object' html
liar 'bytes' endless
liar 'redirects more than' loop
