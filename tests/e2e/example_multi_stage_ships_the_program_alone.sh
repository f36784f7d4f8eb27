#!/usr/bin/env bash
# What examples/README.md promises of examples/multi-stage.
. "$(dirname "$0")/lib.sh"
debian_base
cp "$checkout"/examples/multi-stage/* context
build -t primes
expect_status 0
expect '2 3 5 7' "$(run primes 10 | xargs)"

# The whole image is one file.
build -o type=oci,dest=layout,tar=false
blob() { cat "layout/blobs/sha256/${1#sha256:}"; }
manifest=$(blob "$(jq -r '.manifests[0].digest' layout/index.json)")
layers=$(jq -r '.layers[].digest' <<< "$manifest")
expect primes "$(for layer in $layers; do blob "$layer" | bsdtar -tf -; done)"

# A changed program needs no new compiler, and one that is compiled to the
# same bytes makes no new image.
echo '// A remark.' >> context/primes.cc
first=$(inspect primes '.[0].Id')
build -t primes
expect_status 0
expect 2 "$(count_out DONE)"
expect "$first" "$(inspect primes '.[0].Id')"
build --target compiler
expect 0 "$(count_out DONE)"
