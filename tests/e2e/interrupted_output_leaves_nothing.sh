#!/usr/bin/env bash
# Ctrl-C while an image is written out, of a build that was all cached, ends
# with 130 and leaves no file in the store nor beside the destination.
. "$(dirname "$0")/lib.sh"
head -c 200000000 /dev/urandom > context/big
dockerfile <<'END'
FROM scratch
COPY big /big
END
build -t big
expect_status 0
mkdir out
env --default-signal=INT "$STRAKE" build -o type=oci,dest=out/big.tar context \
  > log 2>&1 &
until [ -n "$(ls -A "$STRAKE_ROOT/tmp")" ]; do
  kill -0 $! 2> /dev/null || fail "the output was too fast to be interrupted"
done
kill -INT $!
wait $!
expect 130 $?
expect '' "$(ls -A out)"
expect_no_traces
