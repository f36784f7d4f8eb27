#!/usr/bin/env bash
# Steps that ignore signals, close what they were given, kill what they can
# reach or never stop talking: the build goes on or ends, and nothing is left.
. "$(dirname "$0")/lib.sh"
base
printf 'FROM base\nRUN exec 0<&- 1>&- 2>&-; exit 3\n' | dockerfile
build
expect_out 'exit code 3'
printf 'FROM base\nRUN kill -9 -1; echo still here\n' | dockerfile
build
expect_status 0
expect_out 'still here'
printf 'FROM base\nRUN (trap "" TERM INT HUP; sleep 1000) & trap "" TERM INT HUP; echo deaf; wait\n' |
  dockerfile
"$STRAKE" build context > deaf.log 2>&1 &
deaf=$!
wait_for grep -q '^#.* deaf' deaf.log
kill -TERM $deaf
wait $deaf
[ $? -ge 128 ] || fail "it was not stopped"
expect_no_traces

# 300 MB without an end of line, in little memory.
printf 'FROM base\nRUN tr "\\\\0" x < /dev/zero | head -c 300000000\n' | dockerfile
"$STRAKE" build context > /dev/null 2> flood.log &
flood=$!
peak=0
while kill -0 $flood 2>/dev/null; do
  now=$(awk '/VmHWM/ { print $2 }' /proc/$flood/status 2>/dev/null)
  [ "${now:-0}" -le "$peak" ] || peak=$now
  sleep 0.05
done
wait $flood || fail "a long line stops a build: $(tail -c 300 flood.log)"
[ "$peak" -lt 100000 ] || fail "a long line takes $peak kB"
expect_no_traces
