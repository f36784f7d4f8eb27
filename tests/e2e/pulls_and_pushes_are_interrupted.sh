#!/usr/bin/env bash
# A pull or push that is stopped in the middle of a layer leaves nothing; one
# that is killed, nothing that the next command does not clean. A full disk and
# two pulls of one image at once do no harm.
. "$(dirname "$0")/lib.sh"
. "$checkout/tests/e2e/registry.sh"
head -c 3000000 /dev/urandom > context/one
head -c 3000000 /dev/urandom > context/two
printf 'FROM scratch\nCOPY one /\nCOPY two /\n' | dockerfile
"$STRAKE" build -q -t image --metadata-file /dev/null \
  -o type=oci,tar=false,dest=layout -o type=image context > id ||
  fail "building"
start_server "$work" "$checkout/tests/e2e/halting_registry.py" layout halts
halting=127.0.0.1:$port
maker=$STRAKE_ROOT

# $1: a signal. The rest is run, and gets it in the middle of a layer.
halt() {
  : > halts
  env --default-signal=INT "$STRAKE" "${@:2}" > halted 2>&1 &
  wait_for grep -q halted halts
  kill "-$1" $!
  wait $! 2> /dev/null
  status=$?
  out=$(< halted)
}
expect_no_image() {
  expect "" "$("$STRAKE" images -q)"
  strake system check
  expect_status 0
}

export STRAKE_ROOT=$work/pulled
for signal in INT TERM; do
  halt "$signal" pull "$halting/app:1"
  [ "$signal" = TERM ] || expect_status 130
  expect_no_traces
  expect_no_image
done
printf 'FROM %s/app:1\nCOPY two /three\n' "$halting" | dockerfile other
halt INT build -f other context
expect_status 130
expect_no_traces
halt KILL pull "$halting/app:1"
expect_status 137
registry
printf 'FROM scratch\n' | dockerfile empty
build -q -f empty
expect_no_traces

export STRAKE_ROOT=$maker
"$STRAKE" tag image "$halting/app:1"
halt INT push "$halting/app:1"
expect_status 130
expect_no_traces

# Two at once, of what a registry has.
"$STRAKE" tag image "$registry/app:1"
strake push "$registry/app:1"
expect_status 0
export STRAKE_ROOT=$work/shared
"$STRAKE" pull -q "$registry/app:1" > first 2>&1 &
other=$!
strake pull -q "$registry/app:1"
expect_status 0
wait $other || fail "the other pull: $(cat first)"
strake images -q --no-trunc
expect "$(cat id)" "$out"
strake system check
expect_status 0
expect_no_traces
expect_all_recorded

# A store that has no room for the second layer.
mkdir small
mount -t tmpfs -o size=5m none small || fail "mounting a small store"
STRAKE_ROOT=$work/small
strake pull "$registry/app:1"
expect_failure
expect_out "No space left on device"
expect "" "$(ls -A small/tmp)"
expect_no_image
