#!/usr/bin/env bash
# A build cache whose keys can be read, and whose layers or their indexes are
# bombs, cut, other ones, lead out of their root or hold what nobody has built:
# a warning, the files that are right, and nothing of it in the store.
# KINDS: those to take, all when nothing is said.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
. "$checkout/tests/e2e/hostile_cache.sh"
hostile indexes_are_zstd_bombs 'it unpacks to more than 268435456 bytes'
hostile indexes_are_gzip_bombs 'it unpacks to more than'
hostile indexes_are_garbage 'layer index has no header'
hostile indexes_are_of_others 'layer '
hostile indexes_are_missing 'says 404'
hostile indexes_are_other_bytes 'has the digest'
hostile indexes_have_huge_sizes 'has 562949953421312 bytes; at most'
hostile layers_are_gzip_bombs 'it unpacks to more than its cache says'
hostile layers_are_zstd_bombs 'Unrecognized archive format'
hostile layers_are_missing 'says 404'
hostile layers_are_other_bytes 'layer '
hostile layers_are_cut ' bytes, not '
hostile layers_are_cut_and_said_so 'the gzip stream was cut'
hostile layers_have_a_wrong_size ' bytes, not '
hostile layers_are_others 'layer '
hostile diff_ids_lie "the layer's tar is"
hostile layers_lead_up 'its files have the stable digest'
hostile layers_lead_out 'its files have the stable digest'
hostile layers_link_out 'is a hard link to etc/shadow, which does not exist'
hostile layers_have_devices 'its files have the stable digest'
hostile layers_have_setuid_files 'its files have the stable digest'
hostile records_lead_to_other_layers 'it is not of its layer'
hostile records_are_of_no_time '"recorded" is out of range'
