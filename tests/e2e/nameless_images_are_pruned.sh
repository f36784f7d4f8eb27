#!/usr/bin/env bash
# Images that no name leads to are removed with their layers; names, build cache
# and what runs stay.
. "$(dirname "$0")/lib.sh"
base
build_round() {
  head -c 300000 /dev/urandom > context/big
  printf 'FROM base\nCOPY big /big\nRUN echo %s > /round\n' "$1" | dockerfile
  build -q -t app
  expect_status 0
}
count() { "$STRAKE" images -q | wc -l; }
store_kb() { du -sk "$STRAKE_ROOT/overlay2" | cut -f1; }
for round in 1 2 3 4; do build_round "$round"; done
expect 5 "$(count)"
full=$(store_kb)

# Who prunes the cache is told of them; records gone, their layers stay.
strake builder prune -a -f
expect_out '3 images without a name keep 900kB'
expect_out 'remove them with "strake image prune"'
expect 5 "$(count)"

# It asks first; filters and typing mistakes are told.
try "$STRAKE" image prune < /dev/null
expect_status 0
expect_out 'WARNING! This will remove all images without a name.'
expect 5 "$(count)"
strake image prune -f --filter until=24h
expect_out 'Total reclaimed space: 0B'
strake image prune -f --filter until=-5h
expect_status 2
expect_out 'in the future'
strake image prune -f --filter untill=5h
expect_status 2
expect_out 'did you mean "until"?'

strake image prune -f
expect_status 0
expect 3 "$(count_out 'deleted: sha256:')"
expect_out 'Total reclaimed space: 9'
expect 2 "$(count)"
[ "$(store_kb)" -lt $((full - 800)) ] || fail "their layers are still there"
expect 4 "$(run app cat /round)"
strake image prune -f
expect 'Total reclaimed space: 0B' "$out"
strake builder prune -f
expect_no_out 'without a name'

# What steps made is build cache from then on: kept, and said.
for round in 5 6; do build_round "$round"; done
strake image prune -f
expect 2 "$(count_out 'deleted: sha256:')"
expect_out 'of their layers stay as build cache'
expect 6 "$(run app cat /round)"

# Beside a container in an image whose name is gone.
build_round 7
mkfifo gate
"$STRAKE" run -i --network none app sh -c 'echo up; read go; cat /round' \
  > ran < gate &
exec 9> gate
wait_for grep -q up ran
build_round 8
strake image prune -a -f
expect_status 0
expect_out 'untagged: app'
expect 2 "$(count)"  # what runs, and what it was built from
echo go >&9
exec 9>&-
wait %% || fail "the container was disturbed"
expect 7 "$(tail -1 ran)"
expect_all_recorded
strake image prune -a < /dev/null
expect_out 'also those with a name'

# The other words of docker's under "image".
base
strake image ls
expect_out base
strake image tag base other
strake image rm other
expect_out 'Untagged: other'
strake image purge
expect_status 2
expect_out 'did you mean "prune"?'
# A wrong name behind others does not keep their bytes.
build_round 9
"$STRAKE" builder prune -a -f > /dev/null 2>&1
strake rmi app nothing
expect_status 1
expect_out nothing
strake system df
expect '0' "$(awk '/^Unused layers/ { print $3 }' <<< "$out")"
expect_all_recorded
strake system check
expect_out 'no damage'
expect_no_traces
