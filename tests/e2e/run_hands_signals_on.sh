#!/usr/bin/env bash
# strake run: a signal is its command's affair. A handler's exit code is ours;
# without one the signal ends the command, and Ctrl-C always does.
. "$(dirname "$0")/lib.sh"
base

# Starts a command that says "ready"; then sends it a signal.
started() {
  # Jobs of a script without job control ignore SIGINT, and so would strake.
  : > log
  env --default-signal=INT,QUIT "$STRAKE" run base "$@" > log 2>&1 &
  pid=$!
  wait_for grep -q ready log
}
ended() {
  wait "$pid"
  status=$?
  out=$(cat log)
}
for signal in INT:130 TERM:143 HUP:129 QUIT:131 USR1:138 USR2:140; do
  started sh -c 'echo ready; exec sleep 600'
  kill -"${signal%:*}" "$pid"
  ended
  expect_status "${signal#*:}"
  expect_no_traces

  started sh -c "trap 'echo caught; exit 7' ${signal%:*}; echo ready
    while :; do sleep 0.1; done"
  kill -"${signal%:*}" "$pid"
  ended
  expect_status 7
  expect_out caught
done

started sh -c 'trap "" INT; echo ready; while :; do sleep 0.1; done'
# Two that come while strake waits for a processor are one to it: so until it
# has counted three.
for _ in $(seq 50); do
  kill -INT "$pid" 2> /dev/null || break
  sleep 0.2
done
ended
expect_status 130
expect_no_traces

# What we were told to ignore stays ignored.
rm -f log
nohup "$STRAKE" run base sh -c 'echo ready; sleep 1; echo survived' > log 2>&1 &
pid=$!
wait_for grep -q ready log
kill -HUP "$pid"
ended
expect_status 0
expect_out survived

# Nothing ran: docker's codes.
strake run base no-such-program
expect_status 127
strake run base /etc
expect_status 126
strake run not-there
expect_status 125
strake run --no-such-flag base
expect_status 125
expect_no_traces

# At whatever moment of the start it comes, a signal is not lost.
for delay in $(seq 0 20); do
  "$STRAKE" run base sleep 600 > log 2>&1 &
  pid=$!
  # Until it is strake it is a copy of this shell, which has a trap: there the
  # signal is lost, or cleans up before us.
  program=bash
  while [ "$program" = bash ]; do read -r program < "/proc/$pid/comm"; done
  sleep "0.0$(printf %02d "$delay")"
  kill -TERM "$pid"
  ended
  expect_status 143
done
run base true
expect_no_traces
