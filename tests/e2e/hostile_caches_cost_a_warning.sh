#!/usr/bin/env bash
# Whatever a registry gives for a build cache, a build that is told to use it
# gives what it gives without, says what is wrong with which cache, and keeps
# nothing of it: bombs, other documents, absurd sizes and depths, wrong digests.
# KINDS: those to take, all when nothing is said.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
. "$checkout/tests/e2e/hostile_cache.sh"
no_object='the manifest is no JSON object'
hostile manifest_is_a_gzip_bomb "$no_object"
hostile manifest_is_a_zstd_bomb "$no_object"
hostile manifest_is_nothing "$no_object"
hostile manifest_is_no_object "$no_object"
hostile manifest_is_empty '"schemaVersion" must be 2'
hostile manifest_is_deep 'is nested deeper than'
hostile manifest_is_of_100_mb 'the reply is more than 16777216 bytes'
hostile manifest_is_an_image 'the image has no build cache inside'
hostile manifest_is_a_chart 'it is not a build cache of strake but'
hostile manifest_is_an_empty_index 'is a list of no images'
hostile manifest_is_an_index_of_nothing 'says 404'
hostile keys_are_a_gzip_bomb 'build cache is not JSON'
hostile keys_are_a_zstd_bomb 'build cache is not JSON'
hostile keys_are_empty 'the build cache has format 0'
hostile keys_are_deep 'build cache is nested deeper than'
hostile keys_are_of_17_mb 'has 17825818 bytes; at most 16777216 are read'
hostile keys_are_missing 'says 404'
hostile keys_are_others 'has the digest'
hostile keys_are_shorter 'it has 2 bytes, not'
hostile keys_are_cut_and_said_so 'has the digest'
hostile keys_have_a_wrong_size 'bytes, not'
hostile keys_have_a_huge_size 'has 4611686018427387904 bytes; at most'
hostile keys_have_a_negative_size '"size" must not be negative'
hostile keys_have_no_digest '"digest" must be a sha256 digest'
