#!/usr/bin/env bash
# Random projects under random edits: what the cache gives is what --no-cache
# gives, and a second build finds all of it (cache_property.py). With seeds in
# $SEEDS, "4711" or "1-500", those are tried instead.
# Shows: [D429] [D440]
. "$(dirname "$0")/lib.sh"
base
"$STRAKE" export base -o base.tar || fail "exporting the base image"
export PYTHONDONTWRITEBYTECODE=1
python3 "$checkout/tests/e2e/cache_property.py" --edits 10 \
  --seeds "${SEEDS:-1-6}" --seconds "${SECONDS_AT_MOST:-20}" || fail "see above"
