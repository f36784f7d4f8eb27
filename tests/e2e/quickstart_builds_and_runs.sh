#!/usr/bin/env bash
# examples/quickstart, as the README has it: each step is said before it is
# taken, and nothing is left but build/.
. "$(dirname "$0")/lib.sh"
quickstart=$checkout/examples/quickstart
before=$(ls "$work")
try env -u STRAKE_ROOT TMPDIR="$work" "$quickstart"
expect_status 0
expect '==> cmake ==> build/strake ==> build/strake' \
  "$(grep -o '^==> [^ ]*' <<< "$out" | grep -v apt-get | xargs)"
expect 'hello from strake' "$(tail -n 1 <<< "$out")"
expect "$before" "$(ls "$work")"

# A store that is named is used, and kept.
try "$quickstart"
expect_status 0
expect 'hello from strake' "$(run hello)"
